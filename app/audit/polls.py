"""What an announcement froze, against the log: the text, the rule, the times, the roll; and the drafts before it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Text, cast, func, select

from app.audit.ballots import Ends, check_ballots, check_batches
from app.audit.finding import Wrong, read_json, same
from app.audit.inspectors import check_inspectors
from app.audit.log import FAULTED, MOVED, OBJECTIONS, PROLONGED, VOIDED, Log, Told, place
from app.audit.paper import check_paper, stories
from app.audit.rolls import check_beside, check_disputes, check_slot_links, disputes_of
from app.ballots.announce import FROZEN_SETTINGS
from app.ballots.law_models import RollVoice
from app.ballots.matters import matter_hash
from app.ballots.models import Decision, Poll, RollEntry, Slot, TextVersion
from app.ballots.rolls import head_key, root_of
from app.core.database import db
from app.engine.canonical import text_hash
from app.engine.voting import RULES
from app.engine.voting.owners import ITEMS
from app.engine.voting.phase import DAY
from app.people.models import Household, Person
from app.people.places import Owner
from app.projects.models import ActivityRun, MethodVersion, Project, StepRunRow
from app.projects.queries import parse

# A poll's columns by their names in the entry that announces it.
ANNOUNCED = {
    "attempt": "attempt",
    "rule": "rule",
    "quorum": "quorum",
    "threshold": "threshold",
    "electorate": "electorate",
    "mode": "mode",
    "paper": "paper",
    "opens": "opens_at",
    "closes": "closes_at",
    "roll_size": "roll_size",
    "roll_root": "roll_root",
}
# What an announcement of before votes with proof does not say, since there was but one of each; the electorate stands in
# the policy.
BEFORE = {"mode": "A", "paper": "none"}
# Settings that policies of before don't have.
LATER = ("paper", "prolong_days", "handle_days", "narrow", "formal")
AS_TEXT = ("tally", "asked_of", "matter", "rings")  # what was stored is read here, and named when it can't be read
POLICY = ("rule", "electorate", "quorum", "threshold")


def check_polls(community_id: int, log: Log) -> int:
    """Check each decision and each poll of a community, with its roll and its ballots; returns how many ballots."""
    _check_decisions(community_id, log)
    announced, closed = log.by("poll.announced", "poll"), log.by("poll.closed", "poll")
    final = log.by("count.final", "poll")
    moved, prolonged, ballots = log.newest(OBJECTIONS, "objection"), log.by(PROLONGED, "poll"), 0
    columns = [column for column in Poll.__table__.columns if column.name not in AS_TEXT]
    polls = db.session.execute(
        select(
            *columns,
            cast(Poll.tally, Text).label("tally"),
            cast(Poll.rings, Text).label("rings"),
            cast(Poll.asked_of, Text).label("asked_of"),
            cast(Poll.matter, Text).label("matter"),
        )
        .where(Poll.community_id == community_id)
        .order_by(Poll.id)
    ).all()
    faulted, voided = log.all_by(FAULTED, "poll"), log.by(VOIDED, "poll")
    announced_texts: dict[int, list[Any]] = {}
    batches = log.batches.copy()
    on_paper, disputes, deleted = stories(log, polls), disputes_of(log), log.by("links.deleted", "poll")
    for poll in polls:
        told = announced.pop(poll.public_id, None)
        if told is None:
            raise Wrong("poll", poll.public_id, "public_id", "expected an entry of the log that announces it")
        _check_announced(poll, told)
        _check_prolonged(poll, told, prolonged.pop(poll.public_id, None))
        check_inspectors(poll, told, faulted.pop(poll.public_id, []), voided.pop(poll.public_id, None))
        texts = announced_texts.setdefault(poll.decision_id, [])
        if told.body.get("text") not in texts:
            texts.append(told.body.get("text"))
        _check_version(poll, told, texts.index(told.body.get("text")) + 1)
        _check_roll(poll, told.body.get("roll", 1))
        check_beside(poll, told)
        check_disputes(poll, disputes)
        check_slot_links(poll, deleted.pop(poll.public_id, None))
        early = log.early.pop((poll.public_id, poll.project_id), set())
        ends = Ends(closed.pop(poll.public_id, None), final.pop(poll.public_id, None), on_paper[poll.id].reopened)
        if "mode" in told.body:
            ends = ends.with_late(poll)
        ballots += check_ballots(poll, ends, moved, early)
        check_paper(on_paper[poll.id])
        check_batches(poll, batches.pop((poll.public_id, poll.project_id), 0), early)
    left = (
        *(("announces", announced), ("closes", closed), ("makes final", final)),
        *(("prolongs", prolonged), ("finds void", voided)),
        *(("tells of an objection in", moved), ("ends the links of", deleted)),
    )
    for kind, rest in left:
        for told in rest.values():
            name = told.body.get("poll")
            raise Wrong("poll", name, "public_id", f"expected what {place(told.body)} of the log {kind}; it is gone")
    for poll_name in faulted:
        raise Wrong("poll", poll_name, "public_id", "expected the poll in which the log tells of a fault")
    for poll_name, _ in [*batches, *log.early]:
        raise Wrong("poll", poll_name, "public_id", "expected the poll that entries of the log tell of, in its project")
    return ballots


def _check_decisions(community_id: int, log: Log) -> None:
    rows = db.session.execute(
        select(
            Decision.public_id,
            Decision.title,
            Decision.draft,
            Decision.project_id,
            Decision.state,
            cast(Decision.policy, Text).label("policy"),
            ActivityRun.project_id.label("run_project_id"),
            ActivityRun.key,
            StepRunRow.step,
            MethodVersion.source,
        )
        .join(ActivityRun, ActivityRun.id == Decision.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .join(Project, Project.id == ActivityRun.project_id)
        .join(MethodVersion, MethodVersion.id == Project.method_version_id)
        .where(Decision.community_id == community_id)
        .order_by(Decision.id)
    ).all()
    drafts, moved = dict(log.drafts), log.newest([MOVED], "decision")
    for row in rows:
        draft = drafts.pop(row.public_id, None)
        if draft is None:
            raise Wrong("decision", row.public_id, "public_id", "expected an event that drafts it; there is none")
        data = draft.data
        same("event", draft.id, "project_id", draft.project_id, row.project_id, "the decision it drafts tells")
        same("decision", row.public_id, "title", row.title, data.get("title"), "its newest draft's event tells")
        same("decision", row.public_id, "draft", row.draft, data.get("text"), "its newest draft's event tells")
        same("decision", row.public_id, "project_id", row.project_id, row.run_project_id, "its activity tells")
        policy = read_json("decision", row.public_id, "policy", row.policy)
        settings = next(item for item in parse(row.source).step(row.step).activities if item.key == row.key).settings
        frozen = {key: str(settings[key]) for key in FROZEN_SETTINGS if key not in LATER or key in policy}
        if policy not in ({}, frozen):
            raise Wrong("decision", row.public_id, "policy", "expected what the project's method sets")
        told = moved.pop(row.public_id, None)
        wanted = told.body.get("state") if told is not None else "deciding" if policy else "drafting"
        if row.state != wanted:
            raise Wrong("decision", row.public_id, "state", f"expected {wanted!r}, as the log tells")
    for name in moved:
        raise Wrong("decision", name, "public_id", "expected the decision that the log moves; it is gone")
    for name in drafts:
        raise Wrong("decision", name, "public_id", "expected the decision that the log drafts; it is gone")
    unused = db.session.scalar(
        select(TextVersion.id)
        .join(Decision, Decision.id == TextVersion.decision_id)
        .outerjoin(Poll, Poll.version_id == TextVersion.id)
        .where(Decision.community_id == community_id, Poll.id.is_(None))
    )
    if unused is not None:
        raise Wrong("text_version", unused, "id", "expected a poll that was announced on it; there is none")


def _members(poll: Any) -> dict[str, Any]:
    """How many members each ring has that must take part."""
    rings = read_json("poll", poll.public_id, "rings", poll.rings)
    if not isinstance(rings, dict) or not all(isinstance(ring, dict) for ring in rings.values()):
        raise Wrong("poll", poll.public_id, "rings", "expected rings with their members")
    return {key: ring.get("members") for key, ring in rings.items()}


def _check_announced(poll: Any, told: Told) -> None:
    body, event = told
    name, source = poll.public_id, f"{place(body)} of the log tells"
    before = {} if "mode" in body else {**BEFORE, "electorate": poll.electorate}
    for key, field in ANNOUNCED.items():
        same("poll", name, field, getattr(poll, field), body.get(key, before.get(key)), source)
    same("poll", name, "announced_at", poll.announced_at, event.at, source)
    same("poll", name, "announced_by_id", poll.announced_by_id, event.person_id, source)
    same("poll", name, "project_id", poll.project_id, event.project_id, source)
    matter = read_json("poll", name, "matter", poll.matter)
    hashed = matter_hash(matter) if isinstance(matter, dict) else None
    if hashed != body.get("matter", ""):
        raise Wrong("poll", name, "matter", f"expected that whose hash {place(body)} of the log holds")
    if _members(poll) != body.get("rings", {}):
        raise Wrong("poll", name, "rings", f"expected those that {place(body)} of the log names")
    decision = db.session.execute(
        select(Decision.project_id, cast(Decision.policy, Text).label("policy")).where(Decision.id == poll.decision_id)
    ).one()
    same("poll", name, "decision_id", decision.project_id, poll.project_id, source)
    policy = json.loads(decision.policy)
    if isinstance(matter, dict) and matter.get("formal"):
        policy |= {"rule": policy.get("formal")}
    if isinstance(matter, dict) and matter.get("item") and RULES[policy["rule"]].by_area:
        rule = RULES[ITEMS[matter["item"]].rule]
        if rule.fixed is not None:
            policy |= {"rule": rule.key, "quorum": str(rule.fixed.quorum), "threshold": str(rule.fixed.threshold)}
    for key in POLICY:
        same("poll", name, key, getattr(poll, key), policy.get(key), "the policy of its decision tells")
    places = read_json("poll", name, "asked_of", poll.asked_of)
    labels = db.session.scalars(select(RollEntry.label).where(RollEntry.poll_id == poll.id))
    if not isinstance(places, list) or (places and not all(label.startswith(tuple(places)) for label in labels)):
        raise Wrong("poll", name, "asked_of", "expected the buildings or entrances of its roll")


def _check_prolonged(poll: Any, announced: Told, told: Told | None) -> None:
    """The one prolongation: by the announced days, and told by an entry of the log."""
    name = poll.public_id
    source = f"{place(announced.body)} of the log tells"
    same("poll", name, "prolong_days", poll.prolong_days, announced.body.get("prolong_days", 0), source)
    if told is None:
        same("poll", name, "prolonged_until", poll.prolonged_until, None, "no entry of the log prolongs it")
        return
    until = poll.closes_at + poll.prolong_days * DAY
    same("poll", name, "prolonged_until", poll.prolonged_until, until, "its announcement tells")
    same("poll", name, "prolonged_until", poll.prolonged_until, told.body.get("until"), f"{place(told.body)} tells")


def _check_version(poll: Any, told: Told, number: int) -> None:
    version = db.session.execute(select(TextVersion.__table__).where(TextVersion.id == poll.version_id)).one()
    source = f"{place(told.body)} of the log tells"
    try:
        hashed = text_hash(version.text)
    except ValueError:
        hashed = ""
    if hashed != told.body.get("text"):
        raise Wrong(
            "text_version", version.id, "text", f"expected the text whose hash {place(told.body)} of the log holds"
        )
    same("text_version", version.id, "text_hash", version.text_hash, hashed, source)
    same("text_version", version.id, "title", version.title, told.event.data.get("title"), source)
    same("text_version", version.id, "number", version.number, number, "so many texts were announced by then")
    same("text_version", version.id, "decision_id", version.decision_id, poll.decision_id, "its poll tells")


def _check_roll(poll: Any, version: Any) -> None:
    entries = db.session.execute(
        select(RollEntry.__table__, Household.public_id.label("home"), Person.public_id.label("person"))
        .outerjoin(Household, Household.id == RollEntry.household_id)
        .outerjoin(Person, Person.id == RollEntry.person_id)
        .where(RollEntry.poll_id == poll.id)
        .order_by(RollEntry.id)
    ).all()
    if len(entries) != poll.roll_size:
        raise Wrong("roll_entry", f"of {poll.public_id}", "id", f"expected {poll.roll_size} of them")
    for entry in entries:
        if getattr(entry, f"{poll.electorate}_id") is None:
            raise Wrong(
                "roll_entry", entry.id, f"{poll.electorate}_id", f"expected a {poll.electorate}, as on its poll"
            )
        if version != 1 and poll.electorate != "owner":
            same("roll_entry", entry.id, "unit_key", entry.unit_key, entry.home or entry.person, "its unit tells")
    if poll.electorate == "owner":
        keys = _head_keys(poll.id)
        for entry in entries:
            same("roll_entry", entry.id, "unit_key", entry.unit_key, keys.get(entry.id), "its owners tell")
    try:
        rows = [[entry.label, entry.heads, entry.area, entry.unit_key][: 3 if version == 1 else 4] for entry in entries]
        hashed = root_of(rows, version)
    except ValueError:
        hashed = ""
    if hashed != poll.roll_root:
        raise Wrong(
            "roll_entry",
            f"of {poll.public_id}",
            "label, heads, area or unit_key",
            "expected the roll that was announced",
        )
    if version != 1:
        same(
            "poll", poll.public_id, "roll_area", poll.roll_area, sum(entry.area for entry in entries), "its roll tells"
        )
    slots = db.session.scalar(select(func.count()).select_from(Slot).where(Slot.poll_id == poll.id))
    wanted = 0 if poll.mode == "C" else poll.roll_size
    if slots != wanted:
        raise Wrong("slot", f"of {poll.public_id}", "id", f"expected {wanted} of them")


def _head_keys(poll_id: int) -> dict[int, str]:
    """Who each entry of an owners' roll is, by the owners that it was frozen with."""
    owners: dict[int, list[str]] = {}
    query = (
        select(RollVoice.roll_entry_id, Owner.public_id)
        .join(Owner, Owner.id == RollVoice.owner_id)
        .where(RollVoice.poll_id == poll_id)
    )
    for entry, key in db.session.execute(query):
        owners.setdefault(entry, []).append(key)
    return {entry: head_key(keys) for entry, keys in owners.items()}
