"""The demonstration on a server of its own, loaded once a process, for tests that look at many pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from app.ballots.models import Poll
from app.config import Config
from app.core.clock import SystemClock
from app.core.database import db
from app.demo.story import load_demonstration, sign_ins
from app.factory import create_app
from app.people.places import Community
from tests.browser.conftest import Reader


@dataclass
class Demonstration:
    """The application, and how one signs in to it."""

    app: Flask
    codes: list[str]
    password: str
    result: str  # the address of a vote's result

    def sign_in(self, reader: Reader, who: str) -> Reader:
        """Sign a browser in: ``nobody``, a ``resident``, or staff by the first part of the e-mail."""
        page = reader.page
        if who == "resident":
            reader.go("/sign-in")
            reader.fill(code=self.codes[0])
            reader.send()
            page.locator("main [name=person]").first.check()
            reader.send()
        elif who != "nobody":
            reader.go("/sign-in/staff")
            reader.fill(email=f"{who}@qingxi.example", password=self.password)
            reader.send()
        return reader


def load(folder: Path) -> Demonstration:
    """Make a database with the demonstration in a folder."""
    config = Config(
        database_url=f"sqlite:///{folder / 'demo.db'}",
        media_dir=folder / "media",
        secret="for-tests-only",
        environment="test",
        testing=True,
    )
    app = create_app(config, SystemClock())
    with app.app_context():
        upgrade()
        load_demonstration()
        db.session.remove()
        text = sign_ins(config)
        poll, slug = db.session.execute(
            select(Poll.public_id, Community.slug).join(Community).where(Poll.settled_at.is_not(None)).limit(1)
        ).one()
    password = re.search(r"password for all: (\S+)", text)
    assert password is not None
    return Demonstration(
        app, re.findall(r"^\s+([0-9A-Z]{5}-[0-9A-Z]{5})", text, re.M), password[1], f"/c/{slug}/poll/{poll}/result"
    )
