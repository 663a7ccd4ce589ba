"""What a parameter may be, as JSON Schema. `needed=True` makes one required, `default=` says what counts without it."""

from __future__ import annotations

from typing import Any

NEEDED = "needed"
_BINARY = "binary"


class Kind(dict[str, Any]):
    """A JSON Schema; words without a value are left out."""

    def __init__(self, **words: Any) -> None:
        super().__init__({name: value for name, value in words.items() if value is not None})


class Text(Kind):
    """A text of so many characters."""

    def __init__(self, least: int | None = None, most: int | None = None, **more: Any) -> None:
        super().__init__(type="string", minLength=least, maxLength=most, **more)


class Choice(Kind):
    """One of these words."""

    def __init__(self, *words: str, **more: Any) -> None:
        super().__init__(type="string", enum=list(words), **more)


class Flag(Kind):
    """True or false, which forms send as a word or a digit."""

    def __init__(self, **more: Any) -> None:
        super().__init__(type="boolean", **more)


class Whole(Kind):
    """A whole number within bounds."""

    def __init__(self, least: int | None = None, most: int | None = None, **more: Any) -> None:
        super().__init__(type="integer", minimum=least, maximum=most, **more)


class Id(Kind):
    """The id of something."""

    def __init__(self, **more: Any) -> None:
        super().__init__(type="string", pattern="^[0-9]{1,19}$", **more)


class Time(Kind):
    """A moment in ISO 8601."""

    def __init__(self, **more: Any) -> None:
        super().__init__(type="string", format="date-time", **more)


class Several(Kind):
    """A list of one kind."""

    def __init__(self, kind: dict[str, Any], most: int | None = None, **more: Any) -> None:
        super().__init__(type="array", items=kind, maxItems=most, **more)


class Map(Kind):
    """An object with these keys, each of which may be left out."""

    def __init__(self, more: dict[str, Any] | None = None, /, **kinds: Any) -> None:
        super().__init__(type="object", properties=kinds, **(more or {}))


class Anything(Kind):
    """An object that is kept as it is."""

    def __init__(self, **more: Any) -> None:
        super().__init__(type="object", **more)


class File(Kind):
    """A file, in a multipart body; where `description` says which text stands for one, in any body."""

    def __init__(self, **more: Any) -> None:
        super().__init__(type="string", format=_BINARY, **more)


def is_file(kind: dict[str, Any]) -> bool:
    """Whether a kind is that of a file."""
    return kind.get("format") == _BINARY
