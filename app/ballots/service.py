"""Commands of votes: draft, announce, cast, withdraw an objection, settle."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update

from app.ballots import queries
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.core.events import record_event
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine import objections
from app.engine.canonical import canon, commitment, receipt_code, tagged, text_hash
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.engine.voting import RULES
from app.engine.voting.phase import PollTimes, accepts_ballots, check_announcement, phase
from app.people.actor import Actor
from app.people.models import Person
from app.people.places import Community
from app.people.queries import persons_of_households, roll_households, roll_persons
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun, Project
from app.projects.queries import find_activity

INSERT_CHUNK = 1000


@dataclass(frozen=True)
class Receipt:
    """What a voter gets: the ballot's public id, the code to find it again, and when it was recorded."""

    ballot: str
    code: str
    at: int


def save_draft(actor: Actor, activity_public_id: str, title: str, text: str) -> str:
    """Write the text to be decided, until it is announced. Returns the decision's public id."""
    if not title.strip() or not text.strip():
        missing = phrase("Please fill this in.")
        fields = {"title": missing} if not title.strip() else {"text": missing}
        raise Invalid(phrase("Title and text are needed."), fields)
    with transaction() as tx:
        ref = find_activity(activity_public_id, tx.now)
        person_id = actor.require_facilitator(ref.community_id)
        _require_running(ref)
        decision = tx.session.scalar(select(Decision).where(Decision.activity_run_id == ref.id).with_for_update())
        if decision is None:
            decision = Decision(
                community_id=ref.community_id, project_id=ref.project_id, activity_run_id=ref.id, title=title.strip()
            )
            tx.session.add(decision)
        elif _latest(tx, decision) is not None and not _may_go_on(tx, decision):
            raise Frozen(phrase("The text is frozen since it was announced. A new one can follow after the close."))
        decision.title, decision.draft = title.strip(), text.strip()
        tx.session.flush()
        record_event(
            tx,
            "decision.drafted",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"decision": decision.public_id, "title": decision.title, "text": decision.draft},
            public={"decision": decision.public_id},
        )
        return decision.public_id


def _require_running(ref: ActivityRef) -> None:
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))


def _latest(tx: Tx, decision: Decision) -> Poll | None:
    return tx.session.scalar(select(Poll).where(Poll.decision_id == decision.id).order_by(Poll.attempt.desc()).limit(1))


def _may_go_on(tx: Tx, decision: Decision) -> bool:
    """Whether another round may follow: the last one is closed or void, and did not pass."""
    last = queries.rounds_of([decision.id], tx.now)[decision.id][0]
    return last.phase == "void" or (last.phase == "closed" and not last.passed)


