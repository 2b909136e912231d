"""Each outcome is told, with its reason, to those whom it concerns: once, and in no group is anybody named."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import outcome
from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY, HOUR, FixedClock
from app.core.delivery import Delivery
from app.core.i18n import force_locale, say
from app.core.outbox import Message
from app.notices import service as notices
from app.notices.models import Notice
from app.notifications import groups
from app.notifications.queries import words, words_of
from app.people.actor import Actor
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.projects.world import REASON, Garden, build, everything

WHY = "离电梯近，老人用得上，先做这一个。"


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose step closes by one sign-off."""
    return build(app, clock, everything(gates=False))


def told(garden: Garden, who: Actor, kind: str) -> list[str]:
    """What somebody was told of this kind, in English."""
    query = select(Message).where(Message.person_id == who.person_id, Message.kind == kind).order_by(Message.id)
    found = garden.all(query)
    with garden.here(), force_locale("en"):
        return [say(words(message)) for message in found]


def propose(garden: Garden, who: Actor, title: str, *supporters: Actor) -> str:
    made = garden.do(proposals.save_draft, who, garden.activity("ideas"), Words(title, "说说为什么。"))
    garden.do(proposals.submit, who, made)
    for one in supporters:
        garden.do(proposals.support, one, made, on=True)
    return made


def test_everybody_concerned_is_told_what_became_of_it_and_why(garden: Garden) -> None:
    do, lead = garden.do, garden.lead
    author, backer, other, other_backer, talker = (garden.resident(f"王{n}") for n in range(5))
    do(groups.add, lead, garden.community, "wecom", "业主群", "https://robot.example.org/send?key=1", "en")
    do(ballots.save_draft, lead, garden.activity("vote"), "花园方案", "先试一年。")
    opens = garden.clock.now() + 48 * HOUR
    poll = do(ballots.announce, lead, garden.activity("vote"), opens, opens + 7 * DAY)
    late = garden.resident("后来搬来的")  # on no roll
    bench = propose(garden, author, "长椅", backer, late)
    lamp = propose(garden, other, "路灯", other_backer)
    parts = [propose(garden, talker, "花箱", late), propose(garden, author, "花架")]
    boxes = do(proposals.merge, lead, garden.activity("ideas"), parts, "花箱和花架", "合在一起。")
    for made in (bench, lamp, boxes):
        do(proposals.answer, lead, made, "accepted" if made == bench else "later", WHY if made == bench else REASON)
    assert [text for text in told(garden, talker, "proposal.answered") if "花箱和花架" in text and REASON in text]
    do(proposals.choose, lead, bench)
    assert [WHY in text for who in (author, backer) for text in told(garden, who, "proposal.chosen")] == [True, True]
    do(comments.post, talker, garden.talk(), "question", "晚上有灯吗？", once="c")
    do(notices.save_draft, lead, garden.activity("board"), "公示", "会议", "张榜的内容。")
    do(notices.post, lead, garden.activity("board"))
    notice = garden.scalar(select(Notice.public_id))
    do(notices.answer, lead, do(notices.complain, other, notice, "名单里少了一个人的名字。"), "已经补上了，谢谢提醒。")
    assert "已经补上了" in told(garden, other, "complaint.answered")[0]

    garden.clock.set(opens)
    for who in (author, backer, other, other_backer, talker):
        do(ballots.cast, who, poll, {"stance": "consent"}, once=f"v{who.person_id}")
    garden.clock.set(opens + 7 * DAY)
    do(ballots.settle_due)
    do(ballots.settle_due)
    assert told(garden, late, "poll.closed") == ["“花园方案” has passed."]
    do(outcome.adopt, lead, garden.activity("vote"), "张阿姨", "量尺寸。", garden.clock.now() + 90 * DAY)
    assert len(told(garden, late, "decision.adopted")) == 1

    do(projects.pause, lead, garden.project, REASON)
    do(projects.resume, lead, garden.project, REASON)
    do(projects.sign_off, lead, garden.project, "seen", holds=True, note=REASON)
    do(projects.close_step, lead, garden.project)
    for who in (author, backer, other, other_backer, talker, late):
        assert len(told(garden, who, "record.published")) == 1
        assert [REASON in text for text in told(garden, who, "project.paused")] == [True]
    assert told(garden, other_backer, "proposal.not_chosen") == [
        f"“路灯” was not chosen; “长椅” goes on. The answer to yours was: {REASON}"
    ]
    assert told(garden, backer, "proposal.not_chosen") == []
    assert len(told(garden, talker, "proposal.not_chosen")) == 1, "whose proposal was merged is told of the merged one"
    do(projects.send_back, lead, garden.project, "gather", REASON)
    assert told(garden, late, "project.sent_back") == [f"“空中花园” goes back to “Fix gather”: {REASON}"]
    for _ in range(2):
        for gate in garden.gates():
            do(projects.sign_off, lead, garden.project, gate, holds=True, note=REASON)
        do(projects.close_step, lead, garden.project)
    assert told(garden, late, "project.completed") == ["“空中花园” is done: its last step is closed. Thank you."]
    assert len(told(garden, other_backer, "proposal.not_chosen")) == 1
    garden.project = garden.start(title="修长廊")
    propose(garden, late, "补瓦")
    do(projects.end_early, lead, garden.project, "房子要大修，先停下来，以后再说。")
    assert told(garden, late, "project.ended") == ["“修长廊” was ended early: 房子要大修，先停下来，以后再说。"]

    lines = garden.all(select(Delivery).where(Delivery.channel == "group", Delivery.kind != "").order_by(Delivery.id))
    assert [line.kind for line in lines] == [
        *("poll.announced", "notice.posted", "poll.closed", "decision.adopted"),
        *("project.paused", "project.resumed", "record.published", "project.sent_back"),
        *("record.published", "record.published", "project.completed", "project.ended"),
    ]
    with garden.here():
        said = " ".join(say(words_of(line.kind, line.data)) for line in lines)
    for name in ("王", "张阿姨", "后来搬来的", lead.name):
        assert name not in said
