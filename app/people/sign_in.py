"""Commands of residents' sign-in: a slip's code pairs a browser; devices are seen, moved and removed."""

from __future__ import annotations

import unicodedata

from sqlalchemy import func, select

from app.core.clock import HOUR, MINUTE
from app.core.database import db
from app.core.events import record_event
from app.core.limits import count_try, give_back
from app.core.outbox import tell
from app.core.transaction import Lock, Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.people.actor import Actor
from app.people.codes import code_mac, mac, new_digits
from app.people.models import Device, Household, HouseholdCode, MoveCode, Person

MOST_DEVICES = 4
MOVE_MINUTES = 10
WRONG = phrase("This code is not valid. Check it letter by letter, or ask at the desk for a new slip.")
# Names that would let a resident pass as somebody official; compared without accents and look-alikes.
RESERVED = (
    "admin",
    "系统",
    "管理员",
    "居委",
    "社区",
    "主持",
    "规划师",
    "监票",
    "观察员",
    "facilitator",
    "moderator",
    "planner",
    "inspector",
    "observer",
    "官方",
    "业委会",
    "物业",
)
_LOOKALIKE = str.maketrans("аеорсухі01l|", "aeopcyxioiii")


def check_code(code: str, address: str) -> int:
    """The id of a valid code's row. Wrong, ended and expired codes are refused alike.

    Wrong tries are limited by address, and by what was typed wherever it comes from; a right code gives its tries back.
    """
    kept = code_mac(code)
    count_try("code", address, most=10, window=10 * MINUTE)
    count_try("code-itself", kept, most=20, window=HOUR)
    with transaction() as tx:
        row = _valid(tx, select(HouseholdCode).where(HouseholdCode.mac == kept))
    give_back("code", address, window=10 * MINUTE)
    give_back("code-itself", kept, window=HOUR)
    return row.id


def _valid(tx: Tx, query: object) -> HouseholdCode:
    row: HouseholdCode | None = tx.session.scalar(query)  # type: ignore[call-overload]
    if row is None or row.ended_at is not None or row.expires_at <= tx.now:
        raise Invalid(WRONG, {"code": WRONG})
    household = tx.session.get(Household, row.household_id)
    if household is None or household.ended_at is not None:
        raise Invalid(WRONG, {"code": WRONG})
    return row


def household_behind(code_id: int) -> tuple[int, int]:
    """The ids of the household of a code and of its community."""
    with transaction() as tx:
        row = _valid(tx, select(HouseholdCode).where(HouseholdCode.id == code_id))
        return row.household_id, row.community_id


def persons_behind(code_id: int) -> list[tuple[str, str]]:
    """The public ids and names of those already known in the household of a code."""
    with transaction() as tx:
        row = _valid(tx, select(HouseholdCode).where(HouseholdCode.id == code_id))
        people = tx.session.scalars(
            select(Person).where(Person.household_id == row.household_id, Person.left_at.is_(None)).order_by(Person.id)
        )
        return [(person.public_id, person.name) for person in people]


def pair(code_id: int, *, person_public_id: str | None, name: str, label: str) -> tuple[Device, Person, Household]:
    """Pair a browser with the household of a code, for one of its persons or a new one. Told to all its other devices."""
    with transaction(lock=[Lock(HouseholdCode, code_id)]) as tx:
        row = _valid(tx, select(HouseholdCode).where(HouseholdCode.id == code_id))
        paired = tx.session.scalar(
            select(func.count()).select_from(Device).where(Device.code_id == row.id, Device.ended_at.is_(None))
        )
        if (paired or 0) >= MOST_DEVICES:
            raise Conflict(
                phrase("Four devices use this code already. Remove one under “my devices”, or ask at the desk.")
            )
        household = tx.session.get_one(Household, row.household_id)
        person = _person(tx, household, person_public_id, name)
        device = _add_device(tx, household, person, row.id, label)
        return device, person, household


def _person(tx: Tx, household: Household, public_id: str | None, name: str) -> Person:
    if public_id:
        person = tx.session.scalar(
            select(Person).where(
                Person.public_id == public_id, Person.household_id == household.id, Person.left_at.is_(None)
            )
        )
        if person is None:
            raise Invalid(phrase("Choose who you are."), {"person": phrase("Choose one of these.")})
        return person
    wrong = check_name(name)
    if wrong is not None:
        raise Invalid(wrong, {"name": wrong})
    person = Person(name=name.strip(), household_id=household.id, created_at=tx.now)
    tx.session.add(person)
    tx.session.flush()
    return person


