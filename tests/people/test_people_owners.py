"""Owners: merged by a person's decision, never by equal names; co-owners share; who looked is written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.events import Event
from app.engine.errors import DomainError, Forbidden, Invalid, NotFound
from app.people import communities
from app.people.actor import NOBODY
from app.people.models import AccessLog
from app.people.places import Community, Owner, Ownership, Unit
from tests.people.place import Place, rows_of, send

PAPER = "产权证 沪房地字第0188号，同一身份证"


def units(place: Place, *rooms: str) -> list[str]:
    """Units of building 5; their public ids."""
    for room in rooms:
        place.household(room)
    with place.here() as session:
        found = dict(session.execute(select(Unit.room, Unit.public_id)).all())
    return [found[room] for room in rooms]


def holdings(place: Place) -> dict[str, list[tuple[str, str]]]:
    """Owners' public ids, with their rooms and shares."""
    with place.here():
        return {
            owner.public_id: sorted((unit.room, f"{share.share_num}/{share.share_den}") for share, unit in held)
            for owner, held in communities.owners_of(place.community_id)
        }


def enter(place: Place, name: str, *held: str) -> str:
    """Enter an owner of some units."""
    with place.here():
        return communities.add_owner(place.facilitator, place.community_id, name, list(held), "产权证")


def test_co_owners_share_a_unit_equally(place: Place) -> None:
    first, second = units(place, "101", "102")
    husband = enter(place, "张三", first, second)
    wife = enter(place, "李四", first)
    assert holdings(place) == {husband: [("101", "1/2"), ("102", "1/1")], wife: [("101", "1/2")]}
    child = enter(place, "张小", first)
    assert holdings(place)[child] == [("101", "1/3")]
    assert holdings(place)[husband] == [("101", "1/3"), ("102", "1/1")]


def test_equal_names_stay_two_owners(place: Place) -> None:
    first, second = units(place, "101", "102")
    one, other = enter(place, "张三", first), enter(place, "张三", second)
    assert one != other
    assert holdings(place) == {one: [("101", "1/1")], other: [("102", "1/1")]}


def test_two_entries_become_one_owner_by_a_decision(place: Place) -> None:
    first, second, third = units(place, "101", "102", "103")
    keep, other = enter(place, "张三", first, second), enter(place, "張三", second, third)
    with place.here() as session:
        communities.merge_owners(place.facilitator, keep, other, f"  {PAPER} ")
        row = session.scalars(select(Owner).where(Owner.public_id == other)).one()
        kept = session.scalars(select(Owner).where(Owner.public_id == keep)).one()
        assert (row.merged_into_id, row.merged_by_id, row.merged_reason, row.merged_at) == (
            kept.id,
            place.facilitator.person_id,
            PAPER,
            place.clock.now(),
        )
        event = session.scalars(select(Event).where(Event.kind == "owners.merged")).one()
        assert event.data == {"keep": keep, "other": other, "reason": PAPER}
    # One head, with all units; of the one that both stood for, the share is whole again.
    assert holdings(place) == {keep: [("101", "1/1"), ("102", "1/1"), ("103", "1/1")]}
    with place.here(), pytest.raises(NotFound):
        communities.merge_owners(place.facilitator, keep, other, PAPER)


@pytest.mark.parametrize("reason", ["", "同名", "  同名同姓  ", "x" * 9])
def test_a_merger_needs_a_paper(place: Place, reason: str) -> None:
    first, second = units(place, "101", "102")
    keep, other = enter(place, "张三", first), enter(place, "张三", second)
    with place.here(), pytest.raises(Invalid, match="paper") as refused:
        communities.merge_owners(place.facilitator, keep, other, reason)
    assert set(refused.value.fields) == {"reason"}
    assert len(holdings(place)) == 2


def test_owners_are_the_own_facilitators_matter(place: Place) -> None:
    first, second = units(place, "101", "102")
    keep, other = enter(place, "张三", first), enter(place, "张三", second)
    resident = place.pair(place.code(place.household("201")))
    others: tuple[tuple[object, type[DomainError]], ...] = (
        (place.elsewhere, NotFound),
        (place.admin, NotFound),
        (NOBODY, NotFound),
        (resident, Forbidden),
    )
    with place.here():
        for actor, refusal in others:
            with pytest.raises(refusal):
                communities.merge_owners(actor, keep, other, PAPER)  # type: ignore[arg-type]
            with pytest.raises(refusal):
                communities.add_owner(actor, place.community_id, "某", [first])  # type: ignore[arg-type]
        for pair in ((keep, keep), (keep, "NOTHERE"), ("", "")):
            with pytest.raises(NotFound):
                communities.merge_owners(place.facilitator, *pair, PAPER)
    assert len(holdings(place)) == 2


