"""The objection desk against the log: who disagreed, who was willing, the draw repeated, the panel and its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Text, cast, select

from app.audit.finding import Wrong, read_json, same
from app.audit.log import Log, Told, place
from app.audit.told import agree, done_by
from app.ballots.models import Objection, Poll
from app.core.database import db
from app.engine import lot
from app.engine.errors import DomainError
from app.objections.models import Disagreement, Panel, PanelWord, Seat, Willing
from app.people.models import Person

DRAWN, LISTED = "objection.drawn", "objection.list_closed"
Key = tuple[Any, ...]


def roots_named(community_id: int) -> set[int]:
    """The sizes of the log whose roots went into draws by lot: a pass over the log notes what they were."""
    query = select(Panel.checkpoint).join(Objection, Objection.id == Panel.objection_id)
    query = query.join(Poll, Poll.id == Objection.poll_id).where(Poll.community_id == community_id)
    return {size for size in map(_size, db.session.scalars(query)) if size is not None}


def _size(checkpoint: str) -> int | None:
    parts = checkpoint.split(" ")
    return int(parts[1]) if len(parts) == 3 and parts[1].isascii() and parts[1].isdigit() else None


def check_desk(community_id: int, log: Log) -> None:
    """Check the rows of a community's objection desk; messages are nobody's but theirs who wrote them."""
    bound = {
        str(told.body.get("poll")) for told in log.kept.get("poll.announced", ()) if "roll" in told.event.data
    }  # rounds since the log tells of the willing and of each word; those of before have rows that no entry speaks of
    _check_disagreements(community_id, log)
    _check_willing(community_id, log, bound)
    _check_panels(community_id, log)
    _check_words(community_id, log, bound)


def _check_disagreements(community_id: int, log: Log) -> None:
    told: dict[str, list[Told]] = {}
    for entry in log.kept.get("objection.disagreed", ()):
        told.setdefault(str(entry.body.get("objection")), []).append(entry)
    rows = db.session.execute(
        select(Disagreement.__table__, Objection.public_id.label("objection"), Person.public_id.label("doer"))
        .join(Objection, Objection.id == Disagreement.objection_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .join(Person, Person.id == Disagreement.person_id)
        .where(Poll.community_id == community_id)
        .order_by(Disagreement.id)
    ).all()
    for row in rows:
        entries = told.get(row.objection)
        if not entries:
            raise Wrong("disagreement", row.id, "objection_id", "expected an entry of the log that tells of it")
        entry = entries.pop(0)  # an objection is held while somebody disagrees: its rows and entries go in one order
        data = entry.event.data
        agree("disagreement", row, entry, {"at": entry.event.at, "reason": data.get("reason", row.reason)})
        if row.doer != data.get("person", row.doer):
            raise Wrong("disagreement", row.id, "person_id", f"expected whom the event of {place(entry.body)} names")
    for name, left in told.items():
        if left:
            raise Wrong("disagreement", f"of {name}", "id", f"expected the row that {place(left[0].body)} tells of")


def _each(log: Log, kind: str, key: Callable[[Told], Key]) -> dict[Key, Told]:
    """The entries of a kind by what they speak of; raises where two speak of the same."""
    found: dict[Key, Told] = {}
    for entry in log.kept.get(kind, ()):
        if key(entry) in found:
            raise Wrong("log", place(entry.body), "body", f"expected what no entry {kind} before it told")
        found[key(entry)] = entry
    return found


def _check_willing(community_id: int, log: Log, bound: set[str]) -> None:
    told = _each(log, "panel.willing", lambda entry: (entry.body.get("poll"), entry.event.data.get("person")))
    rows = db.session.execute(
        select(Willing.__table__, Poll.public_id.label("poll"), Person.public_id.label("doer"))
        .join(Poll, Poll.id == Willing.poll_id)
        .join(Person, Person.id == Willing.person_id)
        .where(Poll.community_id == community_id)
        .order_by(Willing.id)
    ).all()
    for row in rows:
        entry = told.pop((row.poll, row.doer), None)
        if entry is not None:
            agree("willing", row, entry, {"at": entry.event.at})
            done_by("willing", row, "person_id", row.doer, entry)
        elif row.poll in bound:
            raise Wrong("willing", row.id, "poll_id or person_id", "expected an entry of the log that tells of it")
    for entry in told.values():
        raise Wrong("willing", f"of {entry.body['poll']}", "id", f"expected the row that {place(entry.body)} tells of")


def _check_panels(community_id: int, log: Log) -> None:
    """Panels by two entries: the list of the willing closes, then three are drawn; before, one entry did both."""
    drawn, listed, closed = log.by(DRAWN, "objection"), log.by(LISTED, "objection"), log.by("poll.closed", "poll")
    columns = [column for column in Panel.__table__.columns if column.name != "pool"]
    rows = db.session.execute(
        select(*columns, cast(Panel.pool, Text).label("pool"), Objection.public_id.label("objection"))
        .join(Objection, Objection.id == Panel.objection_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .where(Poll.community_id == community_id)
        .order_by(Panel.id)
    ).all()
    for row in rows:
        told, list_told = drawn.pop(row.objection, None), listed.pop(row.objection, None)
        began = list_told or told
        if began is None:
            raise Wrong("panel", row.id, "objection_id", "expected an entry of the log that draws it; there is none")
        pool = read_json("panel", row.id, "pool", row.pool)
        for entry in (list_told, told):
            if entry is not None and pool != entry.body.get("pool"):
                raise Wrong("panel", row.id, "pool", f"expected those whom {place(entry.body)} of the log names")
        by_draw = {
            "dice": told.body.get("dice") if told is not None else "",
            "seed": told.body.get("seed") if told is not None else "",
            "drawn_at": told.event.at if told is not None else None,
        }
        agree("panel", row, began, {"at": began.event.at, **by_draw})
        root_at = list_told or closed.get(str(began.body.get("poll")))
        _check_root(row, log, root_at)
        if told is not None:
            _check_draw(row, pool)
        elif db.session.scalar(select(Seat.id).where(Seat.panel_id == row.id).limit(1)) is not None:
            raise Wrong("panel_seat", f"of panel {row.id}", "id", "expected none: nobody is drawn yet")
    for name, told in [*drawn.items(), *listed.items()]:
        raise Wrong("panel", f"of {name}", "objection_id", f"expected the panel that {place(told.body)} draws")


def _check_root(row: Any, log: Log, told: Told | None) -> None:
    """The log's root that enters the seed: at the entry that closed the list, or, before, the round."""
    size = _size(row.checkpoint)
    if told is None or size is None or size != told.body["seq"] + 1 or row.checkpoint[-64:] != log.reached[size][0]:
        raise Wrong("panel", row.id, "checkpoint", "expected the log's root at the entry that closed the list")


