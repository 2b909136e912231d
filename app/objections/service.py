"""Commands of the objection desk. Each names the objection by its public id; nobody moves it by hand."""

from __future__ import annotations

from sqlalchemy import case, func, or_, select

from app.ballots.models import Ballot, Decision, Objection, Poll
from app.core.clock import DAY
from app.core.transaction import Tx, transaction
from app.engine import lot, objections
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.objections.desk import Held, checkpoint, hold, on_roll
from app.objections.models import DeskMessage, Disagreement, Panel, PanelWord, Seat, Willing
from app.people.actor import Actor
from app.people.models import Person

LATEST = 2 * DAY  # after which nobody is told any more that an objection stands
STANDS = 0  # the turn of a panel's word on whether an objection stands; later turns are named by the answer's instant


def disagree(actor: Actor, public_id: str, reason: str) -> None:
    """Say with reasons that an objection does not stand: anybody of the roll, or the facilitator; a panel decides then."""
    person_id = actor.person()
    with transaction() as tx:
        held = hold(tx, public_id)
        if held.raised_by(actor) or not (on_roll(actor, held.poll) or actor.facilitates(held.poll.community_id)):
            raise Forbidden(phrase("Those who were asked, and the facilitator, may disagree with an objection."))
        life = objections.disagree(held.life, tx.now, reason)
        mine = Disagreement.objection_id == held.row.id, Disagreement.person_id == person_id
        if tx.session.scalar(select(Disagreement.id).where(*mine)) is not None:
            raise Conflict(phrase("You have disagreed with this objection already."))
        tx.session.add(Disagreement(objection_id=held.row.id, person_id=person_id, reason=reason.strip(), at=tx.now))
        held.write(life, "objection.disagreed", said={"person": actor.public_id, "reason": reason.strip()})
        held.tell(held.objectors() + held.lead(), "disagreed", f"disagreed:{public_id}", why=reason.strip())


def be_willing(actor: Actor, public_id: str) -> None:
    """Say that one would sit on a panel of this round. One person of a household at most."""
    person_id = actor.person()
    with transaction() as tx:
        held = hold(tx, public_id)
        if held.raised_by(actor) or not on_roll(actor, held.poll):
            raise Forbidden(phrase("Those who were asked may sit on a panel, but not over their own objection."))
        if panel_of(held) is not None:
            raise Closed(phrase("The list is closed: dice are thrown for those who stand on it."))
        same = [Person.id == person_id]
        if actor.household_id is not None:
            same.append(Person.household_id == actor.household_id)
        query = select(Willing.id).join(Person, Person.id == Willing.person_id).where(Willing.poll_id == held.poll.id)
        if tx.session.scalar(query.where(or_(*same))) is not None:
            raise Conflict(phrase("Somebody of your household is on the list already."))
        tx.session.add(Willing(poll_id=held.poll.id, person_id=person_id, at=tx.now))
        held.note(actor, "panel.willing", {})


def pool(held: Held) -> list[tuple[int, str]]:
    """Who may be drawn: the willing, but for the objectors, the facilitator, the proposer, who disagreed, and their homes."""
    session = held.tx.session
    parties = set(held.objectors()) | set(held.lead())
    if held.decision.proposer_id is not None:
        parties.add(held.decision.proposer_id)
    parties |= set(session.scalars(select(Disagreement.person_id).where(Disagreement.objection_id == held.row.id)))
    homes = set(session.scalars(select(Person.household_id).where(Person.id.in_(parties)))) - {None}
    query = (
        select(Person.id, Person.public_id, Person.household_id)
        .join(Willing, Willing.person_id == Person.id)
        .where(Willing.poll_id == held.poll.id, Person.left_at.is_(None))
    )
    return [(row.id, row.public_id) for row in session.execute(query) if row.id not in parties and row[2] not in homes]


