"""A talk of five hundred comments: twenty-five threads a page, replies folded, readable at once."""

from __future__ import annotations

import re
import time

from sqlalchemy import insert, select

from app.comments.models import Comment, Talk
from app.core.ids import new_public_id
from app.core.transaction import transaction
from tests.ballots.world import send
from tests.projects.world import Garden
from tests.site.world import counted

THREADS, REPLIES = 100, 4


def fill(garden: Garden, threads: int, replies: int) -> None:
    people = [garden.resident(f"人{n}").person() for n in range(5)]
    talk = garden.talk()
    with garden.here(), transaction() as tx:
        talk_id = tx.session.scalars(select(Talk.id).where(Talk.public_id == talk)).one()
        base = {"community_id": garden.community, "talk_id": talk_id, "at": tx.now}
        heads = [
            {"public_id": new_public_id(), "kind": "question", "text": f"线{n:03}", "person_id": people[n % 5], **base}
            for n in range(threads)
        ]
        tx.session.execute(insert(Comment), heads)
        ids = list(tx.session.scalars(select(Comment.id).where(Comment.talk_id == talk_id).order_by(Comment.id)))
        below = [
            {"public_id": new_public_id(), "kind": "support", "text": f"回{k}-{n}", "person_id": people[n % 5], **base}
            | {"parent_id": parent}
            for k, parent in enumerate(ids)
            for n in range(replies)
        ]
        if below:
            tx.session.execute(insert(Comment), below)


def test_a_talk_of_five_hundred_comments_is_read_page_by_page(garden: Garden) -> None:
    fill(garden, THREADS, REPLIES)
    browser = garden.browser(garden.neighbour)
    path = f"/c/ziteng/talk/{garden.activity('talk')}"
    browser.get(path)
    began = time.process_time()
    with counted(garden.town.app) as first:
        page = browser.get(path).text
    assert time.process_time() - began < 3
    shown = [re.findall(r"线\d{3}", browser.get(f"{path}?page={n}").text) for n in (1, 2, 3, 4)]
    assert [len(threads) for threads in shown] == [25, 25, 25, 25]
    assert shown[0][0] == "线099"
    assert sorted(sum(shown, [])) == [f"线{n:03}" for n in range(100)]
    assert page.count("2 more replies") == 25
    assert len(page.encode()) < 200_000
    with counted(garden.town.app) as last:
        assert browser.get(f"{path}?page=4").status_code == 200
    assert len(first) == len(last)


def test_a_page_that_is_not_there_is_the_nearest_one(garden: Garden) -> None:
    fill(garden, 26, 0)
    path = f"/c/ziteng/talk/{garden.activity('talk')}"
    for asked, there in (("0", "线025"), ("-5", "线025"), ("99", "线000"), ("x", "线025"), ("9" * 30, "线000")):
        assert there in garden.browser().get(f"{path}?page={asked}").text, asked


def test_words_are_shown_as_they_were_typed(garden: Garden) -> None:
    browser, path = garden.browser(garden.neighbour), f"/c/ziteng/talk/{garden.talk()}/write"
    typed = '<script>alert(1)</script> {{7*7}} 𠮷 "onfocus=\n第二行'
    answer = send(browser, path, {"kind": "concern", "text": typed})
    assert answer.status_code == 303
    page = browser.get(answer.location.split("#")[0]).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} 𠮷" in page
    assert "<script>alert" not in page
    assert "Worry" in page


def test_a_refused_comment_is_not_lost(garden: Garden) -> None:
    browser, path = garden.browser(garden.neighbour), f"/c/ziteng/talk/{garden.talk()}/write"
    answer = send(browser, path, {"kind": "concern", "text": "长" * 2001})
    assert answer.status_code == 422
    assert "长" * 2001 in answer.text
    assert garden.count(Comment) == 0
    answer = send(browser, path, {"kind": "concern", "text": "长" * 2000})
    assert answer.status_code == 303
