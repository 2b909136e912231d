"""Who corrects a record, and who removes words."""

from __future__ import annotations

from tests.permission_rows import LEADS, LEADS_DO, REASON, TOWN, TOWN_DOES, form, get

CORRECTED = {"w.project.title": "改好的名字", "reason": REASON, "sure": "1"}
REMOVED = {"passages": "text", "ground": "personal", "reason": REASON, "sure": "1"}
REMOVALS = [
    *form("records_correct.correct", "record", LEADS, LEADS_DO, CORRECTED),
    *get("removals.index", "community"),
    *form("removals.remove", "comment", TOWN, TOWN_DOES, REMOVED, kind="comment"),
]
