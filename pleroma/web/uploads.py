"""Uploaded files on their way into storage: judged, kept, and taken back when the request fails after all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, cast

import psycopg
from werkzeug.datastructures import FileStorage

from pleroma import db, media
from pleroma.db import queries
from pleroma.errors import InvalidParameters, TooLarge, Unprocessable
from pleroma.media import NotAPicture, Prepared, Saved
from pleroma.web import params
from pleroma.web.state import configured, value

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class Place(NamedTuple):
    """A picture of an account: its parameter, the setting of its limit in bytes, its bounds in pixels."""

    parameter: str
    limit: str
    bounds: tuple[int, int]


PROFILE = {
    "avatar": Place("avatar", "avatar_limit", media.AVATAR),
    "header": Place("header", "banner_limit", media.BANNER),
    "background": Place("pleroma_background_image", "background_limit", media.BACKGROUND),
}


def prepared_file(
    data: bytes | FileStorage, limit: int, *, pictures_only: bool = False, bounds: tuple[int, int] | None = None
) -> Prepared:
    """Check a file and encode a picture again. Raises TooLarge (413), Unprocessable (422) for a broken picture."""
    content = data if isinstance(data, bytes) else cast(BinaryIO, data.stream)
    try:
        prepared = media.prepare(content, limit=limit, pictures_only=pictures_only, bounds=bounds)
    except media.FileTooLarge as error:
        raise TooLarge(str(error)) from error
    except NotAPicture as error:
        raise Unprocessable(str(error)) from error
    if prepared.kind == "unknown" and not isinstance(data, bytes) and data.mimetype in _PICTURES:
        # Who sends a broken picture wants to hear of it, and not to attach a file that nobody can open.
        raise Unprocessable("The picture cannot be read")
    return prepared


class Uploads:
    """The files that one request stores."""

    def __init__(self) -> None:
        self._store = media.store_of(configured())
        self._names: list[str | None] = []
        self._away = False

    def keep(self, prepared: Prepared) -> Saved:
        """Store a file. Raises media.StorageFull, media.StorageAway."""
        try:
            saved = self._store.save(prepared)
        except (media.StorageFull, media.StorageAway) as error:
            self._names += error.names
            self._away = isinstance(error, media.StorageAway)
            raise
        self._names += [saved.name, saved.preview_name]
        return saved

    def picture(self, place: Place, parameter: str | None = None) -> str | None:
        """The name of the stored picture; "" when it is to be cleared, None when none was sent.

        Takes an uploaded file or a data URI. Raises TooLarge, Unprocessable, InvalidParameters.
        """
        sent = params.raw(parameter or place.parameter)
        if sent is None or sent == "":
            return sent
        if isinstance(sent, str):
            try:
                sent = media.data_uri(sent)
            except NotAPicture as error:
                raise Unprocessable(str(error)) from error
        elif not isinstance(sent, FileStorage):
            raise InvalidParameters(f"{parameter or place.parameter} is not a picture")
        prepared = prepared_file(sent, value(place.limit), pictures_only=True, bounds=place.bounds)
        # Clients show a profile's picture as it is: a preview of it would never be asked for.
        return self.keep(Prepared(prepared.kind, prepared.mime_type, prepared.extension, prepared.data)).name

    def take_back(self) -> None:
        """Remove what was stored: the request failed. What a storage that is away may hold, a job removes."""
        if not self._away:
            with contextlib.suppress(media.StorageAway):
                self._store.remove(self._names)
                return
        with contextlib.suppress(psycopg.Error), db.separate_connection() as connection:
            queries.upkeep.remove_later(connection, names=self._names)


@contextlib.contextmanager
def kept_on_success() -> Iterator[Uploads]:
    """Uploads that are taken back when the block fails."""
    uploads = Uploads()
    try:
        yield uploads
    except BaseException:
        uploads.take_back()
        raise
