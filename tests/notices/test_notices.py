"""Public notices: their days, their frozen words, complaints and the gate that waits for both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import service as ballots
from app.core.clock import DAY, HOUR, FixedClock
from app.core.i18n import at_local
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.notices import service
from app.notices.content import fingerprint
from app.notices.models import Complaint, Notice
from app.people.actor import NOBODY
from app.projects import service as projects
from tests.ballots.world import send
from tests.printed import text_of
from tests.projects.world import REASON, Garden, build, everything

WRONG = "名单里少了六号楼的代表。"


def draft(garden: Garden, text: str = "名单如下。") -> str:
    board = garden.activity("board")
    garden.do(service.save_draft, garden.lead, board, "团队名单", "第二步", text)
    return board


def posted(garden: Garden) -> str:
    garden.do(service.post, garden.lead, draft(garden))
    public_id: str = garden.scalar(select(Notice.public_id))
    return public_id


def until(garden: Garden) -> int:
    at: int = garden.scalar(select(Notice.until_at))
    return at


@pytest.mark.parametrize("later", [0, 12 * HOUR - 1], ids=["noon", "last moment"])
def test_a_period_ends_at_the_local_midnight_after_its_seventh_day(garden: Garden, later: int) -> None:
    garden.clock.advance(later)
    posted(garden)
    assert until(garden) == garden.do(at_local, date(2026, 3, 16))
    assert until(garden) == 1_773_590_400_000  # 16 March 2026, 00:00 in Shanghai, written out


def test_a_period_begun_a_moment_after_midnight_ends_a_day_later(garden: Garden) -> None:
    garden.clock.advance(12 * HOUR)
    posted(garden)
    assert until(garden) == 1_773_590_400_000 + DAY


def test_the_gate_opens_at_the_end_of_the_period_and_not_a_moment_before(garden: Garden) -> None:
    assert garden.missing("notice_over") == ["Write the notice and post it."]
    posted(garden)
    garden.clock.set(until(garden) - 1)
    assert garden.missing("notice_over") == ["Wait until its days are over."]
    garden.clock.advance(1)
    assert garden.met("notice_over")


def test_an_open_complaint_keeps_the_gate_shut_until_it_is_answered(garden: Garden) -> None:
    notice = posted(garden)
    complaints = [garden.do(service.complain, garden.neighbour, notice, WRONG) for _ in range(2)]
    garden.clock.set(until(garden) + 30 * DAY)
    assert garden.missing("notice_over") == ["Answer 2 complaints."]
    for n, complaint in enumerate(complaints):
        assert not garden.met("notice_over"), n
        garden.do(service.answer, garden.lead, complaint, "已经补上了，名单重新贴出。")
    assert garden.met("notice_over")
    assert garden.told(garden.neighbour)[-1].data["answer"] == "已经补上了，名单重新贴出。"


@pytest.mark.parametrize(("before", "taken"), [(1, True), (0, False), (-1, False)])
def test_a_complaint_counts_within_the_period_to_the_millisecond(garden: Garden, before: int, taken: bool) -> None:
    notice = posted(garden)
    garden.clock.set(until(garden) - before)
    if taken:
        garden.do(service.complain, garden.neighbour, notice, WRONG)
        assert [m.kind for m in garden.told(garden.lead)] == ["complaint.lodged"]
    else:
        with pytest.raises(Closed, match="Not recorded"):
            garden.do(service.complain, garden.neighbour, notice, WRONG)
    assert garden.count(Complaint) == int(taken)


def test_the_words_are_frozen_once_it_hangs(garden: Garden) -> None:
    board = draft(garden)
    draft(garden, "名单如下：王、李。")
    garden.do(service.post, garden.lead, board)
    frozen: tuple[Callable[[], object], ...] = (
        lambda: draft(garden, "名单如下：王。"),
        lambda: garden.do(service.post, garden.lead, board),
        lambda: garden.do(projects.set_window, garden.lead, board, None, garden.clock.now() + DAY),
    )
    for change in frozen:
        with pytest.raises(Frozen):
            change()
    row = garden.scalar(select(Notice))
    assert (row.text, row.text_hash, row.hash_form) == ("名单如下：王、李。", garden.do(fingerprint, row), 2)
    assert (row.posted_at, row.by_name) == (garden.clock.now(), "紫藤里主持")
    assert len(garden.events("notice.posted")) == 1


def test_a_draft_is_seen_by_facilitators_alone(garden: Garden) -> None:
    board = draft(garden)
    for reader in (None, garden.neighbour, garden.town.stranger):
        page = garden.browser(reader).get(f"/c/ziteng/notice/{board}").text
        assert "名单如下" not in page
        assert "Nothing hangs yet" in page
    assert "名单如下" in garden.browser(garden.lead).get(f"/c/ziteng/notice/{board}").text
    draft_id = garden.scalar(select(Notice.public_id))
    with pytest.raises(NotFound):
        garden.do(service.complain, garden.neighbour, draft_id, WRONG)


def test_those_who_belong_here_complain_and_a_facilitator_enters_what_came_on_paper(garden: Garden) -> None:
    notice = posted(garden)
    for who in (garden.town.stranger, NOBODY):
        with pytest.raises(Forbidden):
            garden.do(service.complain, who, notice, WRONG)
    with pytest.raises(Forbidden):
        garden.do(service.complain, garden.neighbour, notice, WRONG, on_paper_by="王奶奶")
    with pytest.raises(Invalid):
        garden.do(service.complain, garden.neighbour, notice, "不对")
    garden.do(service.complain, garden.lead, notice, WRONG, on_paper_by="王奶奶")
    page = garden.browser().get(f"/c/ziteng/notice/{garden.activity('board')}").text
    assert WRONG in page
    assert ", on paper" in page
    assert "王奶奶" not in page


def test_only_facilitators_write_post_and_answer_and_an_answer_is_given_once(garden: Garden) -> None:
    complaint = garden.do(service.complain, garden.neighbour, posted(garden), WRONG)
    board = garden.activity("board")
    for who, error in ((garden.neighbour, Forbidden), (garden.town.stranger, NotFound)):
        with pytest.raises(error):
            garden.do(service.save_draft, who, board, "题", "", "文")
        with pytest.raises(error):
            garden.do(service.post, who, board)
        with pytest.raises(error):
            garden.do(service.answer, who, complaint, REASON)
    with pytest.raises(Invalid):
        garden.do(service.answer, garden.lead, complaint, "好。")
    garden.do(service.answer, garden.lead, complaint, REASON)
    with pytest.raises(Frozen):
        garden.do(service.answer, garden.lead, complaint, REASON)
    page = garden.browser().get(f"/c/ziteng/notice/{board}").text
    assert REASON in page
    assert "Answered by 紫藤里主持" in page


def test_a_notice_is_written_before_it_is_posted_and_one_form_is_one_complaint(garden: Garden) -> None:
    board = garden.activity("board")
    with pytest.raises(Conflict):
        garden.do(service.post, garden.lead, board)
    for title, text, wrong in ((" ", "文", {"title"}), ("题", "", {"text"})):
        with pytest.raises(Invalid) as refused:
            garden.do(service.save_draft, garden.lead, board, title, "", text)
        assert set(refused.value.fields) == wrong
    notice = posted(garden)
    first = garden.do(service.complain, garden.neighbour, notice, WRONG, once="k")
    assert garden.do(service.complain, garden.neighbour, notice, WRONG, once="k") == first
    assert garden.count(Complaint) == 1


def test_a_notice_that_comes_after_a_vote_is_posted_after_it(app: Flask, clock: FixedClock) -> None:
    garden = build(app, clock, everything().replace('key = "board"\n', 'key = "board"\n  after = "vote"\n'))
    board = draft(garden)
    vote = garden.activity("vote")
    with pytest.raises(Closed, match="not begun"):
        garden.do(service.post, garden.lead, board)
    garden.do(ballots.save_draft, garden.lead, vote, "方案", "先试一年。")
    opens = clock.now() + 48 * HOUR
    garden.do(ballots.announce, garden.lead, vote, opens, opens + 7 * DAY)
    clock.set(opens + 7 * DAY - 1)
    with pytest.raises(Closed, match="not begun"):
        garden.do(service.post, garden.lead, board)
    clock.advance(1)
    garden.do(service.post, garden.lead, board)


def test_the_pages_lead_from_draft_to_answer(garden: Garden) -> None:
    board = f"/c/ziteng/notice/{garden.activity('board')}"
    lead, who = garden.browser(garden.lead), garden.browser(garden.neighbour)
    assert send(lead, board, {"title": "", "basis": "", "text": "名单"}).status_code == 422
    assert send(lead, board, {"title": "名单", "basis": "", "text": "王、李"}).status_code == 303
    assert who.get(f"{board}/post").status_code == 403
    assert send(lead, f"{board}/post", {}).status_code == 303
    assert lead.get(f"{board}/post").status_code == 404
    assert send(who, f"{board}/complain", {"text": "短"}).status_code == 422
    assert send(who, f"{board}/complain", {"text": WRONG}).status_code == 303
    complaint = garden.scalar(select(Complaint.public_id))
    assert garden.browser(garden.lead).get(f"/c/guixiang/complaint/{complaint}/answer").status_code == 404
    assert send(lead, f"/c/ziteng/complaint/{complaint}/answer", {"answer": REASON}).status_code == 303
    assert REASON in who.get("/me/messages").text


def test_a_rest_lengthens_a_notice_that_hangs_by_its_days(garden: Garden) -> None:
    posted(garden)
    before = until(garden)
    garden.clock.advance(2 * DAY)
    garden.do(projects.pause, garden.lead, garden.project, REASON)
    garden.clock.advance(10 * DAY)
    garden.do(projects.resume, garden.lead, garden.project, REASON)
    assert until(garden) == before + 10 * DAY
    assert garden.clock.now() < until(garden)


def test_a_rest_after_the_period_lengthens_nothing(garden: Garden) -> None:
    posted(garden)
    before = until(garden)
    garden.clock.set(before)
    garden.do(projects.pause, garden.lead, garden.project, REASON)
    garden.clock.advance(3 * DAY)
    garden.do(projects.resume, garden.lead, garden.project, REASON)
    assert until(garden) == before


def test_a_posted_notice_is_printed_and_a_draft_is_not(garden: Garden) -> None:
    board = draft(garden, "一、名单如下。\n二、#panic() 也照写。")
    path, reader = f"/c/ziteng/notice/{board}.pdf", garden.browser()
    assert garden.browser(garden.lead).get(path).status_code == 404
    garden.do(service.post, garden.lead, board)
    reader.set_cookie("lang", "zh_Hans")
    answer = reader.get(path)
    assert answer.mimetype == "application/pdf"
    text = text_of(answer.data)
    for said in (
        "公示",
        "团队名单",
        "一、名单如下。",
        "二、#panic()也照写。",
        "盖章处",
        "3月15日",
        garden.scalar(select(Notice.text_hash)),
    ):
        assert said in text.replace(" ", "")
    assert reader.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    garden.clock.advance(400 * DAY)
    assert reader.get(path).data == answer.data
