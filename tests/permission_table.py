"""Who gets what from every address: the committed table that tests/test_permissions.py walks.

A row names a method and an endpoint of the application, a thing of tests/permission_world.py to ask it on, and what each
role gets. ``*`` is every role that the row does not name. The answers: ``page`` (200), ``away`` (sent on to another page
of the site), ``sign in`` (sent to the sign-in), ``does it`` (done, and something changed), ``passes`` (done, without a
change in the database), or the status of a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROLES = (
    "anonymous",
    "author",  # a resident here, who wrote and voted
    "partner",  # another resident of the same household
    "neighbour",  # a resident here of another household
    "resident_elsewhere",
    "facilitator",
    "facilitator_elsewhere",
    "planner",
    "department",
    "observer",
    "inspector",
    "administrator",
)

EVERYBODY = "*: page"
SIGNED_IN = "anonymous: sign in | *: page"
# Those of the community learn that they may not; to outsiders there is nothing here, the town's administrator included.
HERE = "author partner neighbour planner department observer inspector: 403 | *: 404"
LOOKS = "author partner neighbour facilitator planner department observer: 403 | *: 404"
LEADS = f"anonymous: sign in | facilitator: page | {HERE}"
LEADS_DO = f"anonymous: sign in | facilitator: does it | {HERE}"
OFFICE = f"anonymous: sign in | facilitator administrator: page | {HERE}"
OFFICE_DOES = f"anonymous: sign in | facilitator administrator: does it | {HERE}"
TOWN_GIVES = f"anonymous: sign in | administrator: does it | {HERE}"
TOWN = "anonymous: sign in | administrator: page | *: 404"
TOWN_DOES = "anonymous: sign in | administrator: does it | *: 404"
AUTHOR = "anonymous: sign in | author: page | *: 404"
AUTHOR_DOES = "anonymous: sign in | author: does it | *: 404"
RESIDENTS_DO = "anonymous: sign in | author partner neighbour: does it | *: 403"
MEMBERS_DO = (
    "anonymous: sign in | author partner neighbour facilitator planner department observer inspector: does it | *: 403"
)
RINGS_DO = "anonymous: sign in | author partner neighbour facilitator planner department: does it | *: 403"
WRITERS = "anonymous: sign in | facilitator planner: page | *: 403"
WRITERS_DO = "anonymous: sign in | facilitator planner: does it | *: 403"
PAIRED_DO = "anonymous: sign in | author partner neighbour resident_elsewhere: does it | *: 404"

REASON = "现场看过，图纸也对过，可以这样办。"
WORDS = {"title": "加一张长椅", "text": "老人走累了可以坐一坐。"}
COMMENT = {"kind": "question", "text": "这里晚上有灯吗？", "once": "a-form"}
SURE = {"sure": "1"}
STAFF = {"name": "周工", "email": "zhou@example.org"}
COMMUNITY = {"name": "新里", "desk_place": "议事角", "desk_hours": "周二", "desk_phone": "5550 0188"}
MEMBER = {"name": "赵师傅", "ring": "residents", "role": "巡查", "conflict": "none"}
PROJECT = {"title": "修长廊", "place": "5号楼前", "summary": "长廊漏雨。"}
CSV = "楼号,室号,面积\n5,101,80\n".encode()
OBJECTION = {
    "stance": "objection",
    "kind": "harm",
    "passage": "第一条",
    "reason": "种植箱压上去，防水层会坏，楼下三户人家去年就漏过水，修都没有办法修，请改一改。",
}
ON_FILE = {"authority": "区房管局", "number": "沪房〔2026〕1号", "day": "2026-03-01", "document": b"%PDF-1.4 a paper"}
MANDATE = {"entry": "{entry}", "unit": "5-102", "name": "张阿姨", "paper": "书面委托，本人签名"}


@dataclass(frozen=True)
class Row:
    """One cell line of the table. ``data`` may name ``{fields}`` of the world: method, code, first, second, colleague."""

    method: str
    endpoint: str
    at: str
    answers: str
    data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    pairing: bool = False  # the browser has just sent a household's code

    @property
    def name(self) -> str:
        """How the row is called in the tests' list."""
        more = "-".join([self.at, *self.values.values(), *(["paired"] if self.pairing else [])])
        return f"{self.method} {self.endpoint} {more}".strip()

    def expected(self) -> dict[str, str]:
        """The answer of each role; a role that no part names is refused."""
        found = dict.fromkeys(ROLES, "404")
        parts = [part.split(": ") for part in self.answers.split(" | ")]
        for names, answer in sorted(parts, key=lambda part: part[0] != "*"):
            for name in ROLES if names == "*" else names.split():
                if name not in ROLES:
                    raise ValueError(f"{self.name}: no such role: {name}")
                found[name] = answer
        return found


