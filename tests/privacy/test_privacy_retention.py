"""What is forgotten: two hours before its time it is there, two after it is gone; proofs and counts stay."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.verify import verify as audit
from app.core import jobs
from app.core.clock import DAY, HOUR
from app.core.delivery import Delivery
from app.core.jobs import Job
from app.core.limits import Tries, count_try
from app.core.once import OnceKey, remember
from app.core.outbox import Message
from app.core.transaction import Tx, transaction
from app.meetings import service as meetings
from app.meetings.models import Presence
from app.notifications.models import MailAddress
from app.people.access import note_access
from app.people.models import AccessLog, Device, HouseholdCode, MoveCode, StaffLink
from app.people.places import RollImport, RollRowStaged
from app.people.security_models import StaffSession
from app.privacy import retention
from app.privacy.kept import days_of, keeps
from tests.meetings.hall import begin, come, offered
from tests.projects.world import Garden, build


@pytest.fixture
def garden(app: Flask) -> Garden:
    return build(app, app.extensions["qiding.clock"])


def _devices(garden: Garden, tx: Tx) -> None:
    """The neighbour's device is there since the town was built."""


def _codes(garden: Garden, tx: Tx) -> None:
    home = garden.neighbour.household_id
    tx.session.add(
        HouseholdCode(
            community_id=garden.community,
            household_id=home,
            mac="an old one",
            issued_at=0,
            expires_at=tx.now + 999 * DAY,
            ended_at=tx.now,
        )
    )


def _links(garden: Garden, tx: Tx) -> None:
    # Those that invited the staff of the town are open yet: this one is used.
    who = garden.lead.person()
    tx.session.add(StaffLink(person_id=who, purpose="reset", mac="m", at=0, expires_at=tx.now + DAY, used_at=tx.now))


def _moves(garden: Garden, tx: Tx) -> None:
    device = tx.session.scalars(select(Device.id)).first()
    tx.session.add(MoveCode(device_id=device, mac="m", at=tx.now, expires_at=tx.now))


def _tries(garden: Garden, tx: Tx) -> None:
    count_try("code", "somebody", most=9, window=HOUR)


def _forms(garden: Garden, tx: Tx) -> None:
    remember(tx, "comment:1", "K" * 16, {}, "x")


def _rolls(garden: Garden, tx: Tx) -> None:
    row = RollImport(community_id=garden.community, at=tx.now, filename="f", file_sha256="0" * 64, state="ready")
    tx.session.add(row)
    tx.session.flush()
    tx.session.add(
        RollRowStaged(
            import_id=row.id, line=1, building="5", entrance="", room="1", occupancy="", householder="王", change="same"
        )
    )


def _access(garden: Garden, tx: Tx) -> None:
    note_access(garden.lead, garden.community, "owners")


def _jobs(garden: Garden, tx: Tx) -> None:
    tx.session.add(Job(kind="x", arguments={}, state="done", run_after=0, created_at=0, ended_at=tx.now))
    tx.session.add(Job(kind="y", arguments={}, state="queued", run_after=0, created_at=0))


def _messages(garden: Garden, tx: Tx) -> None:
    who = garden.neighbour.person()
    tx.session.add(Message(person_id=who, kind="device.paired", data={"name": "王"}, created_at=tx.now))


def _deliveries(garden: Garden, tx: Tx) -> None:
    tx.session.add(
        Delivery(
            key="a letter",
            channel="email",
            purpose="news",
            person_id=garden.neighbour.person(),
            shown="k…@example.net",
            state="sent",
            next_at=tx.now,
            created_at=tx.now,
            ended_at=tx.now,
        )
    )


def _unconfirmed(garden: Garden, tx: Tx) -> None:
    for who, confirmed in ((garden.neighbour, None), (garden.town.stranger, tx.now)):
        tx.session.add(
            MailAddress(
                person_id=who.person(),
                address="a@example.net",
                nonce="n",
                language="en",
                asked_at=tx.now,
                confirmed_at=confirmed,
                since=tx.now,
                next_at=tx.now,
            )
        )


def _sessions(garden: Garden, tx: Tx) -> None:
    who, old = garden.lead.person(), {"begun_at": tx.now, "sure_at": tx.now, "seen_at": tx.now}
    tx.session.add(StaffSession(person_id=who, epoch=0, label="an old one", **old))


