"""A project in whose record stand words of every kind, some of which the law bids remove."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.comments import service as comments
from app.core.clock import DAY
from app.notices import service as notices
from app.notices.models import Notice
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.service import Words
from app.registers import service as registers
from tests.ballots.world import World
from tests.projects.world import REASON, Garden, build, everything

PHONE = "找张三就行，他住5号楼，电话13800138000。"
TITLE, TEXT = "把张三家门口的灯修好", "张三家门口的灯坏了三个月，他说再不修就去投诉。"


def furnish(app: Flask) -> Garden:
    """A closed step: proposals, a talk with an answer, a notice with a complaint, registers; and its record."""
    garden = build(app, app.extensions["qiding.clock"], everything(gates=False))
    do, lead, who = garden.do, garden.lead, garden.neighbour
    other = garden.resident("钱七妹")
    idea = do(proposals.save_draft, who, garden.activity("ideas"), Words(TITLE, TEXT, 500))
    do(proposals.submit, who, idea)
    do(proposals.support, other, idea, on=True)
    do(proposals.edit, who, idea, Words(TITLE, f"{TEXT}谢谢。", 500))
    asked = do(comments.post, who, garden.talk(), "question", "灯什么时候修？")
    answer = do(comments.post, other, garden.talk(), "suggestion", PHONE, parent=asked)
    do(comments.edit, other, answer, f"{PHONE}谢谢。")
    do(comments.edit, other, answer, PHONE)
    do(comments.mark_answer, lead, answer)
    do(notices.save_draft, lead, garden.activity("board"), "名单公示", "", "名单如下。")
    do(notices.post, lead, garden.activity("board"))
    notice = garden.scalar(select(Notice.public_id))
    do(notices.answer, lead, do(notices.complain, who, notice, "王敏不该在这张名单里。"), "已经核对过了，谢谢提醒。")
    do(registers.add, lead, garden.activity("money"), "costs", {"what": "灯", "amount": 1230, "basis": "张三的报价"})
    do(projects.sign_off, lead, garden.project, "seen", holds=True, note=REASON)
    garden.clock.advance(DAY)
    do(projects.close_step, lead, garden.project)
    garden.clock.advance(DAY)
    return garden


@pytest.fixture
def garden(app: Flask) -> Garden:
    """The project, for one test."""
    return furnish(app)


def world_of(garden: Garden) -> World:
    """The same town as the tests of the audit take it."""
    return World(garden.town.app, garden.clock)
