"""The command that casts or changes a ballot. Its locks, in order: the poll (shared) with its project, the roll entry.

Nothing here enters the log: an entry for each cast would tell its hour. Ballots enter it in batches (seal.py). It takes
eight statements at most, in Core: this is the path that a whole town may walk within one hour.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, select

from app.ballots import standings, voices
from app.ballots.box import look
from app.ballots.models import Poll, RollEntry, TextVersion
from app.ballots.prolong import prolong
from app.ballots.put import Put, put_ballot
from app.ballots.statements import (
    CAST_LAST,
    HOLD_ENTRY,
    HOLD_POLL,
    MARK_VOTED,
    OF_HOUSEHOLD,
    OF_PERSON,
)
from app.ballots.times import may_be_prolonged, times_of
from app.core.database import db
from app.core.forms import tidy
from app.core.once import NO_KEY, OTHER_WORDS, is_key
from app.core.outbox import tell, tell_those
from app.core.transaction import Tx, transaction
from app.engine import windows
from app.engine.canonical import canon, receipt_code, sha256_hex
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.engine.voting import RULES
from app.engine.voting.phase import accepts_ballots, phase
from app.people.actor import Actor
from app.people.places import Community
from app.people.queries import persons_of_households
from app.projects.queries import method_by_hash

Done = TypeVar("Done")
FIELDS = ("stance", "concern", "passage", "kind", "reason", "grounds")

IN_THE_BOX = phrase("Your vote is in the box already. In this vote it can't be found again, nor changed.")
DISPUTED = phrase(
    "Not recorded: your household does not agree on this vote, so it is settled at the desk. Come there together before "
    "the close and sign a sheet of paper; until then, what was cast last counts."
)


@dataclass(frozen=True)
class Receipt:
    """What a voter gets: the ballot's public id, the code to find it again, and when it was recorded.

    ``at`` is None for a form that was sent before: no row tells its hour.
    """

    ballot: str
    code: str
    at: int | None


def cast(
    actor: Actor,
    poll_public_id: str,
    raw: Mapping[str, object],
    *,
    once: str,
    agreed: bool = False,
    unit: int | None = None,
) -> Receipt:
    """Cast, or change, a ballot. The deadline is judged by the time read under the poll's and the roll entry's locks.

    ``agreed`` says that the household agreed on changing what another of its persons had cast. ``once`` is the form's
    key: the same form sent again is answered with the ballot that it made. ``unit`` is the owner's entry that it is
    cast for, where a person may cast for several.
    """
    actor.person()
    content = tidied(raw)
    if not is_key(once):
        raise Invalid(NO_KEY)
    return prolonging(lambda: _cast(actor, poll_public_id, content, once, agreed, unit))


class ToProlong(Exception):
    """A ballot came after the announced close, and what became of that close is not written yet."""

    def __init__(self, poll_id: int) -> None:
        super().__init__(poll_id)
        self.poll_id = poll_id


def prolonging(work: Callable[[], Done]) -> Done:
    """Do what an open poll is needed for; who comes first after its announced close writes the prolongation."""
    try:
        return work()
    except ToProlong as due:
        # Its share of the poll is given up first: the prolongation takes the poll alone.
        prolong(due.poll_id)
        return work()


def _cast(
    actor: Actor, poll_public_id: str, content: Mapping[str, str], once: str, agreed: bool, unit: int | None
) -> Receipt:
    with transaction() as tx:
        poll = hold_poll(tx, poll_public_id)
        entry = _hold_entry(tx, actor, poll, unit)
        form = sha256_hex(f"{entry.code}:{once}".encode())
        tx, there = look(tx, poll, entry.slot_id, form)
        before = there.live
        if there.again is not None:
            return replay(poll, there.again, content)
        require_open(tx, poll)
        _require_may(actor, poll)
        require_unboxed(tx, poll, entry)
        if entry.voted:
            raise Conflict(IN_THE_BOX)
        if entry.disputed_at is not None:
            raise Closed(DISPUTED)
        choice = RULES[poll.rule].read(content)
        if before is not None and needs_agreement(entry, actor) and not agreed:
            sentence = phrase("Somebody else of your household has voted already. Tick that you agreed on the change.")
            raise Invalid(sentence, {"agreed": sentence})
        ballot = put_ballot(tx, poll, entry.slot_id, entry.code, choice, before, form=form)
        if poll.mode == "C":
            # That there is a vote, and nothing of which one it is or who of the household cast it.
            tx.execute(MARK_VOTED, {"entry": entry.id})
        elif poll.paper == "last" or entry.last_person_id != actor.person_id:
            tx.execute(CAST_LAST, {"entry": entry.id, "person": actor.person_id, "at": online_at(tx, poll)})
        _tell_unit(tx, poll, entry, actor, changed=before is not None)
        return receipt_of(ballot, tx.now)


def try_choice(actor: Actor, poll_public_id: str, raw: Mapping[str, object]) -> None:
    """Refuse what casting would refuse of a choice, and cast nothing: before it is shown once more."""
    content = tidied(raw)
    prolonging(lambda: _try(actor, poll_public_id, content))


def _try(actor: Actor, poll_public_id: str, content: Mapping[str, str]) -> None:
    with transaction() as tx:
        poll = hold_poll(tx, poll_public_id)
        entry = _hold_entry(tx, actor, poll, None)
        tx = tx.later()
        require_open(tx, poll)
        _require_may(actor, poll)
        if entry.voted:
            raise Conflict(IN_THE_BOX)
        RULES[poll.rule].read(content)


def online_at(tx: Tx, poll: Poll | Row[Any]) -> int | None:
    """The hour to keep of a cast on screen: only where a sheet may have been in the box before it, and until the count."""
    return tx.now if poll.paper == "last" else None


def needs_agreement(entry: RollEntry | Row[Any], actor: Actor) -> bool:
    """Whether the ballot in the box was cast by another person of the household."""
    return entry.last_person_id not in (None, actor.person_id)


def hold_poll(tx: Tx, public_id: str) -> Row[Any]:
    """The poll, held in share with its project, and what stands around it: one statement."""
    row: Row[Any] | None = tx.execute(HOLD_POLL, {"poll": public_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


def _hold_entry(tx: Tx, actor: Actor, poll: Row[Any], chosen: int | None) -> Row[Any]:
    """The actor's entry on the poll's roll, held, with its slot; Forbidden, with who is asked, for all others."""
    owners = poll.electorate == "owner"
    unit = voices.entry_of(actor, poll.id, chosen) if owners else standings.unit_of(actor, poll.electorate)
    row: Row[Any] | None = None
    if unit is not None:
        row = tx.execute(HOLD_ENTRY[poll.electorate], {"poll": poll.id, "unit": unit}).one_or_none()
    if row is None or (owners and unit not in voices.entries_of(actor, poll.id)):  # a mandate may just have ended
        raise not_asked(poll.electorate)
    return row


def replay(poll: Row[Any], again: Row[Any], content: Mapping[str, str]) -> Receipt:
    """The receipt of a form that was sent before; refused when it came with other words."""
    try:
        same = canon(RULES[poll.rule].read(content)).decode() == again.choice
    except Invalid:
        same = False
    if not same:
        raise Conflict(OTHER_WORDS)
    return receipt_of(again, None)


def not_asked(electorate: str) -> Forbidden:
    """Why somebody who isn't on the roll can't vote."""
    if electorate == "household":
        return Forbidden(
            phrase(
                "This vote is asked of the households that were on the roll at its announcement. Yours is not among "
                "them. Ask at the desk if you think it should be."
            )
        )
    if electorate == "owner":
        return Forbidden(
            phrase(
                "This vote is asked of the owners who were on the roll at its announcement, or of who speaks for them. "
                "You are not among them. Ask at the desk, with the papers, if you think you should be."
            )
        )
    return Forbidden(
        phrase(
            "This vote is asked of the persons who were on the roll at its announcement. You are not among them. "
            "Ask at the desk if you think you should be."
        )
    )


def place_of(actor: Actor, poll_public_id: str) -> tuple[int, int]:
    """The ids of a poll and of the actor's entry on its roll; Forbidden, with who is asked, for all others."""
    actor.person()
    poll = db.session.scalar(select(Poll).where(Poll.public_id == poll_public_id))
    if poll is None:
        raise NotFound
    place = standings.standing_of(actor, poll)
    if place is None:
        raise not_asked(poll.electorate)
    return poll.id, place.entry.id


