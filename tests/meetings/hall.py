"""How the tests of meetings call and hold one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core.clock import DAY, HOUR
from app.meetings import service
from app.meetings.models import Meeting, Minutes
from app.people.actor import Actor
from tests.projects.world import Garden

TEXT = "一、议程\n1. 灯亮不亮\n\n二、大家说的\n主体环：灯太亮。"
REASON = "那天会议室要刷墙，改到底楼。"


def words(garden: Garden, starts: int = 0, **more: Any) -> service.Words:
    """What a call says; it begins in three days unless another instant is given."""
    starts = starts or garden.clock.now() + 3 * DAY
    said = {"title": "灯的听证会", "place": "议事角", "agenda": "灯亮不亮\n定下怎么办", "rings": ("residents", "lead")}
    return service.Words(starts_at=starts, ends_at=starts + 2 * HOUR, **{**said, **more})


def call(garden: Garden, starts: int = 0, **more: Any) -> str:
    """Call a meeting."""
    return garden.do(service.call, garden.lead, garden.activity("gathering"), words(garden, starts, **more))


def begin(garden: Garden) -> str:
    """Call a meeting for now and begin it."""
    public_id = call(garden, garden.clock.now())
    garden.do(service.begin, garden.lead, public_id)
    return public_id


def row(garden: Garden, public_id: str) -> Meeting:
    """A meeting as it stands."""
    found: Meeting = garden.scalar(select(Meeting).where(Meeting.public_id == public_id))
    return found


def come(garden: Garden, public_id: str, *who: Actor) -> None:
    """Some sign in by the code."""
    for actor in who:
        garden.do(service.sign_in, actor, public_id, row(garden, public_id).door)


def offered(garden: Garden, public_id: str, text: str = TEXT) -> str:
    """Write the minutes and offer them; returns the version."""
    garden.do(service.save, garden.lead, public_id, text)
    return garden.do(service.offer, garden.lead, public_id)


def version(garden: Garden, public_id: str) -> Minutes:
    """A version of minutes as it stands."""
    found: Minutes = garden.scalar(select(Minutes).where(Minutes.public_id == public_id))
    return found
