"""Staff: invitation, password, reset, sessions, leaving."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.clock import DAY, HOUR, MINUTE
from app.core.database import db
from app.engine.errors import Invalid, NotFound, TooMany
from app.people import staff
from app.people.actor import NOBODY, Actor
from app.people.models import Person, RoleGrant, StaffLink
from app.people.session import actor_of
from tests.conftest import STRONG
from tests.people.place import ADDRESS, Place

GOOD = "three quiet words"


def invited(place: Place, role: str = "facilitator", email: str = "li@example.org", by: Actor | None = None) -> str:
    """Invite somebody to ``ziteng``; the link's secret."""
    with place.here():
        return staff.invite(by or place.admin, email=email, name="李老师", role=role, community_id=place.community_id)


def person(email: str = "li@example.org") -> Person:
    """Somebody by address, as stored now."""
    return db.session.scalars(
        select(Person).where(Person.email == email).execution_options(populate_existing=True)
    ).one()


def test_who_is_invited_sets_a_password_and_signs_in(place: Place) -> None:
    secret = invited(place)
    with place.here() as session:
        assert staff.link_owner(secret) == "李老师"
        kept = session.scalars(select(StaffLink)).one()
        assert secret not in (kept.mac, kept.purpose)
        with pytest.raises(Invalid):
            staff.sign_in("li@example.org", "", ADDRESS)  # no password is no password
        found = staff.accept(secret, GOOD)
        assert found.password is not None
        assert found.password.startswith("$argon2id$")
        assert GOOD not in found.password
        assert staff.sign_in("  LI@example.org ", GOOD, ADDRESS).id == found.id
        assert actor_of(found.id).facilitates(place.community_id)
        with pytest.raises(NotFound, match="used or is too old"):
            staff.accept(secret, "another good one")
        with pytest.raises(NotFound):
            staff.link_owner(secret)
        assert staff.sign_in("li@example.org", GOOD, ADDRESS)


def test_the_real_hashes_are_slow() -> None:
    assert (STRONG.type.name, STRONG.memory_cost >= 19_456, STRONG.time_cost >= 2) == ("ID", True, True)


@pytest.mark.parametrize(("days", "taken"), [(7 * DAY - 1, True), (7 * DAY, False)])
def test_an_invitation_lasts_a_week(place: Place, days: int, taken: bool) -> None:
    secret = invited(place)
    place.clock.advance(days)
    with place.here():
        if taken:
            assert staff.accept(secret, GOOD)
        else:
            with pytest.raises(NotFound):
                staff.accept(secret, GOOD)
            assert person().password is None


def test_a_second_invitation_kills_the_first_link(place: Place) -> None:
    first, second = invited(place), invited(place, "planner")
    with place.here():
        with pytest.raises(NotFound):
            staff.accept(first, GOOD)
        assert staff.accept(second, GOOD)
        assert invited(place, "observer") == ""  # who has a password needs no link
        found = actor_of(person().id)
        assert found.roles[place.community_id] == {"facilitator", "planner", "observer"}


@pytest.mark.parametrize(
    "password", ["x" * 8 + "yz", "ab c" * 16, "ab c" * 32, "  spaces  ", "密码很长很难猜啊", "🌿🌱🌳🌲🌴🌵🌾🍀"]
)
def test_a_good_password_is_taken(place: Place, password: str) -> None:
    secret = invited(place)
    with place.here():
        staff.accept(secret, password)
        assert staff.sign_in("li@example.org", password, ADDRESS)
        with pytest.raises(Invalid):
            staff.sign_in("li@example.org", password + "x", ADDRESS)
        with pytest.raises(Invalid):
            staff.sign_in("li@example.org", password.upper() + " ", ADDRESS)


@pytest.mark.parametrize(
    ("password", "reason"),
    [("", "at least 8"), ("short", "at least 8"), ("ab c" * 32 + "x", "at most 128"), ("x" * 1_000_000, "at most 128")]
    + [("password", "among the first"), ("PassWord", "among the first"), ("88888888", "among the first")]
    + [("abababab", "among the first"), ("good\0words", "can't be typed")],
)
def test_a_bad_password_is_refused_and_the_link_stays(place: Place, password: str, reason: str) -> None:
    secret = invited(place)
    with place.here():
        with pytest.raises(Invalid, match=reason) as refused:
            staff.accept(secret, password)
        assert set(refused.value.fields) == {"password"}
        assert person().password is None
        assert staff.accept(secret, GOOD)


