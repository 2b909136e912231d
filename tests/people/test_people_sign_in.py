"""Sign-in by a household's code: what is kept of it, how many devices, reissue, moving out, names, limits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.clock import DAY, MINUTE
from app.core.events import Event
from app.engine.canonical import ALPHABET
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from app.people import desk, sign_in
from app.people.actor import NOBODY
from app.people.codes import code_mac, mac, new_code, new_digits, new_link
from app.people.models import Device, Household, HouseholdCode, Person
from app.people.sign_in import check_name
from tests.core.together import together
from tests.people.place import ADDRESS, Place, rows_of


def test_a_code_has_fifty_random_bits(app: Flask) -> None:
    codes = [new_code() for _ in range(3_000)]
    assert len(set(codes)) == 3_000
    assert all(re.fullmatch(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", code) for code in codes)
    for position in (*range(5), *range(6, 11)):
        assert {code[position] for code in codes} == set(ALPHABET)  # 32 ways in each of ten places
    assert len({new_link() for _ in range(100)}) == 100
    assert all(re.fullmatch("[0-9]{6}", new_digits()) for _ in range(200))


def test_only_an_hmac_of_a_code_is_kept(place: Place) -> None:
    household = place.household()
    code = place.code(household)
    with place.here() as session:
        row = session.scalars(select(HouseholdCode)).one()
        kept = {column.name: str(getattr(row, column.name)) for column in HouseholdCode.__table__.columns}
        plain = code.replace("-", "")
        assert not any(plain in value or code in value for value in kept.values())
        assert len(row.mac) == 64
        assert row.mac == code_mac(code) != code_mac(new_code())
        assert row.mac != mac("staff", plain)
        events = session.scalars(select(Event).where(Event.kind == "code.issued")).all()
        assert [event.data for event in events] == [{"household": household}]
        assert row.expires_at == place.clock.now() + 365 * DAY


def test_a_code_depends_on_the_secret_of_the_installation(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    code = place.code(place.household())
    with place.here():
        assert sign_in.check_code(code, ADDRESS)
        monkeypatch.setitem(place.app.config, "QIDING", replace(place.app.config["QIDING"], secret="another"))
        with pytest.raises(Invalid):
            sign_in.check_code(code, ADDRESS)


@pytest.mark.parametrize("typed", [str.lower, str.upper, lambda c: c.replace("-", ""), lambda c: f" {c} ", " ".join])
def test_a_code_is_read_as_people_type_it(place: Place, typed: object) -> None:
    code = place.code(place.household())
    with place.here():
        assert sign_in.check_code(typed(code), ADDRESS)  # type: ignore[operator]
        confusing = code.replace("0", "O").replace("1", "l")
        assert sign_in.check_code(confusing, ADDRESS)


def test_a_code_pairs_four_devices_and_no_fifth(place: Place) -> None:
    household = place.household()
    code = place.code(household)
    residents = [place.pair(code, name) for name in ("张阿姨", "张叔", "小张", "老张")]
    with pytest.raises(Conflict, match="Four devices"):
        place.pair(code, "张五")
    with place.here() as session:
        assert rows_of(session, Person) == 3 + 4  # and nobody was made in vain
        assert len({resident.device_id for resident in residents}) == 4
        first = session.get_one(Device, residents[0].device_id).public_id
        sign_in.remove_device(residents[1], first)
    place.pair(code, "张五")


def test_many_at_once_pair_four_devices(place: Place) -> None:
    code = place.code(place.household())
    with place.here():
        code_id = sign_in.check_code(code, ADDRESS)

    def pair(number: int) -> None:
        sign_in.pair(code_id, person_public_id=None, name=f"张{number}", label="Android")

    answers = [type(answer) for answer in together(place.app, pair, 8)]
    assert (answers.count(type(None)), answers.count(Conflict)) == (4, 4), answers
    with place.here() as session:
        assert rows_of(session, Device) == 4


def test_somebody_known_pairs_a_second_device_as_the_same_person(place: Place) -> None:
    code = place.code(place.household())
    first = place.pair(code)
    other = place.pair(place.code(place.household("303")), "李叔")
    with place.here() as session:
        code_id = sign_in.check_code(code, ADDRESS)
        assert sign_in.persons_behind(code_id) == [(first.public_id, "张阿姨")]
        device, person, _ = sign_in.pair(code_id, person_public_id=first.public_id, name="", label="iPhone")
        assert (person.id, device.id != first.device_id) == (first.person_id, True)
        for stranger in (other.public_id, place.facilitator.public_id, "NOTHERE"):
            with pytest.raises(Invalid, match="Choose who you are"):
                sign_in.pair(code_id, person_public_id=stranger, name="", label="iPhone")
        assert rows_of(session, Device) == 3


def test_a_new_code_kills_the_old_one_at_once_and_devices_stay(place: Place) -> None:
    household = place.household()
    old = place.code(household)
    with place.here():
        halfway = sign_in.check_code(old, ADDRESS)
    resident = place.pair(old)
    new = place.code(household)
    with place.here() as session:
        with pytest.raises(Invalid, match="not valid"):
            sign_in.check_code(old, ADDRESS)
        with pytest.raises(Invalid, match="not valid"):  # nor does it help to have typed it before
            sign_in.pair(halfway, person_public_id=None, name="张叔", label="")
        with pytest.raises(Invalid, match="not valid"):
            sign_in.persons_behind(halfway)
        assert sign_in.check_code(new, ADDRESS)
        assert session.get_one(Device, resident.device_id).ended_at is None
    assert place.browser(resident).get("/me/devices").status_code == 200


@pytest.mark.parametrize(("days", "taken"), [(365 * DAY - 1, True), (365 * DAY, False), (365 * DAY + 1, False)])
def test_a_code_lasts_a_year_and_its_devices_longer(place: Place, days: int, taken: bool) -> None:
    code = place.code(place.household())
    resident = place.pair(code)
    place.clock.advance(days)
    with place.here():
        if taken:
            assert sign_in.check_code(code, ADDRESS)
        else:
            with pytest.raises(Invalid, match="not valid"):
                sign_in.check_code(code, ADDRESS)
    assert place.browser(resident).get("/me/devices").status_code == 200


def test_moving_out_ends_codes_devices_and_persons(place: Place) -> None:
    household = place.household()
    code = place.code(household)
    resident = place.pair(code)
    browser = place.browser(resident)
    neighbour = place.pair(place.code(place.household("303")), "李叔")
    with place.here() as session:
        following = desk.move_out(place.facilitator, household)
        assert following != household
        with pytest.raises(Invalid):
            sign_in.check_code(code, ADDRESS)
        assert session.get_one(Device, resident.device_id).ended_at == place.clock.now()
        assert session.get_one(Person, resident.person()).left_at == place.clock.now()
        assert session.get_one(Device, neighbour.device_id).ended_at is None
        for public_id in (household, "NOTHERE"):
            with pytest.raises(NotFound):
                desk.issue_code(place.facilitator, public_id)
            with pytest.raises(NotFound):
                desk.move_out(place.facilitator, public_id)
    assert browser.get("/me/devices").headers["Location"].startswith("/sign-in")
    newcomer = place.pair(place.code(following), "钱七")
    assert newcomer.person_id != resident.person_id
    with place.here():
        assert [name for _, name in sign_in.devices_of(newcomer.household_id or 0)] == ["钱七"]


def test_codes_are_the_own_facilitators_matter(place: Place) -> None:
    household = place.household()
    resident = place.pair(place.code(household))
    others = ((place.elsewhere, NotFound), (place.admin, NotFound), (NOBODY, NotFound), (resident, Forbidden))
    with place.here() as session:
        for actor, refusal in others:
            for command in (desk.issue_code, desk.move_out):
                with pytest.raises(refusal):
                    command(actor, household)
            with pytest.raises(refusal):
                desk.issue_many(actor, place.community_id)
            with pytest.raises(refusal):
                desk.find_households(actor, place.community_id, "5-302")
        assert rows_of(session, HouseholdCode) == 1


def test_slips_are_made_for_those_without_a_code_that_lives(place: Place) -> None:
    households = [place.household(room) for room in ("101", "102", "103")]
    place.code(households[0])
    with place.here() as session:
        ids = dict(session.execute(select(Household.public_id, Household.id)).all())
        codes = desk.issue_many(place.facilitator, place.community_id)
        assert set(codes) == {ids[households[1]], ids[households[2]]}
        assert len(set(codes.values())) == 2
        assert desk.issue_many(place.facilitator, place.community_id) == {}
        assert sign_in.check_code(codes[ids[households[1]]], ADDRESS)
        again = desk.issue_many(place.facilitator, place.community_id, [ids[households[0]]])
        assert set(again) == {ids[households[0]]}
        place.clock.advance(365 * DAY)
        assert len(desk.issue_many(place.facilitator, place.community_id)) == 3


@pytest.mark.parametrize(
    ("typed", "rooms"),
    [("5-302", ["302"]), ("5 302", ["302"]), ("5号楼302室", ["302"]), ("302", ["302"]), ("5", ["302", "303"])]
    + [("6-302", []), ("", []), ("%", []), ("' OR 1=1--", [])],
)
def test_a_household_is_found_at_the_desk(place: Place, typed: str, rooms: list[str]) -> None:
    place.pair(place.code(place.household("302")))
    place.household("303")
    with place.here():
        found = desk.find_households(place.facilitator, place.community_id, typed)
        assert [row.room for _, row, _ in found] == rooms
        assert [devices for _, row, devices in found if row.room == "302"] == [1] * rooms.count("302")


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "Admin",
        "ADMIN",
        "ａｄｍｉｎ",
        "аdmin",
        "adm1n",
        "àdmín",
        "a d m i n",
        "系统管理员",
        "系统",
        "居委会王主任",
    ]
    + ["官方", "业委会", "物业小李", "Facilitator", "fаcilitаtor", "faci1itator", "moderat0r", "主持人", "主持人陈老师"]
    + [
        "社区规划师",
        "ad\u200bmin",
        "系\u200b统",
        "管\u2060理员",
        "ad\u00admin",
        "系\u3000统",
        "监票人",
        "Inspector",
        "planner",
    ],
)
def test_names_that_look_like_staff_are_refused(name: str) -> None:
    assert "mistaken for staff" in str(check_name(name))


@pytest.mark.parametrize("name", ["", " ", "\u3000", "\u0301", "\u200b"])
def test_a_name_is_needed(name: str) -> None:
    assert "how we shall call you" in str(check_name(name))


@pytest.mark.parametrize(
    "name", ["张阿姨", "李叔", "O'Brien", "𠮷田", "Иван", "André", "5号楼老王", "<script>", "' OR 1=1--"]
)
def test_other_names_are_taken(place: Place, name: str) -> None:
    assert check_name(name) is None
    assert check_name(name * 30) is not None
    assert place.pair(place.code(place.household()), f" {name} ").name == name


def test_a_refused_name_pairs_nothing(place: Place) -> None:
    code = place.code(place.household())
    for name in ("admin", "", "长" * 21):
        with pytest.raises(Invalid) as refused:
            place.pair(code, name)
        assert set(refused.value.fields) == {"name"}
    with place.here() as session:
        assert rows_of(session, Device) == 0
        assert session.scalar(select(func.count()).select_from(Person).where(Person.household_id.is_not(None))) == 0


def test_guesses_are_limited_and_the_right_code_does_not_help_then(place: Place) -> None:
    code = place.code(place.household())
    with place.here():
        for _ in range(10):
            with pytest.raises(Invalid, match="not valid"):
                sign_in.check_code(new_code(), ADDRESS)
        for typed in (new_code(), code):
            with pytest.raises(TooMany):
                sign_in.check_code(typed, ADDRESS)
        assert sign_in.check_code(code, "198.51.100.1")
        place.clock.advance(10 * MINUTE)
        assert sign_in.check_code(code, ADDRESS)


def test_right_codes_are_not_counted_so_that_a_lobby_with_one_address_signs_in(place: Place) -> None:
    code = place.code(place.household())
    with place.here():
        for _ in range(25):
            assert sign_in.check_code(code, ADDRESS)


@pytest.mark.parametrize("typed", ["", "-", "0" * 10, "x" * 40, "\x00", "' OR 1=1--", "紫藤"])
def test_what_is_no_code_is_refused(place: Place, typed: str) -> None:
    place.code(place.household())
    with place.here(), pytest.raises(Invalid, match="not valid"):
        sign_in.check_code(typed, ADDRESS)