def announce(actor: Actor, activity_public_id: str, opens_at: int, closes_at: int) -> str:
    """Announce a round on the drafted text: text, rule, times and roll are frozen. Returns the poll's public id."""
    with transaction() as tx:
        ref = find_activity(activity_public_id, tx.now)
        person_id = actor.require_facilitator(ref.community_id)
        _require_running(ref)
        decision = tx.session.scalar(select(Decision).where(Decision.activity_run_id == ref.id).with_for_update())
        if decision is None:
            raise Conflict(phrase("Write the text to be decided first."))
        last = _latest(tx, decision)
        if last is not None and not _may_go_on(tx, decision):
            raise Conflict(phrase("A round is under way, or has passed already."))
        attempt = last.attempt + 1 if last else 1
        activity = ref.activity
        if attempt > activity.whole("rounds"):
            raise Conflict(phrase("All %(n)s rounds are used up. Send the project back.", n=activity.whole("rounds")))
        units = electorate(ref)
        times = PollTimes(tx.now, opens_at, closes_at)
        earlier = set(tx.session.scalars(select(TextVersion.text_hash).where(TextVersion.decision_id == decision.id)))
        hashed = text_hash(decision.draft)
        check_announcement(
            times,
            announce_hours=activity.whole("announce_hours"),
            text=decision.draft,
            text_hash=hashed,
            earlier=earlier,
            roll_size=len(units),
        )
        if not decision.policy:
            decision.policy = {
                key: str(activity.settings[key]) for key in ("rule", "electorate", "quorum", "threshold", "rounds")
            }
        version = TextVersion(
            decision_id=decision.id,
            number=len(earlier) + 1,
            title=decision.title,
            text=decision.draft,
            text_hash=hashed,
        )
        tx.session.add(version)
        tx.session.flush()
        poll = Poll(
            community_id=ref.community_id,
            project_id=ref.project_id,
            decision_id=decision.id,
            version_id=version.id,
            attempt=attempt,
            rule=decision.policy["rule"],
            electorate=decision.policy["electorate"],
            quorum=decision.policy["quorum"],
            threshold=decision.policy["threshold"],
            announced_at=tx.now,
            announced_by_id=person_id,
            opens_at=opens_at,
            closes_at=closes_at,
            roll_size=len(units),
            roll_root=tagged("qiding/roll/v1", canon([[u["label"], u["heads"], u["area"]] for u in units])).hex(),
        )
        tx.session.add(poll)
        tx.session.flush()
        _freeze_roll(tx, poll, units)
        tx.session.execute(
            update(ActivityRun).where(ActivityRun.id == ref.id).values(opens_at=opens_at, closes_at=closes_at)
        )
        record_event(
            tx,
            "poll.announced",
            community_id=ref.community_id,
            project_id=ref.project_id,
            person_id=person_id,
            data={"title": version.title},
            public={
                "poll": poll.public_id,
                "attempt": attempt,
                "text": hashed,
                "rule": poll.rule,
                "quorum": poll.quorum,
                "opens": opens_at,
                "closes": closes_at,
                "roll_size": poll.roll_size,
                "roll_root": poll.roll_root,
            },
        )
        _tell_roll(tx, poll, units, version.title, ref.slug)
        return poll.public_id


def electorate(ref: ActivityRef) -> list[dict[str, object]]:
    """The voting units of an activity as they stand now: what an announcement would freeze."""
    if ref.activity.word("electorate") == "household":
        return [
            {"household_id": row.id, "person_id": None, "label": row.label, "heads": 1, "area": row.floor_area or 0}
            for row in roll_households(ref.community_id, ref.scope)
        ]
    return [
        {"household_id": None, "person_id": person_id, "label": label, "heads": 1, "area": 0}
        for person_id, label in roll_persons(ref.community_id, ref.scope)
    ]


def _freeze_roll(tx: Tx, poll: Poll, units: list[dict[str, object]]) -> None:
    place = {"poll_id": poll.id, "community_id": poll.community_id}
    for start in range(0, len(units), INSERT_CHUNK):
        tx.session.execute(insert(RollEntry), [{**unit, **place} for unit in units[start : start + INSERT_CHUNK]])
    entries = list(tx.session.scalars(select(RollEntry.id).where(RollEntry.poll_id == poll.id)))
    slots = [{"id": secrets.randbits(62), "poll_id": poll.id, "code": secrets.token_hex(16)} for _ in entries]
    secrets.SystemRandom().shuffle(entries)
    for start in range(0, len(entries), INSERT_CHUNK):
        part = slice(start, start + INSERT_CHUNK)
        tx.session.execute(insert(Slot), slots[part])
        tx.session.execute(
            insert(SlotLink),
            [
                {"roll_entry_id": entry, "slot_id": slot["id"], "poll_id": poll.id}
                for entry, slot in zip(entries[part], slots[part], strict=True)
            ],
        )


def _tell_roll(tx: Tx, poll: Poll, units: list[dict[str, object]], title: str, slug: str) -> None:
    households = [int(str(unit["household_id"])) for unit in units if unit["household_id"] is not None]
    people = {person.id for person in persons_of_households(households)}
    people |= {int(str(unit["person_id"])) for unit in units if unit["person_id"] is not None}
    tell(
        tx,
        sorted(people),
        "poll.announced",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": title, "opens": poll.opens_at, "closes": poll.closes_at, "attempt": poll.attempt},
        href=f"/c/{slug}/poll/{poll.public_id}",
        dedupe=f"announced:{poll.public_id}",
    )