def test_a_wrong_password_and_an_unknown_address_are_refused_alike(place: Place) -> None:
    secret = invited(place)
    with place.here():
        staff.accept(secret, GOOD)
        said = set()
        for email, password in (
            ("li@example.org", "wrong"),
            ("nobody@example.org", GOOD),
            ("", ""),
            ("li", "x" * 10**6),
        ):
            with pytest.raises(Invalid) as refused:
                staff.sign_in(email, password, ADDRESS)
            said.add((str(refused.value), refused.value.status))
        assert said == {("E-mail or password is wrong.", 422)}


def test_guesses_of_a_password_are_limited_by_account_and_by_address(place: Place) -> None:
    secret = invited(place)
    with place.here():
        staff.accept(secret, GOOD)
        for number in range(10):
            with pytest.raises(Invalid):
                staff.sign_in("li@example.org", "wrong", f"198.51.100.{number}")
        with pytest.raises(TooMany):
            staff.sign_in("Li@example.org", GOOD, "203.0.113.9")
        place.clock.advance(15 * MINUTE)
        assert staff.sign_in("li@example.org", GOOD, "203.0.113.9")
        place.clock.advance(15 * MINUTE)
        for number in range(30):
            with pytest.raises(Invalid):
                staff.sign_in(f"{number}@example.org", "wrong", ADDRESS)
        with pytest.raises(TooMany):
            staff.sign_in("li@example.org", GOOD, ADDRESS)


def test_a_new_password_ends_all_sessions(place: Place) -> None:
    secret = invited(place)
    with place.here():
        who = actor_of(staff.accept(secret, GOOD).id)
        public_id = who.public_id
    browser = place.browser(who)
    assert browser.get("/c/ziteng/desk").status_code == 200
    with place.here():
        for stranger, refusal in ((place.facilitator, NotFound), (who, NotFound), (NOBODY, NotFound)):
            with pytest.raises(refusal):
                staff.new_password_link(stranger, public_id)
        link = staff.new_password_link(place.admin, public_id)
        assert browser.get("/c/ziteng/desk").status_code == 200  # not before it is used
        staff.accept(link, "other quiet words")
        with pytest.raises(Invalid):
            staff.sign_in("li@example.org", GOOD, ADDRESS)
        assert staff.sign_in("li@example.org", "other quiet words", ADDRESS)
    assert browser.get("/c/ziteng/desk").status_code == 302


def test_a_session_of_staff_lasts_twelve_hours(place: Place) -> None:
    browser = place.browser(place.facilitator)
    for _ in range(3):  # used every four hours
        place.clock.advance(4 * HOUR)
        assert browser.get("/c/ziteng/desk").status_code == 200
    place.clock.advance(1)
    assert browser.get("/c/ziteng/desk").status_code == 302


def test_a_session_of_staff_that_is_not_used_ends_after_four_hours(place: Place) -> None:
    browser = place.browser(place.facilitator)
    place.clock.advance(4 * HOUR + 1)
    assert browser.get("/c/ziteng/desk").status_code == 302


def test_who_leaves_is_out_at_the_next_request(place: Place) -> None:
    secret = invited(place)
    with place.here():
        who = actor_of(staff.accept(secret, GOOD).id)
        link = staff.new_password_link(place.admin, who.public_id)
    browser = place.browser(who)
    with place.here() as session:
        for stranger in (place.facilitator, who, NOBODY):
            with pytest.raises(NotFound):
                staff.leave(stranger, who.public_id)
        staff.leave(place.admin, who.public_id)
        assert actor_of(who.person()).roles == {}
        with pytest.raises(Invalid):
            staff.sign_in("li@example.org", GOOD, ADDRESS)
        with pytest.raises(NotFound):  # a link made before is dead as well
            staff.accept(link, "other quiet words")
        grants = session.scalars(select(RoleGrant).where(RoleGrant.person_id == who.person_id)).all()
        assert [grant.ended_at for grant in grants] == [place.clock.now()]
    assert browser.get("/c/ziteng/desk").status_code == 302
    assert browser.get("/me/devices").status_code == 302


def test_who_left_may_be_invited_again(place: Place) -> None:
    secret = invited(place)
    with place.here():
        who = staff.accept(secret, GOOD).public_id
        staff.leave(place.admin, who)
        again = invited(place, "planner")
        with pytest.raises(Invalid):  # the old password went with them
            staff.sign_in("li@example.org", GOOD, ADDRESS)
        staff.accept(again, "other quiet words")
        found = staff.sign_in("li@example.org", "other quiet words", ADDRESS)
        assert actor_of(found.id).roles == {place.community_id: {"planner"}}
