"""Who gets what from the addresses of what leaves for an office: as from the pages beside them."""

from __future__ import annotations

from tests.permission_rows import get

OFFICE_FILES = [
    *get("office.register_xlsx", "team"),
    *get("office.register_csv", "section"),
    *get("office.register_pdf", "team", "*: 404"),  # a team has no sheet; those that have: tests/office
    *get("office.result_pdf", "poll_vote_over"),
    *get("office.result_pdf", "poll_vote", "*: 404"),  # before the close
    *get("office.result_xlsx", "poll_vote_over"),
    *get("office.result_xlsx", "poll_vote", "*: 404"),
    *get("office.result_csv", "poll_vote_over"),
    *get("office.result_csv", "poll_vote", "*: 404"),
    *get("records.as_word", "record"),
]
