"""Who gets what from every address: the committed table that tests/test_permissions.py walks.

A row names a method and an endpoint of the application, a thing of tests/permission_world.py to ask it on, and what each
role gets. ``*`` is every role that the row does not name. The answers: ``page`` (200), ``away`` (sent on to another page
of the site), ``sign in`` (sent to the sign-in), ``does it`` (done, and something changed), ``passes`` (done, without a
change in the database), or the status of a refusal.
"""

from __future__ import annotations

from tests.permission_api import API
from tests.permission_archive import ARCHIVE
from tests.permission_dossier import DOSSIER
from tests.permission_meetings import MEETINGS
from tests.permission_notices import AROUND_NOTICES
from tests.permission_office import OFFICE_FILES
from tests.permission_outbox import OUTBOX
from tests.permission_privacy import PRIVACY
from tests.permission_removals import REMOVALS
from tests.permission_rows import (
    AUTHOR,
    AUTHOR_DOES,
    COMMENT,
    COMMUNITY,
    CSV,
    EVERYBODY,
    LEADS,
    LEADS_DO,
    MEMBER,
    MEMBERS_DO,
    OFFICE,
    OFFICE_DOES,
    PAIRED_DO,
    PROJECT,
    REASON,
    RESIDENTS_DO,
    RINGS_DO,
    ROLES,
    SIGNED_IN,
    STAFF,
    SURE,
    TOWN,
    TOWN_DOES,
    TOWN_GIVES,
    WORDS,
    WRITERS,
    WRITERS_DO,
    Row,
    form,
    get,
    post,
)
from tests.permission_security import SECURITY
from tests.permission_votes import BALLOTS, LAW, OBJECTIONS, PAPER, PROOF

