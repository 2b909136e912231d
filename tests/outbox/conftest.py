"""A town that can send e-mail and write to groups: both to servers of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app.config import MailServer
from app.core.clock import FixedClock
from app.core.database import db
from app.core.delivery import Delivery
from app.core.outbox import Message
from app.core.transaction import transaction
from app.notifications import digest, hooks, sender
from app.notifications.models import MailAddress
from app.people.actor import Actor
from tests.conftest import emptied
from tests.outbox.servers import Mailbox, Robot, mail_server, robot_server
from tests.site.world import World, build

BASE = "https://qiding.example.org"


@dataclass
class Office:
    """The town with its mail server and a group's robot."""

    town: World
    box: Mailbox
    robot: Robot

    @property
    def clock(self) -> FixedClock:
        return self.town.clock

    def clean(self) -> None:
        """Forget what was sent, taken and told; people stay."""
        self.box.taken.clear()
        self.box.answers.clear()
        self.robot.told.clear()
        self.robot.status, self.robot.body, self.robot.fault = 200, b'{"errcode":0}', ""
        with self.town.app.app_context(), transaction() as tx:
            for table in ("message", "mail_address", "delivery", "group_hook", "tries"):
                tx.session.execute(db.metadata.tables[table].delete())

    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Wait a moment only, for what never answers; long enough for what does."""
        config = self.town.app.config["QIDING"]
        assert config.mail is not None
        monkeypatch.setitem(self.town.app.config, "QIDING", replace(config, mail=replace(config.mail, patience=0.6)))
        monkeypatch.setattr(hooks, "PATIENCE", 0.6)

    def write(self, who: Actor, *titles: str, kind: str = "proposal.chosen", **more: Any) -> None:
        """Messages to a person, now."""
        with self.town.app.app_context(), transaction() as tx:
            rows = [
                {
                    "person_id": who.person(),
                    "kind": kind,
                    "data": {"title": title},
                    "href": "/help",
                    "community_id": self.town.communities["ziteng"],
                    "created_at": tx.now,
                    **more,
                }
                for title in titles
            ]
            tx.session.execute(insert(Message), rows)

    def subscribe(self, who: Actor, address: str, choice: str = "once", language: str = "en") -> None:
        """A person with a confirmed address."""
        with self.town.app.app_context(), transaction() as tx:
            row = MailAddress(person_id=who.person(), address=address, nonce="n" * 16, language=language, choice=choice)
            row.asked_at = row.confirmed_at = row.since = tx.now
            row.next_at = digest.next_time(tx.now, choice)
            tx.session.add(row)

    def tick(self) -> int:
        """Gather what is due, and send it."""
        with self.town.app.app_context():
            digest.enqueue_due()
            return sender.send_due()

    def states(self) -> list[tuple[str, str]]:
        """State and fault of each delivery, in order."""
        with self.town.app.app_context():
            return [(row.state, row.error) for row in db.session.scalars(select(Delivery).order_by(Delivery.id))]

    def row(self, who: Actor) -> MailAddress:
        """A person's address as it stands."""
        with self.town.app.app_context():
            return db.session.scalars(select(MailAddress).where(MailAddress.person_id == who.person())).one()


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[Office]:
    """One town for the tests of a module."""
    with emptied(installation, database_url) as app, mail_server() as box, robot_server() as robot:
        plain = app.config["QIDING"]
        server = MailServer("127.0.0.1", box.port, "smtp+plain", "qiding@example.org")
        app.config["QIDING"] = replace(
            plain, mail=server, base_url=BASE, webhook_hosts=(f"127.0.0.1:{robot.port}",), webhook_plain=True
        )
        try:
            yield Office(build(app, app.extensions["qiding.clock"]), box, robot)
        finally:
            app.config["QIDING"] = plain


@pytest.fixture
def office(built: Office) -> Office:
    """The town with empty letter boxes, at noon."""
    built.clean()
    built.clock.set(1_772_942_400_000)
    return built