def cast(actor: Actor, poll_public_id: str, raw: Mapping[str, object], *, once: str, agreed: bool = False) -> Receipt:
    """Cast, or change, a ballot. The deadline is judged by the time read under the poll's and the roll entry's locks."""
    found = _poll_id(poll_public_id)
    entry_id = _entry_id(actor, found)
    with transaction(lock=[Lock(Poll, found, share=True), Lock(RollEntry, entry_id)]) as tx:
        poll = tx.session.get_one(Poll, found, populate_existing=True)
        entry = tx.session.get_one(RollEntry, entry_id, populate_existing=True)
        slot = tx.session.scalars(
            select(Slot).join(SlotLink, SlotLink.slot_id == Slot.id).where(SlotLink.roll_entry_id == entry.id)
        ).one()
        scope, content = f"cast:{slot.code}", {key: str(value) for key, value in raw.items() if key.isascii()}
        known = replayed(tx, scope, once, content)
        if known is not None:
            ballot = tx.session.scalars(select(Ballot).where(Ballot.public_id == known)).one()
            return Receipt(ballot.public_id, receipt_code(bytes.fromhex(ballot.commitment)), tx.now)
        _require_open(tx, poll)
        choice = RULES[poll.rule].read(raw)
        before = tx.session.scalar(select(Ballot).where(Ballot.slot_id == slot.id, Ballot.live))
        if before is not None and entry.last_person_id not in (None, actor.person_id) and not agreed:
            sentence = phrase("Somebody else of your household has voted already. Tick that you agreed on the change.")
            raise Invalid(sentence, {"agreed": sentence})
        ballot = _write(tx, poll, slot, choice, before)
        entry.last_person_id = actor.person_id
        remember(tx, scope, once, content, ballot.public_id)
        if entry.household_id is not None:
            tell(
                tx,
                [person.id for person in persons_of_households([entry.household_id])],
                "ballot.changed" if before is not None else "ballot.recorded",
                community_id=poll.community_id,
                project_id=poll.project_id,
                data={"name": actor.name},
                href=f"/c/{_slug(tx, poll)}/poll/{poll.public_id}",
            )
        return Receipt(ballot.public_id, receipt_code(bytes.fromhex(ballot.commitment)), tx.now)


def _slug(tx: Tx, poll: Poll) -> str:
    return tx.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()


