"""Ways out of a deadlock, the proposer's withdrawal, and the review of what was adopted."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import ends, queries, service
from app.ballots.models import Decision, Outcome
from app.core.clock import DAY
from app.core.outbox import Message
from app.engine.errors import Conflict, DomainError, Forbidden, Invalid
from app.people.models import Person, RoleGrant
from app.people.session import actor_of
from tests.ballots.world import TEXT, World

REASON = "两轮都没有谈拢，先停下来。"
ONE_ROUND = 'rule = "consent", electorate = "household", rounds = 1'


def stuck(world: World) -> None:
    """A decision whose only round is used up, with an objection that stands."""
    world.start(ONE_ROUND, "只一轮")
    world.contest(world.open())
    world.clock.advance(3 * DAY)


def state(world: World) -> str:
    with world.here() as session:
        return session.scalars(select(Decision.state).order_by(Decision.id.desc())).first() or ""


def leave(world: World, move: ends.Move, reason: str = REASON) -> None:
    with world.here():
        service.leave(world.facilitator, world.activity, move, reason)


def ways(world: World) -> list[str]:
    with world.here() as session:
        decision = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
        assert decision is not None
        rounds = queries.rounds_of([decision.id], world.clock.now())[decision.id]
        return list(ends.ways_out(world.facilitator, decision, rounds, world.clock.now()))


def test_a_decision_that_is_stuck_is_narrowed_once(world: World) -> None:
    stuck(world)
    assert ways(world) == ["narrow", "reject"]
    leave(world, "narrow")
    assert state(world) == "drafting"
    second = world.open(TEXT + "\n三、先试一个楼道。")
    with world.here():
        assert verify(world.slug).finding is None
    world.contest(second)
    world.clock.advance(3 * DAY)
    assert ways(world) == ["reject"]
    with pytest.raises(Conflict):
        leave(world, "narrow")
    leave(world, "reject")
    assert state(world) == "rejected"
    with world.here() as session:
        assert verify(world.slug).finding is None
        decision = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
        found = ends.ended_of(decision)
        assert found is not None
        assert (found.state, found.reason) == ("rejected", REASON)
        kinds = session.scalars(select(Message.data).where(Message.kind == "decision.left")).all()
        assert {data["state"] for data in kinds} == {"drafting", "rejected"}


def test_nothing_is_given_up_that_is_not_stuck_nor_without_a_reason(world: World) -> None:
    world.start(ONE_ROUND, "只一轮")
    poll = world.open()
    with pytest.raises(DomainError):
        leave(world, "reject")
    world.contest(poll)
    with pytest.raises(Conflict):
        leave(world, "reject")
    world.clock.advance(3 * DAY)
    with pytest.raises(Invalid):
        leave(world, "reject", "短")
    assert state(world) == "deciding"


def test_the_proposer_withdraws_while_the_text_is_written_or_changed_and_nobody_else(world: World) -> None:
    world.announce()
    with pytest.raises(DomainError):
        leave(world, "withdraw")
    world.start(ONE_ROUND, "再一个")
    with world.here():
        service.save_draft(world.facilitator, world.activity, "方案", TEXT)
    with world.here() as session:
        person = Person(name="另一位", email="b@example.org", created_at=world.clock.now())
        session.add(person)
        session.flush()
        grant = RoleGrant(
            person_id=person.id, community_id=world.community_id, role="facilitator", at=world.clock.now()
        )
        session.add(grant)
        session.commit()
        other = actor_of(person.id)
    with world.here(), pytest.raises(Forbidden):
        service.leave(other, world.activity, "withdraw", REASON)
    leave(world, "withdraw")
    assert state(world) == "withdrawn"
    with world.here():
        assert verify(world.slug).finding is None


def adopted(world: World) -> str:
    poll = world.open()
    for who in range(3):
        world.cast(who, poll, "concern", concern=f"第{who}件要看的事")
    world.close(poll)
    world.adopt()
    return poll


def test_the_review_is_told_once_and_written_down_once(world: World) -> None:
    adopted(world)
    with world.here():
        assert service.review_due() == 0
        with pytest.raises(Conflict):
            service.review(world.facilitator, world.activity, "都好。")
    world.clock.advance(180 * DAY)
    with world.here() as session:
        assert service.review_due() == 1
        assert service.review_due() == 0
        told = session.scalars(select(Message.person_id).where(Message.kind == "decision.review")).all()
        assert sorted(told) == sorted([world.facilitator.person(), *(actor.person() for actor in world.residents)])
        with pytest.raises(Invalid):
            service.review(world.facilitator, world.activity, " ")
        with pytest.raises(Forbidden):
            service.review(world.residents[0], world.activity, "都好。")
        service.review(world.facilitator, world.activity, "三件都看过，没有发生。")
        with pytest.raises(Conflict):
            service.review(world.facilitator, world.activity, "再写一次。")
        row = session.scalars(select(Outcome)).one()
        assert (row.found, row.found_at) == ("三件都看过，没有发生。", world.clock.now())
        assert verify(world.slug).finding is None


def send(client: FlaskClient, url: str, **data: str) -> int:
    page = client.get(url).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    return client.post(url, data={"csrf_token": token, **data}).status_code


def test_the_pages_of_the_end(world: World, client: FlaskClient) -> None:
    stuck(world)
    world.sign_in(client, world.facilitator)
    at = f"/c/{world.slug}/votes/{world.activity}"
    assert f"{at}/leave/narrow" in client.get(at).text
    assert client.get(f"{at}/leave/withdraw").status_code == 302
    assert client.get(f"{at}/leave/else").status_code == 404
    assert send(client, f"{at}/leave/reject", reason=" ") == 422
    assert send(client, f"{at}/leave/reject", reason="短") == 422
    assert send(client, f"{at}/leave/reject", reason=REASON) == 303
    assert REASON in client.get(at).text
    assert client.get(f"{at}/review").status_code == 302


def test_the_page_of_the_review(world: World, client: FlaskClient) -> None:
    adopted(world)
    world.clock.advance(181 * DAY)
    with world.here():
        service.review_due()
    world.sign_in(client, world.facilitator)
    at = f"/c/{world.slug}/votes/{world.activity}"
    assert f"{at}/review" in client.get(at).text
    assert "第1件要看的事" in client.get(f"{at}/review").text
    assert send(client, f"{at}/review", found=" ") == 422
    assert send(client, f"{at}/review", found="都看过了。") == 303
    assert "都看过了。" in client.get(at).text
