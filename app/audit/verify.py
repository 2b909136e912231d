"""The audit of a community: all checks in turn, on one view of the database, up to the first thing that is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.audit.brought import check_brought
from app.audit.checkpoints import check_checkpoints, sizes_of
from app.audit.desk import check_desk, roots_named
from app.audit.finding import Finding, Wrong
from app.audit.law import check_law
from app.audit.links import check_links
from app.audit.log import read_log, tree_of
from app.audit.meetings import check_meetings
from app.audit.notices import check_notices
from app.audit.outcomes import check_outcomes
from app.audit.polls import check_polls
from app.audit.projects import check_projects
from app.audit.records import check_records
from app.audit.removals import check_removals
from app.audit.seals import Removed
from app.core.database import db, is_sqlite
from app.people.places import Community
from app.people.queries import community_by_slug


@dataclass(frozen=True)
class Report:
    """What the audit of a community found; size and root are known when nothing is wrong."""

    slug: str
    seconds: float
    finding: Finding | None = None
    size: int = 0
    root: str = ""
    projects: int = 0
    ballots: int = 0
    records: int = 0
    checkpoints: int = 0


def slugs() -> list[str]:
    """The communities, by their short names."""
    return list(db.session.scalars(select(Community.slug).order_by(Community.id)))


def verify(slug: str, heads: Iterable[tuple[int, str]] = ()) -> Report:
    """Check a community's log, and the rows that it speaks of; ``heads`` are sizes and roots noted outside earlier."""
    begun = time.perf_counter()
    _one_view()
    try:
        community_id = community_by_slug(slug).id
        sizes = sizes_of(community_id)
        log = read_log(community_id, heads, sizes | roots_named(community_id))
        points = check_checkpoints(community_id, log, sizes)
        projects = check_projects(community_id)
        ballots = check_polls(community_id, log)
        check_outcomes(community_id, log)
        check_law(community_id, log)
        check_desk(community_id, log)
        removed = Removed(log)
        check_meetings(community_id, log, removed)
        check_notices(community_id, log, removed)
        more, brought = check_brought(community_id, log)
        projects += more
        records = check_records(community_id, log, brought)
        check_removals(community_id, log, removed)
    except Wrong as wrong:
        return Report(slug, time.perf_counter() - begun, wrong.finding)
    finally:
        db.session.rollback()
    seconds = time.perf_counter() - begun
    return Report(slug, seconds, None, log.tree.size, log.tree.root().hex(), projects, ballots, records, points)


def verify_links() -> Finding | None:
    """Check what belongs to all communities at once: that no row points to one that isn't there."""
    _one_view()
    try:
        check_links()
    except Wrong as wrong:
        return wrong.finding
    finally:
        db.session.rollback()
    return None


def head(slug: str) -> tuple[int, str]:
    """The size and the root of a community's log as it is stored, with nothing compared."""
    tree = tree_of(community_by_slug(slug).id)
    return tree.size, tree.root().hex()


def _one_view() -> None:
    """Let all reads see one state, and write nothing."""
    db.session.rollback()
    if is_sqlite():
        db.session.connection(execution_options={"sqlite_begin": "DEFERRED"})
    else:
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
