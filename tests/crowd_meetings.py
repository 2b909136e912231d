"""A meeting with many of everything, for the tests that its pages ask no more of the database when their lists grow."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.core.clock import DAY, HOUR
from app.core.transaction import Tx
from app.engine.canonical import canon
from app.meetings.minutes import body_of
from app.meetings.models import Confirmation, Meeting, MeetingNote, Minutes, Presence
from app.people.actor import Actor
from app.projects.kinds import ActivityRef

HELD, OFFERED = "HELDMEETING00000", "OFFEREDVERSION00"


def grow(tx: Tx, ref: ActivityRef, people: Sequence[Actor], have: int, n: int) -> None:
    """Bring meetings, and what belongs to the one that was held, from ``have`` to ``n``."""
    here = {"community_id": ref.community_id}
    base = {**here, "project_id": ref.project_id, "activity_run_id": ref.id, "form": "hearing", "place": "议事角"}
    base |= {
        "called_at": tx.now,
        "called_by_id": people[0].person(),
        "by_name": "陈",
        "agenda": "灯",
        "rings": ["lead"],
    }
    for k in range(have, n):
        starts = tx.now + (k + 1) * DAY
        tx.session.add(Meeting(title=f"会{k}", starts_at=starts, ends_at=starts + HOUR, **base))
    held = tx.session.scalar(select(Meeting).where(Meeting.public_id == HELD))
    if held is None:
        starts = tx.now - DAY
        held = Meeting(public_id=HELD, title="开过的会", starts_at=starts, ends_at=starts + HOUR, **base)
        held.opened_at, held.ended_at = starts, starts + HOUR
        tx.session.add(held)
        tx.session.flush()
    mine = {**here, "meeting_id": held.id}
    by = {"at": tx.now, "person_id": people[0].person(), "by_name": "陈"}
    waiting = tx.session.scalar(select(Minutes).where(Minutes.public_id == OFFERED))
    if waiting is None:
        waiting = _version(mine, tx.now, people[0], 1000)
        waiting.public_id, waiting.needed = OFFERED, 500
        tx.session.add(waiting)
        tx.session.flush()
    for k in range(have, n):
        came = Presence(person_id=people[k].person(), ring="residents", how="code", at=tx.now, name=f"人{k}", **mine)
        more = Presence(ring="residents", how="paper", at=tx.now, name=f"客{k}", **mine)
        tx.session.add_all([came, more])
        for kind in ("point", "minority", "decision"):
            tx.session.add(MeetingNote(kind=kind, text=f"话{k}", ring="residents", who="陈", **mine, **by))
        frozen = _version(mine, tx.now, people[0], k + 1)
        frozen.frozen_at = tx.now
        tx.session.add(frozen)
        tx.session.flush()
        tx.session.add(Confirmation(minutes_id=waiting.id, presence_id=came.id, how="screen", at=tx.now, **here))
        frozen.body = canon(body_of(held, frozen, [came], [], "")).decode()


def _version(mine: dict[str, int], now: int, writer: Actor, number: int) -> Minutes:
    return Minutes(
        number=number,
        text=f"第{number}版",
        made_at=now,
        person_id=writer.person(),
        by_name="陈",
        offered_at=now,
        present=3,
        needed=3,
        **mine,
    )
