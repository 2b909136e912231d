"""In a paused project, and in a step that is closed, nothing can be written; what was written stays readable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from app.ballots import service as ballots
from app.comments import service as comments
from app.comments.models import Comment, CommentRevision
from app.core.clock import DAY, HOUR
from app.core.database import db
from app.core.once import OnceKey
from app.engine.errors import Closed, Conflict
from app.notices import service as notices
from app.notices.models import Complaint, Notice
from app.projects import service
from app.proposals import service as proposals
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.proposals.service import Words
from app.registers import service as registers
from app.registers.models import RegisterEntry
from tests.projects.world import REASON, Garden

WORDS = Words("修一修长椅", "长椅坏了两条腿，老人没地方坐。")
TABLES = (
    Proposal,
    ProposalRevision,
    ProposalSupport,
    Comment,
    CommentRevision,
    RegisterEntry,
    Notice,
    Complaint,
    OnceKey,
)


def writes(garden: Garden) -> dict[str, Callable[[], object]]:
    """One of each thing that can be written, ready to be tried again later."""
    do, lead, who = garden.do, garden.lead, garden.neighbour
    ideas, board, vote, money = (garden.activity(key) for key in ("ideas", "board", "vote", "money"))
    talk = garden.talk()
    draft = do(proposals.save_draft, who, ideas, WORDS)
    sent = do(proposals.save_draft, who, ideas, WORDS)
    do(proposals.submit, who, sent)
    other = do(proposals.save_draft, who, ideas, WORDS)
    do(proposals.submit, who, other)
    said = do(comments.post, who, talk, "question", "灯什么时候修？")
    reply = do(comments.post, lead, talk, "suggestion", "下个月修。", parent=said)
    entry = do(registers.add, lead, money, "costs", {"what": "种植箱", "amount": 100, "basis": "报价"})
    do(notices.save_draft, lead, board, "公示", "", "名单如下。")
    do(notices.post, lead, board)
    notice = garden.scalar(select(Notice.public_id))
    complaint = do(notices.complain, who, notice, "名单里少了一个人的名字。")
    do(ballots.save_draft, lead, vote, "方案", "先试一年。")
    opens = garden.clock.now() + 48 * HOUR
    poll = do(ballots.announce, lead, vote, opens, opens + 7 * DAY, noted=REASON)
    garden.clock.set(opens)
    return {
        "draft": lambda: do(proposals.save_draft, who, ideas, WORDS),
        "submit": lambda: do(proposals.submit, who, draft),
        "edit a proposal": lambda: do(proposals.edit, who, sent, WORDS),
        "withdraw": lambda: do(proposals.withdraw, who, sent),
        "support": lambda: do(proposals.support, who, sent, on=True),
        "answer": lambda: do(proposals.answer, lead, sent, "declined", REASON),
        "merge": lambda: do(proposals.merge, lead, ideas, [sent, other], "合并", "合在一起。"),
        "comment": lambda: do(comments.post, who, talk, "support", "好。"),
        "edit a comment": lambda: do(comments.edit, lead, reply, "下个星期修。"),
        "mark an answer": lambda: do(comments.mark_answer, lead, reply),
        "add an entry": lambda: do(registers.add, lead, money, "costs", {"what": "土", "amount": 1, "basis": "报价"}),
        "correct an entry": lambda: do(registers.correct, lead, entry, {"what": "土", "amount": 1, "basis": "报价"}),
        "remove an entry": lambda: do(registers.remove, lead, entry, REASON),
        "enter a review": lambda: do(
            registers.add,
            lead,
            garden.activity("review"),
            "reviews",
            {"day": date(2027, 1, 1), "place": "角", "about": "看"},
        ),
        "complain": lambda: do(notices.complain, who, notice, "名单里少了另一个人的名字。"),
        "answer a complaint": lambda: do(notices.answer, lead, complaint, REASON),
        "draft a text": lambda: do(ballots.save_draft, lead, vote, "方案", "先试两年。"),
        "cast": lambda: do(ballots.cast, who, poll, {"stance": "consent"}, once="once-1"),
    }


def rows(garden: Garden) -> list[object]:
    with garden.here():
        return [db.session.execute(select(table.__table__).order_by(table.__table__.c.id)).all() for table in TABLES]


def all_refuse(garden: Garden, tried: dict[str, Callable[[], object]]) -> None:
    before = rows(garden)
    for name, write in tried.items():
        try:
            write()
        except (Closed, Conflict):
            continue
        pytest.fail(f"“{name}” was taken in a project at rest")
    assert rows(garden) == before


def test_nothing_can_be_written_in_a_paused_project_and_all_of_it_after_the_resumption(garden: Garden) -> None:
    tried = writes(garden)
    garden.do(service.pause, garden.lead, garden.project, REASON)
    all_refuse(garden, tried)
    garden.do(service.resume, garden.lead, garden.project, REASON)
    del tried["draft a text"]  # frozen since the announcement
    del tried["merge"], tried["remove an entry"]  # what they take was changed by those before them
    del tried["edit a comment"]  # its minutes are over
    tried.pop("withdraw")
    for name, write in tried.items():
        try:
            write()
        except Conflict as refused:
            pytest.fail(f"“{name}” was refused in a running project: {refused}")


def test_nothing_can_be_written_once_the_step_was_left(garden: Garden) -> None:
    tried = writes(garden)
    garden.do(service.end_early, garden.lead, garden.project, REASON)
    all_refuse(garden, tried)


def test_a_comment_just_written_is_not_edited_once_the_project_rests(garden: Garden) -> None:
    talk = garden.talk()
    said = garden.do(comments.post, garden.neighbour, talk, "question", "灯什么时候修？")
    reply = garden.do(comments.post, garden.lead, talk, "suggestion", "下个月修。", parent=said)
    garden.do(service.pause, garden.lead, garden.project, REASON)
    with pytest.raises(Closed):
        garden.do(comments.edit, garden.neighbour, said, "不问了。")
    with pytest.raises(Closed):
        garden.do(comments.mark_answer, garden.lead, reply)
    garden.do(comments.report, garden.neighbour, reply, "这句话里有别人的电话号码。")
    garden.do(comments.hide, garden.lead, reply, "里面有别人的电话号码。")


def test_the_pages_of_a_paused_project_stay_readable_and_ask_nothing(garden: Garden) -> None:
    writes(garden)
    garden.do(service.pause, garden.lead, garden.project, REASON)
    browser = garden.browser(garden.neighbour)
    for path in ("proposals", "talk", "register", "notice", "votes"):
        key = {"proposals": "ideas", "talk": "talk", "register": "money", "notice": "board", "votes": "vote"}[path]
        answer = browser.get(f"/c/ziteng/{path}/{garden.activity(key)}")
        assert answer.status_code == 200, path
        assert "Write a proposal" not in answer.text
        assert "Say something" not in answer.text
    page = browser.get(f"/c/ziteng/project/{garden.project}").text
    assert REASON in page
    assert "Asked of you now" not in page
