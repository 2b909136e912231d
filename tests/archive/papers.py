"""Papers of every kind in two communities: what the archive is asked on."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY, HOUR, FixedClock
from app.notices import service as notices
from app.people.actor import Actor
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.service import Words
from app.records.models import Record
from tests.projects.world import REASON, Garden, build, everything

PLAN = "在东南角装一部电梯，井道贴着楼梯间。"


@dataclass
class Papers:
    """The garden, and the public ids of its papers by name."""

    garden: Garden
    ids: dict[str, str] = field(default_factory=dict)

    def find(
        self, q: str = "", where: str = "/c/ziteng/search", who: Actor | None = None, **filters: object
    ) -> list[str]:
        """The names of the papers that a search shows, in their order."""
        page = self.page(q, where, who, **filters)
        names = {public_id: name for name, public_id in self.ids.items()}
        return [names.get(found, found) for found in re.findall(r'<h3><a href="[^"]*/([0-9A-Z]{16})"', page)]

    def page(self, q: str = "", where: str = "/c/ziteng/search", who: Actor | None = None, **filters: object) -> str:
        """The page of a search, in English."""
        answer = self.garden.browser(who).get(f"{where}?{urlencode({'q': q, **filters})}")
        assert answer.status_code == 200, answer.status
        return answer.text

    def words(self, q: str, **filters: object) -> str:
        """What a reader reads on the page of a search."""
        text = re.sub(r"<[^>]+>", "", self.page(q, **filters).split("<main", 1)[1].split("</main>")[0])
        return html.unescape(text)

    def say(self, text: str, talk: str = "", who: Actor | None = None) -> str:
        """A comment in the step's own talk, and its public id."""
        self.garden.clock.advance(HOUR)
        return self.garden.do(
            comments.post, who or self.garden.neighbour, talk or self.garden.talk(), "suggestion", text
        )

    def propose(self, title: str, text: str, *, send: bool = True) -> str:
        """A proposal, sent unless told not to."""
        garden = self.garden
        garden.clock.advance(HOUR)
        made = garden.do(proposals.save_draft, garden.neighbour, garden.activity("ideas"), Words(title, text))
        if send:
            garden.do(proposals.submit, garden.neighbour, made)
        return made

    def close_step(self, title: str) -> str:
        """Another project whose first step is closed, and its record's public id."""
        garden = self.garden
        garden.clock.advance(HOUR)
        project = garden.start(title)
        garden.do(projects.sign_off, garden.lead, project, "seen", holds=True, note="看过了，没有意见，可以定。")
        garden.do(projects.close_step, garden.lead, project)
        return str(garden.scalar(select(Record.public_id).order_by(Record.id.desc())))


def write(app: Flask, clock: FixedClock) -> Papers:
    """The town with its papers."""
    garden = build(app, clock, everything(gates=False))
    made = Papers(garden)
    ids = made.ids
    ids["lift"] = made.propose("装一部电梯", "老人上下楼不方便，５号楼先装。Lift for No. 5.")
    ids["pavilion"] = made.propose("修一座亭", "亭子漏雨，长椅也坏了。")
    ids["draft"] = made.propose("秘密的电梯草稿", "还没有想好。", send=False)
    ids["said"] = made.say("要是装了电梯，一楼的光线怎么办？")
    board = garden.activity("board")
    garden.do(notices.save_draft, garden.lead, board, "团队名单公示", "第二步", "李叔、王阿婆负责看护亭子。")
    ids["notice"] = garden.do(_post, garden, board)
    garden.do(ballots.save_draft, garden.lead, garden.activity("vote"), "加装方案", PLAN)
    clock.advance(HOUR)
    opens = clock.now() + 48 * HOUR
    ids["poll"] = garden.do(ballots.announce, garden.lead, garden.activity("vote"), opens, opens + 7 * DAY)
    ids["record"] = made.close_step("楼前的亭")
    return made


def _post(garden: Garden, board: str) -> str:
    notices.post(garden.lead, board)
    return board


__all__ = ["PLAN", "REASON", "Papers", "write"]
