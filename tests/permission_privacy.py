"""Who sees what is kept of themselves, and who erases for others."""

from __future__ import annotations

from tests.permission_rows import SIGNED_IN, TOWN, form, get

STAFF_HAS_AN_OFFICE = (
    "anonymous: sign in | author partner neighbour resident_elsewhere: does it"
    " | facilitator facilitator_elsewhere planner department observer inspector administrator: 409"
)
LOOKED_UP = {"unit": "5-101", "name": "张阿姨", "ground": "left", "note": "登记表2026-7号"}
PRIVACY = [
    *get("privacy.public"),
    *get("privacy.kept", answers=SIGNED_IN),
    *get("privacy.take", answers=SIGNED_IN),
    *form("privacy.erase", "", SIGNED_IN, STAFF_HAS_AN_OFFICE, {"typed": "erase my data", "words": "y"}),
    *form("privacy.erase_for", "community", TOWN, "anonymous: sign in | administrator: 422 | *: 404", LOOKED_UP),
]
