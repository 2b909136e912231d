"""Roles: who may give and end which, links to accounts, deputies with an end."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.core.clock import DAY
from app.core.events import Event
from app.engine.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from app.people import staff
from app.people.actor import NOBODY
from app.people.models import Person, RoleGrant, StaffLink
from app.people.queries import facilitators_of
from app.people.session import actor_of
from tests.ballots.races import at_once
from tests.people.place import Place, rows_of

GOOD = "three quiet words"


def test_the_last_administrator_stays(place: Place) -> None:
    with place.here() as session:
        grant = session.scalars(select(RoleGrant.id).where(RoleGrant.role == "administrator")).one()
        with pytest.raises(Conflict, match="without an administrator"):
            staff.end_role(place.admin, grant)
        with pytest.raises(Conflict, match="without an administrator"):
            staff.leave(place.admin, place.admin.public_id)
        assert actor_of(place.admin.person()).is_admin
        assert session.get_one(Person, place.admin.person()).left_at is None
        second = staff.create_admin("second@example.org", "第二", GOOD)
        staff.end_role(actor_of(second), grant)
        assert not actor_of(place.admin.person()).is_admin


def test_of_two_administrators_who_end_each_other_at_once_one_stays(place: Place) -> None:
    with place.here() as session:
        first = place.admin
        second = actor_of(staff.create_admin("second@example.org", "第二", GOOD))
        query = select(RoleGrant.person_id, RoleGrant.id).where(RoleGrant.role == "administrator")
        grants = dict(session.execute(query).all())
    ends = [(first, grants[second.person()]), (second, grants[first.person()])]
    found = at_once(place.app, [lambda by=by, grant=grant: staff.end_role(by, grant) for by, grant in ends])
    assert sorted(type(item).__name__ for item in found) == ["Conflict", "NoneType"]


@pytest.mark.parametrize(
    ("by", "role", "here", "refusal"),
    [
        ("admin", "facilitator", True, None),
        ("admin", "planner", True, None),
        ("admin", "administrator", False, None),
        ("admin", "administrator", True, Invalid),
        ("admin", "facilitator", False, Invalid),
        ("admin", "emperor", True, Invalid),
        ("facilitator", "planner", True, None),
        ("facilitator", "inspector", True, None),
        ("facilitator", "facilitator", True, NotFound),
        ("facilitator", "administrator", False, NotFound),
        ("facilitator", "planner", False, NotFound),
        ("elsewhere", "planner", True, NotFound),
        ("nobody", "planner", True, NotFound),
    ],
)
def test_who_may_give_which_role(
    place: Place, by: str, role: str, here: bool, refusal: type[DomainError] | None
) -> None:
    actor = {"admin": place.admin, "facilitator": place.facilitator, "elsewhere": place.elsewhere, "nobody": NOBODY}[by]
    where = place.community_id if here else None
    with place.here() as session:
        before = rows_of(session, RoleGrant)
        if refusal is None:
            assert staff.invite(actor, email="x@example.org", name="某", role=role, community_id=where)
            assert rows_of(session, RoleGrant) == before + 1
        else:
            with pytest.raises(refusal):
                staff.invite(actor, email="x@example.org", name="某", role=role, community_id=where)
            assert rows_of(session, RoleGrant) == before
            assert session.scalar(select(Person.id).where(Person.email == "x@example.org")) is None


def test_a_facilitator_gets_no_link_to_the_account_of_somebody_higher(place: Place) -> None:
    with place.here() as session:
        pending = staff.invite(
            place.admin, email="boss@example.org", name="主任", role="administrator", community_id=None
        )
        colleague = staff.invite(
            place.admin, email="gao@example.org", name="高老师", role="planner", community_id=place.other_id
        )
        for email in ("boss@example.org", "gao@example.org"):
            assert (
                staff.invite(place.facilitator, email=email, name="x", role="planner", community_id=place.community_id)
                == ""
            )
        assert rows_of(session, StaffLink) == 2
        assert staff.link_owner(pending) == "主任"  # and theirs still works
        assert staff.accept(colleague, GOOD).name == "高老师"
        own = staff.invite(
            place.facilitator, email="n@example.org", name="n", role="planner", community_id=place.community_id
        )
        again = staff.invite(
            place.facilitator, email="n@example.org", name="n", role="observer", community_id=place.community_id
        )
        assert own
        assert again


@pytest.mark.parametrize(
    "email", ["", "li", "li@", "@example.org", "li@example", "a b@example.org", "li@exam\nple.org"]
)
@pytest.mark.parametrize("name", ["李"])
def test_what_is_no_address_is_refused(place: Place, email: str, name: str) -> None:
    with place.here(), pytest.raises(Invalid) as refused:
        staff.invite(place.admin, email=email, name=name, role="planner", community_id=place.community_id)
    assert set(refused.value.fields) == {"email"}
    with place.here(), pytest.raises(Invalid):
        staff.invite(place.admin, email="li@example.org", name=" ", role="planner", community_id=place.community_id)


def test_ending_a_role_takes_its_rights_at_once(place: Place) -> None:
    browser = place.browser(place.facilitator)
    with place.here() as session:
        query = select(RoleGrant.id).where(RoleGrant.person_id == place.facilitator.person_id)
        grant = session.scalars(query).one()
        for stranger in (place.facilitator, place.elsewhere, NOBODY):
            with pytest.raises(NotFound):
                staff.end_role(stranger, grant)
        assert browser.get("/c/ziteng/desk").status_code == 200
        staff.end_role(place.admin, grant)
        with pytest.raises(NotFound):
            staff.end_role(place.admin, grant)
        kinds = session.scalars(select(Event.kind).where(Event.person_id == place.admin.person_id)).all()
        assert "role.ended" in kinds
    assert browser.get("/c/ziteng/desk").status_code == 404


def test_a_deputy_stands_in_until_the_day_that_was_said(place: Place) -> None:
    deputy = place.staff("wei@example.org", "planner", place.other_id, "魏老师")
    until = place.clock.now() + 10 * DAY
    with place.here():
        staff.deputise(place.facilitator, place.community_id, deputy.public_id, until)
        assert actor_of(deputy.person()).facilitates(place.community_id)
        assert not actor_of(deputy.person()).facilitates(place.other_id)
        assert {row.name for row in facilitators_of(place.community_id)} == {"陈老师", "魏老师"}
    browser = place.browser(deputy)
    place.clock.set(until - 1)
    browser = place.browser(deputy)
    assert browser.get("/c/ziteng/desk").status_code == 200
    place.clock.set(until)
    assert browser.get("/c/ziteng/desk").status_code == 404
    with place.here() as session:
        assert [row.name for row in facilitators_of(place.community_id)] == ["陈老师"]
        grant = session.scalars(
            select(RoleGrant).where(RoleGrant.person_id == deputy.person_id, RoleGrant.until > 0)
        ).one()
        assert grant.deputy_for_id == place.facilitator.person_id


def test_a_deputy_is_of_the_staff_and_for_ninety_days_at_most(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    deputy = place.staff("wei@example.org", "planner", place.other_id, "魏老师")
    now, here = place.clock.now(), place.community_id
    with place.here() as session:
        before = session.scalar(select(func.count()).select_from(RoleGrant))
        for until in (now, now - 1, now + 90 * DAY + 1):
            with pytest.raises(Invalid, match="90 days"):
                staff.deputise(place.facilitator, here, deputy.public_id, until)
        with pytest.raises(Conflict):
            staff.deputise(place.facilitator, here, place.facilitator.public_id, now + DAY)
        with pytest.raises(NotFound):
            staff.deputise(place.facilitator, here, resident.public_id, now + DAY)
        for actor, refusal in ((place.elsewhere, NotFound), (place.admin, NotFound), (resident, Forbidden)):
            with pytest.raises(refusal):
                staff.deputise(actor, here, deputy.public_id, now + DAY)
        assert session.scalar(select(func.count()).select_from(RoleGrant)) == before
        staff.deputise(place.facilitator, here, deputy.public_id, now + 90 * DAY)
