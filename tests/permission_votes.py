"""Who gets what from the addresses of votes: ballots, paper, owners, the proof, the objection desk."""

from __future__ import annotations

from tests.permission_rows import (
    EVERYBODY,
    HERE,
    LEADS,
    LEADS_DO,
    LOOKS,
    MANDATE,
    OBJECTION,
    ON_FILE,
    REASON,
    RESIDENTS_DO,
    TOWN,
    TOWN_DOES,
    WORDS,
    form,
    get,
    post,
)

AWAY_LEADS = LEADS.replace("facilitator: page", "facilitator: away")
CONFLICT_LEADS = LEADS_DO.replace("facilitator: does it", "facilitator: 409")
NO_INSPECTOR = "anonymous: sign in | *: 403"  # what the three do: tests/ballots/test_ballots_inspectors.py
BALLOTS = [
    *form("ballots.activity", "vote_to_come", EVERYBODY, LEADS_DO, WORDS),
    *form(
        *("ballots.announce", "vote_to_come", LEADS, LEADS_DO),
        {"opens": "2026-03-16", "closes": "2026-03-23", "unanswered": REASON},
    ),
    *form(
        "ballots.adopt",
        "vote_passed",
        LEADS,
        LEADS_DO,
        {"owner": "张阿姨", "tasks": "量尺寸。", "review": "2030-01-01"},
    ),
    # Nothing is stuck, proposed by somebody else or due here: tests/ballots/test_ballots_ends.py has what is done.
    *form("ballots.leave", "vote_passed", AWAY_LEADS, CONFLICT_LEADS, {"reason": REASON}, move="reject"),
    *form("ballots.review", "vote_passed", AWAY_LEADS, CONFLICT_LEADS, {"found": REASON}),
    *form("ballots.poll", "poll_vote", EVERYBODY, RESIDENTS_DO, {**OBJECTION, "once": "a-form"}),
    *get("ballots.poll", "poll_vote_over"),
    *get("ballots.done", "poll_vote_over", "anonymous: sign in | author partner neighbour: page | *: away"),
    *get("ballots.result", "poll_vote"),
    *get("ballots.result", "poll_vote_over"),
    *form("ballots.inspect", "poll_vote_over", NO_INSPECTOR, NO_INSPECTOR, {"reason": REASON}),
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
    *get("paper.printed_pdf", "poll_vote", LEADS),
    *form("paper.box", "poll_vote", LEADS, LEADS_DO, {"numbers": "{sheet}"}),
    *form("paper.entry", "poll_vote", LEADS, LEADS_DO, SHEET),
    *form("paper.helpers", "poll_vote", LEADS, LEADS_DO, {"person": "{colleague}"}),
    *get("paper.sheets", "poll_vote", LEADS),
    *form("paper.sheet", "sheet_vote_paper", LEADS, LEADS_DO, {"document": b"%PDF-1.4 a sheet"}),
    *form(
        "paper.helped",
        "poll_vote",
        LEADS,
        LEADS_DO,
        {**OBJECTION, "household": "5-103", "said": "y", "once": "a-form"},
    ),
    *get("paper.slip", "poll_vote", LEADS.replace("facilitator: page", "facilitator: away")),
    *get("paper.account", "poll_vote_paper"),
    *get("paper.account_pdf", "poll_vote_paper"),
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
OWN = "anonymous: sign in | author partner neighbour: page | *: 404"
PROOF = [
    *(row for name in ("log", "newest", "key") for row in get(f"proof.{name}", "community")),
    *get("proof.checkpoint", "checkpoint"),
    *(row for name in ("notice", "notice_pdf", "check") for row in get(f"proof.{name}", "poll_vote_over")),
    *get("proof.poster", "poll_vote"),
    *get("proof.poster", "poll_vote_over", "*: 409"),
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
    *get("objections.do", "objection", AWAY, act="close"),
    *get("objections.do", "objection", AWAY, act="draw"),
    *get("objections.do", "objection", AWAY, act="say"),
    *get("objections.do", "objection", AWAY, act="offer"),
    *get("objections.do", "objection", AWAY, act="reply"),
]
