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
from app.people.places import Community, Owner
from tests.browser.conftest import Reader


@dataclass
class Demonstration:
    """The application, and how one signs in to it."""

    app: Flask
    codes: list[str]
    password: str
    result: str  # the address of a vote's result
    on_paper: str  # the address of a vote with sheets of paper
    owners: str  # the address of a vote of owners, its count under notice
    holder: str  # the address of an owner

    def starts(self, who: str) -> list[str]:
        """Where each role begins: what no link leads to from the home page within a few of each kind."""
        paper, owners, here = self.on_paper, self.owners, "/c/guixiang"
        public = ["/", self.result, f"{paper}/paper/account", f"{owners}/count", f"{owners}/check", f"{here}/log"]
        inside = [f"{paper}/paper", f"{paper}/paper/sheets", f"{paper}/paper/sample", f"{owners}/mandates"]
        return {
            "nobody": [*public, f"{owners}/notice", f"{here}/authorisation"],
            "resident": public,
            "chen": ["/c/ziteng/console", self.result, "/c/ziteng/objections"],
            "gu": [f"{here}/console", *inside, f"{owners}/count", self.holder, f"{here}/objections"],
            "ding": ["/admin", f"{here}/authorisation", f"{here}/looks"],
        }[who]

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
        query = select(Poll.public_id, Poll.electorate).join(Community).where(Community.slug == "guixiang")
        lift = dict(db.session.execute(query.where((Poll.paper != "none") | (Poll.electorate == "owner"))).all())
        votes = {electorate: f"/c/guixiang/poll/{public_id}" for public_id, electorate in lift.items()}
        holder = db.session.scalars(select(Owner.public_id).order_by(Owner.id)).first()
    password = re.search(r"password for all: (\S+)", text)
    assert password is not None
    return Demonstration(
        app,
        re.findall(r"^\s+([0-9A-Z]{5}-[0-9A-Z]{5})", text, re.M),
        password[1],
        result=f"/c/{slug}/poll/{poll}/result",
        on_paper=votes["household"],
        owners=votes["owner"],
        holder=f"/c/guixiang/owners/{holder}",
    )