def test_an_owner_needs_a_name_and_units_of_this_community(place: Place) -> None:
    (first,) = units(place, "101")
    with place.here() as session:
        for name, held in ((" ", [first]), ("张三", []), ("张三", ["NOTHERE"]), ("张三", [first, "NOTHERE"])):
            with pytest.raises(Invalid):
                communities.add_owner(place.facilitator, place.community_id, name, held)
        with pytest.raises(Invalid):  # not those of another one
            communities.add_owner(place.elsewhere, place.other_id, "张三", [first])
        assert (rows_of(session, Owner), rows_of(session, Ownership)) == (0, 0)


def test_who_looked_at_the_owners_is_written_down(place: Place) -> None:
    (first,) = units(place, "101")
    enter(place, "张三", first)
    resident = place.pair(place.code(place.household("201")))
    assert place.browser(place.facilitator).get("/c/ziteng/owners").status_code == 200
    assert place.browser(place.elsewhere).get("/c/ziteng/owners").status_code == 404
    assert place.browser(resident).get("/c/ziteng/owners").status_code == 403
    with place.here() as session:
        rows = session.scalars(select(AccessLog)).all()
        assert [(row.person_id, row.community_id, row.what, row.at) for row in rows] == [
            (place.facilitator.person_id, place.community_id, "owners", place.clock.now())
        ]


def test_owners_are_entered_and_merged_through_their_pages(place: Place) -> None:
    units(place, "101", "102")
    browser = place.browser(place.facilitator)
    for data in ({"name": "张三", "units": "5-101", "source": "产权证"}, {"name": "张三", "units": "5-102"}):
        assert send(browser, "/c/ziteng/owners", data).status_code == 303
    page = send(browser, "/c/ziteng/owners", {"name": "李四", "units": "5-101，5-999"})
    assert page.status_code == 422
    assert "李四" in page.text
    assert len(holdings(place)) == 2
    keep, other = holdings(place)
    page = send(browser, "/c/ziteng/owners/merge", {"keep": [keep, other], "reason": "同名"})
    assert page.status_code == 422
    assert send(browser, "/c/ziteng/owners/merge", {"keep": [keep, other], "reason": PAPER}).status_code == 303
    assert holdings(place) == {keep: [("101", "1/1"), ("102", "1/1")]}


@pytest.mark.parametrize(
    "slug", ["", "a", "Ziteng", "1abc", "zi teng", "../x", "紫藤", "a" * 41, "ziteng-", "guixiang"]
)
def test_a_community_needs_a_short_name_of_its_own(place: Place, slug: str) -> None:
    with place.here() as session:
        before = rows_of(session, Community)
        with pytest.raises(Invalid) as refused:
            communities.create_community(place.admin, slug, name="新小区")
        assert set(refused.value.fields) == {"slug"}
        with pytest.raises(Invalid):
            communities.create_community(place.admin, "new", name=" ")
        for actor in (place.facilitator, NOBODY):
            with pytest.raises(NotFound):
                communities.create_community(actor, "new", name="新小区")
        assert rows_of(session, Community) == before


def test_a_community_is_changed_by_its_own(place: Place) -> None:
    with place.here() as session:
        communities.edit_community(
            place.facilitator, "ziteng", name="紫藤新里", desk_phone="5550 0199", slug_="x", id=9
        )
        row = session.get_one(Community, place.community_id, populate_existing=True)
        assert (row.name, row.desk_phone, row.desk_place) == ("紫藤新里", "5550 0199", "议事角")
        event = session.scalars(select(Event).where(Event.kind == "community.edited")).one()
        assert event.data == {"before": {"name": "紫藤里", "desk_phone": "5550 0188"}}
        with pytest.raises(NotFound):
            communities.edit_community(place.elsewhere, "ziteng", name="x")
        communities.edit_community(place.admin, "ziteng", name="紫藤里")
