"""Inspectors: who may be named, what they find, and what becomes of a round that two of them found void."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import service
from app.ballots.inspector_models import Inspector
from app.ballots.models import Ballot, Decision, Poll, TextVersion
from app.core.clock import DAY, HOUR
from app.core.events import Event
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Conflict, DomainError, Forbidden, Invalid
from app.notices import service as notices
from app.notices.models import Notice
from app.people.actor import Actor
from app.people.models import RoleGrant
from app.projects.models import ActivityRun
from tests.ballots.test_ballots_adopted import notice  # noqa: F401 - a fixture
from tests.ballots.world import TEXT, TITLE, World, send

NAMES = ("赵大爷", "钱阿姨", "孙老师")
FAULT = "投票箱在开票前两个小时没有人看着，票可能被换过，结果可能不一样。"


@pytest.fixture
def three(world: World) -> list[Actor]:
    """Three more residents, each with a name of their own."""
    found = [world.resident(f"{201 + n}", name) for n, name in enumerate(NAMES)]
    world.residents += found
    return found


def announce(world: World, names: tuple[str, str, str] = NAMES, text: str = TEXT) -> str:
    with world.here():
        service.save_draft(world.facilitator, world.activity, TITLE, text)
        opens = world.clock.now() + 48 * HOUR
        return service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY, names)


def closed(world: World, names: tuple[str, str, str] = NAMES) -> str:
    """A round that is closed, and passed."""
    poll = announce(world, names)
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, poll)
    world.close(poll)
    return poll


def find(world: World, who: Actor, poll: str, reason: str = FAULT) -> bool:
    with world.here():
        return service.find_fault(who, poll, reason)


def refused(world: World, names: tuple[str, str, str]) -> dict[str, str]:
    with pytest.raises(Invalid) as found:
        announce(world, names)
    return {field: str(says) for field, says in found.value.fields.items()}


def sound(world: World) -> None:
    with world.here():
        finding = verify(world.slug).finding
        assert finding is None, finding


def test_three_residents_are_named_or_none(world: World, three: list[Actor]) -> None:
    assert set(refused(world, ("赵大爷", "", ""))) == {"inspector_2", "inspector_3"}
    assert "No resident" in refused(world, ("赵大爷", "钱阿姨", "没有这个人"))["inspector_3"]
    assert "twice" in refused(world, ("赵大爷", "钱阿姨", "赵大爷"))["inspector_3"]
    assert "No resident" in refused(world, ("赵大爷", "钱阿姨", "陈老师"))["inspector_3"]  # the facilitator
    with world.here(), transaction() as tx:
        tx.session.add(RoleGrant(person_id=three[2].person(), community_id=None, role="administrator", at=tx.now))
    assert "No resident" in refused(world, NAMES)["inspector_3"]
    poll = announce(world, ("", " ", ""))
    with world.here() as session:
        assert session.scalars(select(Inspector)).all() == []
        assert session.scalars(select(Poll.public_id)).all() == [poll]


def test_several_of_one_name_are_told_apart_by_the_address(world: World, three: list[Actor]) -> None:
    world.resident("301", "赵大爷")
    assert "2 residents" in refused(world, NAMES)["inspector_1"]
    announce(world, ("赵大爷 6号楼1单元301室", "钱阿姨", "孙老师"))
    with world.here() as session:
        assert three[0].person_id not in session.scalars(select(Inspector.person_id)).all()
        people = session.scalars(select(Message.person_id).where(Message.kind == "inspector.named")).all()
        assert set(people) == set(session.scalars(select(Inspector.person_id)))


def test_two_of_three_make_a_round_void_and_the_same_text_is_held_again(world: World, three: list[Actor]) -> None:
    poll = closed(world)
    assert find(world, three[0], poll) is False
    with pytest.raises(Conflict, match="stays"):
        find(world, three[0], poll)
    with pytest.raises(Conflict):
        announce(world)  # one is not enough
    assert find(world, three[1], poll, FAULT + "我也看到了。") is True
    sound(world)
    assert not world.gate("ballot_passed")
    with world.here() as session:
        row = session.scalars(select(Poll)).one()
        assert row.voided_at == world.clock.now()
        told = session.scalars(select(Message.person_id).where(Message.kind == "poll.voided")).all()
        assert {who.person_id for who in world.residents} <= set(told)
        with pytest.raises(Conflict):
            service.adopt(world.facilitator, world.activity, "张阿姨", "落实。", world.clock.now() + DAY)
    again = announce(world)
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, again)
    world.close(again)
    with world.here() as session:
        assert session.scalars(select(TextVersion.number)).all() == [1]
        assert session.scalars(select(Poll.attempt).order_by(Poll.id)).all() == [1, 2]
    with pytest.raises(Conflict, match="once already"):
        find(world, three[2], again)
    with pytest.raises(Conflict, match="later round"):
        find(world, three[2], poll)
    world.adopt()
    assert world.gate("ballot_passed")
    sound(world)


def test_the_same_text_keeps_its_title(world: World, three: list[Actor]) -> None:
    poll = closed(world)
    find(world, three[0], poll)
    find(world, three[1], poll)
    with world.here():
        service.save_draft(world.facilitator, world.activity, "另一个题目", TEXT)
        opens = world.clock.now() + 48 * HOUR
        with pytest.raises(Conflict, match="Keep that title"):
            service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY)


def test_a_void_round_is_no_round_that_the_policy_counts(world: World, three: list[Actor]) -> None:
    world.start('rule = "consent", electorate = "household", rounds = 1')
    poll = closed(world)
    find(world, three[0], poll)
    find(world, three[1], poll)
    second = announce(world, ("", "", ""))
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, second)
    world.close(second)
    world.adopt()
    assert world.gate("ballot_passed")


def test_nobody_else_finds_faults_nor_before_the_close_nor_after_the_adoption(world: World, three: list[Actor]) -> None:
    poll = announce(world)
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, poll)

    def no(who: Actor, reason: str = FAULT) -> DomainError:
        with pytest.raises(DomainError) as found:
            find(world, who, poll, reason)
        return found.value

    assert "after its close" in str(no(three[0]).message)
    world.close(poll)
    assert isinstance(no(world.residents[0]), Forbidden)
    assert isinstance(no(world.facilitator), Forbidden)
    assert isinstance(no(three[0], "太短了"), Invalid)
    find(world, three[0], poll)
    world.adopt()
    assert "after its close" in str(no(three[1]).message)
    sound(world)


def test_a_notice_of_a_void_result_hangs_no_more_and_another_one_follows(
    world: World,
    three: list[Actor],
    notice: str,  # noqa: F811 - the fixture
) -> None:
    poll = closed(world)
    with world.here():
        notices.save_draft(world.facilitator, notice, "公示", "", "结果公示七天。")
        notices.post(world.facilitator, notice)
    find(world, three[0], poll)
    find(world, three[1], poll)
    with world.here() as session:
        first = session.scalars(select(Notice)).one()
        assert first.overtaken_at == world.clock.now()
        with pytest.raises(DomainError, match="holds no more"):
            notices.complain(world.residents[0], first.public_id, "这份公示说的不对，请改。", once="a")
        notices.save_draft(world.facilitator, notice, "公示二", "", "第二次结果公示七天。")
        with pytest.raises(DomainError, match="not begun"):
            notices.post(world.facilitator, notice)
    again = announce(world)
    world.clock.advance(48 * HOUR)
    for n in range(6):
        world.cast(n, again)
    world.close(again)
    with pytest.raises(Conflict, match="posted"):
        world.adopt()
    with world.here():
        notices.post(world.facilitator, notice)
    world.clock.advance(9 * DAY)
    world.adopt()
    with world.here() as session:
        run = session.scalars(select(ActivityRun).where(ActivityRun.public_id == notice)).one()
        assert len(session.scalars(select(Notice).where(Notice.activity_run_id == run.id)).all()) == 2
    sound(world)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"fault": "没有什么问题。"}, "fault"),
        ({"found_at": 5}, "found_at"),
        ({"name": "李四"}, "name"),
        ({"named_at": 5}, "named_at"),
    ],
)
def test_a_changed_finding_is_found_by_the_audit(
    world: World, three: list[Actor], change: dict[str, object], names: str
) -> None:
    poll = closed(world)
    find(world, three[0], poll)
    with world.here() as session, transaction():
        row = session.scalars(select(Inspector).where(Inspector.found_at.is_not(None))).one()
        for key, value in change.items():
            setattr(row, key, value)
    with world.here():
        finding = verify(world.slug).finding
        assert finding is not None
        assert names in str(finding)


def test_a_round_that_nobody_found_void_can_not_be_made_so_in_the_database(world: World, three: list[Actor]) -> None:
    poll = closed(world)
    find(world, three[0], poll)
    with world.here() as session, transaction() as tx:
        session.scalars(select(Poll).where(Poll.public_id == poll)).one().voided_at = tx.now
    with world.here():
        assert "voided_at" in str(verify(world.slug).finding)


def test_the_pages_tell_who_inspects_what_they_found_and_that_it_is_void(
    world: World, three: list[Actor], client: FlaskClient
) -> None:
    poll = closed(world)
    base = f"/c/{world.slug}/poll/{poll}"
    world.sign_in(client, three[0])
    assert "赵大爷" in client.get(base).text
    assert "Votes that I inspect" in client.get("/me", headers={"Accept-Language": "en"}).text
    short = send(client, f"{base}/inspect", {"reason": "不对"})
    assert short.status_code == 422
    assert "不对" in short.text
    assert send(client, f"{base}/inspect", {"reason": FAULT}).status_code == 303
    assert FAULT in client.get(f"{base}/result").text
    world.sign_in(client, world.residents[0])
    assert client.get(f"{base}/inspect").status_code == 403
    world.sign_in(client, three[1])
    assert send(client, f"{base}/inspect", {"reason": FAULT}).status_code == 303
    page = client.get(f"{base}/result", headers={"Accept-Language": "en"}).text
    assert "found void" in page
    assert FAULT in page
    with world.here() as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("poll.%")).order_by(Event.id)).all()
        assert kinds[-3:] == ["poll.faulted", "poll.faulted", "poll.voided"]
        assert session.scalars(select(Decision.state)).all() == ["deciding"]
        assert session.scalars(select(Ballot).where(Ballot.batch_id.is_(None))).all() == []
