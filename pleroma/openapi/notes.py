"""Notes beside a route, of what it takes and answers. They leave attributes on the view, and cost nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from pleroma.openapi.kinds import Id, Whole

View = TypeVar("View", bound=Callable[..., Any])

_OF_PAGES = {"max_id": Id(), "since_id": Id(), "min_id": Id(), "limit": Whole(1, 80, default=20)}


class Answer(NamedTuple):
    """What comes with a status: JSON of a schema, or nothing of JSON; a page where `media_type` says so.

    A schema is one itself, or words that stand for one: `Status`, `[Status]` for an array, `{Status}` for an object of
    them by name, `Status|Empty` for either.
    """

    status: int
    schema: str | dict[str, Any] | None = None
    media_type: str | None = None
    links: bool = False


def takes(**parameters: dict[str, Any]) -> Callable[[View], View]:
    """Note the parameters of a view by name; those of its path are known without."""

    def _note(view: View) -> View:
        view.takes = {**getattr(view, "takes", {}), **parameters}  # type: ignore[attr-defined]
        return view

    return _note


def answers(*found: str | int | dict[str, Any] | Answer) -> Callable[[View], View]:
    """Note what a view answers: a schema (or its name) for a 200, a number for a status that has none of its own.

    What the guards of the view answer, and any view, is known without.
    """
    noted = tuple(map(_answer, found))

    def _note(view: View) -> View:
        view.answers = noted  # type: ignore[attr-defined]
        return view

    return _note


def pages(entity: str, *more: int) -> Callable[[View], View]:
    """Note that a view answers pages of a list: it takes their bounds, and leads on by Link."""

    def _note(view: View) -> View:
        noted = answers(Answer(200, f"[{entity}]", links=True), *more)(view)
        return takes(**_OF_PAGES)(noted)

    return _note


def guarded(scope: str, *ways: str) -> Callable[[View], View]:
    """Note who may ask where no guard says so: by a scope, open to all with a ? at its end, and by which ways."""

    def _note(view: View) -> View:
        view.scope, view.ways = scope, ways  # type: ignore[attr-defined]
        return view

    return _note


def html_page(status: int = 200) -> Answer:
    """A page for a browser."""
    return Answer(status, None, "text/html")


def _answer(found: str | int | dict[str, Any] | Answer) -> Answer:
    if isinstance(found, Answer):
        return found
    return Answer(found) if isinstance(found, int) else Answer(200, found)