def _poll_id(public_id: str) -> int:
    with transaction() as tx:
        found = tx.session.scalar(select(Poll.id).where(Poll.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _entry_id(actor: Actor, poll_id: int) -> int:
    actor.person()
    with transaction() as tx:
        poll = tx.session.get_one(Poll, poll_id)
        place = queries.standing_of(actor, poll)
        if place is None:
            raise Forbidden(
                phrase("Your household is not on the roll of this vote, which was frozen at the announcement.")
                if poll.electorate == "household"
                else phrase("You are not on the roll of this vote, which was frozen at the announcement.")
            )
        return place.entry.id


def _require_open(tx: Tx, poll: Poll) -> None:
    times = queries.times_of(poll)
    if not accepts_ballots(times, tx.now):
        at = phase(times, tx.now)
        if at == "announced":
            raise Closed(phrase("Not recorded: the vote opens %(when)s.", when=Moment(poll.opens_at)))
        if at == "void":
            raise Closed(phrase("Not recorded: this round was found void."))
        raise Closed(phrase("Not recorded: the vote closed %(when)s.", when=Moment(poll.closes_at)))
    tx.lock(Lock(Project, poll.project_id, share=True))
    activity = tx.session.scalars(
        select(ActivityRun.public_id)
        .join(Decision, Decision.activity_run_id == ActivityRun.id)
        .where(Decision.id == poll.decision_id)
    ).one()
    if not find_activity(activity, tx.now).running:
        raise Closed(phrase("Not recorded: the project rests, and nothing in it is open."))


def _write(tx: Tx, poll: Poll, slot: Slot, choice: Mapping[str, str], before: Ballot | None) -> Ballot:
    if before is not None:
        tx.session.execute(update(Ballot).where(Ballot.id == before.id).values(live=False))
        tx.session.execute(
            update(Objection)
            .where(Objection.ballot_id == before.id, Objection.state == "raised")
            .values(state="withdrawn")
        )
    seq = (tx.session.scalar(select(func.max(Ballot.seq)).where(Ballot.slot_id == slot.id)) or 0) + 1
    nonce = secrets.token_bytes(32)
    body = {"poll": poll.public_id, "slot": slot.code, "seq": seq, "choice": dict(choice)}
    ballot = Ballot(
        poll_id=poll.id,
        slot_id=slot.id,
        stance=choice["stance"],
        choice=canon(dict(choice)).decode(),
        seq=seq,
        supersedes_id=before.id if before is not None else None,
        nonce=nonce,
        commitment=commitment(body, nonce).hex(),
    )
    tx.session.add(ballot)
    tx.session.flush()
    if choice["stance"] in RULES[poll.rule].objects:
        tx.session.add(Objection(poll_id=poll.id, ballot_id=ballot.id))
    return ballot


def withdraw_objection(actor: Actor, poll_public_id: str) -> None:
    """Withdraw one's household's objection, also after the close. Nobody else can."""
    found = _poll_id(poll_public_id)
    entry_id = _entry_id(actor, found)
    with transaction(lock=[Lock(Poll, found, share=True), Lock(RollEntry, entry_id)]) as tx:
        row = tx.session.scalar(
            select(Objection)
            .join(Ballot, Ballot.id == Objection.ballot_id)
            .join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
            .where(SlotLink.roll_entry_id == entry_id, Ballot.live)
        )
        if row is None:
            raise NotFound
        row.state = objections.move(row.state, "withdrawn", by_objector=True)
        poll = tx.session.get_one(Poll, found)
        row.ended_at = tx.now
        record_event(
            tx,
            "objection.withdrawn",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={},
            public={"objection": row.public_id, "poll": poll.public_id},
        )
        tell(
            tx,
            [tx.session.get_one(Project, poll.project_id).facilitator_id],
            "objection.withdrawn",
            community_id=poll.community_id,
            project_id=poll.project_id,
            href=f"/c/{_slug(tx, poll)}/poll/{poll.public_id}/result",
        )


def settle_due() -> int:
    """Store the tally of each poll that closed since, and tell its roll; returns how many. Reading doesn't need it."""
    with transaction() as tx:
        due = list(
            tx.session.scalars(
                select(Poll.id).where(Poll.closes_at <= tx.now, Poll.settled_at.is_(None)).order_by(Poll.closes_at)
            )
        )
    return sum(settle(poll_id) for poll_id in due)


def settle(poll_id: int) -> bool:
    """Store one closed poll's tally under its exclusive lock, stamped with the deadline; once."""
    with transaction(lock=[Lock(Poll, poll_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        if poll.settled_at is not None or poll.closes_at > tx.now:
            return False
        result = next(
            r for r in queries.rounds_of([poll.decision_id], tx.now)[poll.decision_id] if r.poll.id == poll.id
        )
        counts = dict(result.tally.counts) if result.tally else {}
        poll.tally = {"counts": counts, "cast": result.cast, "standing": result.standing}
        poll.settled_at = tx.now
        record_event(
            tx,
            "poll.closed",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={},
            public={"poll": poll.public_id, "closed": poll.closes_at, "cast": result.cast, "counts": counts},
        )
        people = tx.session.scalars(
            select(Person.id)
            .join(RollEntry, (RollEntry.household_id == Person.household_id) | (RollEntry.person_id == Person.id))
            .where(RollEntry.poll_id == poll.id, Person.left_at.is_(None))
        )
        tell(
            tx,
            people,
            "poll.closed",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"title": result.version.title, "passed": result.passed},
            href=f"/c/{_slug(tx, poll)}/poll/{poll.public_id}/result",
            dedupe=f"closed:{poll.public_id}",
        )
        return True
