"""Groups: only where the settings allow, each answer has its state; the facilitator sees what failed and is uncertain."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import HOUR, MINUTE
from app.core.database import db
from app.core.delivery import Delivery, GroupHook, tell_groups
from app.core.transaction import transaction
from app.engine.errors import Forbidden, Invalid
from app.notifications import groups, hooks
from app.notifications.hooks import GroupLine
from tests.ballots.world import send
from tests.outbox.conftest import Office
from tests.outbox.test_outbox_mail import browser


def add(office: Office, kind: str = "wecom", path: str = "/send?key=1") -> str:
    """A group whose robot is the tests' own, after it said hello."""
    with office.town.app.app_context():
        made = groups.add(
            office.town.facilitator,
            office.town.communities["ziteng"],
            kind,
            "业主群",
            f"http://127.0.0.1:{office.robot.port}{path}",
            "zh_Hans",
        )
    assert office.tick() == 1
    office.robot.told.clear()
    return made


def tell(office: Office, title: str, dedupe: str) -> int:
    with office.town.app.app_context(), transaction() as tx:
        here = office.town.communities["ziteng"]
        return tell_groups(tx, here, "proposal.chosen", data={"title": title}, href="/help", dedupe=dedupe)


@pytest.mark.parametrize(
    ("kind", "path", "answer"),
    [
        ("wecom", ("msgtype", "text", "content"), b'{"errcode":0}'),
        ("dingtalk", ("msgtype", "text", "content"), b'{"errcode":0}'),
        ("feishu", ("msg_type", "content", "text"), b'{"code":0,"msg":"success"}'),
    ],
)
def test_each_kind_of_robot_gets_what_it_understands(
    office: Office, kind: str, path: tuple[str, str, str], answer: bytes
) -> None:
    office.robot.body = answer
    add(office, kind)
    assert tell(office, "长椅", "one") == 1
    assert tell(office, "长椅", "one") == 0, "told once however often it is told"
    assert office.tick() == 1
    ((asked, raw),) = office.robot.told
    body: dict[str, Any] = json.loads(raw)
    assert asked == "/send?key=1"
    assert body[path[0]] == "text"
    assert "长椅" in body[path[1]][path[2]]
    assert body[path[1]][path[2]].endswith("\nhttps://qiding.example.org/help")


@pytest.mark.parametrize(
    ("status", "body", "fault", "left"),
    [
        (200, b'{"errcode":0}', "", ("sent", "")),
        (200, b"thank you", "", ("sent", "")),
        (200, b'{"errcode":45009}', "", ("queued", "later")),
        (200, b'{"errcode":93000}', "", ("failed", "refused")),
        (503, b"", "", ("queued", "later")),
        (429, b"", "", ("queued", "later")),
        (404, b"", "", ("failed", "refused")),
        (302, b"", "", ("failed", "refused")),
        (200, b"", "drop", ("uncertain", "no_reply")),
        (200, b"", "never", ("uncertain", "no_reply")),
    ],
)
def test_each_answer_of_a_robot_has_its_state(
    office: Office, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, fault: str, left: tuple[str, str]
) -> None:
    add(office)
    if fault == "never":
        office.impatient(monkeypatch)
    tell(office, "长椅", "one")
    office.robot.status, office.robot.body, office.robot.fault = status, body, fault
    assert office.tick() == 1
    assert office.states()[-1] == left
    assert [path for path, _ in office.robot.told] == ["/send?key=1"], "no redirect is followed"
    office.robot.status, office.robot.body, office.robot.fault = 200, b"{}", ""
    office.clock.advance(MINUTE)
    assert office.tick() == (left[0] == "queued")


@pytest.mark.parametrize(
    "url",
    [
        "http://robot.example.org/x",
        "https://evil.example/x",
        "https://robot.example.org.evil.example/x",
        "https://robot.example.org@evil.example/x",
        "https://robot.example.org:8443/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://robot.example.org\\@evil.example/",
        "https://robot.example.org/x\r\nHost: evil",
        "file:///etc/passwd",
        "https://robot.example.org/" + "a" * 600,
        "//robot.example.org/x",
        "https://[robot.example.org/x",
    ],
)
def test_only_a_host_that_the_settings_name_is_spoken_to(
    office: Office, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    app = office.town.app
    plain = replace(app.config["QIDING"], webhook_hosts=("robot.example.org",), webhook_plain=False)
    monkeypatch.setitem(app.config, "QIDING", plain)
    with app.app_context():
        assert hooks.check_url(" https://ROBOT.example.org/x?key=1 ") == "https://ROBOT.example.org/x?key=1"
        with pytest.raises(Invalid):
            groups.add(office.town.facilitator, office.town.communities["ziteng"], "wecom", "群", url, "en")
        assert hooks.send(GroupLine("wecom", url, "x")).error == "foreign"


def test_a_name_that_leads_into_a_private_network_is_not_spoken_to(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.town.app
    plain = replace(app.config["QIDING"], webhook_hosts=("robot.example.org",), webhook_plain=False)
    monkeypatch.setitem(app.config, "QIDING", plain)
    tried: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *address, **_: tried.append(address))
    for address in (
        "127.0.0.1",
        "10.0.0.8",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fd00::1",
    ):
        found = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", (address, 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, found=found, **__: found)
        with app.app_context():
            assert hooks.send(GroupLine("wecom", "https://robot.example.org/x", "x")).error == "unreachable"
    assert tried == []


def test_the_facilitator_sees_what_failed_and_sends_it_again_knowing(office: Office) -> None:
    town = office.town
    office.subscribe(town.neighbour, "zhang.san@example.net")
    office.write(town.neighbour, "长椅")
    office.box.answers["BODY"] = "drop"
    office.tick()
    made = add(office)
    office.robot.status = 404
    tell(office, "花箱", "two")
    office.tick()
    lead = browser(office, town.facilitator)
    page = lead.get("/c/ziteng/deliveries").text
    assert "z***@example.net" in page
    assert "zhang.san" not in page
    assert "never said whether it took it" in page
    assert "refused it (404)" in page
    with town.app.app_context():
        lost, refused = db.session.scalars(
            select(Delivery.public_id).where(Delivery.state.in_(("uncertain", "failed"))).order_by(Delivery.id)
        )
        sent = db.session.scalars(select(Delivery.public_id).where(Delivery.state == "sent")).one()
        with pytest.raises(Forbidden):
            groups.send_again(town.facilitator, town.communities["ziteng"], sent)
    office.box.answers.clear()
    office.robot.status = 200
    for public_id in (lost, refused, lost):
        url = f"/c/ziteng/deliveries/{public_id}/again"
        assert send(lead, url, {}, get="/c/ziteng/groups").status_code == 303
    assert office.tick() == 2
    assert {state for state, _ in office.states()} == {"sent"}
    first, second = office.box.letters()
    assert first["Message-ID"] == second["Message-ID"], "a mailbox can see that it is the same"
    assert send(lead, f"/c/ziteng/groups/{made}/remove", {}, get="/c/ziteng/groups").status_code == 303
    assert tell(office, "后来", "three") == 0
    with town.app.app_context():
        assert db.session.scalars(select(GroupHook.url)).all() == [""]
    office.clock.advance(HOUR)
    assert office.tick() == 0
