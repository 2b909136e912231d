"""Who gets what from the addresses of the archive: everybody everything, since it holds only what everybody may read."""

from __future__ import annotations

from tests.permission_rows import get

ARCHIVE = [
    *get("archive.town"),
    *get("archive.community", "community"),
    *get("archive.feed", "community"),
    *get("archive.calendar", "community"),
    *get("comments.show", "comment", "*: away"),
    *get("records.archive", "community", "*: away"),
]
