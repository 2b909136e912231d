"""The furnished town of the permission table, once for all tests of open data, with more that nobody may read there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.clock import FixedClock
from app.core.database import db
from app.core.media import Media, Upload, keep
from app.core.transaction import transaction
from app.notices import service as notices
from app.notices.models import Notice
from app.people.models import Person
from app.projects.models import ActivityRun
from app.proposals import service as proposals
from app.proposals.models import Proposal
from app.proposals.service import Words
from app.registers import service as registers
from tests.conftest import emptied
from tests.permission_town import World
from tests.permission_world import build

CONTACT = "13800138000"
NAMED = "愿意署名的周阿姨"
PHOTO = b"\xff\xd8\xff a picture"


@dataclass
class OpenTown:
    """The town, what of it is private, and a reader without any session."""

    world: World
    private: dict[str, str] = field(default_factory=dict)
    public_photo: str = ""

    @property
    def reader(self) -> FlaskClient:
        return self.world.app.test_client()

    def rows(self, path: str) -> list[dict[str, Any]]:
        """A list from an address on, part by part."""
        found: list[dict[str, Any]] = []
        following: str | None = path
        while following is not None:
            answer = self.reader.get(following)
            assert answer.status_code == 200, (following, answer.text)
            assert answer.json is not None
            assert answer.json["data"] or not found, f"{following} goes on and gives nothing"
            found += answer.json["data"]
            following = answer.json["next"]
        return found


@pytest.fixture(scope="module")
def town(installation: Flask, database_url: str) -> Iterator[OpenTown]:
    """The furnished town."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        found = OpenTown(build(app, clock))
        with app.test_request_context():
            _furnish(found)
        yield found


def _furnish(town: OpenTown) -> None:
    world, here = town.world, town.world.at["ziteng"]
    lead, author, neighbour = (world.actors[name] for name in ("facilitator", "author", "neighbour"))
    roster = {"name": "=李工", "ring": "experts", "role": "@图纸", "contact": CONTACT, "conflict": "none"}
    registers.add(lead, here["team"]["public_id"], "members", roster)
    gone = registers.add(lead, here["team"]["public_id"], "members", {**roster, "name": "走了的人"})
    registers.remove(lead, gone, "已经搬走了，以后不再参加这个小组。")
    notices.complain(lead, _notice(here), "第二份投诉，纸上写来的。", on_paper_by="王阿婆", once="paper")
    notices.save_draft(lead, here["board_to_come"]["public_id"], "下一张", "会议", "还没贴出来的告示。")
    ideas, photo = here["ideas"]["public_id"], Upload("photo", "image/jpeg", keep(PHOTO), keep(PHOTO), 8, 6, 12, "")
    shown = proposals.save_draft(author, ideas, Words("有照片的提议", "看照片就知道了，这里缺一盏灯。", photo=photo))
    proposals.submit(author, shown)
    kept = proposals.save_draft(neighbour, ideas, Words("没交的提议", "没交的提议里有一张照片。", photo=photo))
    named = proposals.save_draft(neighbour, ideas, Words("署名的提议", "我愿意写上我的名字。"))
    proposals.submit(neighbour, named)
    with transaction() as tx:
        person = tx.session.get_one(Person, neighbour.person())
        person.name, person.shows_name = NAMED, True
    town.public_photo = _photo(shown)
    town.private = {
        "names of residents who are not named": "张阿姨",
        "who complained on paper": "王阿婆",
        "owners": "王五",
        "what only members read": CONTACT,
        "a draft": "draft的正文",
        "another draft": "没交的提议",
        "a draft's photo": _photo(kept),
        "a hidden comment": "这是hidden的话",
        "a comment whose author appealed": "这是appealed的话",
        "an unposted notice": "还没贴出来",
        "a vote to come": "vote_to_come：先试一年",
        "an objection to the count": "少数了一户的面积",
        "e-mail": "@example.org",
        "a paper for staff": here["media_staff"]["public_id"],
        "a paper for members": here["media_members"]["public_id"],
        "a public file that no page names": here["media_public"]["public_id"],
        "a household": here["household101"]["public_id"],
        "a device": here["device_author"]["public_id"],
        "a person": author.public_id,
        "a person who is named": neighbour.public_id,
        "a facilitator": lead.public_id,
        "units": "5号楼101室",
    }


def _notice(here: dict[str, dict[str, str]]) -> str:
    query = select(Notice.public_id).join(ActivityRun, ActivityRun.id == Notice.activity_run_id)
    return db.session.scalars(query.where(ActivityRun.public_id == here["board"]["public_id"])).one()


def _photo(proposal: str) -> str:
    query = select(Media.public_id).join(Proposal, Proposal.photo == Media.public_id)
    return db.session.scalars(query.where(Proposal.public_id == proposal)).one()


def session_of(client: FlaskClient, world: World, role: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"], session["at"] = world.users[role], True, world.clock.now()
    return client
