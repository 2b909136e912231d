"""What nobody touched verifies; what the command says, and how it ends."""

from __future__ import annotations

from sqlalchemy import select

from app.core.events import LogEntry
from app.engine.merkle import root
from tests.audit.place import look
from tests.ballots.world import World


def test_what_nobody_touched_verifies(town: World) -> None:
    report = look(town)
    assert report.finding is None, report.finding
    with town.here() as session:
        query = select(LogEntry.body).where(LogEntry.community_id == town.community_id).order_by(LogEntry.seq)
        bodies = session.scalars(query).all()
    assert (report.size, report.root) == (len(bodies), root(body.encode() for body in bodies).hex())
    assert (report.projects, report.ballots, report.records) == (3, 11, 3)