def form(endpoint: str, at: str, get: str, post: str, data: dict[str, Any] | None = None, **values: str) -> list[Row]:
    """A page with a form: who sees it, and who may send it."""
    return [Row("GET", endpoint, at, get, values=values), Row("POST", endpoint, at, post, data or {}, values)]


def post(endpoint: str, at: str, answers: str, data: dict[str, Any] | None = None, **values: str) -> list[Row]:
    """What is only sent."""
    return [Row("POST", endpoint, at, answers, data or {}, values)]


def get(endpoint: str, at: str = "", answers: str = EVERYBODY, **values: str) -> list[Row]:
    """What is only read."""
    return [Row("GET", endpoint, at, answers, values=values)]


BALLOTS = [
    *form("ballots.activity", "vote_to_come", EVERYBODY, LEADS_DO, WORDS),
    *form("ballots.announce", "vote_to_come", LEADS, LEADS_DO, {"opens": "2026-03-16", "closes": "2026-03-23"}),
    *form(
        "ballots.adopt",
        "vote_passed",
        LEADS,
        LEADS_DO,
        {"owner": "张阿姨", "tasks": "量尺寸。", "review": "2030-01-01"},
    ),
    *form("ballots.poll", "poll_vote", EVERYBODY, RESIDENTS_DO, {**OBJECTION, "once": "a-form"}),
    *get("ballots.poll", "poll_vote_over"),
    *get("ballots.done", "poll_vote_over", "anonymous: sign in | author partner neighbour: page | *: away"),
    *get("ballots.result", "poll_vote"),
    *get("ballots.result", "poll_vote_over"),
    *get("ballots.turnout", "poll_vote"),
    *get("ballots.turnout_json", "poll_vote"),
    *form(
        "ballots.withdraw",
        "poll_vote_over",
        "anonymous: sign in | author partner: page | *: 404",
        "anonymous: sign in | author partner: does it | neighbour: 404 | *: 403",
    ),
    *form(
        "ballots.disagree",
        "poll_vote_cast",
        "anonymous: sign in | author partner: page | *: 404",
        "anonymous: sign in | author partner: does it | neighbour: 409 | *: 403",
    ),
]
SHEET = {**OBJECTION, "serial": "{sheet}", "household": "5-103", "choice": "3"}
PAPER = [
    *form("paper.overview", "poll_vote", LEADS, LEADS_DO, {"whom": "blank", "count": "2"}),
    *get("paper.printed", "poll_vote", LEADS),
    *form("paper.box", "poll_vote", LEADS, LEADS_DO, {"numbers": "{sheet}"}),
    *form("paper.entry", "poll_vote", LEADS, LEADS_DO, SHEET),
    *form("paper.helpers", "poll_vote", LEADS, LEADS_DO, {"person": "{colleague}"}),
    *get("paper.sheets", "poll_vote", LEADS),
    *get("paper.sheet", "sheet_vote", LEADS),
    *form(
        "paper.helped",
        "poll_vote",
        LEADS,
        LEADS_DO,
        {**OBJECTION, "household": "5-103", "said": "y", "once": "a-form"},
    ),
    *get("paper.slip", "poll_vote", LEADS.replace("facilitator: page", "facilitator: away")),
    *get("paper.account", "poll_vote_paper"),
    *form("paper.sample", "poll_vote_paper", LEADS, LEADS_DO, {"fix": "1"}),
]
LAW = [
    *form("ballots.matter", "owners_to_come", LEADS, LEADS_DO, {"item": "rebuild", "reason": REASON}),
    *get("ballots.announce", "owners_to_come", LEADS),
    *get("ballots.poll", "poll_owners_vote"),
    *get("ballots.result", "poll_owners_over"),
    *form("ballots.authorisation", "community", EVERYBODY, TOWN_DOES, ON_FILE),
    *form("ballots.revoke_authorisation", "authorisation", TOWN, TOWN_DOES, {"reason": REASON}),
    *form("ballots.mandates_page", "poll_owners_vote", LEADS, LEADS_DO, MANDATE),
    *post("ballots.revoke_mandate", "mandate", LEADS_DO),
    *form(
        "ballots.count",
        "poll_owners_over",
        EVERYBODY,
        "anonymous: sign in | author partner neighbour: does it | *: 403",
        {"reason": REASON},
    ),
    *form("ballots.answer_count", "count_objection", LEADS, LEADS_DO, {"answer": REASON}),
    *post("ballots.finalise", "poll_owners_done", LEADS_DO),
    *form("people.owner", "owner", LEADS, LEADS_DO, {"unit": "5-102", "name": "张阿姨", "paper": "产证原件"}),
    *post("people.unlink_owner", "owner_person", LEADS_DO),
    *post("people.developer", "owner", LEADS_DO, {"on": "1"}),
]
OWN = "anonymous: sign in | author partner: page | *: 404"
PROOF = [
    *(row for name in ("log", "newest", "key") for row in get(f"proof.{name}", "community")),
    *get("proof.checkpoint", "checkpoint"),
    *(row for name in ("notice", "check") for row in get(f"proof.{name}", "poll_vote_over")),
    *get("proof.download", "poll_vote_over"),
    *get("proof.inclusion", "poll_vote_over_code"),
    *get("proof.receipt", "poll_vote_over", OWN),
    *get("proof.statement", "poll_vote_over", OWN),
    *get("proof.identified", "poll_vote_over", "anonymous: sign in | *: 404"),  # it isn't an identified one
    # A look is written down, so the page changes the access log: see tests/proof/test_proof_pages.py.
    *get("proof.missing", "poll_vote_over", "anonymous: sign in | facilitator: 409 | " + HERE),
    *get("proof.looks", "community", "anonymous: sign in | inspector administrator: page | " + LOOKS),
    *get("proof.program"),
]
DISAGREES = "防水去年已经重做过，验收单在物业那里，漏水的事不会再有，请大家看看。"
AWAY = "anonymous: sign in | *: away"
OBJECTIONS = [
    *get("objections.page", "objection"),
    *get("objections.desk", "community", LEADS),
    *form(
        "objections.do",
        "objection",
        "anonymous: sign in | neighbour facilitator: page | *: away",
        "anonymous: sign in | neighbour facilitator: does it | *: 403",
        {"reason": DISAGREES},
        act="disagree",
    ),
    *form(
        "objections.do",
        "objection",
        "anonymous: sign in | neighbour: page | *: away",
        "anonymous: sign in | neighbour: does it | *: 403",
        act="willing",
    ),
    *form(
        "objections.do",
        "objection",
        "anonymous: sign in | author partner facilitator: page | *: away",
        "anonymous: sign in | author partner facilitator: does it | *: 403",
        {"text": "周六上午我在家，可以上门来看。"},
        act="write",
    ),
    # Before anybody disagreed, nothing is to be drawn, said, answered or replied to.
    *get("objections.do", "objection", AWAY, act="draw"),
    *get("objections.do", "objection", AWAY, act="say"),
    *get("objections.do", "objection", AWAY, act="offer"),
    *get("objections.do", "objection", AWAY, act="reply"),
]
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
        "people.staff_sign_in", "", EVERYBODY, "*: passes", {"email": "planner@example.org", "password": "{password}"}
    ),
    *form("people.accept", "link", EVERYBODY, "*: does it", {"password": "{password}"}),
    *post("people.sign_out", "", "*: passes"),
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
    *get("records.archive", "community"),
    *get("records.show", "record"),
    *get("records.as_json", "record"),
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
    *(
        row
        for name in ("home", "communities", "help", "about", "protection", "healthz", "robots")
        for row in get(f"site.{name}")
    ),
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
    *ME,
    *SIGN_IN,
    *STAFF_PAGES,
    *PROJECTS,
    *PROPOSALS,
    *RECORDS,
    *REGISTERS,
    *SITE,
)
