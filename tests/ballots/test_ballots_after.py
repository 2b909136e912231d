"""A vote that comes after something else: it opens when that is over, so that nobody votes while options change."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.ballots import service
from app.core.clock import DAY, HOUR
from app.engine.errors import Invalid
from app.projects.models import ActivityRun, Project
from app.projects.service import set_window, start_project, store_method
from tests.ballots.world import CONSENT, METHOD, TEXT, TITLE, World

VOTE = '  [[steps.activities]]\n  key = "vote"\n'
OPTIONS = """\
  [[steps.activities]]
  key = "options"
  kind = "proposals"
  title = { zh_Hans = "方案", en = "Options" }
  who = { propose = ["residents"], support = ["residents"] }
  settings = { photo = "none", open_days = 5 }

"""


@pytest.fixture
def options(world: World) -> str:
    """A project whose vote comes after its options, which are open for five days; the options' public id."""
    source = METHOD.replace("SETTINGS", CONSENT).replace("vote_only", "with_options")
    source = source.replace(VOTE, OPTIONS + VOTE + '  after = "options"\n')
    with world.here() as session:
        world.project = start_project(
            world.facilitator,
            world.community_id,
            title="带方案的项目",
            place="平台",
            summary="先比方案，再表态。",
            method_public_id=store_method(source),
        )
        query = select(ActivityRun.key, ActivityRun.public_id).join(Project, Project.id == ActivityRun.project_id)
        found = dict(session.execute(query.where(Project.public_id == world.project)).all())
    world.activity = found["vote"]
    return str(found["options"])


def announce(world: World, opens: int) -> str:
    """Draft and announce, to open at an instant."""
    with world.here():
        service.save_draft(world.facilitator, world.activity, TITLE, TEXT)
        return service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY)


def test_a_vote_opens_with_the_end_of_the_options_and_not_before(world: World, options: str) -> None:
    ends = world.clock.now() + 5 * DAY
    with pytest.raises(Invalid) as refused:
        announce(world, ends - 1)
    assert set(refused.value.fields) == {"opens"}
    assert announce(world, ends)


def test_options_ended_earlier_let_the_vote_open_earlier(world: World, options: str) -> None:
    ends = world.clock.now() + DAY
    with world.here():
        set_window(world.facilitator, options, None, ends)
    assert announce(world, world.clock.now() + 48 * HOUR)
