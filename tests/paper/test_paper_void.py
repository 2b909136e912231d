"""A count on paper that can't end because of what was found there: the inspectors find the round void."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.audit.verify import verify
from app.ballots import service
from app.ballots.models import Ballot, Poll
from app.core.clock import DAY, HOUR, FixedClock
from app.paper import service as paper
from tests.ballots.test_ballots_inspectors import FAULT, NAMES
from tests.ballots.world import CONSENT, TEXT, TITLE, build
from tests.paper.desk import Desk


def test_a_round_whose_sheets_are_being_counted_can_be_found_void(app: Flask, clock: FixedClock) -> None:
    world = build(app, clock)
    three = [world.resident(f"{201 + n}", name) for n, name in enumerate(NAMES)]
    world.start(f'{CONSENT}, paper = "last"')
    with world.here():
        service.save_draft(world.facilitator, world.activity, TITLE, TEXT)
        opens = clock.now() + 48 * HOUR
        poll = service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY, NAMES)
    desk = Desk(world, poll, [world.facilitator])
    with world.here():
        paper.issue(world.facilitator, poll, count=3)
    clock.advance(48 * HOUR)
    for n in range(4):
        world.cast(n, poll)
    desk.take(1)  # in the box, and read by nobody
    world.close(poll)
    with world.here() as session:
        assert service.settle_due() == 0
        service.find_fault(three[0], poll, FAULT)
        assert service.find_fault(three[1], poll, FAULT)
        assert session.scalars(select(Ballot).where(Ballot.batch_id.is_(None))).all() == []
        assert service.settle_due() == 0
        row = session.scalars(select(Poll)).one()
        service.settle(row.id)
        assert (row.settled_at, row.tally) == (None, None)
        assert verify(world.slug).finding is None