def tidied(raw: Mapping[str, object]) -> dict[str, str]:
    """What was sent, in the one form that is kept; nothing but the fields that a ballot has."""
    content: dict[str, str] = {}
    for name in FIELDS:
        value = raw.get(name)
        text = (tidy(value) or "") if isinstance(value, str) else ""
        if any(unicodedata.category(char) == "Cs" or (char < " " and char not in "\n\t") for char in text):
            sentence = phrase("Some characters did not arrive whole. Type this field again.")
            raise Invalid(sentence, {name: sentence})
        content[name] = text
    return content


def require_open(tx: Tx, poll: Row[Any]) -> None:
    """Refuse, with the reason, unless this held poll takes ballots at this moment; ToProlong where that is to be written."""
    times = times_of(poll, tx.now)
    if times.closes_at > tx.now and may_be_prolonged(poll, tx.now):
        raise ToProlong(poll.id)
    # What is counted stays closed, whatever a clock says that was put back, or that is another host's.
    if poll.settled_at is not None or not accepts_ballots(times, tx.now):
        at = "closed" if poll.settled_at is not None and poll.voided_at is None else phase(times, tx.now)
        if at == "announced":
            raise Closed(phrase("Not recorded: the vote opens %(when)s.", when=Moment(poll.opens_at)))
        if at == "void":
            raise Closed(phrase("Not recorded: this round was found void."))
        raise Closed(phrase("Not recorded: the vote closed %(when)s.", when=Moment(times.closes_at)))
    # A step's run is not held, and whoever waited for the project reads of it what was before. The project tells where it is.
    moved = poll.step_closed_at is not None or poll.project_step != poll.step
    if poll.project_state != "running" or moved:
        raise Closed(phrase("Not recorded: the project rests, and nothing in it is open."))