def close_list(actor: Actor, public_id: str) -> None:
    """Close the list of the willing for an objection: who stands on it now may be drawn, and nobody else.

    The log binds the list before anybody throws dice, and the checkpoint with it enters the seed: no throw that was made
    earlier is of use to somebody who joins late.
    """
    with transaction() as tx:
        held = hold(tx, public_id)
        actor.require_facilitator(held.poll.community_id)
        if panel_of(held) is not None:
            raise Conflict(phrase("The list is closed already."))
        _require_need(held)
        over = held.life.closed_at + objections.DISAGREE
        if tx.now < over:
            raise Closed(
                phrase(
                    "Until %(when)s neighbours may still disagree, and who does can't be drawn. Close the list then.",
                    when=Moment(over),
                )
            )
        names = sorted(name for _, name in pool(held))
        lot.require_enough(names)
        held.write(held.life, "objection.list_closed", pool=names)
        tx.session.flush()
        tx.session.add(Panel(objection_id=held.row.id, checkpoint=checkpoint(held), pool=names, at=tx.now))


def _require_need(held: Held) -> None:
    if not (
        objections.allowed("weigh", held.life, held.tx.now) or objections.allowed("settle", held.life, held.tx.now)
    ):
        raise Conflict(phrase("No panel is needed here: nobody disagreed, and no answer waits too long."))


def draw(actor: Actor, public_id: str, dice: str) -> None:
    """Draw the panel by lot from the closed list: the facilitator writes down the dice that were thrown in public."""
    digits = lot.read_dice(dice)
    with transaction() as tx:
        held = hold(tx, public_id)
        actor.require_facilitator(held.poll.community_id)
        panel = panel_of(held)
        if panel is not None and panel.drawn_at is not None:
            raise Conflict(phrase("The panel is drawn already. Nobody draws twice."))
        _require_need(held)
        if panel is None:
            raise Conflict(phrase("Close the list of the willing first, and only then throw the dice."))
        found = lot.draw(panel.checkpoint, digits, panel.pool)
        panel.dice, panel.seed, panel.drawn_at = digits, found.seed, tx.now
        people = dict(
            tx.session.execute(select(Person.public_id, Person.id).where(Person.public_id.in_(found.drawn))).all()
        )
        seats = [people[name] for name in found.drawn]
        tx.session.add_all(
            Seat(panel_id=panel.id, person_id=person, number=n) for n, person in enumerate(seats, start=1)
        )
        held.write(held.life, "objection.drawn", dice=digits, seed=found.seed, pool=panel.pool)
        held.tell(seats, "seat", f"seat:{public_id}")


def panel_of(held: Held) -> Panel | None:
    """The panel of an objection."""
    found: Panel | None = held.tx.session.scalar(select(Panel).where(Panel.objection_id == held.row.id))
    return found


def say(actor: Actor, public_id: str, yes: bool, reason: str) -> None:
    """One of the panel says, with reasons, whether the objection stands, or whether the answer does. Two decide."""
    person_id = actor.person()
    with transaction() as tx:
        held = hold(tx, public_id)
        seat = tx.session.scalar(
            select(Seat)
            .join(Panel, Panel.id == Seat.panel_id)
            .where(Panel.objection_id == held.row.id, Seat.person_id == person_id)
        )
        if seat is None:
            raise Forbidden(phrase("Only the three who were drawn decide here."))
        weighs = objections.allowed("weigh", held.life, tx.now)
        objections.require("weigh" if weighs else "settle", held.life, tx.now)
        objections.require_reason(reason)
        turn = STANDS if weighs else held.life.offered_at or 0
        words = dict(
            tx.session.execute(
                select(PanelWord.seat_id, PanelWord.yes)
                .join(Seat, Seat.id == PanelWord.seat_id)
                .where(Seat.panel_id == seat.panel_id, PanelWord.turn == turn)
            ).all()
        )
        if seat.id in words:
            raise Conflict(phrase("You have said your word on this."))
        tx.session.add(PanelWord(seat_id=seat.id, turn=turn, yes=yes, reason=reason.strip(), at=tx.now))
        said = {"turn": turn, "yes": yes, "reason": reason.strip()}
        held.note(actor, "panel.said", said, objection=public_id)
        verdict = objections.verdict([*words.values(), yes])
        if verdict is None:
            return
        act = objections.weigh if weighs else objections.settle
        life = act(held.life, tx.now, verdict)
        held.write(life, "objection.weighed" if weighs else "objection.settled")
        held.tell(held.objectors() + held.lead(), f"panel {life.state}", why=_reasons(tx, seat.panel_id, turn, verdict))


