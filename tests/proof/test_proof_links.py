"""The links between voters and slots: when they end, what ends with them, and what keeps them."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.ballots import counts, service
from app.ballots.models import Decision, Objection, Poll, RollEntry, SlotLink
from app.config import Config
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db
from app.core.transaction import transaction
from app.objections import queries as objections
from app.paper.models import PaperEntry, PaperSheet
from app.proof import links
from app.proof.module import end_links
from tests.ballots.owners import SETTINGS as OWNERS
from tests.ballots.owners import each_owns, opened
from tests.ballots.owners import result as result_of
from tests.ballots.world import World
from tests.paper.desk import build_desk
from tests.proof.bundles import voted
from tests.proof.test_proof_kinds import bundle, objected, result


def decide(world: World, state: str = "adopted") -> None:
    """The decision comes to its end, with what the log says of it."""
    from app.ballots.course import write_state

    with world.here(), transaction() as tx:
        write_state(tx, tx.session.scalars(select(Decision)).one(), state, at=tx.now)


def left(world: World) -> int:
    with world.here() as session:
        return session.scalar(select(func.count()).select_from(SlotLink)) or 0


def due(world: World) -> int:
    with world.here():
        return end_links()


def test_the_tick_ends_links_once_the_decision_is_final(world: World) -> None:
    voted(world, stances="ccccaa")
    assert due(world) == 0
    decide(world)
    assert (due(world), due(world), left(world)) == (1, 0, 0)


def test_no_sheet_leads_to_a_household_when_the_links_have_ended(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock)
    world, poll = desk.world, desk.poll
    for who in range(4):
        world.cast(who, poll, "consent" if who else "abstain")
    desk.both(1, "6-105")
    desk.take(2)
    world.close(poll)
    desk.both(2, "6-106", "4")
    for serial in desk.sample():
        assert desk.compare(
            serial, "6-105" if serial == desk.serial(1) else "6-106", "1" if serial == desk.serial(1) else "4"
        )
    before = result(bundle(world, poll))
    with world.here() as session:
        assert session.scalar(select(func.count()).where(PaperSheet.roll_entry_id.is_not(None))) == 2
        assert session.scalar(select(func.count()).where(PaperEntry.roll_entry_id.is_not(None))) == 4
    decide(world)
    assert due(world) == 1
    with world.here() as session:
        assert not session.scalars(select(PaperSheet.id).where(PaperSheet.roll_entry_id.is_not(None))).all()
        read = PaperEntry.roll_entry_id.is_not(None) | PaperEntry.choice.is_not(None)
        assert not session.scalars(select(PaperEntry.id).where(read)).all()
        assert not session.scalars(select(RollEntry.id).where(RollEntry.boxed_at.is_not(None))).all()
        row = session.scalars(select(Poll)).one()
        from app.paper import queries

        for number in (1, 2):
            assert queries.find_sheet(row, desk.serial(number))[1] == ""
        assert queries.paper_done(row, clock.now())
        assert queries.account_of(row, clock.now()).valid == 2
    assert result(bundle(world, poll)) == before


def test_links_stay_while_an_objection_has_not_ended(world: World) -> None:
    poll, objection = objected(world)
    bundle(world, poll)
    decide(world)
    with world.here() as session, transaction() as tx:
        links.final(tx, tx.session.scalars(select(Poll)).one())
        assert session.scalars(select(Poll.links_deleted_at)).one() is None
    assert (due(world), left(world)) == (0, 6)
    with world.here():
        assert objections.page(world.residents[0], objection, world.slug, world.clock.now()).mine
    service_withdraw(world, poll)
    assert (due(world), left(world)) == (1, 0)
    bundle(world, poll)


def service_withdraw(world: World, poll: str) -> None:
    with world.here():
        service.withdraw_objection(world.residents[0], poll)


def test_an_objection_that_nobody_ends_keeps_them_for_ninety_days(world: World) -> None:
    poll, _ = objected(world)
    bundle(world, poll)
    decide(world, "lapsed")
    world.clock.advance(links.OBJECTION_DAYS * DAY - HOUR)
    assert due(world) == 0
    world.clock.advance(HOUR)
    assert due(world) == 1
    with world.here() as session:
        assert session.scalars(select(Objection.state)).one() == "raised"


@pytest.mark.parametrize("days", [1095, 30])
def test_links_of_owners_stay_until_the_count_is_final_and_the_evidence_period_is_over(world: World, days: int) -> None:
    world.start(OWNERS, title="平台改用途")
    each_owns(world)
    poll = opened(world)
    for who in range(6):
        world.cast(who, poll, "yes")
    world.close(poll)
    bundle(world, poll)
    config = world.app.config["QIDING"]
    world.app.config["QIDING"] = dataclasses.replace(config, evidence_days=days)
    try:
        with world.here(), transaction() as tx:
            row = tx.session.scalars(select(Poll).where(Poll.public_id == poll)).one()
            assert links.kept(row, tx.now, tx.now + 4000 * DAY)  # its count is not final
        with world.here() as session:
            row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
            world.clock.advance(int(row.matter["notice_days"]) * DAY)
            counts.finalise(world.facilitator, poll)
            db.session.rollback()
        world.clock.advance(days * DAY - HOUR)
        assert (due(world), left(world)) == (0, 6)
        world.clock.advance(HOUR)
        before = result(bundle(world, poll))
        assert (due(world), left(world)) == (1, 0)
        assert result(bundle(world, poll)) == before == (6, 0, True)
        shown = result_of(world, poll).tally  # the areas are those that were counted
        assert shown is not None
        assert (shown.passed, dict(shown.areas)) == (True, {"yes": 53_700, "no": 0, "abstain": 0})
    finally:
        world.app.config["QIDING"] = config


def test_the_evidence_period_is_a_setting() -> None:
    assert Config.from_env({"SECRET_KEY": "x", "QIDING_SIGNING_KEY": "x"}).evidence_days == 1095
    env = {"SECRET_KEY": "x", "QIDING_SIGNING_KEY": "x", "QIDING_EVIDENCE_DAYS": "730"}
    assert Config.from_env(env).evidence_days == 730