def require_unboxed(tx: Tx, poll: Poll | Row[Any], entry: RollEntry | Row[Any]) -> None:
    """Refuse a ballot on screen for a unit whose sheet is in the box."""
    if entry.boxed_at is None:
        return
    here = tx.session.get_one(Community, poll.community_id)
    raise Closed(
        phrase(
            "Not recorded: your sheet of paper is in the box since %(when)s, and it counts. If it isn’t yours, or was "
            "meant otherwise, ask at the desk before the close: %(place)s, %(hours)s, telephone %(phone)s.",
            when=Moment(entry.boxed_at),
            place=here.desk_place,
            hours=here.desk_hours,
            phone=here.desk_phone,
        )
    )


def _require_may(actor: Actor, poll: Row[Any]) -> None:
    if poll.electorate == "owner":
        return  # the roll alone says who is asked: owners belong to no ring
    activity = method_by_hash(poll.method_sha256).step(poll.step).activity(poll.key)
    if not windows.may(activity, "vote", actor.rings_in(poll.community_id)):
        raise Forbidden(phrase("Your ring does not take part in this. You can read everything here."))


def _tell_unit(tx: Tx, poll: Row[Any], entry: Row[Any], actor: Actor, *, changed: bool) -> None:
    """Tell all of the household, the one who cast included, so that nobody votes for somebody else unseen."""
    whole = entry.household_id is not None
    people, unit = (OF_HOUSEHOLD, entry.household_id) if whole else (OF_PERSON, entry.person_id)
    if poll.electorate == "owner":
        people, unit = voices.OF_OWNER, entry.id
    tell_those(
        tx,
        people,
        {"unit": unit},
        "ballot.changed" if changed else "ballot.recorded",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"name": actor.name, "title": poll.title, "whose": poll.electorate},
        href=f"/c/{poll.slug}/poll/{poll.public_id}",
    )


def tell_unit(tx: Tx, poll: Poll, entry: RollEntry, kind: str, **data: object) -> None:
    """A message about its ballot to everybody of a voting unit."""
    if entry.household_id is not None:
        people = [person.id for person in persons_of_households([entry.household_id])]
    elif entry.person_id is not None:
        people = [entry.person_id]
    else:
        people = list(tx.session.scalars(voices.OF_OWNER, {"unit": entry.id}))
    title = tx.session.scalars(select(TextVersion.title).where(TextVersion.id == poll.version_id)).one()
    slug = tx.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()
    tell(
        tx,
        people,
        kind,
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"title": title, "whose": poll.electorate, **data},
        href=f"/c/{slug}/poll/{poll.public_id}",
    )


def receipt_of(ballot: Put | Row[Any], at: int | None) -> Receipt:
    return Receipt(ballot.public_id, receipt_code(bytes.fromhex(ballot.commitment)), at)