__all__ = ["REASON", "ROLES", "ROWS", "Row", "get"]
COMMENTS = [
    *get("comments.activity", "talk"),
    *form("comments.write", "talk_write", SIGNED_IN, RINGS_DO, COMMENT),
    *form("comments.write", "talk_below_write", SIGNED_IN, MEMBERS_DO, COMMENT),
    *form("comments.edit", "comment", AUTHOR, AUTHOR_DOES, COMMENT),
    *post("comments.mark_answer", "reply", "anonymous: sign in | author facilitator: does it | *: 403"),
    *form("comments.act", "comment_report", SIGNED_IN, MEMBERS_DO, {"reason": REASON}),
    *form("comments.act", "comment_hide", LEADS, LEADS_DO, {"reason": REASON}),
    *form("comments.act", "hidden_appeal", AUTHOR, AUTHOR_DOES, {"reason": REASON}),
    *form("comments.judge", "appealed", LEADS, LEADS_DO, {"reason": REASON, "show": "1"}),
    *get("comments.moderation", "community", LEADS),
]
NOTICES = [
    *form("notices.activity", "board_to_come", EVERYBODY, LEADS_DO, WORDS),
    *get("notices.activity", "board"),
    *get("notices.as_pdf", "board"),
    *get("notices.as_pdf", "board_to_come", "*: 404"),
    *form("notices.post", "board_to_come", LEADS, LEADS_DO),
    *form("notices.complain", "board", SIGNED_IN, MEMBERS_DO, {"text": REASON, "once": "a-form"}),
    *form(
        "notices.complain",
        "board",
        SIGNED_IN,
        LEADS_DO.replace("404", "403"),
        {"text": REASON, "on_paper_by": "王阿婆", "once": "a-form"},
        _="on-paper",
    ),
    *form("notices.answer", "complaint", LEADS, LEADS_DO, {"answer": REASON}),
]
ME = [
    *get("notifications.inbox", answers=SIGNED_IN),
    *post("notifications.mark_read", "", "anonymous: sign in | *: does it"),
    *get("people.devices", answers=SIGNED_IN),
    *post("people.remove_device", "device_partner", "anonymous: sign in | author partner: does it | *: 404", SURE),
    *post("people.move", "", PAIRED_DO),
    *post("people.reminders", "", "anonymous: sign in | *: does it", {"wanted": "1"}),
    *post("people.show_name", "", "anonymous: sign in | *: does it", {"shows": "1"}),
    *get("site.me", answers=SIGNED_IN),
    *get("site.my_data", answers=SIGNED_IN),
]
SIGN_IN = [
    *get("people.sign_in_code"),
    *form("people.sign_in", "", EVERYBODY, "*: passes", {"code": "{code}"}),
    *form("people.who", "", "*: away", "*: passes", {"name": "吴叔"}),
    Row("GET", "people.who", "", EVERYBODY, pairing=True),
    Row("POST", "people.who", "", "*: does it", {"name": "吴叔", "person": ""}, pairing=True),
    *form(
        "people.staff_sign_in", "", EVERYBODY, "*: does it", {"email": "planner@example.org", "password": "{password}"}
    ),
    *form("people.accept", "link", EVERYBODY, "*: does it", {"password": "{password}"}),
    *post("people.sign_out", "", "anonymous author partner neighbour resident_elsewhere: passes | *: does it"),
]
STAFF_PAGES = [
    *get("people.desk_page", "community", LEADS),
    *post("people.issue_code", "household101", LEADS_DO),
    *post("people.issue_codes", "community", LEADS_DO),
    *form("people.move_out", "household102", LEADS, LEADS_DO),
    *form("people.members", "community", OFFICE, OFFICE_DOES, {**STAFF, "role": "planner"}),
    # A facilitator invites staff of some roles; a further facilitator is the town's to invite, and to let go.
    *post("people.members", "community", f"facilitator: 422 | {TOWN_GIVES}", {**STAFF, "role": "facilitator"}),
    *post("people.end_role", "guest_grant", OFFICE_DOES, SURE),
    *post("people.end_role", "colleague_grant", f"facilitator: 404 | {TOWN_GIVES}", SURE),
    *form("projects.rings", "community", LEADS, LEADS_DO, {"person": "{colleague}", "ring": "residents"}),
    *post("projects.end_ring", "ring_member", LEADS_DO),
    *form("people.deputy", "community", LEADS, LEADS_DO, {"person": "{colleague}", "until": "2026-04-01"}),
    *form("people.owners", "community", LEADS, LEADS_DO, {"name": "郑六", "units": "5-101", "source": "产证"}),
    *form("people.merge_owners", "community", LEADS, LEADS_DO, {"keep": ["{first}", "{second}"], "reason": REASON}),
    *form("people.edit_community", "community", OFFICE, OFFICE_DOES, {**COMMUNITY, "slug": "ziteng"}),
    *form("people.roll_page", "community", LEADS, LEADS_DO, {"file": CSV}),
    *form("people.roll_import", "import", LEADS, LEADS_DO),
    *form("people.admin", "", TOWN, TOWN_DOES, {**STAFF, "role": "administrator"}),
    *form("people.new_community", "", TOWN, TOWN_DOES, {**COMMUNITY, "slug": "xinli"}),
    *post("people.password_link", "colleague", TOWN_DOES),
    *post("people.leave", "colleague", TOWN_DOES, SURE),
    *form("projects.methods", "", TOWN, TOWN_DOES, {"source": "{another method}"}),
    *get("site.town_page", answers=TOWN),
]
PROJECTS = [
    *get("projects.community", "community"),
    *get("projects.show", "running"),
    *get("projects.poster", "running"),
    *get("projects.step", "running_step"),
    *get("projects.figures", "running"),
    *get("projects.console", "community", LEADS),
    *form("projects.new", "community", LEADS, LEADS_DO, {**PROJECT, "method": "{method}", "once": "a-form"}),
    *form("projects.edit", "running", LEADS, LEADS_DO, PROJECT),
    *post("projects.close_step", "ready", LEADS_DO),
    *form("projects.sign_off", "running_gate", LEADS, LEADS_DO, {"answer": "yes", "note": REASON, "seen": "first.1"}),
    *form("projects.waive", "running_gate", LEADS, LEADS_DO, {"reason": REASON, "seen": "first.1"}),
    *form("projects.send_back", "done", LEADS, LEADS_DO, {"reason": REASON, "step": "first", "seen": "second.1"}),
    *form("projects.move", "running", LEADS, LEADS_DO, {"reason": REASON}, move="pause"),
    *form("projects.move", "paused", LEADS, LEADS_DO, {"reason": REASON}, move="resume"),
    *form("projects.move", "running", LEADS, LEADS_DO, {"reason": REASON}, move="end"),
    *form("projects.dates", "ideas_dates", LEADS, LEADS_DO, {"opens": "2026-03-10", "closes": "2026-04-10"}),
]
PROPOSALS = [
    *get("proposals.activity", "ideas"),
    *form("proposals.new", "ideas", SIGNED_IN, RESIDENTS_DO, {**WORDS, "once": "a-form"}),
    *get("proposals.show", "proposal"),
    *get("proposals.show", "draft", "author: page | *: 404"),
    *form("proposals.check", "draft", AUTHOR, AUTHOR_DOES),
    *form("proposals.edit", "draft", AUTHOR, AUTHOR_DOES, {**WORDS, "once": "a-form"}),
    *form("proposals.edit", "proposal", AUTHOR, AUTHOR_DOES, {**WORDS, "once": "a-form"}),
    *form("proposals.withdraw", "proposal", AUTHOR, AUTHOR_DOES),
    *post("proposals.support", "proposal", RESIDENTS_DO, {"on": "1"}),
    *form("proposals.answer", "proposal", LEADS, LEADS_DO, {"status": "accepted", "reason": REASON}),
    *post("proposals.choose", "accepted", LEADS_DO),
    *form("proposals.merge", "ideas", LEADS, LEADS_DO, {**WORDS, "sources": ["{proposal}", "{accepted}"]}),
]
RECORDS = [
    *get("records.show", "record"),
    *get("records.as_json", "record"),
    *get("records.as_pdf", "record"),
    *get("records.code", "record"),
    *get("records.step", "done_record", "*: away"),
    *form("records.check", "record", EVERYBODY, "*: passes", {"file": b"{}"}),
    *get("records.preview", "ready", LEADS),
]
REGISTERS = [
    *get("registers.activity", "team"),
    *form("registers.add", "section", WRITERS, WRITERS_DO, {**MEMBER, "once": "a-form"}),
    *form("registers.correct", "entry", WRITERS, WRITERS_DO, {**MEMBER, "once": "a-form"}),
    *form("registers.remove", "entry", WRITERS, WRITERS_DO, {"reason": REASON}),
]
MEMBERS = "author partner neighbour facilitator planner department observer inspector: page | *: 404"
SITE = [
    *(row for name in ("home", "communities", "help", "about", "protection", "robots") for row in get(f"site.{name}")),
    *get("site.favicon", answers="*: away"),
    *get("site.language", answers="*: away", lang="en"),
    *get("site.size", answers="*: away", size="large"),
    *get("site.file", "media_public"),
    *get("site.file", "media_members", MEMBERS),
    *get("site.file", "media_staff", "facilitator: page | *: 404"),
    *get("static", filename="qiding.css"),
]
ROWS = (
    *BALLOTS,
    *PAPER,
    *LAW,
    *PROOF,
    *OBJECTIONS,
    *COMMENTS,
    *NOTICES,
    *AROUND_NOTICES,
    *MEETINGS,
    *ME,
    *OUTBOX,
    *SIGN_IN,
    *SECURITY,
    *STAFF_PAGES,
    *PROJECTS,
    *PROPOSALS,
    *RECORDS,
    *REMOVALS,
    *PRIVACY,
    *ARCHIVE,
    *REGISTERS,
    *OFFICE_FILES,
    *SITE,
    *API,
    *DOSSIER,
)
