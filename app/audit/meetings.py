"""Meetings against what the log tells: the call, who came, who confirmed which version, and the frozen minutes by their hash."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.audit.finding import Wrong, read_canonical, same
from app.audit.log import Log, Told, place
from app.audit.seals import Removed
from app.core.database import db
from app.core.seals import hashes_of
from app.core.seals import said as put_back
from app.engine.canonical import sha256_hex
from app.engine.words import spots
from app.meetings.models import CALLED, Confirmation, Meeting, Minutes, Presence
from app.projects.models import ActivityRun

CALL = {"starts_at": "starts", "ends_at": "ends", "rings": "rings"}


def check_meetings(community_id: int, log: Log, removed: Removed) -> None:
    """Check every meeting of a community, with the lists and the minutes that belong to it."""
    meetings = _rows(Meeting, community_id)
    activities = dict(
        db.session.execute(
            select(ActivityRun.id, ActivityRun.public_id).where(ActivityRun.community_id == community_id)
        ).all()
    )
    called = log.by("meeting.called", "meeting")
    for row in meetings:
        told = called.pop(row.public_id, None)
        if told is None:
            raise Wrong(
                "meeting", row.public_id, "public_id", "expected an entry of the log that calls it; none is there"
            )
        _check_call(row, told, log, removed)
        _agree(
            "meeting", row, told, {"activity_run_id": activities.get(row.activity_run_id)}, told.body.get("activity")
        )
    _none_left("meeting", called.values())
    names = {row.id: row.public_id for row in meetings}
    presences = _rows(Presence, community_id)
    _check_presences(presences, names, log)
    versions = _rows(Minutes, community_id)
    _check_confirmations(community_id, {row.id: row for row in presences}, {row.id: row for row in versions}, log)
    _check_minutes(versions, names, log, removed)


def _rows(model: type[Any], community_id: int) -> list[Any]:
    query = select(model).where(model.community_id == community_id).order_by(model.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _none_left(table: str, left: Iterable[Told]) -> None:
    for told in left:
        raise Wrong(
            table, told.body["seq"], "public_id", f"expected the row that {place(told.body)} of the log tells of"
        )


def _agree(table: str, row: Any, told: Told, found: dict[str, Any], wanted: Any) -> None:
    for name, value in found.items():
        same(table, row.public_id, name, value, wanted, f"{place(told.body)} of the log tells")


def _check_call(row: Meeting, told: Told, log: Log, removed: Removed) -> None:
    source = f"{place(told.body)} of the log tells"
    for name, wanted in (
        ("called_at", told.event.at),
        ("called_by_id", told.event.person_id),
        ("project_id", told.event.project_id),
    ):
        same("meeting", row.public_id, name, getattr(row, name), wanted, source)
    changes = log.all_by("meeting.changed", "meeting").get(row.public_id, [])
    newest = changes[-1] if changes else told
    for name, key in CALL.items():
        said = newest.body.get(key)
        same("meeting", row.public_id, name, getattr(row, name), said, f"{place(newest.body)} of the log tells")
    ended = {kind: log.by(f"meeting.{kind}", "meeting").get(row.public_id) for kind in ("cancelled", "opened", "ended")}
    for kind, last in ended.items():
        wanted = last.event.at if last is not None else None
        same("meeting", row.public_id, f"{kind}_at", getattr(row, f"{kind}_at"), wanted, "the log tells")
    cancelled = ended["cancelled"]
    words = {name: getattr(row, name) for name in (*CALLED, "cancel_reason")}
    removed.check("meeting", row.public_id, words, row.commitments)
    bound = dict(newest.body.get("words") or {})
    if cancelled is not None:
        bound["cancel_reason"] = cancelled.body.get("cancel_reason")
    same("meeting", row.public_id, "commitments", hashes_of(row.commitments), bound, "the log tells")
    for before in [told, *changes][:-1]:
        removed.overwritten(set((before.body.get("words") or {}).values()) - set(bound.values()))
    same("meeting", row.public_id, "change", row.change, len(changes) + (cancelled is not None), "the log tells")


def _check_presences(rows: list[Presence], names: dict[int, str], log: Log) -> None:
    came: dict[str, Told] = {}
    for kind in ("meeting.entered", "meeting.attended"):
        for told in log.kept.get(kind, ()):
            said = told.event.data.get("present")
            came.update((str(name), told) for name in (said if isinstance(said, list) else [said]))
    struck = {told.event.data.get("present") for told in log.kept.get("meeting.struck", ())}
    for row in rows:
        if row.public_id not in came:
            raise Wrong("meeting_presence", row.public_id, "public_id", "expected an entry of the log that tells of it")
        told = came.pop(row.public_id)
        by_code = told.event.kind == "meeting.attended"
        wanted: dict[str, Any] = {
            "ring": told.event.data.get("ring"),
            "how": "code" if by_code else "paper",
            "at": told.event.at,
            "entered_by_id": None if by_code else told.event.person_id,
            "live": row.public_id not in struck,
        }
        for name, value in wanted.items():
            found = getattr(row, name)
            same("meeting_presence", row.public_id, name, found, value, f"{place(told.body)} of the log tells")
        _agree("meeting_presence", row, told, {"meeting_id": names.get(row.meeting_id)}, told.body.get("meeting"))
        if by_code:
            _agree("meeting_presence", row, told, {"person_id": row.person_id}, told.event.person_id)
    _none_left("meeting_presence", came.values())


def _check_confirmations(
    community_id: int, presences: dict[int, Presence], versions: dict[int, Minutes], log: Log
) -> None:
    told = log.by("minutes.confirmed", "confirmation")
    for row in _rows(Confirmation, community_id):
        entry = told.pop(row.public_id, None)
        if entry is None:
            raise Wrong(
                "meeting_confirmation", row.public_id, "public_id", "expected an entry of the log that tells of it"
            )
        presence, version = presences.get(row.presence_id), versions.get(row.minutes_id)
        on_paper = entry.event.data.get("how") == "paper"
        for name, found, wanted in (
            ("how", row.how, entry.event.data.get("how")),
            ("at", row.at, entry.event.at),
            ("presence_id", presence.public_id if presence else None, entry.event.data.get("present")),
            ("minutes_id", version.public_id if version else None, entry.body.get("minutes")),
            ("entered_by_id", row.entered_by_id, entry.event.person_id if on_paper else None),
            ("person_id", row.person_id, presence.person_id if presence else None),
        ):
            same("meeting_confirmation", row.public_id, name, found, wanted, f"{place(entry.body)} of the log tells")
    _none_left("meeting_confirmation", told.values())


def _check_minutes(rows: list[Minutes], names: dict[int, str], log: Log, removed: Removed) -> None:
    frozen, offered = log.by("minutes.frozen", "minutes"), log.by("minutes.offered", "minutes")
    given: dict[str, list[Any]] = {}
    for entry in log.kept.get("minutes.confirmed", ()):
        given.setdefault(str(entry.body.get("minutes")), []).append(entry.body.get("confirmation"))
    for row in rows:
        name, shown = row.public_id, offered.pop(row.public_id, None)
        same("meeting_minutes", name, "offered_at", row.offered_at, shown.event.at if shown else None, "the log tells")
        told = frozen.pop(name, None)
        words = {"text": row.text} if shown is not None else {}
        if told is not None:
            words |= _words_in(row)
        removed.check("meeting_minutes", name, words, row.commitments)
        if shown is not None:
            offered_as, source = shown.body.get("text"), f"{place(shown.body)} of the log tells"
            same("meeting_minutes", name, "text_hash", row.text_hash, offered_as, source)
            same("meeting_minutes", name, "commitments", hashes_of(row.commitments).get("text"), offered_as, source)
        same("meeting_minutes", name, "frozen_at", row.frozen_at, told.event.at if told else None, "the log tells")
        if told is not None:
            _check_frozen(row, told, names.get(row.meeting_id), given.get(name, []))
    _none_left("meeting_minutes", [*frozen.values(), *offered.values()])


def _words_in(row: Minutes) -> dict[str, str]:
    """The words beside a frozen body, by their commitments."""
    body = read_canonical("meeting_minutes", row.public_id, "body", row.body)
    try:
        return {spot.hash: str(row.commitments[spot.hash]["text"]) for spot in spots(body)}
    except (KeyError, TypeError):
        raise Wrong("meeting_minutes", row.public_id, "commitments", "expected the words of its body") from None


def _check_frozen(row: Minutes, told: Told, meeting: str | None, given: list[Any]) -> None:
    name, source = row.public_id, f"{place(told.body)} of the log tells"
    if sha256_hex(row.body.encode()) != told.body.get("sha256"):
        raise Wrong(
            "meeting_minutes", name, "body", f"expected the body whose hash {place(told.body)} of the log holds"
        )
    same("meeting_minutes", name, "sha256", row.sha256, told.body.get("sha256"), source)
    same("meeting_minutes", name, "meeting_id", meeting, told.body.get("meeting"), source)
    body = put_back(read_canonical("meeting_minutes", name, "body", row.body), row.commitments)
    said = body["minutes"]
    for field, wanted in (
        ("public_id", said["id"]),
        ("number", said["version"]),
        ("text", said["text"]),
        ("text_hash", said["text_hash"]),
        ("reason", body["reason"]),
        ("by_name", body["written_by"]),
        ("present", body["present"]["all"]),
        ("needed", body["needed"]),
    ):
        same("meeting_minutes", name, field, getattr(row, field), wanted, "its body holds")
    if [item["id"] for item in body["confirmed"]] != given or len(given) < row.needed:
        raise Wrong(
            "meeting_minutes", name, "body", "expected those who confirmed as the log tells, and enough of them"
        )
