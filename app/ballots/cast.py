"""The command that casts or changes a ballot. Its locks, in order: the poll (shared), then the roll entry.

Nothing here enters the log: an entry for each cast would tell its hour. Ballots enter it in batches (seal.py).
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import select, update

from app.ballots import queries
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.core.database import db
from app.core.forms import tidy
from app.core.ids import new_public_id
from app.core.once import remember, replayed
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import canon, channel_mark, commitment, opening, receipt_code
from app.engine.errors import Closed, Forbidden, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.engine.voting import RULES
from app.engine.voting.phase import accepts_ballots, phase
from app.people.actor import Actor
from app.people.places import Community
from app.people.queries import persons_of_households
from app.projects.admission import may
from app.projects.models import ActivityRun, Project
from app.projects.queries import find_activity

FIELDS = ("stance", "concern", "passage", "kind", "reason", "grounds")


@dataclass(frozen=True)
class Receipt:
    """What a voter gets: the ballot's public id, the code to find it again, and when it was recorded."""

    ballot: str
    code: str
    at: int


def cast(actor: Actor, poll_public_id: str, raw: Mapping[str, object], *, once: str, agreed: bool = False) -> Receipt:
    """Cast, or change, a ballot. The deadline is judged by the time read under the poll's and the roll entry's locks.

    ``agreed`` says that the household agreed on changing what another of its persons had cast.
    """
    poll_id, entry_id = place_of(actor, poll_public_id)
    content = _tidied(raw)
    with transaction(lock=[Lock(Poll, poll_id, share=True), Lock(RollEntry, entry_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        entry = tx.session.get_one(RollEntry, entry_id, populate_existing=True)
        slot = tx.session.scalars(
            select(Slot).join(SlotLink, SlotLink.slot_id == Slot.id).where(SlotLink.roll_entry_id == entry.id)
        ).one()
        scope = once_scope(slot.code)
        known = replayed(tx, scope, once, content)
        if known is not None:
            again = tx.session.scalars(select(Ballot).where(Ballot.public_id == known)).one()
            return _receipt(again, tx.now)
        _require_open(tx, actor, poll)
        choice = RULES[poll.rule].read(content)
        before = tx.session.scalar(
            select(Ballot).where(Ballot.slot_id == slot.id, Ballot.live).execution_options(populate_existing=True)
        )
        if before is not None and needs_agreement(entry, actor) and not agreed:
            sentence = phrase("Somebody else of your household has voted already. Tick that you agreed on the change.")
            raise Invalid(sentence, {"agreed": sentence})
        ballot = put_ballot(tx, poll, slot, choice, before)
        entry.last_person_id = actor.person_id
        remember(tx, scope, once, content, ballot.public_id)
        _tell_unit(tx, poll, entry, actor, changed=before is not None)
        return _receipt(ballot, tx.now)


def once_scope(slot_code: str) -> str:
    """Under which name the keys of a slot's forms are kept, until the poll is settled."""
    return f"cast:{slot_code}"


def needs_agreement(entry: RollEntry, actor: Actor) -> bool:
    """Whether the ballot in the box was cast by another person of the household."""
    return entry.last_person_id not in (None, actor.person_id)


def place_of(actor: Actor, poll_public_id: str) -> tuple[int, int]:
    """The ids of a poll and of the actor's entry on its roll; Forbidden, with who is asked, for all others."""
    actor.person()
    poll = db.session.scalar(select(Poll).where(Poll.public_id == poll_public_id))
    if poll is None:
        raise NotFound
    place = queries.standing_of(actor, poll)
    if place is None:
        raise Forbidden(
            phrase(
                "This vote is asked of the households that were on the roll at its announcement. Yours is not among "
                "them. Ask at the desk if you think it should be."
            )
            if poll.electorate == "household"
            else phrase(
                "This vote is asked of the persons who were on the roll at its announcement. You are not among them. "
                "Ask at the desk if you think you should be."
            )
        )
    return poll.id, place.entry.id


def _tidied(raw: Mapping[str, object]) -> dict[str, str]:
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


def _require_open(tx: Tx, actor: Actor, poll: Poll) -> None:
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
    ref = find_activity(activity, tx.now)
    if not ref.running:
        raise Closed(phrase("Not recorded: the project rests, and nothing in it is open."))
    if not may(actor, ref, "vote"):
        raise Forbidden(phrase("Your ring does not take part in this. You can read everything here."))


def put_ballot(
    tx: Tx,
    poll: Poll,
    slot: Slot | None,
    choice: Mapping[str, str],
    before: Ballot | None,
    *,
    channel: str = "web",
    serial: str | None = None,
    helper: str = "",
) -> Ballot:
    """Put a ballot into a slot, whatever its channel; the one that stood there stays, no longer live.

    The caller holds the poll and the roll entry, and has judged the hour. An objection of the ballot before is
    withdrawn with it. ``helper`` names who cast for a household on its word.
    """
    seq = 1
    if before is not None:
        seq, before.live = before.seq + 1, False
        if before.stance in RULES[poll.rule].objects:
            tx.session.execute(
                update(Objection)
                .where(Objection.ballot_id == before.id, Objection.state == "raised")
                .values(state="withdrawn")
            )
        tx.session.flush()
    nonce = secrets.token_bytes(32)
    ballot = Ballot(
        public_id=new_public_id(),
        poll_id=poll.id,
        slot_id=slot.id if slot is not None else None,
        stance=choice["stance"],
        choice=canon(dict(choice)).decode(),
        seq=seq,
        supersedes_id=before.id if before is not None else None,
        channel=channel,
        serial=serial,
        helper=helper,
        nonce=nonce,
    )
    body = ballot_body(poll.public_id, ballot_place(ballot, slot.code if slot else None), choice, ballot, nonce)
    ballot.commitment = commitment(body, opening(nonce)).hex()
    tx.session.add(ballot)
    tx.session.flush()
    if choice["stance"] in RULES[poll.rule].objects:
        tx.session.add(Objection(poll_id=poll.id, ballot_id=ballot.id))
    return ballot


def ballot_place(ballot: Ballot, slot: str | None) -> dict[str, object]:
    """Where a ballot stands: in a slot, with its number there; where votes are unlinked, under its own random id."""
    return {"row": ballot.public_id} if slot is None else {"slot": slot, "seq": ballot.seq}


def ballot_body(
    poll: str, place: Mapping[str, object], choice: Mapping[str, str], row: Marked, secret: bytes
) -> dict[str, object]:
    """What a ballot's commitment binds. ``place`` is its slot and number there, or a row of its own (mode C).

    Channel, serial and helper are bound behind a hash of their own, so that an opened ballot does not tell them.
    """
    mark = channel_mark(row.channel, row.serial or "", row.helper, secret)
    return {"poll": poll, **place, "choice": dict(choice), "by": mark}


class Marked(Protocol):
    """How a ballot came."""

    @property
    def channel(self) -> str: ...
    @property
    def serial(self) -> str | None: ...
    @property
    def helper(self) -> str: ...


def _tell_unit(tx: Tx, poll: Poll, entry: RollEntry, actor: Actor, *, changed: bool) -> None:
    """Tell all of the household, the one who cast included, so that nobody votes for somebody else unseen."""
    if entry.household_id is not None:
        people = [person.id for person in persons_of_households([entry.household_id])]
    else:
        people = [entry.person_id] if entry.person_id is not None else []
    title = tx.session.scalars(select(TextVersion.title).where(TextVersion.id == poll.version_id)).one()
    slug = tx.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()
    tell(
        tx,
        people,
        "ballot.changed" if changed else "ballot.recorded",
        community_id=poll.community_id,
        project_id=poll.project_id,
        data={"name": actor.name, "title": title, "whose": poll.electorate},
        href=f"/c/{slug}/poll/{poll.public_id}",
    )


def _receipt(ballot: Ballot, at: int) -> Receipt:
    return Receipt(ballot.public_id, receipt_code(bytes.fromhex(ballot.commitment)), at)
