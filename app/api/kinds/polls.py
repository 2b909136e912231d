"""Votes: what was announced, and the result as soon as everybody may know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.api.columns import Column
from app.api.resource import Query, Resource, Row
from app.api.usual import ACTIVITY, COMMUNITY, ID, PAGE, PROJECT, in_both, when
from app.ballots.matters import law_says, matter_says
from app.ballots.models import Decision, Poll
from app.ballots.queries import Round, rounds_of
from app.core.web import site_url
from app.engine.phrase import phrase
from app.people.places import Community
from app.projects.models import ActivityRun, Project

TEST = (
    Column("key", "text", phrase("Which test of the rule it is.")),
    Column("holds", "yes", phrase("Whether it holds.")),
    Column("says", "words", phrase("The test with its numbers.")),
)
COLUMNS = (
    ID,
    COMMUNITY,
    PROJECT,
    ACTIVITY,
    Column("decision", "id", phrase("The decision of which it is a round.")),
    Column("round", "number", phrase("Which round of the decision it is, from 1.")),
    Column("title", "text", phrase("What it is called.")),
    Column("text", "text", phrase("The text that is voted on, as announced.")),
    Column("text_hash", "hash", phrase("The fingerprint of this text.")),
    Column("rule", "text", phrase("The rule by which it is counted.")),
    Column("quorum", "text", phrase("The share that must take part, as a fraction.")),
    Column("threshold", "text", phrase("The share that must say yes, as a fraction.")),
    Column("electorate", "word", phrase("What has one vote."), choices=("household", "person", "owner")),
    Column("asked_of", "list", phrase("The buildings or entrances asked; none for the whole community.")),
    Column(
        "mode",
        "word",
        phrase("How a vote is kept: A under a number, B by name among those on the roll, C unlinked."),
        choices=("A", "B", "C"),
    ),
    Column(
        "paper",
        "word",
        phrase("Whether paper counts: not at all, what was said last, or paper before the screen."),
        choices=("none", "last", "final"),
    ),
    Column("law", "words", phrase("What an owners' vote is in law."), empty=True),
    Column("matter", "words", phrase("Under which item of the law it stands, by whose word and why."), empty=True),
    Column("announced_at", "moment", phrase("When it was announced.")),
    Column("opens_at", "moment", phrase("When it opens.")),
    Column("closes_at", "moment", phrase("When it closes.")),
    Column(
        "phase",
        "word",
        phrase("Where it stands."),
        choices=("announced", "open", "counting", "closed", "void"),
    ),
    Column("roll_size", "number", phrase("How many votes there are on the roll.")),
    Column("roll_area", "area", phrase("The floor area of all units of the roll together; 0 where it does not count.")),
    Column("roll_root", "hash", phrase("The fingerprint of the roll.")),
    Column(
        "took_part_at_least",
        "number",
        phrase("How many took part: rounded down to fives before the close, then exact."),
    ),
    Column("needed", "number", phrase("How many must take part.")),
    Column("counts", "counts", phrase("Once closed and counted: how many said what."), empty=True),
    Column("areas", "counts", phrase("The same by floor area in 0.01 m², in votes of owners."), empty=True),
    Column("standing_objections", "number", phrase("Once closed: how many objections stand."), empty=True),
    Column("passed", "yes", phrase("Once closed and final: whether it passed."), empty=True),
    Column("preliminary", "yes", phrase("Once closed: whether the count is still under notice."), empty=True),
    Column("tests", "rows", phrase("Once closed: the tests of the rule."), parts=TEST),
    Column("voided_at", "moment", phrase("When its inspectors found it void."), empty=True),
    Column("final_at", "moment", phrase("When a count under notice became final."), empty=True),
    PAGE,
    Column("result", "address", phrase("The page of its result.")),
    Column("check", "address", phrase("The page on which anybody checks it.")),
)


def _select() -> Query:
    return (
        select(Poll, Decision.public_id, Community.slug, Project.public_id, ActivityRun.public_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(Community, Community.id == Poll.community_id)
        .join(Project, Project.id == Poll.project_id)
        .join(ActivityRun, ActivityRun.id == Decision.activity_run_id)
    )


def _shown(found: Sequence[Any], now: int) -> list[Row]:
    rounds = {
        item.poll.id: item for some in rounds_of({row[0].decision_id for row in found}, now).values() for item in some
    }
    here = [rounds[row[0].id] for row in found]
    laws = in_both([law_says(item.poll.electorate, item.poll.matter) for item in here])
    matters = in_both([matter_says(item.poll.matter) for item in here])
    tests = _tests(here)
    return [
        {
            "id": poll.public_id,
            "community": slug,
            "project": project,
            "activity": activity,
            "decision": decision,
            **_announced(item, law, matter),
            **_result(item),
            "tests": tests[poll.id],
            "voided_at": when(poll.voided_at),
            "final_at": when(poll.final_at),
            "page": site_url("ballots.poll", slug=slug, public_id=poll.public_id),
            "result": site_url("ballots.result", slug=slug, public_id=poll.public_id),
            "check": site_url("proof.check", slug=slug, public_id=poll.public_id),
        }
        for (poll, decision, slug, project, activity, *_), item, law, matter in zip(
            found, here, laws, matters, strict=True
        )
    ]


def _announced(item: Round, law: dict[str, str] | None, matter: dict[str, str] | None) -> Row:
    poll = item.poll
    return {
        "round": poll.attempt,
        "title": item.version.title,
        "text": item.version.text,
        "text_hash": item.version.text_hash,
        "rule": poll.rule,
        "quorum": poll.quorum,
        "threshold": poll.threshold,
        "electorate": poll.electorate,
        "asked_of": list(poll.asked_of),
        "mode": poll.mode,
        "paper": poll.paper,
        "law": law,
        "matter": matter,
        "announced_at": when(poll.announced_at),
        "opens_at": when(poll.opens_at),
        "closes_at": when(item.closes_at),
        "phase": item.phase,
        "roll_size": poll.roll_size,
        "roll_area": poll.roll_area,
        "roll_root": poll.roll_root,
        "took_part_at_least": item.turnout,
        "needed": item.needed,
    }


def _result(item: Round) -> Row:
    # A round has a tally only where may_publish gave it one: before the close there is nothing here to leave out.
    tally = item.tally
    if tally is None:
        return dict.fromkeys(("counts", "areas", "standing_objections", "passed", "preliminary"))
    return {
        "counts": dict(tally.counts),
        "areas": dict(tally.areas) if item.rule.by_area else None,
        "standing_objections": item.standing,
        "passed": None if item.preliminary else item.passed,
        "preliminary": item.preliminary,
    }


def _tests(rounds: Sequence[Round]) -> dict[int, list[Row]]:
    flat = [(item.poll.id, test) for item in rounds if item.tally is not None for test in item.tally.tests]
    says = in_both([test.says for _, test in flat])
    rows: dict[int, list[Row]] = {item.poll.id: [] for item in rounds}
    for (poll_id, test), words in zip(flat, says, strict=True):
        rows[poll_id].append({"key": test.key, "holds": test.holds, "says": words})
    return rows


RESOURCE = Resource(
    key="polls",
    title=phrase("Votes"),
    about=phrase(
        "Each round of each vote: text, rule, times and roll as announced; the result once everybody may know it."
    ),
    columns=COLUMNS,
    select=_select,
    order=(Poll.id,),
    community=Poll.community_id,
    year=Poll.announced_at,
    shown=_shown,
    project=Poll.project_id,
    find=Poll.public_id,
)
