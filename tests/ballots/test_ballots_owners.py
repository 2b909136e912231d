"""Votes of owners: who is a head, who casts for it, the matter, and what every page says of it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import mandates, matters, service
from app.ballots.figures import figures
from app.ballots.law_models import Mandate
from app.ballots.models import Poll, RollEntry
from app.core.clock import DAY, HOUR
from app.core.database import db
from app.engine.errors import Closed, DomainError, Forbidden, Frozen, Invalid, NotFound
from app.people import owners as desk
from app.projects.queries import find_activity
from tests.ballots.owners import (
    REASON,
    SETTINGS,
    admin_of,
    announced,
    area,
    classify,
    each_owns,
    live_in,
    opened,
    own,
    result,
    upload,
)
from tests.ballots.world import TEXT, TITLE, World, send


@pytest.fixture
def town(world: World) -> World:
    """A project at a vote of owners; nobody owns anything yet."""
    world.start(SETTINGS, title="平台改用途")
    return world


def roll(world: World, poll: str) -> dict[str, tuple[int, int]]:
    with world.here() as session:
        query = select(RollEntry).join(Poll, Poll.id == RollEntry.poll_id).where(Poll.public_id == poll)
        return {row.label: (row.heads, row.area) for row in session.scalars(query)}


def sound(world: World) -> None:
    with world.here():
        assert verify(world.slug).finding is None


def test_several_units_are_one_head_and_co_owners_have_one_vote(town: World) -> None:
    own(town, "101", "102")
    first, second = own(town, "103", "104", name="张三"), own(town, "103", "104", name="李四")
    own(town, "105", name="开发商一")
    own(town, "106", name="张三")
    assert first != second
    poll = announced(town)
    assert roll(town, poll) == {
        "6号楼1单元101室、6号楼1单元102室": (1, 17_900),
        "6号楼1单元103室、6号楼1单元104室": (1, 17_900),
        "6号楼1单元105室": (1, 8_950),
        "6号楼1单元106室": (1, 8_950),
    }
    with town.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        assert (row.mode, row.rule, row.quorum, row.threshold, row.roll_area) == (
            *("B", "owners_special", "2/3", "3/4"),
            53_700,
        )
    sound(town)


def test_the_same_owner_alone_and_together_are_two_heads(town: World) -> None:
    with town.here() as session:
        from app.people import communities
        from app.people.places import Unit

        units = dict(session.execute(select(Unit.room, Unit.public_id)).all())
        for name, rooms in (("张三", ("101", "102")), ("李四", ("101", "103"))):
            communities.add_owner(town.facilitator, town.community_id, name, [units[r] for r in rooms], "产证")
    own(town, "104", "105", "106")
    poll = announced(town)
    assert sorted(roll(town, poll).values()) == [(1, 8_950), (1, 8_950), (1, 8_950), (1, 26_850)]


def test_what_the_developer_holds_unsold_is_one_head(town: World) -> None:
    own(town, "101", "102", "103", "104")
    with town.here():
        for owner in (own(town, "105", name="开发公司"), own(town, "106", name="开发分公司")):
            desk.mark_developer(town.facilitator, town.community_id, owner, developer=True)
    poll = announced(town)
    assert sorted(roll(town, poll).values()) == [(1, 17_900), (1, 35_800)]


@pytest.mark.parametrize(("room", "without", "says"), [("106", "owner", "No owner"), ("101", "area", "No floor area")])
def test_a_roll_with_holes_is_not_announced_and_they_are_named(town: World, room: str, without: str, says: str) -> None:
    own(town, "101", "102", "103", "104", "105", *(() if without == "owner" else ("106",)))
    if without == "area":
        area(town, room, None)
    with pytest.raises(Invalid) as refusal:
        announced(town)
    assert str(refusal.value.fields["opens"]).startswith(says)
    assert room in str(refusal.value.fields["opens"])


def test_nothing_is_announced_before_somebody_named_the_matter(town: World) -> None:
    each_owns(town)
    with town.here():
        service.save_draft(town.facilitator, town.activity, TITLE, TEXT)
        opens = town.clock.now() + 48 * HOUR
        with pytest.raises(Invalid) as refusal:
            service.announce(town.facilitator, town.activity, opens, opens + 7 * DAY)
    assert "which matter of the law" in str(refusal.value.fields["opens"])


@pytest.mark.parametrize(
    ("item", "rule", "threshold"), [("use_funds", "owners", "1/2"), ("rebuild", "owners_special", "3/4")]
)
def test_the_rule_follows_from_the_matter_and_freezes(town: World, item: str, rule: str, threshold: str) -> None:
    each_owns(town)
    poll = announced(town, item)
    found = result(town, poll).poll
    assert (found.rule, found.threshold, found.matter["item"], found.matter["by"]) == (rule, threshold, item, "陈老师")
    with town.here(), pytest.raises(Frozen):
        matters.classify(town.facilitator, town.activity, "other", REASON)


@pytest.mark.parametrize(("item", "reason"), [("nothing", REASON), ("rebuild", "短"), ("", "")])
def test_a_matter_needs_an_item_of_the_law_and_a_reason(town: World, item: str, reason: str) -> None:
    with pytest.raises(Invalid):
        classify(town, item, reason)


def test_who_lives_in_their_own_unit_casts_for_it_and_a_tenant_does_not(town: World) -> None:
    each_owns(town)
    live_in(town, "102", occupancy="let")
    poll = opened(town)
    town.cast(0, poll, "yes")
    with pytest.raises(Forbidden):
        town.cast(1, poll, "yes")
    assert result(town, poll).cast == 1


def test_a_person_linked_by_papers_casts_and_no_longer_when_that_ends(town: World) -> None:
    owner = own(town, "101", "102", "103", "104", "105", "106")
    poll = opened(town)
    with pytest.raises(Forbidden):
        town.cast(0, poll, "yes")
    with town.here():
        desk.link_person(town.facilitator, town.community_id, owner, "6-101", "张阿姨", "产证原件")
    town.cast(0, poll, "yes")
    with town.here():
        desk.unlink_person(town.facilitator, town.community_id, owner, town.residents[0].public_id)
    with pytest.raises(Forbidden):
        town.cast(0, poll, "no", agreed=True)


def give(world: World, poll: str, room: str, holder: str) -> str:
    with world.here() as session:
        query = select(RollEntry.id).join(Poll, Poll.id == RollEntry.poll_id)
        entry = session.scalars(query.where(Poll.public_id == poll, RollEntry.label.contains(room))).one()
        return mandates.give(world.facilitator, poll, entry, holder, "张阿姨", "书面委托，本人签名", None)


def entry_id(world: World, poll: str, room: str) -> int:
    with world.here() as session:
        query = select(RollEntry.id).join(Poll, Poll.id == RollEntry.poll_id)
        return session.scalars(query.where(Poll.public_id == poll, RollEntry.label.contains(room))).one()


def test_a_proxy_casts_for_the_owner_named_until_it_is_revoked(town: World) -> None:
    each_owns(town)
    poll = opened(town, "use_funds")
    mandate = give(town, poll, "102", "6-101")
    with town.here():
        service.cast(town.residents[0], poll, {"stance": "yes"}, once="own")
        service.cast(town.residents[0], poll, {"stance": "no"}, once="theirs", unit=entry_id(town, poll, "102"))
        with pytest.raises(Forbidden):
            service.cast(town.residents[0], poll, {"stance": "no"}, once="other", unit=entry_id(town, poll, "103"))
    assert result(town, poll).cast == 2
    with town.here():
        mandates.revoke(town.facilitator, poll, mandate)
        with pytest.raises(Forbidden):
            service.cast(town.residents[0], poll, {"stance": "yes"}, once="late", unit=entry_id(town, poll, "102"))
    with town.here():
        assert "“平台改用途”" not in str(db.session.scalars(select(Mandate)).one().paper)
    sound(town)


def test_mandates_are_few_for_a_person_one_for_an_owner_and_none_after_the_close(town: World) -> None:
    each_owns(town)
    poll = opened(town)
    for room in ("102", "103", "104"):
        give(town, poll, room, "6-101")
    with pytest.raises(Invalid) as refusal:
        give(town, poll, "105", "6-101")
    assert list(refusal.value.fields) == ["name"]
    with pytest.raises(Invalid) as refusal:
        give(town, poll, "102", "6-106")
    assert list(refusal.value.fields) == ["entry"]
    town.close(poll)
    with pytest.raises(Closed):
        give(town, poll, "106", "6-105")


def test_a_count_by_heads_and_by_area(town: World) -> None:
    each_owns(town)
    area(town, "101", 40_000)
    poll = opened(town, "use_funds")
    for who in (1, 2, 3, 4):
        town.cast(who, poll, "yes")
    town.cast(0, poll, "no")
    town.close(poll)
    with town.here():
        service.settle_due()
    found = result(town, poll)
    assert found.tally is not None
    assert [test.holds for test in found.tally.tests] == [True, True, True, False]
    assert (dict(found.tally.areas), found.tally.area_all) == ({"yes": 35_800, "no": 40_000, "abstain": 0}, 84_750)
    assert not found.carried
    sound(town)


def test_only_the_administrator_authorises_and_revokes(town: World) -> None:
    admin = admin_of(town)
    with town.here():
        for actor in (town.facilitator, town.residents[0]):
            with pytest.raises(DomainError):
                matters.authorise(actor, town.slug, "区房管局", "沪房〔2026〕1号", "2026-03-01", upload())
        paper = matters.authorise(admin, town.slug, "区房管局", "沪房〔2026〕1号", "2026-03-01", upload())
        with pytest.raises(NotFound):
            matters.revoke(town.facilitator, town.slug, paper, REASON)
        matters.revoke(admin, town.slug, paper, REASON)
        assert matters.authorisations(town.community_id)[0].revoked_reason == REASON


SURVEY, STATUTORY = "意向征询", "沪房〔2026〕1号"


@pytest.mark.parametrize("authorised", [False, True])
def test_every_page_says_which_of_the_two_it_is(town: World, client: FlaskClient, authorised: bool) -> None:
    each_owns(town)
    if authorised:
        with town.here():
            matters.authorise(admin_of(town), town.slug, "区房管局", STATUTORY, "2026-03-01", upload())
    classify(town, "use_funds")
    wanted = STATUTORY if authorised else SURVEY
    vote, at = f"/c/{town.slug}/votes/{town.activity}", f"/c/{town.slug}/poll/"

    def visit(*paths: str, who: int | None = None) -> None:
        if who is None:
            town.sign_in(client, town.facilitator)
        else:
            town.sign_in(client, who)
        for path in paths:
            page = client.get(path)
            assert page.status_code == 200, path
            assert wanted in page.text, path
            assert authorised or "authorised by" not in page.text, path

    visit(vote, f"{vote}/announce")
    with town.here():
        opens = town.clock.now() + 48 * HOUR
        poll = service.announce(town.facilitator, town.activity, opens, opens + 7 * DAY)
    visit(vote, at + poll, f"{at}{poll}/result", f"{at}{poll}/mandates")
    town.clock.advance(48 * HOUR)
    for who in range(5):
        town.cast(who, poll, "yes")
    visit(at + poll, f"{at}{poll}/done", f"{at}{poll}/result", f"{at}{poll}/check", f"{at}{poll}/receipt", vote, who=0)
    if authorised:  # what was announced under it keeps what it said
        with town.here():
            row = matters.authorisations(town.community_id)[0]
            from tests.ballots.world import Actor

            boss = Actor(person_id=town.facilitator.person_id, roles={None: frozenset({"administrator"})})
            matters.revoke(boss, town.slug, row.public_id, REASON)
    town.close(poll)
    visit(at + poll, f"{at}{poll}/result", f"{at}{poll}/count", f"{at}{poll}/check", f"{at}{poll}/done", vote, who=0)
    visit(f"{at}{poll}/rows", f"{at}{poll}/result.csv", who=0)
    with town.here():
        told = figures(find_activity(town.activity, town.clock.now(), town.slug), town.clock.now())
    assert told is not None
    assert wanted in told["law"]["zh_Hans"]  # what the notice after it freezes


def test_the_ballot_says_what_neighbours_can_work_out(town: World, client: FlaskClient) -> None:
    each_owns(town)
    poll = opened(town)
    town.sign_in(client, 0)
    page = client.get(f"/c/{town.slug}/poll/{poll}", headers={"Accept-Language": "en"})
    assert "neighbours can work out your household" in page.text
    assert "like a no" in page.text
    answer = send(client, f"/c/{town.slug}/poll/{poll}", {"stance": "yes", "unit": str(entry_id(town, poll, "101"))})
    assert answer.status_code == 303
    assert result(town, poll).cast == 1


def test_the_page_of_the_authorisation_leads_with_the_one_that_stands(town: World, client: FlaskClient) -> None:
    admin, page, lead = admin_of(town), f"/c/{town.slug}/authorisation", "Each vote of owners announced from now on"
    client.set_cookie("lang", "en")
    assert lead not in client.get(page).text
    with town.here():
        paper = matters.authorise(admin, town.slug, "区房管局", STATUTORY, "2026-03-01", upload())
    assert lead in client.get(page).text
    assert SURVEY not in client.get(page).text
    with town.here():
        matters.revoke(admin, town.slug, paper, REASON)
    assert lead not in client.get(page).text


def test_a_draft_leads_to_its_matter_first_and_then_to_the_announcement(town: World, client: FlaskClient) -> None:
    town.sign_in(client, town.facilitator)
    with town.here():
        service.save_draft(town.facilitator, town.activity, TITLE, TEXT)
    vote = f"/c/{town.slug}/votes/{town.activity}"
    assert re.findall(r'class="btn main" href="([^"]*)"', client.get(vote).text) == [f"{vote}/matter"]
    with town.here():
        matters.classify(town.facilitator, town.activity, "use_funds", REASON)
    assert re.findall(r'class="btn main" href="([^"]*)"', client.get(vote).text) == [f"{vote}/announce"]
