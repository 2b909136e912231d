"""Many complaints against a notice, photos of its boards, templates, and days that the town set."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, insert, select

from app.core.clock import DAY
from app.core.ids import new_public_id
from app.core.transaction import Tx
from app.notices.models import Complaint, Notice, NoticeProof, NoticeWording, SpecialDay
from app.people.actor import Actor
from app.people.places import Building
from app.projects.kinds import ActivityRef


def grow(tx: Tx, ref: ActivityRef, people: Sequence[Actor], have: int, n: int) -> None:
    """Bring what hangs around a notice from ``have`` to ``n``."""
    here = {"community_id": ref.community_id}
    notice = tx.session.scalar(select(Notice).where(Notice.activity_run_id == ref.id))
    if notice is None:
        end = tx.now + DAY
        hours = {"posted_at": tx.now, "posted_until": end, "until_at": end}
        notice = Notice(title="公示", text="名单", project_id=ref.project_id, activity_run_id=ref.id, **here, **hours)
        tx.session.add(notice)
        tx.session.flush()
    building = tx.session.scalar(select(func.min(Building.id)).where(Building.community_id == ref.community_id))
    for k in range(have, n):
        author = people[k % 30].person()
        at, day = {"at": tx.now}, {"day": f"2026-{1 + k // 28:02}-{1 + k % 28:02}"}
        rows = {
            Complaint: {
                "public_id": new_public_id(),
                "person_id": author,
                "notice_id": notice.id,
                "text": "不对",
                **here,
            },
            SpecialDay: {"working": False, "why": "停工", "by_name": "陈", **day},
            NoticeWording: {
                "public_id": new_public_id(),
                "name": "名单",
                "words": {"title": "名单"},
                "by_name": "陈",
                **here,
            },
            NoticeProof: {
                "photo": new_public_id(),
                "entered_by_id": author,
                "notice_id": notice.id,
                "building_id": building,
                "hung_by": "王",
                **here,
                **day,
            },
        }
        for table, row in rows.items():
            tx.session.execute(insert(table), [{**row, **at}])
