"""Commands before a vote: the draft of the text, and the announcement that freezes all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from app.ballots import inspectors, matters, questions, voices
from app.ballots.close import settle
from app.ballots.course import case_of, write_state
from app.ballots.draft import decision_of, held, rounds_held
from app.ballots.models import Decision, Poll, TextVersion
from app.ballots.queries import Round
from app.ballots.rolls import (
    ROLL_VERSION,
    Unit,
    asked_of,
    beside,
    electorate,
    freeze_roll,
    mode_of,
    require_whole,
    rings_asked,
    roll_root,
)
from app.core.delivery import tell_groups
from app.core.events import record_event
from app.core.jobs import enqueue
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import text_hash
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import Moment, phrase
from app.engine.voting import RULES, moves
from app.engine.voting.decision import Asking
from app.engine.voting.phase import PollTimes, check_announcement
from app.people.actor import Actor
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun, Project
from app.projects.queries import activity_refs

FROZEN_SETTINGS = (
    *("rule", "electorate", "quorum", "threshold", "rounds", "announce_hours", "open_days", "paper"),
    *("prolong_days", "handle_days", "narrow", "formal"),
)


@dataclass(frozen=True)
class Wording:
    """What is announced: a title, a text, and its hash."""

    title: str
    text: str
    text_hash: str


def announce(
    actor: Actor,
    activity_public_id: str,
    opens_at: int,
    closes_at: int,
    inspect: Sequence[str] = ("", "", ""),
    *,
    formal: bool = False,
    noted: str = "",
) -> str:
    """Announce a round on the drafted text: text, rule, times, roll and inspectors are frozen.

    ``inspect`` are the names of three residents, or all empty. A ``formal`` one is the separate vote by majority after
    a deadlock, on the text of the round before. ``noted`` says why questions that neighbours asked stay unanswered,
    where some do. Returns the poll's public id.
    """
    with transaction() as tx:
        ref, person_id = held(tx, actor, activity_public_id)
        decision = decision_of(tx, ref)
        if decision is None:
            raise Conflict(phrase("Write the text to be decided first."))
        rounds = _held_rounds(tx, decision, formal=formal)
        units = electorate(ref)
        if ref.activity.word("electorate") == "owner":
            require_whole(ref)
        times = PollTimes(tx.now, opens_at, closes_at)
        earlier = _versions(tx, decision)
        wording = wording_of(decision, rounds, formal=formal)
        again = formal or _is_void(rounds)  # the text of the round before may be voted on once more
        check_announcement(
            times,
            announce_hours=ref.activity.whole("announce_hours"),
            text=wording.text,
            text_hash=wording.text_hash,
            earlier=earlier.keys() - ({rounds[0].version.text_hash} if again and rounds else set()),
            roll_size=len(units),
        )
        people = inspectors.read_names(ref.community_id, inspect, decision.proposer_id)
        asked = len(questions.open_questions(ref, tx.now))
        asking = Asking(
            tx.now,
            text=wording.text_hash,
            words=wording.text,
            roll_size=len(units),
            formal=formal,
            questions_open=asked,
            noted=noted,
        )
        moves.require("announce", case_of(decision, rounds), asking)
        _require_after(tx, ref, opens_at)
        if not decision.policy:
            decision.policy = {key: str(ref.activity.settings[key]) for key in FROZEN_SETTINGS}
        version = _version(tx, decision, wording, earlier)
        matter = matters.after_deadlock(ref) if formal else matters.freeze(ref, decision)
        poll = _poll(decision, version, rounds, times, units, ref, person_id, matter)
        tx.session.add(poll)
        tx.session.flush()
        freeze_roll(tx, poll, units)
        tx.session.execute(
            update(ActivityRun).where(ActivityRun.id == ref.id).values(opens_at=opens_at, closes_at=closes_at)
        )
        if decision.narrowed_at is not None and decision.state == "drafting":
            write_state(tx, decision, "deciding", at=tx.now, person_id=person_id)
        else:
            decision.state, decision.state_at = "deciding", tx.now
        inspectors.freeze(tx, poll, people, version.title, ref.slug)
        said = {
            "matter": poll.matter,
            "inspectors": [[person.name, person.public_id] for person in people],
            **questions.note(poll.public_id, asked, noted),
        }
        _record(tx, poll, version, person_id, said)
        _tell_roll(tx, poll, version.title, ref.slug, why="void" if _is_void(rounds) else "formal" if formal else "")
        return poll.public_id


def wording_of(decision: Decision, rounds: Sequence[Round], *, formal: bool) -> Wording:
    """What an announcement now would freeze: the draft, or the text of the round before in a formal vote."""
    if formal and rounds:
        version = rounds[0].version
        return Wording(version.title, version.text, version.text_hash)
    return Wording(decision.title, decision.draft, text_hash(decision.draft))


def _versions(tx: Tx, decision: Decision) -> dict[str, TextVersion]:
    """The texts that were announced, by their hashes."""
    rows = tx.session.scalars(select(TextVersion).where(TextVersion.decision_id == decision.id))
    return {row.text_hash: row for row in rows}


def _is_void(rounds: Sequence[Round]) -> bool:
    return bool(rounds) and rounds[0].poll.voided_at is not None


def _version(tx: Tx, decision: Decision, wording: Wording, earlier: Mapping[str, TextVersion]) -> TextVersion:
    """The text as it is announced: the one of before where it is held again, under its own title."""
    version = earlier.get(wording.text_hash)
    if version is None:
        version = TextVersion(
            decision_id=decision.id,
            number=len(earlier) + 1,
            title=wording.title,
            text=wording.text,
            text_hash=wording.text_hash,
        )
        tx.session.add(version)
        tx.session.flush()
    elif version.title != wording.title:
        raise Conflict(
            phrase("This text was announced as “%(title)s”. Keep that title, or change the text.", title=version.title)
        )
    return version


def _require_after(tx: Tx, ref: ActivityRef, opens_at: int) -> None:
    """Refuse a vote that would open while the activity it comes after is still open: its options may change."""
    if ref.activity.after is None:
        return
    project = tx.session.get_one(Project, ref.project_id)
    before = next(
        item
        for item in activity_refs([project], tx.now)
        if item.step_run_id == ref.step_run_id and item.activity.key == ref.activity.after
    )
    ends = before.window.closes_at
    if before.window.state == "over" or (ends is not None and ends <= opens_at):
        return
    if ends is None:
        sentence = phrase("“%(what)s” is still open. Set its last day first.", what=before.activity.title)
    else:
        sentence = phrase(
            "“%(what)s” is open until %(when)s. Let the vote open after it, or set its last day earlier.",
            what=before.activity.title,
            when=Moment(ends),
        )
    raise Invalid(phrase("This can't be announced yet."), {"opens": sentence})


def _held_rounds(tx: Tx, decision: Decision, *, formal: bool) -> list[Round]:
    """The rounds there were, newest first, the last one held and settled; refused while it is not the turn of another."""
    newest = tx.session.scalar(select(Poll.id).where(Poll.decision_id == decision.id).order_by(Poll.attempt.desc()))
    if newest is None:
        moves.require_turn(case_of(decision, []), Asking(tx.now, formal=formal))
        return []
    # Held exclusively: an objection withdrawn at this moment would let the last round pass after all.
    tx.lock(Lock(Poll, newest))
    tx.session.expire_all()
    settle(newest)
    rounds = rounds_held(tx, decision)
    moves.require_turn(case_of(decision, rounds), Asking(tx.now, formal=formal))
    return rounds


def _poll(
    decision: Decision,
    version: TextVersion,
    rounds: Sequence[Round],
    times: PollTimes,
    units: list[Unit],
    ref: ActivityRef,
    person_id: int,
    matter: dict[str, Any],
) -> Poll:
    formal = bool(matter.get("formal"))
    rule = RULES[decision.policy["formal"] if formal else matters.rule_key(ref, matter)]
    paper = decision.policy.get("paper", "none")
    return Poll(
        community_id=ref.community_id,
        project_id=ref.project_id,
        decision_id=decision.id,
        version_id=version.id,
        attempt=rounds[0].poll.attempt + 1 if rounds else 1,
        rule=rule.key,
        mode=mode_of(ref, len(units)),
        electorate=decision.policy["electorate"],
        matter=matter,
        paper=paper,
        quorum=str(rule.fixed.quorum) if rule.fixed else decision.policy["quorum"],
        threshold=str(rule.fixed.threshold) if rule.fixed else decision.policy["threshold"],
        asked_of=asked_of(ref, units),
        announced_at=times.announced_at,
        announced_by_id=person_id,
        opens_at=times.opens_at,
        closes_at=times.closes_at,
        # How many took part is known only when the sheets are read, of owners when their areas are added up, and of a
        # formal vote when its notice is over: such votes are not prolonged.
        prolong_days=int(decision.policy.get("prolong_days", 0))
        if paper == "none" and not rule.by_area and not formal
        else 0,
        rings=rings_asked(ref, units) if decision.policy["electorate"] == "person" else {},
        roll_size=len(units),
        roll_area=sum(unit.area for unit in units),
        roll_root=roll_root(units),
    )


def _record(tx: Tx, poll: Poll, version: TextVersion, person_id: int, said: Mapping[str, Any]) -> None:
    record_event(
        tx,
        "poll.announced",
        community_id=poll.community_id,
        project_id=poll.project_id,
        person_id=person_id,
        data={
            "title": version.title,
            "roll": beside(poll.id),
            **{key: value for key, value in said.items() if value},
        },
        public={
            "poll": poll.public_id,
            "attempt": poll.attempt,
            "title": text_hash(version.title),
            "text": version.text_hash,
            "rule": poll.rule,
            "quorum": poll.quorum,
            "threshold": poll.threshold,
            "electorate": poll.electorate,
            "mode": poll.mode,
            "paper": poll.paper,
            "opens": poll.opens_at,
            "closes": poll.closes_at,
            "prolong_days": poll.prolong_days,
            "roll_size": poll.roll_size,
            "roll_root": poll.roll_root,
            "roll": ROLL_VERSION,
            **({"rings": {key: ring["members"] for key, ring in poll.rings.items()}} if poll.rings else {}),
            **({"matter": matters.matter_hash(poll.matter), "roll_area": poll.roll_area} if poll.matter else {}),
        },
    )
    enqueue(tx, "checkpoint", {"community": poll.community_id}, key=f"announced:{poll.public_id}")


def _tell_roll(tx: Tx, poll: Poll, title: str, slug: str, *, why: str) -> None:
    tell(
        tx,
        sorted(set(voices.voters(tx, poll))),
        "poll.announced",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={
            "title": title,
            "opens": poll.opens_at,
            "closes": poll.closes_at,
            "attempt": poll.attempt,
            **({"why": why} if why else {}),
        },
        href=f"/c/{slug}/poll/{poll.public_id}",
        dedupe=f"announced:{poll.public_id}",
    )
    tell_groups(
        tx,
        poll.community_id,
        "poll.announced",
        data={"title": title, "opens": poll.opens_at, "closes": poll.closes_at, "attempt": poll.attempt},
        href=f"/c/{slug}/poll/{poll.public_id}",
        dedupe=f"announced:{poll.public_id}",
    )