# What is there of each kind, how it is put there, and what of it stays.
MADE: dict[str, tuple[Callable[[Garden, Tx], None], Any, int]] = {
    "devices": (_devices, select(Device.id), 0),
    "codes": (_codes, select(HouseholdCode.id).where(HouseholdCode.mac == "an old one"), 0),
    "links": (_links, select(StaffLink.id).where(StaffLink.mac == "m"), 0),
    "moves": (_moves, select(MoveCode.id), 0),
    "sessions": (_sessions, select(StaffSession.id).where(StaffSession.label == "an old one"), 0),
    "tries": (_tries, select(Tries.id), 0),
    "forms": (_forms, select(OnceKey.id), 0),
    "rolls": (_rolls, select(RollRowStaged.id), 0),
    "access": (_access, select(AccessLog.id), 0),
    "jobs": (_jobs, select(Job.id).where(Job.kind.in_(("x", "y"))), 1),
    "messages": (_messages, select(Message.id).where(Message.kind == "device.paired"), 0),
    "deliveries": (_deliveries, select(Delivery.id).where(Delivery.shown != ""), 0),
    "unconfirmed": (_unconfirmed, select(MailAddress.id), 1),
}


def test_each_kind_is_there_before_its_time_and_gone_after_it(garden: Garden) -> None:
    with garden.here():
        everything = {keep.key: keep for keep in keeps()}
    assert set(everything) == {*MADE, "attendance"}, "a kind is forgotten that no test looks at"
    start = garden.clock.now()
    for key, (make, _, _) in MADE.items():
        with garden.here(), transaction() as tx:
            make(garden, tx)
        assert key in everything
    by_days: dict[int, list[str]] = {}
    for key in MADE:
        by_days.setdefault(garden.do(days_of, everything[key]), []).append(key)
    for days in sorted(by_days):
        garden.clock.set(start + days * DAY - 2 * HOUR)
        gone = garden.do(retention.forget, garden.clock.now())
        assert {key: gone[key] for key in by_days[days]} == dict.fromkeys(by_days[days], 0), "too early"
        garden.clock.set(start + days * DAY + 2 * HOUR)
        said = {item.keep.key: item.rows for item in garden.do(retention.due, garden.clock.now())}
        gone = garden.do(retention.forget, garden.clock.now())
        for key in by_days[days]:
            assert gone[key] == said[key] > 0, key
            query, stay = MADE[key][1:]
            assert len(garden.all(query)) == stay, f"{key}: what is left of it"
        assert not any(garden.do(retention.forget, garden.clock.now())[key] for key in by_days[days])
    assert garden.scalar(select(Delivery.key)) == "a letter", "its key stays, so that it isn't sent again"
    assert garden.scalar(select(RollImport.state)) == "dropped"


def test_names_go_from_the_list_of_a_meeting_and_how_many_came_stays(garden: Garden) -> None:
    other = garden.resident()
    held = begin(garden)
    come(garden, held, garden.neighbour, other, garden.lead)
    minutes = offered(garden, held)
    for who in (garden.neighbour, other):
        garden.do(meetings.confirm, who, minutes)
    start = garden.clock.now()
    with garden.here():
        days = next(days_of(keep) for keep in keeps() if keep.key == "attendance")
    garden.do(retention.forget, start + (days - 1) * DAY)
    assert all(row.name for row in garden.all(select(Presence)))
    garden.clock.set(start + (days + 1) * DAY)
    garden.do(retention.forget, garden.clock.now())
    rows = garden.all(select(Presence))
    assert len(rows) == 3
    assert {(row.name, row.label, row.household_id) for row in rows} == {("", "", None)}
    report = garden.do(audit, "ziteng")
    assert report.finding is None, report.finding
    page = garden.browser(garden.lead).get(f"/c/ziteng/meeting/{held}/minutes")
    assert page.status_code == 200


def test_settings_change_the_days_and_the_law_keeps_its_least(garden: Garden) -> None:
    app = garden.town.app
    config = app.config["QIDING"]
    app.config["QIDING"] = dataclasses.replace(config, keep_days={"access": 10, "messages": 30})
    try:
        with garden.here():
            days = {keep.key: days_of(keep) for keep in keeps()}
        assert (days["access"], days["messages"], days["deliveries"]) == (183, 30, 90)
    finally:
        app.config["QIDING"] = config


def test_the_night_forgets_once_and_the_command_only_says_with_dry_run(garden: Garden) -> None:
    app = garden.town.app
    with garden.here(), transaction() as tx:
        _messages(garden, tx)
    garden.clock.advance(3 * 365 * DAY)
    said = app.test_cli_runner().invoke(args=["forget", "--dry-run"]).output
    assert "1 messages" in said
    assert "nothing was changed" in said
    assert garden.count(Message) > 0
    assert garden.do(retention.enqueue_due) == 1
    assert garden.do(retention.enqueue_due) == 0
    garden.do(jobs.run_all, app.extensions["qiding.jobs"])
    assert garden.all(select(Message.id).where(Message.kind == "device.paired")) == []
    assert garden.do(retention.enqueue_due) == 0, "the same night asks once"
    garden.clock.advance(DAY)
    assert garden.do(retention.enqueue_due) == 1