def check_name(name: str) -> Phrase | None:
    """What is wrong with a name that somebody chose, if anything."""
    plain = _folded(name)
    if not plain:
        return phrase("Say how we shall call you, for instance 张阿姨.")
    if len(name.strip()) > 20:
        return phrase("Please keep the name under 20 characters.")
    if any(_folded(word) in plain for word in RESERVED):
        return phrase("This name could be mistaken for staff. Choose another one.")
    return None


def _folded(name: str) -> str:
    """A name as the eye takes it: without accents, blanks and what is not seen, look-alikes made one."""
    seen = (c for c in unicodedata.normalize("NFKD", name.lower()) if unicodedata.category(c) not in ("Mn", "Cf", "Zs"))
    return "".join(seen).translate(_LOOKALIKE).strip()


def _add_device(tx: Tx, household: Household, person: Person, code_id: int, label: str) -> Device:
    device = Device(
        community_id=household.community_id,
        household_id=household.id,
        person_id=person.id,
        code_id=code_id,
        label=label[:60],
        paired_at=tx.now,
    )
    tx.session.add(device)
    tx.session.flush()
    record_event(
        tx,
        "device.paired",
        community_id=household.community_id,
        person_id=person.id,
        data={"device": device.public_id, "household": household.public_id},
    )
    everybody = tx.session.scalars(select(Person.id).where(Person.household_id == household.id))
    tell(
        tx,
        everybody,
        "device.paired",
        community_id=household.community_id,
        data={"name": person.name, "label": device.label},
        href="/me/devices",
    )
    return device


def devices_of(household_id: int) -> list[tuple[Device, str]]:
    """The paired devices of a household, each with the name of its person."""
    query = (
        select(Device, Person.name)
        .join(Person, Person.id == Device.person_id)
        .where(Device.household_id == household_id, Device.ended_at.is_(None))
        .order_by(Device.id)
    )
    return [(device, name) for device, name in db.session.execute(query)]


def remove_device(actor: Actor, public_id: str) -> None:
    """Remove a device of one's own household; it is signed out at its next request."""
    with transaction() as tx:
        device = tx.session.scalar(select(Device).where(Device.public_id == public_id, Device.ended_at.is_(None)))
        if device is None or actor.household_id is None or device.household_id != actor.household_id:
            raise NotFound
        device.ended_at, device.ended_by_id = tx.now, actor.person()
        record_event(
            tx,
            "device.removed",
            community_id=device.community_id,
            person_id=actor.person(),
            data={"device": device.public_id},
        )


def start_move(actor: Actor) -> str:
    """Six digits that sign another browser in within ten minutes, once."""
    if actor.device_id is None:
        raise NotFound
    count_try("move", str(actor.device_id), most=6, window=HOUR)
    digits = new_digits()
    with transaction() as tx:
        tx.session.add(
            MoveCode(
                device_id=actor.device_id,
                mac=mac("move", digits),
                at=tx.now,
                expires_at=tx.now + MOVE_MINUTES * MINUTE,
            )
        )
    return digits


def finish_move(digits: str, address: str, label: str) -> tuple[Device, Person, Household]:
    """Sign this browser in by six digits. The device they came from stays, unless the household would have five."""
    count_try("move-in", address, most=5, window=10 * MINUTE)
    count_try("move-in", "everybody", most=200, window=10 * MINUTE)
    with transaction() as tx:
        row = tx.session.scalar(
            select(MoveCode)
            .where(MoveCode.mac == mac("move", digits), MoveCode.used_at.is_(None), MoveCode.expires_at > tx.now)
            .with_for_update()
        )
        device = tx.session.get(Device, row.device_id) if row else None
        household = tx.session.get(Household, device.household_id) if device else None
        person = tx.session.get(Person, device.person_id) if device and device.person_id else None
        if row is None or device is None or device.ended_at is not None or household is None or person is None:
            raise Invalid(WRONG, {"code": WRONG})
        if household.ended_at is not None:
            raise Invalid(WRONG, {"code": WRONG})
        row.used_at = tx.now
        tx.lock(Lock(HouseholdCode, device.code_id))  # as with pairing, so that there are never five
        paired = tx.session.scalar(
            select(func.count()).select_from(Device).where(Device.code_id == device.code_id, Device.ended_at.is_(None))
        )
        if (paired or 0) >= MOST_DEVICES:
            device.ended_at = tx.now
        return _add_device(tx, household, person, device.code_id, label), person, household


def show_name(actor: Actor, shows: bool) -> None:
    """Choose whether one's name stands under what one writes, for everybody."""
    with transaction() as tx:
        tx.session.get_one(Person, actor.person()).shows_name = shows


def want_reminders(actor: Actor, wanted: bool) -> None:
    """Choose whether one is reminded of votes that close and in which one's vote is not in."""
    with transaction() as tx:
        tx.session.get_one(Person, actor.person()).reminders = wanted
