"""Reads of the desk: one objection with all that happened to it, and the list of what waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import func, or_, select

from app.ballots import told
from app.ballots.models import Ballot, Decision, Objection, Poll, RollEntry, Slot, SlotLink, TextVersion
from app.ballots.times import close_of, life_of
from app.core.clock import DAY
from app.core.database import db
from app.core.live import not_kept, settled
from app.engine import objections
from app.engine.errors import NotFound
from app.engine.objections import ANSWER, DISAGREE, PANEL, Life
from app.engine.phrase import Moment, Phrase, phrase
from app.objections import service
from app.objections.desk import Held, find, on_roll, version_of
from app.objections.models import DeskMessage, Disagreement, Panel, PanelWord, Seat, Willing
from app.people.actor import Actor
from app.people.places import Community
from app.projects.kinds import Pressing

NEAR = 2 * DAY  # of a deadline: the console puts it first


@dataclass(frozen=True)
class Page:
    """An objection as everybody may read it, and what this reader may do."""

    held: Held
    number: str
    choice: Mapping[str, str]
    life: Life
    state: str
    closed_at: int
    version: TextVersion
    superseded: bool
    disagreements: Sequence[Disagreement]
    willing: int
    panel: Panel | None
    seats: Sequence[tuple[int, Sequence[PanelWord]]]
    messages: Sequence[DeskMessage]
    mine: bool
    may: frozenset[str]

    @property
    def next_step(self) -> Phrase:
        """What comes next, and by when."""
        if self.superseded:
            return phrase("A changed text followed, and everybody was asked again.")
        return next_step(self.life, self.state, self.closed_at, panel=self.panel)

    @property
    def answer_until(self) -> int:
        return (self.life.offered_at or 0) + ANSWER


def next_step(life: Life, state: str, closed_at: int, *, panel: Panel | None = None) -> Phrase:
    """What comes next for an objection, in one sentence."""
    if state == "raised" and life.disagreed_at is None:
        return phrase(
            "It stands from %(when)s, unless somebody disagrees with reasons.", when=Moment(closed_at + DISAGREE)
        )
    if state == "raised":
        until = Moment(closed_at + DISAGREE + PANEL)
        if panel is not None and panel.drawn_at is None:
            return phrase("The list of the willing is closed. Dice are thrown in public; they draw the panel of three.")
        if panel is not None:
            return phrase("The panel decides whether it stands. Without its word it stands from %(when)s.", when=until)
        return phrase(
            "The list of the willing is open until %(since)s at least; then three are drawn by lot. Without their word it "
            "stands from %(when)s.",
            since=Moment(closed_at + DISAGREE),
            when=until,
        )
    if state == "qualified" and life.offered_at is None:
        return phrase("The text is changed so that it answers this objection.")
    if state == "qualified" and life.accepted is None:
        until = Moment((life.offered_at or 0) + ANSWER)
        return phrase("Those who objected say by %(when)s whether the answer does; then a panel may.", when=until)
    if state == "qualified":
        return phrase("The answer was not enough. Another one is needed, or the changed text is voted on as it is.")
    return phrase("It has come to its end: %(how)s.", how=objections.NAMES[state])


def page(reader: Actor, public_id: str, slug: str, now: int) -> Page:
    """An objection of a closed round; NotFound before the close, and elsewhere."""
    with settled():
        held = find(public_id)
        (choice,) = db.session.execute(select(Ballot.choice).where(Ballot.id == held.row.ballot_id)).one()
    if held.poll.settled_at is None:
        not_kept()
    closed_at = close_of(held.poll, now)
    if held.slug != slug or now < closed_at:
        raise NotFound
    life = life_of(held.row, closed_at)
    later = select(Poll.id).where(Poll.decision_id == held.decision.id, Poll.attempt > held.poll.attempt).limit(1)
    superseded = db.session.scalar(later) is not None
    panel = service.panel_of(held)
    seats: dict[int, list[PanelWord]] = {}
    mine_seat = False
    if panel is not None:
        query = select(Seat, PanelWord).outerjoin(PanelWord, PanelWord.seat_id == Seat.id)
        rows = db.session.execute(query.where(Seat.panel_id == panel.id).order_by(Seat.number, PanelWord.turn))
        for seat, word in cast("list[tuple[Seat, PanelWord | None]]", rows.all()):
            seats.setdefault(seat.number, []).extend([word] if word is not None else [])
            mine_seat = mine_seat or (reader.known and seat.person_id == reader.person_id)
    mine = held.raised_by(reader)
    leads = reader.facilitates(held.poll.community_id)
    messages = select(DeskMessage).where(DeskMessage.objection_id == held.row.id).order_by(DeskMessage.id)
    may = set()
    if not superseded and held.decision.state == "deciding":
        may = _may(life, now, mine=mine, leads=leads, voter=on_roll(reader, held.poll), seat=mine_seat, panel=panel)
    if mine or leads:
        may.add("write")
    return Page(
        held=held,
        number=told.slot_number(held.code),
        choice=json.loads(choice),
        life=life,
        state=objections.state_at(life, now),
        closed_at=closed_at,
        version=version_of(held),
        superseded=superseded,
        disagreements=list(
            db.session.scalars(
                select(Disagreement).where(Disagreement.objection_id == held.row.id).order_by(Disagreement.id)
            )
        ),
        willing=db.session.scalar(select(func.count(Willing.id)).where(Willing.poll_id == held.poll.id)) or 0,
        panel=panel,
        seats=list(seats.items()),
        messages=list(db.session.scalars(messages)) if mine or leads else [],
        mine=mine,
        may=frozenset(may),
    )


def _may(life: Life, now: int, *, mine: bool, leads: bool, voter: bool, seat: bool, panel: Panel | None) -> set[str]:
    weighs, settles = objections.allowed("weigh", life, now), objections.allowed("settle", life, now)
    found = {
        "disagree": (voter or leads) and not mine and objections.allowed("disagree", life, now),
        "willing": voter and not mine and panel is None and not objections.ended(life.state),
        "close": leads and panel is None and (weighs or settles) and now >= life.closed_at + DISAGREE,
        "draw": leads and panel is not None and panel.drawn_at is None and (weighs or settles),
        "say": seat and (weighs or settles),
        "offer": leads and objections.allowed("offer", life, now),
        "reply": mine and objections.allowed("reply", life, now, by_objector=True),
        "withdraw": mine and objections.allowed("withdraw", life, now, by_objector=True),
    }
    return {name for name, holds in found.items() if holds}


@dataclass(frozen=True)
class Listed:
    """An objection in a list: its number, its passage, and its next step."""

    public_id: str
    slug: str
    number: str
    title: str
    passage: str
    state: str
    next_step: Phrase
    due: int | None = None


def presses(here: Community, now: int) -> list[Pressing]:
    """Objections whose deadline is near, soonest first."""
    near = now + NEAR
    return [
        Pressing(item.next_step, f"{item.title} {item.number}", f"/c/{item.slug}/objection/{item.public_id}", item.due)
        for item in open_objections(here.id, now)
        if item.due is not None and now < item.due <= near
    ]


def open_objections(community_id: int, now: int) -> list[Listed]:
    """What waits at the desk of a community: the objections of newest rounds that have not come to an end."""
    newest = select(func.max(Poll.id)).where(Poll.community_id == community_id).group_by(Poll.decision_id)
    return [
        item
        for item in _listed(Objection.poll_id.in_(newest), Decision.state == "deciding", now=now)
        if not objections.ended(item.state)
    ]


def raised_by(reader: Actor, now: int) -> list[Listed]:
    """A reader's own objections, or their household's, newest rounds first."""
    if not reader.known:
        return []
    units = [RollEntry.person_id == reader.person_id]
    if reader.household_id is not None:
        units.append(RollEntry.household_id == reader.household_id)
    return _listed(or_(*units), now=now, most=10)


def _listed(*conditions: object, now: int, most: int = 200) -> list[Listed]:
    query = (
        select(Objection, Poll, TextVersion.title, Community.slug, Slot.code, Ballot.choice, Panel)
        .join(Ballot, Ballot.id == Objection.ballot_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .join(Decision, Decision.id == Poll.decision_id)
        .join(TextVersion, TextVersion.id == Poll.version_id)
        .join(Community, Community.id == Poll.community_id)
        .join(Slot, Slot.id == Ballot.slot_id)
        .outerjoin(SlotLink, SlotLink.slot_id == Slot.id)
        .outerjoin(RollEntry, RollEntry.id == SlotLink.roll_entry_id)
        .outerjoin(Panel, Panel.objection_id == Objection.id)
        .where(Ballot.live, Poll.settled_at.is_not(None), *conditions)  # type: ignore[arg-type]
        .order_by(Poll.closes_at.desc(), Slot.code)
        .limit(most)
    )
    with settled():  # all of them: of votes that were counted
        rows = db.session.execute(query).all()
    found = []
    for row, poll, title, slug, code, choice, panel in rows:
        closed_at = close_of(poll, now)
        life = life_of(row, closed_at)
        state = objections.state_at(life, now)
        step = next_step(life, state, closed_at, panel=panel)
        passage = json.loads(choice).get("passage", "")
        due = None if objections.ended(state) else objections.deadline(life)
        found.append(Listed(row.public_id, slug, told.slot_number(code), title, passage, state, step, due))
    return found
