"""Open data: the same for everybody, whoever is signed in, and nothing of what isn't public."""

from __future__ import annotations

from tests.permission_rows import get

NOTHING = "*: 404"
API = [
    *get("api.about"),
    *get("api.index"),
    *get("api.openapi"),
    *get("api.listing", key="comments"),
    *get("api.listing", key="polls"),
    *get("api.listing", answers=NOTHING, key="persons"),
    *get("api.spreadsheet", key="entries"),
    *get("api.one", "proposal", key="proposals"),
    *get("api.one", "draft", NOTHING, key="proposals"),
    *get("api.one", "hidden", NOTHING, key="comments"),
    *get("api.one", "media_members", NOTHING, key="photos"),
    *get("api.one", "media_public", NOTHING, key="photos"),  # no page names it: it may belong to a draft
    *get("api.record_body", "record"),
]
