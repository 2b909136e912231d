"""Meetings as a kind of activity: what its line says, what is asked, what the gate looks at, what the record tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from sqlalchemy import select

from app.core.clock import now as moment
from app.core.database import db
from app.engine.catalogue import ActivitySpec, GateSpec, SettingSpec
from app.engine.gates import GateResult, Missing
from app.engine.phrase import Moment, Phrase, phrase, plural_phrase
from app.engine.words import Key
from app.meetings import queries
from app.meetings.models import Confirmation, Meeting, Minutes, Presence
from app.meetings.queries import Held
from app.meetings.rules import FORMS
from app.people.actor import Actor
from app.people.places import Community
from app.projects.kinds import ActivityKind, ActivityRef, Coming, Comings, GateKind, GateRef, Summary
from app.projects.models import ActivityRun, Project, StepRunRow

FORM_NAMES = {
    "hearing": phrase("Hearing"),
    "coordination": phrase("Coordination meeting"),
    "review": phrase("Review meeting"),
    "walk": phrase("Site walk"),
    "workshop": phrase("Workshop"),
}
MOST_COMING = 6


def present_one(found: Sequence[Held], now: int) -> Held | None:
    """The meeting that an activity is about now: what is on or to come, else what waits, else the newest that was."""
    live = [held for held in found if held.state(now) != "cancelled"]
    order = ("on", "due", "called", "offered", "draft", "over", "frozen")
    for state in order:
        those = [held for held in live if held.state(now) == state]
        if those:
            return those[0] if state in ("on", "due", "called") else those[-1]
    return None


def summaries(refs: Sequence[ActivityRef], now: int) -> list[Summary]:
    """When and where the next meeting is, whether its minutes wait, and what is asked."""
    found = queries.meetings_of(ref.id for ref in refs)
    return [_summary(ref, present_one(found[ref.id], now), now) for ref in refs]


def _summary(ref: ActivityRef, held: Held | None, now: int) -> Summary:
    title = ref.activity.title
    if held is None:
        return Summary(
            phrase("Not called yet."), phrase("Call it: day, place, agenda"), phrase("Call it"), None, "edit"
        )
    meeting, state = held.meeting, held.state(now)
    when = Moment(meeting.starts_at)
    if state in ("called", "due"):
        return Summary(
            phrase("%(when)s, %(place)s.", when=when, place=meeting.place),
            phrase("Come to the meeting: %(title)s, %(when)s", title=meeting.title, when=when),
            phrase("Look at the invitation"),
            None,  # what is due is shown as "until", and an hour to come is no such thing
            "attend",
        )
    if state == "on":
        ask = phrase("It is on now: %(place)s", place=meeting.place)
        return Summary(phrase("It is on now."), ask, phrase("Look at the agenda"), None, "attend")
    if state == "offered" and held.waiting is not None:
        return Summary(
            phrase(
                "Of %(present)s who were there, %(confirmed)s of at least %(needed)s have confirmed the minutes.",
                present=held.waiting.minutes.present,
                confirmed=held.waiting.confirmed,
                needed=held.waiting.minutes.needed,
            ),
            phrase("Were you there (%(title)s)? Read the minutes and confirm them", title=title),
            phrase("Read the minutes"),
            None,
            "attend",
        )
    if state in ("over", "draft"):
        ask = phrase("Write the minutes and offer them to those who were there")
        says = phrase("It was held: %(when)s. Its minutes are being written.", when=when)
        return Summary(says, ask, phrase("Write the minutes"), None, "edit")
    return Summary(phrase("It was held: %(when)s. Its minutes are confirmed.", when=when))


def answered(refs: Sequence[ActivityRef], reader: Actor) -> set[int]:
    """The activities whose offered minutes the reader has confirmed, or can't, for they were not there.

    Where another meeting is to come as well, everybody is asked to come.
    """
    waits = select(Minutes.meeting_id, Minutes.id.label("minutes_id")).where(
        Minutes.offered_at.is_not(None), Minutes.frozen_at.is_(None), Minutes.dropped_at.is_(None)
    )
    waiting = waits.subquery()
    query = (
        select(Meeting.activity_run_id)
        .join(waiting, waiting.c.meeting_id == Meeting.id)
        .outerjoin(
            Presence,
            (Presence.meeting_id == Meeting.id) & (Presence.person_id == reader.person_id) & Presence.live,
        )
        .outerjoin(
            Confirmation,
            (Confirmation.minutes_id == waiting.c.minutes_id) & (Confirmation.presence_id == Presence.id),
        )
        .where(Meeting.activity_run_id.in_({ref.id for ref in refs}), Meeting.cancelled_at.is_(None))
    )
    done = set(db.session.scalars(query.where(Presence.id.is_(None) | Confirmation.id.is_not(None))))
    due = select(Meeting.activity_run_id, Meeting.ends_at).where(
        Meeting.activity_run_id.in_({ref.id for ref in refs}),
        Meeting.cancelled_at.is_(None),
        Meeting.ended_at.is_(None),
    )
    return done - {activity for activity, ends in db.session.execute(due) if ends > moment()}


def judge(refs: Sequence[GateRef], now: int) -> list[GateResult]:
    """Met when a meeting with enough people has minutes that enough of them confirmed."""
    found = queries.meetings_of(ref.activity.id for ref in refs if ref.activity)
    return [_judge(ref, found[ref.activity.id] if ref.activity else [], now) for ref in refs]


def _judge(ref: GateRef, found: Sequence[Held], now: int) -> GateResult:
    assert ref.activity is not None
    least = ref.activity.activity.whole("least_present")
    frozen = [held for held in found if held.frozen is not None]
    enough = [held for held in frozen if _present(held) >= least]
    held = enough[-1] if enough else present_one(found, now)
    version = (held.frozen or held.waiting) if held is not None else None
    says = phrase(
        "%(present)s were there (at least %(least)s), %(confirmed)s confirmed the minutes (at least %(confirmers)s).",
        present=_present(held) if held is not None else 0,
        least=least,
        confirmed=version.confirmed if version is not None else 0,
        confirmers=version.minutes.needed
        if version is not None and version.minutes.offered_at is not None
        else ref.activity.activity.whole("confirmers"),
    )
    missing = () if enough else (_missing(ref.activity, held, now),)
    return GateResult(ref.gate.key, ref.gate.kind, not missing, says, missing, waivable=True)


def _present(held: Held) -> int:
    """How many came, as the version that counts has it: a correction changes nothing before it is frozen."""
    return held.frozen.minutes.present if held.frozen is not None else held.present


def _missing(activity: ActivityRef, held: Held | None, now: int) -> Missing:
    if held is None:
        return Missing(phrase("Call the meeting."), activity.href)
    href = url_for("meetings.show", slug=activity.slug, public_id=held.meeting.public_id)
    state = held.state(now)
    if state in ("called", "due"):
        return Missing(phrase("Hold the meeting: %(when)s.", when=Moment(held.meeting.starts_at)), href)
    if state == "on":
        return Missing(phrase("Write down who is there and what is said."), href)
    if state in ("over", "draft"):
        return Missing(phrase("Write the minutes and offer them to those who were there."), href)
    if state == "offered" and held.waiting is not None:
        todo = plural_phrase(
            "%(n)s more of those who were there confirms the minutes.",
            "%(n)s more of those who were there confirm the minutes.",
            held.waiting.missing,
        )
        return Missing(todo, href)
    return Missing(phrase("Too few were there: meet again."), activity.href)


def record(ref: ActivityRef, now: int) -> dict[str, Any]:
    """The meetings of the step: when and where, who came by ring, and the confirmed minutes as they stand."""
    found = queries.meetings_of([ref.id])[ref.id]
    return {"meetings": [_told(held) for held in found]}


def _told(held: Held) -> dict[str, Any]:
    meeting = held.meeting
    said: dict[str, Any] = {
        "id": Key(meeting.public_id),
        "form": Key(meeting.form),
        "title": meeting.title,
        "place": meeting.place,
        "starts_at": meeting.starts_at,
    }
    if meeting.cancelled_at is not None:
        return {**said, "cancelled": meeting.cancel_reason}
    if held.frozen is None:
        return said
    body = queries.body_of(held.frozen.minutes)
    rings = [{**row, "ring": Key(row["ring"])} for row in body["present"]["rings"]]
    minutes = {**body["minutes"], **{key: Key(body["minutes"][key]) for key in ("id", "text_hash")}}
    sealed = {"sha256": Key(held.frozen.minutes.sha256), "confirmed": len(body["confirmed"])}
    return {**said, "present": {**body["present"], "rings": rings}, "minutes": {**minutes, **sealed}}


def form_name(form: str) -> Phrase:
    """What a form of meeting is called."""
    return FORM_NAMES[form]


def coming(communities: Sequence[Community], now: int) -> list[Coming]:
    """The meetings that are on or to come in some communities, soonest first."""
    slugs = {community.id: community.slug for community in communities}
    query = (
        select(Meeting)
        .join(Project, Project.id == Meeting.project_id)
        .join(ActivityRun, ActivityRun.id == Meeting.activity_run_id)
        .join(StepRunRow, StepRunRow.id == ActivityRun.step_run_id)
        .where(
            Project.state == "running",
            StepRunRow.closed_at.is_(None),
            Meeting.community_id.in_(slugs),
            Meeting.cancelled_at.is_(None),
            Meeting.ended_at.is_(None),
            Meeting.ends_at > int(now),
        )
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(MOST_COMING)
    )
    rows = [row for row in db.session.scalars(query) if row.ends_at > now]  # noted by whoever keeps the page
    return [
        Coming(
            row.starts_at,
            form_name(row.form),
            row.title,
            row.place,
            url_for("meetings.show", slug=slugs[row.community_id], public_id=row.public_id),
        )
        for row in rows
    ]


MEETING = ActivityKind(
    spec=ActivitySpec(
        "meeting",
        ("edit", "attend"),
        (
            SettingSpec("form", "str", default="hearing", choices=FORMS),
            SettingSpec("least_present", "int", default=5, minimum=1),
            SettingSpec("confirmers", "int", default=3, minimum=1),
            SettingSpec("quorum", "fraction", default="0/1"),
            SettingSpec("speaker_seconds", "int", default=120, minimum=10),
        ),
    ),
    title=phrase("Meeting"),
    endpoint="meetings.activity",
    summaries=summaries,
    record=record,
    record_template="meetings/_record.html",
    answered=answered,
)
CONFIRMED = GateKind(
    GateSpec("meeting_confirmed", needs_activity=("meeting",)),
    phrase("Meeting held, minutes confirmed"),
    judge,
)
COMINGS = Comings(coming)
