"""What neighbours asked before a vote is answered, or the announcement notes why not."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.ballots import questions, record, service
from app.comments import service as comments
from app.comments.models import Talk
from app.core.clock import DAY, HOUR, FixedClock
from app.core.events import LogEntry
from app.engine.errors import Invalid
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.ballots.world import TEXT, TITLE, send
from tests.projects.world import REASON, Garden, build

ASKED, WHY = "书丢了算谁的？", "这次不定：先看一年少了几本，再写进公约。"


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose step has a talk, proposals and a vote, whose text is drafted."""
    garden = build(app, clock)
    garden.do(service.save_draft, garden.lead, garden.activity("vote"), TITLE, TEXT)
    return garden


def ask(garden: Garden, talk: str = "", kind: str = "question", text: str = ASKED) -> str:
    return garden.do(comments.post, garden.neighbour, talk or garden.talk(), kind, text)


def asked(garden: Garden) -> list[str]:
    ref = garden.ref("vote")
    return [item.text for item in garden.do(questions.open_questions, ref, garden.clock.now())]


def announce(garden: Garden, noted: str = "") -> str:
    opens = garden.clock.now() + 48 * HOUR
    return garden.do(service.announce, garden.lead, garden.activity("vote"), opens, opens + 7 * DAY, noted=noted)


def test_a_question_is_open_until_a_reply_is_marked_as_its_answer_or_it_is_hidden(garden: Garden) -> None:
    first = ask(garden)
    ask(garden, kind="concern", text="怕漏水。")
    long = ask(garden, text="晚上几点关灯？" * 20)
    assert [words[:7] for words in asked(garden)] == [ASKED, "晚上几点关灯？"]
    assert len(asked(garden)[1]) == 81
    reply = garden.do(comments.post, garden.lead, garden.talk(), "support", "算大家的。", parent=first)
    assert len(asked(garden)) == 2
    garden.do(comments.mark_answer, garden.lead, reply)
    garden.do(comments.hide, garden.lead, long, REASON)
    assert asked(garden) == []
    garden.do(comments.hide, garden.lead, reply, REASON)  # an answer that nobody can read is none
    assert asked(garden) == [ASKED]


def test_what_is_asked_about_a_proposal_counts_while_it_is_looked_at(garden: Garden) -> None:
    made = garden.do(
        proposals.save_draft, garden.neighbour, garden.activity("ideas"), Words("长椅", "修一修。", 100, None)
    )
    garden.do(proposals.submit, garden.neighbour, made)
    ask(garden, garden.scalar(select(Talk.public_id).where(Talk.subject == f"proposal:{made}")))
    assert asked(garden) == [ASKED]
    garden.do(proposals.answer, garden.lead, made, "declined", REASON)
    assert asked(garden) == []


def test_what_is_asked_in_another_project_is_no_matter_here(garden: Garden) -> None:
    kept, garden.project = garden.project, garden.start("别处")
    ask(garden)
    garden.project = kept
    assert asked(garden) == []


def test_an_announcement_answers_what_was_asked_or_notes_why_not(garden: Garden) -> None:
    ask(garden)
    for noted in ("", "忙。"):
        with pytest.raises(Invalid) as refused:
            announce(garden, noted)
        assert set(refused.value.fields) == {"unanswered"}
    poll = announce(garden, WHY)
    project = garden.row().id
    assert garden.do(questions.noted_of, project) == {poll: questions.Noted(1, WHY)}
    (event,) = garden.events("poll.announced")
    assert event.data["unanswered"] == {"n": 1, "why": WHY}
    (entry,) = [body for body in garden.all(select(LogEntry.body)) if json.loads(body)["kind"] == "poll.announced"]
    assert WHY not in entry  # the log holds no words, but the event's hash binds them
    (kept,) = garden.do(record.record, garden.ref("vote"), garden.clock.now())["rounds"]
    assert kept["unanswered"] == {"n": 1, "why": WHY}
    assert WHY in garden.browser().get(f"/c/ziteng/poll/{poll}").text


def test_nothing_is_noted_where_nothing_was_asked(garden: Garden) -> None:
    poll = announce(garden, WHY)
    assert garden.do(questions.noted_of, garden.row().id) == {}
    (kept,) = garden.do(record.record, garden.ref("vote"), garden.clock.now())["rounds"]
    assert "unanswered" not in kept
    assert WHY not in garden.browser().get(f"/c/ziteng/poll/{poll}").text


def test_the_page_lists_what_was_asked_with_links_and_says_beside_the_field_what_is_missing(garden: Garden) -> None:
    url = f"/c/ziteng/votes/{garden.activity('vote')}/announce"
    browser = garden.browser(garden.lead)
    assert 'name="unanswered"' not in browser.get(url).text
    comment = ask(garden)
    page = browser.get(url).text
    assert ASKED in page
    assert f"/c/ziteng/talk/{garden.activity('talk')}#c-{comment}" in page
    days = {"opens": "2026-03-20", "closes": "2026-03-27"}
    refused = send(browser, url, days)
    assert refused.status_code == 422
    assert 'id="unanswered-error"' in refused.text
    told = send(browser, url, {**days, "unanswered": WHY})
    assert told.status_code == 303
    assert WHY in browser.get(told.location).text
