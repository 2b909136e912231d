"""Messages: enqueued once, in the reader's language, newest first; read by their own person alone."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.core.outbox import Message, tell
from app.core.transaction import transaction
from app.notifications import queries, service
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.ballots.world import send
from tests.projects.world import REASON, Garden


def messages(garden: Garden, n: int, kind: str = "proposal.chosen") -> None:
    row = {"person_id": garden.neighbour.person(), "kind": kind, "href": "/help", "community_id": garden.community}
    with garden.here(), transaction() as tx:
        rows = [{**row, "data": {"title": f"花{k:02}"}, "created_at": tx.now} for k in range(n)]
        tx.session.execute(insert(Message), rows)


def test_the_inbox_shows_the_newest_first_and_thirty_a_page(garden: Garden) -> None:
    messages(garden, 31)
    browser = garden.browser(garden.neighbour)
    first = browser.get("/me/messages").text
    assert first.index("花30") < first.index("花29")
    assert "花00" not in first
    assert "花00" in browser.get("/me/messages?page=2").text
    for odd in ("0", "-1", "99", "x", "9" * 30):
        assert browser.get(f"/me/messages?page={odd}").status_code == 200


def test_an_inbox_is_ones_own(garden: Garden) -> None:
    messages(garden, 1)
    assert garden.browser().get("/me/messages").status_code == 302
    for other in (garden.lead, garden.resident(), garden.town.admin):
        assert "花00" not in garden.browser(other).get("/me/messages").text


def test_what_was_looked_at_is_no_longer_new(garden: Garden) -> None:
    messages(garden, 3)
    browser, other = garden.browser(garden.neighbour), garden.resident()
    with garden.here(), transaction() as tx:
        tell(tx, [other.person()], "proposal.chosen", data={"title": "别人的"})
    assert "3 new" in browser.get("/me").text
    answer = send(browser, "/me/messages/read", {}, get="/me/messages")
    assert answer.status_code == 303
    assert garden.do(queries.unread, garden.neighbour.person()) == 0
    assert garden.do(queries.unread, other.person()) == 1
    assert garden.scalar(select(Message.read_at).where(Message.person_id == garden.neighbour.person())) == (
        garden.clock.now()
    )


def test_reading_again_keeps_the_hour_of_the_first_time(garden: Garden) -> None:
    messages(garden, 1)
    garden.do(service.mark_read, garden.neighbour)
    first = garden.clock.now()
    garden.clock.advance(1000)
    garden.do(service.mark_read, garden.neighbour)
    assert garden.scalar(select(Message.read_at)) == first


@pytest.mark.parametrize(("lang", "words"), [("en", "was answered: Not taken up"), ("zh_Hans", "有了答复")])
def test_a_message_is_said_in_the_readers_language(garden: Garden, lang: str, words: str) -> None:
    made = garden.do(proposals.save_draft, garden.neighbour, garden.activity("ideas"), Words("长椅", "坏了"))
    garden.do(proposals.submit, garden.neighbour, made)
    garden.do(proposals.answer, garden.lead, made, "declined", REASON)
    browser = garden.browser(garden.neighbour)
    browser.set_cookie("lang", lang)
    page = browser.get("/me/messages").text
    assert "长椅" in page
    assert REASON in page
    assert (words in page) or lang == "zh_Hans"
    assert ("was answered" in page) is (lang == "en")


def test_a_kind_whose_module_is_gone_still_says_something(garden: Garden) -> None:
    messages(garden, 1, kind="nobody.knows")
    page = garden.browser(garden.neighbour).get("/me/messages").text
    assert "Something happened in a project you take part in." in page


def test_a_message_with_one_mark_reaches_a_person_once(garden: Garden) -> None:
    people = [garden.neighbour.person(), garden.lead.person(), garden.neighbour.person()]
    with garden.here():
        for expected in (2, 0):
            with transaction() as tx:
                assert tell(tx, people, "x", dedupe="once") == expected
        with transaction() as tx:
            assert tell(tx, people, "x") == 2
    assert garden.count(Message) == 4


def test_a_message_of_a_transaction_that_failed_was_never_sent(garden: Garden) -> None:
    def fail() -> None:
        with garden.here(), transaction() as tx:
            tell(tx, [garden.neighbour.person()], "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert garden.scalar(select(func.count()).select_from(Message)) == 0


def test_every_kind_of_message_that_the_modules_send_has_words(app: Flask) -> None:
    import re
    from pathlib import Path

    source = Path(app.root_path)
    sent = {
        kind
        for path in source.rglob("*.py")
        for call in re.findall(
            r"\b(?:_?tell|tell_those|tell_unit|_?tell_[a-z]+|told)\(.*?\)\n", path.read_text(), re.DOTALL
        )
        for kind in re.findall(r'"([a-z]+\.[a-z_]+)"', call)
        if "demo" not in path.parts
    }
    known = {kind for module in app.extensions["qiding.modules"] for kind in module.messages}
    assert len(sent) > 10
    assert sent <= known, f"without words: {sorted(sent - known)}"
    assert known <= sent, f"sent by nobody: {sorted(known - sent)}"
