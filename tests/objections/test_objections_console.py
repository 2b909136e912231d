"""What the facilitator's console puts first of votes: a count objected to, a household in dispute, a deadline that nears."""

from __future__ import annotations

from app.ballots import counts, service
from app.core.clock import DAY, HOUR
from app.objections import service as desk
from app.people.queries import community_by_slug
from app.projects import board
from app.projects.kinds import Pressing
from tests.ballots.owners import REASON, SETTINGS, each_owns, opened, own
from tests.ballots.world import TITLE, World
from tests.objections.test_objections_desk import WHY, contested


def pressing(world: World) -> list[Pressing]:
    with world.app.test_request_context():
        return list(board.console(community_by_slug(world.slug), world.facilitator, world.clock.now()).pressing)


def test_an_objection_to_a_count_presses_until_it_is_answered(world: World) -> None:
    world.start(SETTINGS, title="平台改用途")
    each_owns(world)
    for room in ("107", "108", "109", "110"):
        own(world, room, name=f"业主{room}")
    poll = opened(world, "use_funds")
    for who in range(6):
        world.cast(who, poll, "yes")
    world.close(poll)
    ends = world.clock.now() + 7 * DAY
    with world.here():
        service.settle_due()
        assert pressing(world) == []
        first, second = (counts.object_to(world.residents[who], poll, REASON) for who in (5, 4))
    (item,) = pressing(world)
    assert (str(item.says), item.about, item.due) == ("2 objections to the count wait for their answers.", TITLE, ends)
    assert item.href == f"/c/{world.slug}/poll/{poll}/count"
    with world.here():
        counts.answer(world.facilitator, poll, first, "当众重新点过，一致，请来看。")
    assert [str(item.says) for item in pressing(world)] == ["1 objection to the count waits for its answer."]
    with world.here():
        counts.answer(world.facilitator, poll, second, "当众重新点过，一致，请来看。")
    assert pressing(world) == []


def test_a_household_in_dispute_presses_until_the_close(world: World) -> None:
    poll = world.open()
    world.cast(0, poll)
    assert pressing(world) == []
    with world.here():
        service.dispute(world.residents[0], poll)
    (item,) = pressing(world)
    assert item.href == f"/c/{world.slug}/poll/{poll}/paper"
    assert item.due is not None
    world.clock.set(item.due - 1)
    assert len(pressing(world)) == 1
    world.clock.advance(1)
    assert pressing(world) == []


def test_an_objection_presses_in_the_two_days_before_its_deadline(world: World) -> None:
    _, objection = contested(world)
    with world.here():
        service.settle_due()
    (item,) = pressing(world)
    assert (item.href, item.due) == (f"/c/{world.slug}/objection/{objection}", world.clock.now() + 48 * HOUR)
    with world.here():
        desk.disagree(world.residents[1], objection, WHY)
    assert pressing(world) == []  # the panel has until nine days after the close
    world.clock.advance(7 * DAY - 1)
    assert pressing(world) == []
    world.clock.advance(1)
    assert len(pressing(world)) == 1
    client = world.app.test_client()
    world.sign_in(client, world.facilitator)
    page = client.get(f"/c/{world.slug}/console").text
    assert page.index(f'href="/c/{world.slug}/objection/{objection}"') < page.index(f"/project/{world.project}")
    world.clock.advance(2 * DAY)
    assert pressing(world) == []  # it stands now: no clock runs until an answer is offered
