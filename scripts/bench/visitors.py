"""Who asks, and for what: the first community's pages, and sessions of residents and staff as the site writes them."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, url_for
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from app.ballots.models import Poll
from app.comments.models import Comment, Talk
from app.core.database import db
from app.core.transaction import transaction
from app.people.models import Device, Person, RoleGrant
from app.people.places import Community
from app.people.security_models import StaffSession
from app.projects.models import ActivityRun, Project
from app.proposals.models import Proposal
from app.records.models import Record
from scripts.bench.load import request

POOL = 200
Following = Callable[[], bytes]


@dataclass(frozen=True)
class Visitors:
    """The pages by their names, and the cookies of those who are signed in, each with the token of its forms."""

    pages: dict[str, str]
    residents: list[tuple[str, str]]
    casters: list[tuple[str, str]]  # of other households than those who read: their ballots stay from run to run
    staff: list[tuple[str, str]]
    poll: str
    now: int

    def asking(self, page: str, who: str) -> Following:
        """Requests for a page, one after another, by different people where they are signed in."""
        if page == "cast":
            return self._casting()
        if who == "anonymous":
            whole = request(self.pages[page])
            return lambda: whole
        people = self.staff if page == "console" else self.residents
        turns = itertools.cycle([request(self.pages[page], cookie) for cookie, _ in people])
        return lambda: next(turns)

    def _casting(self) -> Following:
        turns, people = itertools.count(), self.casters

        def following() -> bytes:
            turn = next(turns)
            cookie, token = people[turn % len(people)]
            stance = "consent" if turn // len(people) % 2 else "abstain"
            form = {"stance": stance, "once": secrets.token_hex(8), "agreed": "y", "csrf_token": token}
            return request(self.poll, cookie, urlencode(form).encode())

        return following


def visitors(app: Flask, pool: int = POOL) -> Visitors:
    """Look up the pages and write the sessions; the world's present is the last thing that happened in it."""
    with app.test_request_context():
        here = db.session.execute(select(Community.id, Community.slug).order_by(Community.id).limit(1)).one()
        now = _present(here.id)
        pages = _pages(here.id, here.slug, now)
        devices = db.session.execute(
            select(Device.public_id, Person.household_id)
            .join(Person, Person.id == Device.person_id)
            .where(Device.community_id == here.id, Device.ended_at.is_(None), Person.left_at.is_(None))
            .order_by(Device.id)
        ).all()
        casters = devices[:pool]
        voting = {home for _, home in casters}
        residents = [row for row in devices if row.household_id not in voting][:pool]
        leads = db.session.execute(
            select(Person.id, Person.epoch)
            .join(RoleGrant, RoleGrant.person_id == Person.id)
            .where(RoleGrant.community_id == here.id, RoleGrant.role == "facilitator", Person.password.is_not(None))
        ).all()
        found = Visitors(
            pages,
            *([session_of(app, f"device:{row.public_id}", now) for row in some] for some in (residents, casters)),
            [session_of(app, f"staff:{browser}", now) for browser in _browsers(leads, now)],
            pages["ballot"],
            now,
        )
        db.session.remove()
        return found


def _browsers(leads: Sequence[Any], now: int) -> list[str]:
    """A browser of each member of the staff, signed in at the world's present."""
    with transaction() as tx:
        rows = [
            StaffSession(person_id=person, epoch=epoch, label="bench", begun_at=now, sure_at=now, seen_at=now)
            for person, epoch in leads
        ]
        tx.session.add_all(rows)
        tx.session.flush()
        return [row.public_id for row in rows]


def _present(community_id: int) -> int:
    """A minute after the last word was said: not after the last event, since a server that ran here later left some."""
    newest = db.session.scalar(select(func.max(Comment.at)).where(Comment.community_id == community_id))
    return (newest or 0) + 60_000


def session_of(app: Flask, user: str, now: int) -> tuple[str, str]:
    """A signed-in session's cookie, and the token that its forms carry."""
    raw = secrets.token_hex(20)
    data = {"_permanent": True, "_user_id": user, "_fresh": True, "at": now, "csrf_token": raw}
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw)
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(data)}", str(token)


def _pages(here: int, slug: str, now: int) -> dict[str, str]:
    most = select(Proposal.activity_run_id).where(Proposal.community_id == here).group_by(Proposal.activity_run_id)
    ideas = db.session.scalars(most.order_by(func.count().desc()).limit(1)).one()
    listed = db.session.scalars(select(ActivityRun.public_id).where(ActivityRun.id == ideas)).one()
    talked = select(Talk.subject).join(Comment, Comment.talk_id == Talk.id)
    talked = talked.where(Talk.community_id == here, Talk.subject.startswith("proposal:"))
    subject = db.session.scalars(talked.group_by(Talk.id, Talk.subject).order_by(func.count().desc()).limit(1)).one()
    open_poll = db.session.scalars(
        select(Poll.public_id)
        .where(Poll.community_id == here, Poll.opens_at <= now, Poll.closes_at > now, Poll.settled_at.is_(None))
        .order_by(Poll.id)
    ).first()
    closed = select(Poll.public_id).where(Poll.community_id == here, Poll.settled_at.is_not(None))
    result = db.session.scalars(closed.order_by(Poll.roll_size.desc(), Poll.id).limit(1)).one()
    record = db.session.scalars(
        select(Record.public_id).where(Record.community_id == here, Record.step == "plan").order_by(Record.id).limit(1)
    ).one()
    furthest = select(Project.public_id).where(Project.community_id == here).order_by(Project.started_at, Project.id)
    project = db.session.scalars(furthest.limit(1)).one()
    return {
        "home": url_for("site.home"),
        "community": url_for("projects.community", slug=slug),
        "project": url_for("projects.show", slug=slug, public_id=project),
        "proposal": url_for("proposals.show", slug=slug, public_id=subject.partition(":")[2]),
        "proposals": url_for("proposals.activity", slug=slug, public_id=listed),
        "ballot": url_for("ballots.poll", slug=slug, public_id=open_poll or result),
        "cast": url_for("ballots.poll", slug=slug, public_id=open_poll or result),
        "result": url_for("ballots.result", slug=slug, public_id=result),
        "search": url_for("archive.community", slug=slug, q="电梯"),
        "record": url_for("records.show", slug=slug, public_id=record),
        "console": url_for("projects.console", slug=slug),
        "archive": url_for("archive.community", slug=slug),
    }
