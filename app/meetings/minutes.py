"""Minutes: drafted from what was noted, offered to those who were there, frozen when enough of them confirmed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from app.core.outbox import tell
from app.core.seals import hashes_of, seal, seal_body
from app.core.transaction import Lock, Tx, transaction
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.engine.phrase import Moment, phrase
from app.engine.words import Key
from app.meetings.call import LEAST_REASON, held, name_of, note_event
from app.meetings.models import Confirmation, Meeting, Minutes, Presence
from app.meetings.rules import needed
from app.people.actor import Actor
from app.people.queries import communities_by_id, facilitators_of
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity_by_id, find_project_by_id


def save(actor: Actor, meeting_public_id: str, text: str) -> None:
    """Write the minutes until they are offered."""
    if not text.strip():
        missing = phrase("Please fill this in.")
        raise Invalid(missing, {"text": missing})
    with transaction() as tx:
        meeting, _ = _over(tx, actor, meeting_public_id)
        row = _open(tx, meeting)
        if row is None:
            if _last(tx, meeting) is not None:
                raise Frozen(phrase("These minutes are confirmed. Correct them, and say why."))
            row = _version(tx, actor, meeting, text)
        elif row.offered_at is not None:
            raise Frozen(phrase("The minutes are with those who were there. Take them back before you change them."))
        row.text = text.strip()


def _over(tx: Tx, actor: Actor, public_id: str) -> tuple[Meeting, ActivityRef]:
    """A meeting that can have minutes: not cancelled, and begun or past its hour."""
    meeting, ref = held(tx, actor, public_id, running=False)
    if meeting.cancelled_at is not None:
        raise Frozen(phrase("This meeting was cancelled."))
    if meeting.opened_at is None and tx.now < meeting.starts_at:
        raise Closed(phrase("This meeting begins %(when)s.", when=Moment(meeting.starts_at)))
    return meeting, ref


def _last(tx: Tx, meeting: Meeting) -> Minutes | None:
    """The newest version that was not taken back."""
    query = select(Minutes).where(Minutes.meeting_id == meeting.id, Minutes.dropped_at.is_(None))
    found: Minutes | None = tx.session.scalar(query.order_by(Minutes.number.desc()).limit(1))
    return found


def _open(tx: Tx, meeting: Meeting) -> Minutes | None:
    row = _last(tx, meeting)
    return row if row is not None and row.frozen_at is None else None


def _version(tx: Tx, actor: Actor, meeting: Meeting, text: str, reason: str = "") -> Minutes:
    highest = tx.session.scalar(select(func.max(Minutes.number)).where(Minutes.meeting_id == meeting.id)) or 0
    row = Minutes(
        community_id=meeting.community_id,
        meeting_id=meeting.id,
        number=highest + 1,
        text=text.strip(),
        reason=reason,
        made_at=tx.now,
        person_id=actor.person(),
        by_name=name_of(tx, actor),
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def _present(tx: Tx, meeting: Meeting) -> list[Presence]:
    query = select(Presence).where(Presence.meeting_id == meeting.id, Presence.live)
    return list(tx.session.scalars(query.order_by(Presence.id)))


def offer(actor: Actor, meeting_public_id: str) -> str:
    """Offer the draft to those who were there: its words are fixed while they confirm them. Returns the version."""
    with transaction() as tx:
        meeting, ref = _over(tx, actor, meeting_public_id)
        row = _open(tx, meeting)
        if row is None:
            raise Conflict(phrase("Write the minutes first."))
        if row.offered_at is not None:
            return row.public_id  # pressed twice
        came = _present(tx, meeting)
        if not came:
            raise Conflict(phrase("Enter first who was there: they confirm the minutes."))
        row.offered_at, row.present = tx.now, len(came)
        row.needed = needed(len(came), ref.activity.whole("confirmers"), ref.activity.share("quorum"))
        row.commitments = seal({"text": row.text})
        row.text_hash = hashes_of(row.commitments)["text"]
        if meeting.opened_at is not None and meeting.ended_at is None:
            meeting.ended_at, meeting.door = tx.now, ""
            note_event(tx, actor, meeting, "meeting.ended")
        said = {"minutes": row.public_id, "version": row.number, "text": row.text_hash}
        note_event(tx, actor, meeting, "minutes.offered", {"needed": row.needed, "present": row.present}, said)
        _tell(tx, ref, meeting, came, "minutes.offered", dedupe=f"minutes:{row.public_id}")
        return row.public_id


def _tell(
    tx: Tx, ref: ActivityRef, meeting: Meeting, came: Collection[Presence], kind: str, dedupe: str | None = None
) -> None:
    people = [row.person_id for row in came if row.person_id is not None]
    if kind == "minutes.frozen":
        people += [person.id for person in facilitators_of(meeting.community_id)]
    tell(
        tx,
        people,
        kind,
        community_id=meeting.community_id,
        project_id=meeting.project_id,
        data={"title": meeting.title, "at": meeting.starts_at},
        href=f"/c/{ref.slug}/meeting/{meeting.public_id}/minutes",
        dedupe=dedupe,
    )


def take_back(actor: Actor, meeting_public_id: str) -> None:
    """Take back minutes that were offered: a new draft of the same words, to be changed and confirmed anew."""
    with transaction() as tx:
        meeting, _ = held(tx, actor, meeting_public_id, running=False)
        row = _open(tx, meeting)
        if row is None or row.offered_at is None:
            raise Conflict(phrase("No minutes are with those who were there."))
        row.dropped_at = tx.now
        tx.session.flush()
        _version(tx, actor, meeting, row.text, row.reason)
        note_event(tx, actor, meeting, "minutes.taken_back", {}, {"minutes": row.public_id})


def correct(actor: Actor, meeting_public_id: str, reason: str) -> None:
    """Begin a correction of frozen minutes, for a reason: a new version, while the frozen one stands."""
    if len(reason.strip()) < LEAST_REASON:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST_REASON)
        raise Invalid(short, {"reason": short})
    with transaction() as tx:
        meeting, _ = held(tx, actor, meeting_public_id, running=False)
        row = _last(tx, meeting)
        if row is None:
            raise Conflict(phrase("Write the minutes first."))
        if row.frozen_at is None:
            raise Conflict(phrase("A version that is not confirmed yet is being written already."))
        fresh = _version(tx, actor, meeting, row.text, reason.strip())
        note_event(
            tx,
            actor,
            meeting,
            "minutes.corrected",
            {"minutes": fresh.public_id, "reason": reason.strip()},
            {"minutes": fresh.public_id, "replaces": row.sha256},
        )


def confirm(actor: Actor, minutes_public_id: str) -> bool:
    """Somebody who was there confirms the minutes on the screen; returns whether they are frozen now."""
    person_id = actor.person()
    with transaction() as tx:
        row, meeting, ref = _offered(tx, minutes_public_id)
        came = _present(tx, meeting)
        place = next((item for item in came if item.person_id == person_id), None)
        if place is None:
            raise Forbidden(phrase("Those who were there confirm the minutes. Were you? Say so at the desk."))
        if place.id not in _confirmed(tx, row):
            _add(tx, actor, meeting, row, [place], "screen")
        return _freeze(tx, actor, ref, meeting, row, came)


def confirm_on_paper(actor: Actor, minutes_public_id: str, presence_ids: Collection[str]) -> bool:
    """A facilitator enters who signed the printed minutes; returns whether they are frozen now."""
    with transaction() as tx:
        row, meeting, ref = _offered(tx, minutes_public_id)
        actor.require_facilitator(meeting.community_id)
        came = _present(tx, meeting)
        known = _confirmed(tx, row)
        chosen = [item for item in came if item.public_id in set(presence_ids)]
        if not chosen:
            missing = phrase("Tick those who signed.")
            raise Invalid(missing, {"signed": missing})
        fresh = [item for item in chosen if item.id not in known]
        if fresh:
            _add(tx, actor, meeting, row, fresh, "paper")
        return _freeze(tx, actor, ref, meeting, row, came)


def _offered(tx: Tx, public_id: str) -> tuple[Minutes, Meeting, ActivityRef]:
    keys = tx.session.execute(
        select(Minutes.id, Minutes.meeting_id).where(Minutes.public_id == public_id)
    ).one_or_none()
    if keys is None:
        raise NotFound
    tx.lock(Lock(Meeting, keys.meeting_id), Lock(Minutes, keys.id))
    row = tx.session.get_one(Minutes, keys.id, populate_existing=True)
    meeting = tx.session.get_one(Meeting, keys.meeting_id, populate_existing=True)
    if row.offered_at is None:
        raise NotFound
    if row.dropped_at is not None:
        raise Frozen(phrase("These minutes were taken back. Look at the newer version."))
    if row.frozen_at is not None:
        raise Frozen(phrase("Enough of those who were there have confirmed these minutes already."))
    return row, meeting, find_activity_by_id(meeting.activity_run_id, tx.now)


def _confirmed(tx: Tx, row: Minutes) -> set[int]:
    return set(tx.session.scalars(select(Confirmation.presence_id).where(Confirmation.minutes_id == row.id)))


def _add(tx: Tx, actor: Actor, meeting: Meeting, row: Minutes, places: Collection[Presence], how: str) -> None:
    for place in places:
        made = Confirmation(
            community_id=row.community_id,
            minutes_id=row.id,
            presence_id=place.id,
            person_id=place.person_id,
            entered_by_id=actor.person() if how == "paper" else None,
            how=how,
            at=tx.now,
        )
        tx.session.add(made)
        tx.session.flush()
        said = {"minutes": row.public_id, "confirmation": made.public_id}
        note_event(tx, actor, meeting, "minutes.confirmed", {"how": how, "present": place.public_id}, said)


def _freeze(tx: Tx, actor: Actor, ref: ActivityRef, meeting: Meeting, row: Minutes, came: Collection[Presence]) -> bool:
    rings = {place.id: place.ring for place in came}
    query = select(Confirmation).where(Confirmation.minutes_id == row.id).order_by(Confirmation.id)
    given = list(tx.session.scalars(query))
    if len(given) < row.needed:
        return False
    row.frozen_at = tx.now
    before = tx.session.scalar(
        select(Minutes.sha256)
        .where(Minutes.meeting_id == meeting.id, Minutes.frozen_at.is_not(None), Minutes.number < row.number)
        .order_by(Minutes.number.desc())
        .limit(1)
    )
    confirmed = [
        {"id": Key(item.public_id), "how": Key(item.how), "ring": Key(rings[item.presence_id]), "at": item.at}
        for item in given
    ]
    body, words = seal_body(body_of(meeting, row, came, confirmed, before or ""))
    row.body, row.commitments = canon(body).decode(), {**row.commitments, **words}
    row.sha256 = sha256_hex(row.body.encode())
    said = {"minutes": row.public_id, "version": row.number, "sha256": row.sha256}
    note_event(tx, actor, meeting, "minutes.frozen", {}, said)
    _tell(tx, ref, meeting, came, "minutes.frozen")
    return True


def body_of(
    meeting: Meeting,
    row: Minutes,
    came: Collection[Presence],
    confirmed: list[dict[str, Any]],
    before: str,
) -> dict[str, Any]:
    """What is frozen: the minutes with the facts of the meeting, and no name that their text does not tell.

    What is no key is somebody's words: it is frozen as commitments, and may be removed.
    """
    community = communities_by_id([meeting.community_id])[meeting.community_id]
    rings: dict[str, int] = {}
    for place in came:
        rings[place.ring] = rings.get(place.ring, 0) + 1
    return {
        "format": Key("qiding/minutes/v1"),
        "community": {"id": Key(community.public_id), "name": community.name},
        "project": Key(find_project_by_id(meeting.project_id).public_id),
        "meeting": {
            "id": Key(meeting.public_id),
            "form": Key(meeting.form),
            "title": meeting.title,
            "place": meeting.place,
            "agenda": meeting.agenda,
            "called_at": meeting.called_at,
            "starts_at": meeting.starts_at,
            "ends_at": meeting.ends_at,
        },
        "present": {
            "rings": [{"ring": Key(ring), "n": n} for ring, n in sorted(rings.items())],
            "households": len({place.household_id for place in came if place.household_id is not None}),
            "all": len(came),
        },
        "minutes": {
            "id": Key(row.public_id),
            "version": row.number,
            "text": row.text,
            "text_hash": Key(row.text_hash),
        },
        "written_by": row.by_name,
        "reason": row.reason,
        "replaces": Key(before),
        "needed": row.needed,
        "confirmed": confirmed,
        "offered_at": row.offered_at,
        "frozen_at": row.frozen_at,
    }