def _reasons(tx: Tx, panel_id: int, turn: int, verdict: bool) -> str:
    """The reasons of those of the panel whose word decided."""
    query = select(PanelWord.reason).join(Seat, Seat.id == PanelWord.seat_id)
    query = query.where(Seat.panel_id == panel_id, PanelWord.turn == turn, PanelWord.yes.is_(verdict))
    return "\n".join(tx.session.scalars(query.order_by(Seat.number)))


def offer(
    actor: Actor, public_id: str, *, words: str, answer: str, defers: bool = False, owner: str = "", due_on: str = ""
) -> None:
    """Answer an objection that stands: by words that the changed text has, or by a measure in it with owner and date."""
    with transaction() as tx:
        held = hold(tx, public_id)
        actor.require_facilitator(held.poll.community_id)
        missing = phrase("Please fill this in.")
        given = {"words": words, "answer": answer, **({"owner": owner, "due_on": due_on} if defers else {})}
        wrong = {name: missing for name, value in given.items() if not value.strip()}
        if "words" not in wrong and words.strip() not in held.decision.draft:
            wrong["words"] = phrase("These words are not in the draft. Change the draft first, then copy them from it.")
        if wrong:
            raise Invalid(phrase("This answer is not offered yet."), wrong)
        life = objections.offer(held.life, tx.now, words.strip(), defers=defers)
        held.row.answer = answer.strip()
        held.row.owner, held.row.due_on = (owner.strip(), due_on) if defers else ("", "")
        held.write(life, "objection.answered")
        held.tell(held.objectors(), "answered", why=answer.strip())


def stand_due() -> int:
    """Tell those who objected that their objection stands, once the clock says so; returns how many objections."""
    with transaction() as tx:
        closed = func.coalesce(Poll.prolonged_until, Poll.closes_at)
        waited = case(
            (Objection.disagreed_at.is_(None), objections.DISAGREE), else_=objections.DISAGREE + objections.PANEL
        )
        due = tx.session.scalars(
            select(Objection.public_id)
            .join(Ballot, Ballot.id == Objection.ballot_id)
            .join(Poll, Poll.id == Objection.poll_id)
            .join(Decision, Decision.id == Poll.decision_id)
            .where(Objection.state == "raised", Ballot.live, Decision.state == "deciding", Poll.settled_at.is_not(None))
            .where(closed + waited <= tx.now, closed + waited > tx.now - LATEST)
            .order_by(Objection.id)
        ).all()
    return sum(_tell_it_stands(public_id) for public_id in due)


def _tell_it_stands(public_id: str) -> bool:
    with transaction() as tx:
        try:
            held = hold(tx, public_id)
        except (Conflict, NotFound):
            return False  # a changed text was announced, or the round found void: those who objected were told that
        return held.tell(held.objectors(), "stands", f"stands:{public_id}") > 0


def reply(actor: Actor, public_id: str, accepts: bool) -> None:
    """The word of those who objected on the answer."""
    with transaction() as tx:
        held = hold(tx, public_id)
        life = objections.reply(held.life, tx.now, accepts, by_objector=held.raised_by(actor))
        held.write(life, "objection.replied")
        held.tell(held.lead(), "accepted" if accepts else "refused")


def write(actor: Actor, public_id: str, text: str, *, unmask: bool = False) -> None:
    """A message between the desk and those who objected. They stay unnamed, unless they say so."""
    person_id = actor.person()
    with transaction() as tx:
        held = hold(tx, public_id, going_on=False)
        desk = actor.facilitates(held.poll.community_id)
        if not desk and not held.raised_by(actor):
            raise Forbidden(phrase("Messages here are between the desk and those who objected."))
        if not text.strip():
            sentence = phrase("Please fill this in.")
            raise Invalid(sentence, {"text": sentence})
        shown = desk or unmask
        name = tx.session.scalar(select(Person.name).where(Person.id == person_id)) if shown else ""
        tx.session.add(
            DeskMessage(objection_id=held.row.id, from_desk=desk, name=name or "", text=text.strip(), at=tx.now)
        )
        held.tell(held.objectors() if desk else held.lead(), "message", why=text.strip())
