"""One's e-mail: confirmed first, gathered by project, never empty, once, in one's language, stopped with one click."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.clock import DAY, HOUR, SECOND
from app.core.database import db
from app.core.delivery import Delivery
from app.core.i18n import at_local, local_date
from app.core.outbox import Message, tell
from app.core.transaction import transaction
from app.notifications import digest
from app.people.actor import Actor
from app.projects.models import Project
from tests.ballots.world import send
from tests.core.together import together
from tests.outbox.conftest import BASE, Office
from tests.outbox.servers import Mailbox

LI = "Li.Na+huayuan@Example.net"


def browser(office: Office, who: Actor | None = None) -> FlaskClient:
    client = office.town.app.test_client()
    client.set_cookie("lang", "en")
    if who is not None:
        office.town.sign_in(client, who)
    return client


def link(box: Mailbox, word: str) -> str:
    """A link of the newest e-mail, as a path."""
    found = re.findall(rf"{BASE}(/mail/[^\s>]*/{word}/[^\s>]*)", box.texts()[-1])
    assert len(set(found)) == 1
    return str(found[0])


def test_an_address_is_confirmed_by_its_link_before_anything_is_sent(office: Office) -> None:
    me = office.town.neighbour
    mine = browser(office, me)
    assert "First we send a link" in mine.get("/me/mail").text
    bad = send(mine, "/me/mail", {"address": "li@example.net\r\nBcc: all@example.net"}, get="/me/mail")
    assert bad.status_code == 422
    assert send(mine, "/me/mail", {"address": LI}, get="/me/mail").status_code == 303
    office.write(me, "长椅")
    office.tick()
    assert len(office.box.taken) == 1
    assert office.box.taken[0][0] == "Li.Na+huayuan@example.net"
    confirm = link(office.box, "confirm")
    office.clock.advance(SECOND)
    assert "Not confirmed yet" in mine.get("/me/mail").text
    other = browser(office)  # the mailbox is open on another device, where nobody is signed in
    assert other.get(confirm[:-1] + ("1" if confirm[-1] == "0" else "0")).status_code == 404
    page = other.get(confirm)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert office.row(me).confirmed_at is None, "looking confirms nothing"
    assert send(other, confirm, {}, get=confirm).status_code == 303
    assert office.row(me).confirmed_at == office.clock.now()
    assert send(other, confirm, {}, get="/sign-in").status_code == 409, "it works once"
    office.clock.advance(2 * DAY)
    assert office.tick() == 0, "what came before isn't sent after all"
    assert "comes to Li.Na+huayuan@example.net" in mine.get("/me/mail").text


def test_a_link_ends_after_two_days_or_with_another_address(office: Office) -> None:
    me = office.town.neighbour
    mine = browser(office, me)
    send(mine, "/me/mail", {"address": "old@example.net"}, get="/me/mail")
    office.tick()
    old = link(office.box, "confirm")
    office.clock.advance(48 * HOUR)
    assert "This link has ended" in mine.get(old).text
    assert send(mine, old, {}, get="/me/mail").status_code in (403, 409)
    assert "has ended" in mine.get("/me/mail").text
    send(mine, "/me/mail", {"address": "new@example.net"}, get="/me/mail")
    assert mine.get(old).status_code == 404
    office.tick()
    assert send(mine, link(office.box, "confirm"), {}, get="/me/mail").status_code == 303
    assert office.row(me).address == "new@example.net"
    for n in range(4):
        send(mine, "/me/mail", {"address": f"n{n}@example.net"}, get="/me/mail")
    refused = send(mine, "/me/mail", {"address": "n9@example.net"}, get="/me/mail")
    assert refused.status_code == 429
    assert "n9@example.net" in refused.text
    assert send(mine, "/me/mail/remove", {}, get="/me/mail").status_code == 303
    assert office.tick() == 0
    assert {error for _, error in office.states()} == {"", "stopped"}


def test_a_digest_is_gathered_by_project_newest_first_at_its_hour_and_never_empty(office: Office) -> None:
    me, town = office.town.neighbour, office.town
    office.subscribe(me, "li@example.net", "daily")
    town.start(title="空中花园")
    town.start(title="修长廊")
    with town.app.app_context():
        garden, gallery = db.session.scalars(select(Project.id).order_by(Project.id))
        evening = at_local(local_date(office.clock.now()), 18)
    office.write(me, "旧的", project_id=garden)
    office.clock.advance(SECOND)
    office.write(me, "长廊漏雨", project_id=gallery)
    office.clock.advance(SECOND)
    office.write(me, "新的", project_id=garden)
    office.write(me, "看过的", project_id=garden, read_at=office.clock.now())
    assert office.tick() == 0
    office.clock.set(evening)
    assert office.tick() == 1
    (letter,), (text,) = office.box.letters(), office.box.texts()
    places = [text.index(word) for word in ("== 空中花园 ==", "新的", "旧的", "== 修长廊 ==", "长廊漏雨")]
    assert places == sorted(places)
    assert "看过的" not in text
    assert letter["Subject"] == "3 messages from your projects"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"] == f"<{BASE}{link(office.box, 'stop')}>"
    html = letter.get_body(("html",))
    assert html is not None
    assert "长廊漏雨" in html.get_content()
    for _ in range(3):
        office.clock.advance(DAY)
        assert office.tick() == 0, "nothing new, no e-mail"
    office.clock.advance(5 * HOUR)
    office.write(me, "夜里的")
    assert office.tick() == 0, "it waits for its hour"
    office.clock.advance(19 * HOUR)
    assert office.tick() == 1
    assert "夜里的" in office.box.texts()[-1]


def test_two_ticks_at_once_enqueue_a_digest_once_with_all_that_is_new(office: Office) -> None:
    people = [office.town.resident("ziteng", f"孙{n}") for n in range(5)]
    for n, person in enumerate(people):
        office.subscribe(person, f"sun{n}@example.net")
        office.write(person, "一", "二", "三")
    done = together(office.town.app, lambda _: digest.enqueue_due(), 4)
    assert sum(n for n in done if isinstance(n, int)) == 5, done
    with office.town.app.app_context():
        per = dict(
            db.session.execute(select(Message.delivery_id, func.count()).group_by(Message.delivery_id)).all()  # type: ignore[arg-type]
        )
        ids = set(db.session.scalars(select(Delivery.id)))
    assert per == dict.fromkeys(ids, 3)
    assert len(ids) == 5


def test_an_e_mail_of_a_command_that_failed_was_never_enqueued(office: Office) -> None:
    office.subscribe(office.town.neighbour, "li@example.net")

    def fail() -> None:
        with office.town.app.app_context(), transaction() as tx:
            tell(tx, [office.town.neighbour.person()], "proposal.chosen", data={"title": "x"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert office.tick() == 0


def test_one_click_stops_it_without_signing_in_and_nothing_waits_any_more(office: Office) -> None:
    me = office.town.neighbour
    office.subscribe(me, "li@example.net")
    office.write(me, "长椅")
    office.tick()
    stop = link(office.box, "stop")
    office.write(me, "花箱")
    with office.town.app.app_context():
        assert digest.enqueue_due() == 1
    anybody = browser(office)
    assert "One press" in anybody.get(stop).text
    assert office.row(me).choice == "once", "looking stops nothing"
    answer = anybody.post(
        stop, data={"List-Unsubscribe": "One-Click"}
    )  # as a mail program does it: no cookie, no token
    assert answer.status_code == 200
    assert "Done" in answer.text
    assert office.row(me).choice == "none"
    assert office.tick() == 0
    assert office.states() == [("sent", ""), ("failed", "stopped")]
    assert anybody.post(stop).status_code == 200
    assert anybody.post(stop[:-1] + "x").status_code == 404
    assert send(browser(office, me), "/me/mail/choice", {"choice": "once"}, get="/me/mail").status_code == 303
    office.write(me, "又来了")
    assert office.tick() == 1
    assert "花箱" not in office.box.texts()[-1]
    assert send(browser(office, me), "/me/mail/choice", {"choice": "hourly"}, get="/me/mail").status_code == 422


def test_nobodys_words_become_a_header_and_html_is_escaped(office: Office) -> None:
    me = office.town.neighbour
    office.subscribe(me, "li@example.net", language="zh_Hans")
    evil = "长椅\r\nBcc: all@example.net\r\n\r\n<script>alert(1)</script>\u2028\u202e.\r\n.\r\nQUIT"
    office.write(me, evil)
    assert office.tick() == 1
    (letter,) = office.box.letters()
    assert letter["Bcc"] is None
    assert "Bcc" not in letter
    assert letter["To"] == "li@example.net"
    assert len(letter["Subject"]) <= 80
    assert "Bcc: all" in letter["Subject"]
    html = letter.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert letter.defects == []
    assert set(letter.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"),
    }
    assert "zh-CN" in letter["Content-Language"]
    ids: set[Any] = {letter["Message-ID"]}
    office.write(me, "另一条")
    office.box.answers["BODY"] = "450 later"
    office.tick()
    office.box.answers.clear()
    office.clock.advance(HOUR)
    office.tick()
    ids.add(office.box.letters()[-1]["Message-ID"])
    assert len(ids) == 2


def test_without_a_mail_server_nothing_is_enqueued_and_the_page_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.subscribe(office.town.neighbour, "li@example.net")
    office.write(office.town.neighbour, "长椅")
    app = office.town.app
    monkeypatch.setitem(app.config, "QIDING", replace(app.config["QIDING"], mail=None))
    assert office.tick() == 0
    assert office.states() == []
    assert "sends no e-mail" in browser(office, office.town.neighbour).get("/me/mail").text
    assert "sends no e-mail yet" in browser(office, office.town.facilitator).get("/me/mail").text
