"""How a record is made: at the close of its step, within the same transaction. Nothing edits one afterwards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.core.database import db
from app.core.events import LogHead, record_event
from app.core.i18n import local
from app.core.outbox import tell
from app.core.transaction import Tx
from app.engine.words import Key, Staff
from app.people.places import Community
from app.people.queries import roll_households
from app.projects.kinds import StepEnded, kinds
from app.projects.models import Project
from app.records.models import Record
from app.records.phrases import text_to_data, to_data
from app.records.words import parted, store


def next_number(community_id: int, now: int) -> tuple[int, int]:
    """The year and the number that a community's next record gets."""
    year = local(now).year
    last = db.session.scalar(
        select(func.max(Record.number)).where(Record.community_id == community_id, Record.year == year)
    )
    return year, (last or 0) + 1


def body_of(ended: StepEnded, now: int) -> dict[str, Any]:
    """What the record of a step says: keys, numbers, and people's own words; no sentence in one language only.

    Whatever is not marked as a key is people's words, and enters the hash as a commitment.
    """
    year, number = next_number(ended.community_id, now)
    project = db.session.get_one(Project, ended.project_id)
    community = db.session.get_one(Community, ended.community_id)
    rings = {ring.key: ring for ring in ended.method.rings}
    parts = []
    for ref in ended.activities:
        kind = kinds().activities[ref.activity.kind]
        parts.append(
            {
                "activity": Key(ref.public_id),
                "kind": Key(ref.activity.kind),
                "title": text_to_data(ref.activity.title),
                "template": Key(kind.record_template),
                "data": kind.record(ref, now),
            }
        )
    earlier = db.session.execute(
        select(Record.public_id, Record.sha256)
        .where(Record.project_id == ended.project_id, Record.step == ended.step.key)
        .order_by(Record.id)
    )
    return {
        "format": Key("qiding/record/v2"),
        "record": {"year": year, "number": number},
        "community": {"id": Key(community.public_id), "name": Key(community.name)},
        "project": {"id": Key(project.public_id), "title": Staff(project.title), "place": Staff(project.place)},
        "method": {
            "key": Key(ended.method.key),
            "version": Key(ended.method.version),
            "title": text_to_data(ended.method.title),
        },
        "step": {
            "key": Key(ended.step.key),
            "number": ended.step.number,
            "seal": Key(ended.step.seal),
            "attempt": ended.attempt,
            "title": text_to_data(ended.step.title),
            "asks": text_to_data(ended.step.asks),
            "leaves": text_to_data(ended.step.record),
        },
        "opened_at": ended.opened_at,
        "closed_at": ended.closed_at,
        "closed_by": ended.by_name,
        "who": {
            "rings": [text_to_data(rings[key].title) for key in ended.step.rings],
            "scope": {key: list(ids) for key, ids in project.scope.items()},
            "households": len(roll_households(ended.community_id, project.scope)),
        },
        "parts": parts,
        "gates": [
            {
                "key": Key(state.result.key),
                "kind": Key(state.result.kind),
                "state": Key(state.state),
                "says": to_data(state.result.says),
                **(
                    {
                        "waiver": {
                            "by": state.waiver.by_name,
                            "reason": state.waiver.reason,
                            "at": state.waiver.at,
                        }
                    }
                    if state.state == "waived" and state.waiver is not None
                    else {}
                ),
            }
            for state in ended.gates
        ],
        "earlier": [{"id": Key(public_id), "sha256": Key(sha256)} for public_id, sha256 in earlier],
    }


def publish(tx: Tx, ended: StepEnded) -> None:
    """Publish the record of a step that closes."""
    # The log's head is this community's one queue: whoever publishes holds it, so numbers can't meet.
    tx.session.execute(select(LogHead.id).where(LogHead.community_id == ended.community_id).with_for_update())
    said = body_of(ended, tx.now)
    project = tx.session.get_one(Project, ended.project_id)
    record = store(
        tx,
        Record(
            community_id=ended.community_id,
            project_id=ended.project_id,
            step_run_id=ended.step_run_id,
            year=said["record"]["year"],
            number=said["record"]["number"],
            step=ended.step.key,
            attempt=ended.attempt,
            title=project.title,
            seal=ended.step.seal,
            published_at=tx.now,
            published_by_id=ended.person_id,
        ),
        *parted(said),
    )
    record_event(
        tx,
        "record.published",
        community_id=ended.community_id,
        project_id=ended.project_id,
        person_id=ended.person_id,
        data={"record": record.public_id},
        public={"record": record.public_id, "sha256": record.sha256, "step": ended.step.key},
    )
    tell(
        tx,
        [project.facilitator_id],
        "record.published",
        community_id=ended.community_id,
        project_id=ended.project_id,
        data={"title": project.title, "step": text_to_data(ended.step.title)},
        href=f"/c/{ended.slug}/record/{record.public_id}",
    )