def _check_draw(row: Any, pool: Any) -> None:
    """Draw once more: by the root, the dice, and those who were willing."""
    try:
        again = lot.draw(row.checkpoint, row.dice, pool)
    except (DomainError, TypeError):
        raise Wrong("panel", row.id, "pool", "expected a pool from which three can be drawn") from None
    if again.seed != row.seed:
        raise Wrong("panel", row.id, "checkpoint", "expected the one from which, with the dice, the seed follows")
    seats = db.session.execute(
        select(Seat.id, Seat.number, Person.public_id)
        .join(Person, Person.id == Seat.person_id)
        .where(Seat.panel_id == row.id)
        .order_by(Seat.number)
    ).all()
    if len(seats) != len(again.drawn):
        raise Wrong("panel_seat", f"of panel {row.id}", "id", f"expected {len(again.drawn)} of them")
    drawn = dict(enumerate(again.drawn, start=1))
    for seat in seats:
        if seat.number not in drawn:
            raise Wrong("panel_seat", seat.id, "number", f"expected one of 1 to {len(drawn)}, in the order of the draw")
        same("panel_seat", seat.id, "person_id", seat.public_id, drawn[seat.number], "the draw repeated tells")


def _check_words(community_id: int, log: Log, bound: set[str]) -> None:
    told = _each(
        log,
        "panel.said",
        lambda entry: (entry.body.get("objection"), entry.event.data.get("person"), entry.event.data.get("turn")),
    )
    rows = db.session.execute(
        select(
            PanelWord.__table__,
            *(Objection.public_id.label("objection"), Poll.public_id.label("poll"), Person.public_id.label("doer")),
        )
        .join(Seat, Seat.id == PanelWord.seat_id)
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Objection, Objection.id == Panel.objection_id)
        .join(Poll, Poll.id == Objection.poll_id)
        .join(Person, Person.id == Seat.person_id)
        .where(Poll.community_id == community_id)
        .order_by(PanelWord.id)
    ).all()
    for row in rows:
        entry = told.pop((row.objection, row.doer, row.turn), None)
        if entry is not None:
            data = entry.event.data
            agree("panel_word", row, entry, {"yes": data["yes"], "reason": data["reason"], "at": entry.event.at})
        elif row.poll in bound:
            raise Wrong("panel_word", row.id, "seat_id or turn", "expected an entry of the log that tells of it")
    for entry in told.values():
        name = entry.body["objection"]
        raise Wrong("panel_word", f"of {name}", "id", f"expected the row that {place(entry.body)} tells of")
