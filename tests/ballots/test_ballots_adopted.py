"""Adoption: what passed holds only when somebody sees to it, and when nothing that comes after the vote holds it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import service
from app.ballots.models import Decision, Outcome, Poll, SlotLink
from app.core.clock import DAY
from app.core.events import Event
from app.engine.errors import Conflict, DomainError, Forbidden, Invalid
from app.notices import service as notices
from app.notices.models import Notice
from app.projects.models import ActivityRun, Project
from app.projects.service import start_project, store_method
from app.proof import links
from tests.ballots.world import CONSENT, METHOD, World, send

NOTICE = """\
  [[steps.activities]]
  key = "notice"
  kind = "notice"
  title = { zh_Hans = "结果公示", en = "Notice of the result" }
  who = { object = ["residents"] }
  after = "vote"
  settings = { days = 7 }

"""
GATE = "  [[steps.gates]]\n"


@pytest.fixture
def notice(world: World) -> str:
    """A project whose result is posted after its vote; the notice's public id."""
    source = METHOD.replace("SETTINGS", CONSENT).replace("vote_only", "with_notice").replace(GATE, NOTICE + GATE, 1)
    with world.here() as session:
        world.project = start_project(
            world.facilitator,
            world.community_id,
            title="带公示的项目",
            place="平台",
            summary="先表态，再公示。",
            method_public_id=store_method(source),
        )
        query = select(ActivityRun.key, ActivityRun.public_id).join(Project, Project.id == ActivityRun.project_id)
        found = dict(session.execute(query.where(Project.public_id == world.project)).all())
    world.activity = found["vote"]
    return str(found["notice"])


def passed(world: World) -> str:
    """A round that passed; its public id."""
    poll = world.open()
    for n in range(3):
        world.cast(n, poll)
    world.close(poll)
    return poll


def refusal(do: Callable[[], object]) -> DomainError:
    with pytest.raises(DomainError) as refused:
        do()
    return refused.value


def test_what_passed_is_adopted_once_with_its_outcome(world: World) -> None:
    passed(world)
    world.adopt()
    with world.here() as session:
        decision, outcome = session.scalars(select(Decision)).one(), session.scalars(select(Outcome)).one()
        assert (decision.state, decision.state_at) == ("adopted", world.clock.now())
        assert (outcome.owner, outcome.tasks) == ("张阿姨", "按方案落实。")
        told = session.scalars(select(Event).where(Event.kind == "decision.adopted")).one()
        assert told.data["owner"] == "张阿姨"
    assert isinstance(refusal(world.adopt), Conflict)


def test_nothing_is_adopted_before_it_passed(world: World) -> None:
    assert isinstance(refusal(world.adopt), Conflict)
    poll = world.open()
    assert isinstance(refusal(world.adopt), Conflict)
    world.contest(poll)
    assert isinstance(refusal(world.adopt), Conflict)


def test_only_a_facilitator_adopts(world: World) -> None:
    passed(world)
    with world.here(), pytest.raises(Forbidden):
        service.adopt(world.residents[0], world.activity, "张阿姨", "落实。", world.clock.now() + DAY)


@pytest.mark.parametrize(
    ("owner", "tasks", "days", "field"),
    [(" ", "落实。", 9, "owner"), ("张阿姨", "", 9, "tasks"), ("张阿姨", "落实。", 0, "review")],
)
def test_an_outcome_names_all_three(world: World, owner: str, tasks: str, days: int, field: str) -> None:
    passed(world)
    with world.here(), pytest.raises(Invalid) as refused:
        service.adopt(world.facilitator, world.activity, owner, tasks, world.clock.now() + days * DAY)
    assert set(refused.value.fields) == {field}


def test_the_notice_that_comes_after_the_vote_holds_the_adoption_back(world: World, notice: str) -> None:
    passed(world)
    assert "posted" in str(refusal(world.adopt).message)
    with world.here():
        notices.save_draft(world.facilitator, notice, "公示", "议事会决定", "公示七天。")
        notices.post(world.facilitator, notice)
    assert "hangs" in str(refusal(world.adopt).message)
    with world.here() as session:
        posted = session.scalars(select(Notice.public_id)).one()
        complaint = notices.complain(world.residents[0], posted, "第二条和公示的不一样，请核对。", once="c")
    world.clock.advance(9 * DAY)
    assert "complaint" in str(refusal(world.adopt).message)
    assert not world.gate("ballot_passed")
    with world.here():
        notices.answer(world.facilitator, complaint, "核对过了，是一样的。")
    assert not world.gate("ballot_passed")
    world.adopt()
    assert world.gate("ballot_passed")
    assert world.gate("convention_adopted")


def test_links_end_with_the_adoption(world: World) -> None:
    poll = passed(world)
    with world.here() as session:
        service.settle_due()
        assert links.delete_due(365) == 0
        world.adopt()
        assert links.delete_due(365) == 1
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        assert session.scalars(select(SlotLink).where(SlotLink.poll_id == row.id)).all() == []


def test_the_page_adopts_and_shows_what_follows(world: World, client: FlaskClient) -> None:
    poll = passed(world)
    here = f"/c/ziteng/votes/{world.activity}"
    world.sign_in(client, world.facilitator)
    assert f'href="{here}/adopt"' in client.get(here).text
    given = {"owner": "张阿姨", "tasks": "", "review": "2030-01-01"}
    assert send(client, f"{here}/adopt", given).status_code == 422
    assert send(client, f"{here}/adopt", {**given, "tasks": "量尺寸。"}).status_code == 303
    for page in (here, f"/c/ziteng/poll/{poll}/result"):
        assert "量尺寸。" in client.get(page).text
    assert client.get(f"{here}/adopt").status_code == 302
