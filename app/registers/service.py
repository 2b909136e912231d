"""Commands of registers: add, correct, remove. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from app.core.events import record_event
from app.core.media import Upload, mark_of, name_upload
from app.core.once import remember, replayed
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.people.actor import Actor
from app.people.models import Person
from app.projects.admission import may
from app.projects.kinds import ActivityRef
from app.projects.models import ActivityRun
from app.projects.queries import find_activity
from app.registers import queries
from app.registers.models import RegisterEntry
from app.registers.shape import Field, Section

LEAST_REASON = 10


def may_write(actor: Actor, ref: ActivityRef) -> bool:
    """Whether an actor may write into a register now: the rings that the method names, and facilitators."""
    return ref.running and actor.known and (may(actor, ref, "edit") or actor.facilitates(ref.community_id))


def add(
    actor: Actor,
    activity_public_id: str,
    section: str,
    values: Mapping[str, Any],
    document: Upload | None = None,
    *,
    once: str = "",
) -> str:
    """Add an entry and return its public id. Money is in fen, days are dates."""
    with transaction() as tx:
        ref = find_activity(activity_public_id, tx.now)
        part = _section(actor, ref, section)
        data = _checked(part, values)
        scope, sent = f"register:{actor.person_id}", [activity_public_id, section, data, *mark_of(document)]
        if once and (known := replayed(tx, scope, once, sent)):
            return known
        n = tx.session.scalar(
            select(func.count())
            .select_from(RegisterEntry)
            .where(RegisterEntry.activity_run_id == ref.id, RegisterEntry.section == section, RegisterEntry.live)
        )
        if (n or 0) >= part.most:
            raise Conflict(phrase("This list is full."))
        row = _write(tx, actor, ref, section, data, document, None)
        if once:
            remember(tx, scope, once, sent, row.public_id)
        return row.public_id


def correct(
    actor: Actor, entry_public_id: str, values: Mapping[str, Any], document: Upload | None = None, *, once: str = ""
) -> str:
    """Correct an entry and return the new one's public id: it supersedes the old one, and both stay readable."""
    with transaction() as tx:
        before, ref, part = _held(tx, actor, entry_public_id)
        data = _checked(part, values)
        scope, sent = f"register.correct:{actor.person_id}", [entry_public_id, data, *mark_of(document)]
        if once and (known := replayed(tx, scope, once, sent)):
            return known
        _require_live(before)
        before.live = False
        tx.session.flush()
        row = _write(tx, actor, ref, before.section, data, document, before)
        if once:
            remember(tx, scope, once, sent, row.public_id)
        return row.public_id


def remove(actor: Actor, entry_public_id: str, reason: str) -> None:
    """Take an entry out of the list, with a reason; it stays in the history."""
    if len(reason.strip()) < LEAST_REASON:
        short = phrase("Give a reason of at least %(least)s characters.", least=LEAST_REASON)
        raise Invalid(short, {"reason": short})
    with transaction() as tx:
        row, ref, _ = _held(tx, actor, entry_public_id)
        _require_live(row)
        tx.session.execute(
            update(RegisterEntry).where(RegisterEntry.id == row.id).values(live=False, removed_reason=reason.strip())
        )
        _event(tx, actor, ref, "register.removed", row.public_id, {"reason": reason.strip()})


def _held(tx: Tx, actor: Actor, public_id: str) -> tuple[RegisterEntry, ActivityRef, Section]:
    found = tx.session.scalar(select(RegisterEntry.id).where(RegisterEntry.public_id == public_id))
    if found is None:
        raise NotFound
    tx.lock(Lock(RegisterEntry, found))
    row = tx.session.get_one(RegisterEntry, found, populate_existing=True)
    activity = tx.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == row.activity_run_id)).one()
    ref = find_activity(activity, tx.now)
    return row, ref, _section(actor, ref, row.section)


def _require_live(row: RegisterEntry) -> None:
    if not row.live:
        raise Conflict(phrase("This entry was corrected or removed meanwhile. Look at the list again."))


def require_writer(actor: Actor, ref: ActivityRef) -> None:
    """Raise unless an actor may write into a register now."""
    if not ref.running:
        raise Closed(phrase("This step is closed or the project rests. What was written stays readable."))
    if not may_write(actor, ref):
        raise Forbidden(phrase("Those whom the method names for this write here. You can read everything."))


def _section(actor: Actor, ref: ActivityRef, section: str) -> Section:
    part = queries.register_of(ref).section(section)
    if part is None:
        raise NotFound
    require_writer(actor, ref)
    return part


def _checked(part: Section, values: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    wrong: dict[str, Phrase] = {}
    for item in part.fields:
        value = _plain(item, values.get(item.key))
        if value in (None, ""):
            if item.required:
                wrong[item.key] = phrase("Please fill this in.")
            continue
        if item.choices and value not in item.choices:
            wrong[item.key] = phrase("Choose one of these.")
        data[item.key] = value
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    return {item.key: data.get(item.key, "") for item in part.fields}


def _plain(item: Field, value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    return value


def _write(
    tx: Tx,
    actor: Actor,
    ref: ActivityRef,
    section: str,
    data: dict[str, Any],
    document: Upload | None,
    before: RegisterEntry | None,
) -> RegisterEntry:
    by_name = tx.session.scalar(select(Person.name).where(Person.id == actor.person())) or ""
    row = RegisterEntry(
        community_id=ref.community_id,
        project_id=ref.project_id,
        activity_run_id=ref.id,
        section=section,
        data=data,
        person_id=actor.person(),
        by_name=by_name,
        at=tx.now,
        supersedes_id=before.id if before else None,
        document=before.document if before else "",
    )
    if document is not None:
        named = name_upload(tx, document, community_id=ref.community_id, person_id=actor.person(), visibility="members")
        row.document = named.public_id
    tx.session.add(row)
    tx.session.flush()
    kind = "register.corrected" if before else "register.added"
    _event(tx, actor, ref, kind, row.public_id, {"section": section, "data": data})
    return row


def _event(tx: Tx, actor: Actor, ref: ActivityRef, kind: str, entry: str, data: dict[str, Any]) -> None:
    record_event(
        tx,
        kind,
        community_id=ref.community_id,
        project_id=ref.project_id,
        person_id=actor.person_id,
        data={"entry": entry, **data},
        public={"entry": entry, "activity": ref.public_id},
    )
