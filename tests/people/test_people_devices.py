"""Devices: the others are told, removal works at once, six digits carry one into another browser."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from app.core.clock import MINUTE
from app.core.limits import Tries
from app.core.outbox import Message
from app.engine.errors import Forbidden, Invalid, NotFound, TooMany
from app.people import desk, sign_in
from app.people.actor import NOBODY
from app.people.models import Device, Household, MoveCode, Person
from app.people.places import Unit
from tests.core.together import together
from tests.people.place import ADDRESS, Place, rows_of


def test_the_others_of_a_household_are_told_of_each_device(place: Place) -> None:
    household = place.household()
    code = place.code(household)
    first = place.pair(code)
    stranger = place.pair(place.code(place.household("303")), "李叔")
    place.pair(code, "张叔", label="WeChat")
    with place.here() as session:
        told = session.scalars(select(Message).where(Message.person_id == first.person_id).order_by(Message.id)).all()
        assert told[-1].kind == "device.paired"
        assert (told[-1].data, told[-1].href) == ({"name": "张叔", "label": "WeChat"}, "/me/devices")
        others = session.scalars(select(Message).where(Message.person_id == stranger.person_id)).all()
        assert [message.data["name"] for message in others] == ["李叔"]


def test_a_device_is_removed_by_its_own_household_only(place: Place) -> None:
    code = place.code(place.household())
    first, second = place.pair(code), place.pair(code, "张叔")
    stranger = place.pair(place.code(place.household("303")), "李叔")
    browser = place.browser(second)
    with place.here() as session:
        public_id = session.get_one(Device, second.device_id).public_id
        for actor in (stranger, place.facilitator, place.admin, NOBODY):
            with pytest.raises(NotFound):
                sign_in.remove_device(actor, public_id)
        assert browser.get("/me/devices").status_code == 200
        sign_in.remove_device(first, public_id)
        with pytest.raises(NotFound):
            sign_in.remove_device(first, public_id)
    with place.here() as session:
        row = session.get_one(Device, second.device_id)
        assert (row.ended_at, row.ended_by_id) == (place.clock.now(), first.person_id)
    response = browser.get("/me/devices")  # the very next request
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in?next=/me/devices"
    assert place.browser(first).get("/me/devices").status_code == 200


def test_six_digits_sign_another_browser_in_once(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here() as session:
        digits = sign_in.start_move(resident)
        row = session.scalars(select(MoveCode)).one()
        assert digits not in (row.mac, str(row.at), str(row.expires_at))
        device, person, _ = sign_in.finish_move(digits, ADDRESS, "WeChat")
        assert (person.id, device.label, device.id != resident.device_id) == (resident.person_id, "WeChat", True)
        assert session.get_one(Device, resident.device_id).ended_at is None
        with pytest.raises(Invalid, match="not valid"):
            sign_in.finish_move(digits, ADDRESS, "WeChat")
        assert rows_of(session, Device) == 2


@pytest.mark.parametrize(("after", "taken"), [(10 * MINUTE - 1, True), (10 * MINUTE, False)])
def test_six_digits_last_ten_minutes(place: Place, after: int, taken: bool) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here() as session:
        digits = sign_in.start_move(resident)
        place.clock.advance(after)
        if taken:
            sign_in.finish_move(digits, ADDRESS, "")
        else:
            with pytest.raises(Invalid):
                sign_in.finish_move(digits, ADDRESS, "")
        assert rows_of(session, Device) == 1 + taken


def test_six_digits_of_an_ended_device_or_household_are_dead(place: Place) -> None:
    household = place.household()
    code = place.code(household)
    first, second = place.pair(code), place.pair(code, "张叔")
    with place.here() as session:
        removed = sign_in.start_move(second)
        moved_out = sign_in.start_move(first)
        sign_in.remove_device(first, session.get_one(Device, second.device_id).public_id)
        with pytest.raises(Invalid):
            sign_in.finish_move(removed, ADDRESS, "")
        desk.move_out(place.facilitator, household)
        with pytest.raises(Invalid):
            sign_in.finish_move(moved_out, ADDRESS, "")


def test_a_fifth_device_by_six_digits_takes_the_place_of_the_one_it_came_from(place: Place) -> None:
    code = place.code(place.household())
    residents = [place.pair(code, name) for name in ("甲", "乙", "丙", "丁")]
    with place.here() as session:
        sign_in.finish_move(sign_in.start_move(residents[3]), ADDRESS, "WeChat")
        living = session.scalars(select(Device.id).where(Device.ended_at.is_(None)).order_by(Device.id)).all()
        assert len(living) == 4
        assert residents[3].device_id not in living


def test_digits_of_many_devices_moved_at_once_make_no_fifth(place: Place) -> None:
    code = place.code(place.household())
    residents = [place.pair(code, name) for name in ("甲", "乙", "丙")]
    with place.here():
        digits = [sign_in.start_move(resident) for resident in residents]
    together(place.app, lambda n: sign_in.finish_move(digits[n], f"198.51.100.{n}", ""), 3)
    with place.here() as session:
        assert session.scalar(select(func.count()).select_from(Device).where(Device.ended_at.is_(None))) == 4


def test_guesses_of_six_digits_are_limited(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here() as session:
        digits = sign_in.start_move(resident)
        wrong = [f"{number:06d}" for number in range(7) if f"{number:06d}" != digits]
        for guess in wrong[:5]:
            with pytest.raises(Invalid):
                sign_in.finish_move(guess, ADDRESS, "")
        with pytest.raises(TooMany):
            sign_in.finish_move(digits, ADDRESS, "")
        for _ in range(5):
            sign_in.start_move(resident)
        with pytest.raises(TooMany):
            sign_in.start_move(resident)
        assert rows_of(session, MoveCode) == 6
        for actor in (place.facilitator, NOBODY):
            with pytest.raises(NotFound):
                sign_in.start_move(actor)


def test_all_guesses_of_the_world_together_are_limited(place: Place) -> None:
    with place.here():
        with pytest.raises(Invalid):
            sign_in.finish_move("000000", "198.51.100.1", "")
        with desk.transaction() as tx:
            tx.session.execute(update(Tries).where(Tries.count == 1).values(count=199))
        with pytest.raises(Invalid):
            sign_in.finish_move("000000", "198.51.100.2", "")
        with pytest.raises(TooMany):
            sign_in.finish_move("000000", "198.51.100.3", "")


def test_a_resident_chooses_whether_the_name_stands(place: Place) -> None:
    resident = place.pair(place.code(place.household()))
    with place.here() as session:
        sign_in.show_name(resident, True)
        assert session.get_one(Person, resident.person()).shows_name
        sign_in.show_name(resident, False)
        session.expire_all()
        assert not session.get_one(Person, resident.person()).shows_name
        with pytest.raises(Forbidden):
            sign_in.show_name(NOBODY, True)


def test_a_device_of_a_household_that_is_gone_from_the_tables_pairs_nobody(place: Place) -> None:
    code = place.code(place.household())
    with place.here() as session:
        code_id = sign_in.check_code(code, ADDRESS)
        with desk.transaction() as tx:
            desk.end_households(tx, [tx.session.scalars(select(Household.id)).one()])
        with pytest.raises(Invalid):
            sign_in.pair(code_id, person_public_id=None, name="张阿姨", label="")
        assert rows_of(session, Unit) == 1
