"""Bad input at the desk, at the hours at which each form is open: said beside the field, kept, and nothing changes."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots.models import Objection
from app.core.clock import HOUR
from app.objections import service
from app.objections.models import Panel, PanelWord, Seat
from tests.ballots.world import OBJECTION, TEXT, TITLE, World, send

WHY = "防水去年已经重做过，验收单在物业那里，漏水的事不会再有，这条反对意见站不住脚，请大家看看。"
NEW = TEXT + "\n三、开工前先做闭水试验。"
WORDS = "开工前先做闭水试验。"
HOSTILE = ("", "   ", "\u3000\u200b", "x" * 5000, "<script>alert(1)</script>\x07", "' or 1=1 --")


@pytest.fixture
def objection(world: World) -> str:
    """The objection of a round that has just closed."""
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    for n in range(1, 6):
        world.cast(n, poll)
    world.close(poll)
    with world.here() as session:
        return session.scalars(select(Objection.public_id)).one()


def refused(client: FlaskClient, url: str, data: dict[str, str], kept: str = "") -> None:
    answer = send(client, url, data)
    assert answer.status_code == 422, answer.status_code
    assert 'role="alert"' in answer.text
    assert "<script>alert" not in answer.text
    if kept:
        assert str(escape(kept)) in answer.text


def test_dice(world: World, client: FlaskClient, objection: str) -> None:
    with world.here():
        service.disagree(world.residents[1], objection, WHY)
        for who in world.residents[2:6]:
            service.be_willing(who, objection)
    world.clock.advance(48 * HOUR)
    with world.here():
        service.close_list(world.facilitator, objection)
    world.sign_in(client, world.facilitator)
    url = f"/c/{world.slug}/objection/{objection}/draw"
    for typed in (*HOSTILE, "41235", "412357", "-41235", "４１２", "1e9999"):
        refused(client, url, {"dice": typed}, typed if typed in ("41235", "412357") else "")
    with world.here() as session:
        assert session.scalars(select(Panel.seed)).all() == [""]
    assert send(client, url, {"dice": "4 1 2 3 5 6"}).status_code == 303


def test_the_panels_word(world: World, client: FlaskClient, objection: str) -> None:
    with world.here():
        service.disagree(world.residents[1], objection, WHY)
        for who in world.residents[2:6]:
            service.be_willing(who, objection)
    world.clock.advance(48 * HOUR)
    with world.here():
        service.close_list(world.facilitator, objection)
        service.draw(world.facilitator, objection, "412356")
    with world.here() as session:
        seat = session.scalars(select(Seat.person_id)).first()
    world.sign_in(client, next(who for who in world.residents if who.person_id == seat))
    url = f"/c/{world.slug}/objection/{objection}/say"
    for typed in HOSTILE:
        refused(client, url, {"yes": "yes", "reason": typed})
    for word in ("", "maybe", "True", "' or 1=1 --"):
        refused(client, url, {"yes": word, "reason": WHY}, WHY)
    with world.here() as session:
        assert session.scalars(select(PanelWord)).all() == []


def test_an_answer_and_the_word_on_it(world: World, client: FlaskClient, objection: str) -> None:
    world.clock.advance(48 * HOUR)
    with world.here():
        ballots.save_draft(world.facilitator, world.activity, TITLE, NEW)
    world.sign_in(client, world.facilitator)
    url = f"/c/{world.slug}/objection/{objection}"
    for typed in HOSTILE:
        refused(client, f"{url}/offer", {"words": typed, "answer": "改了"}, "改了")
    refused(client, f"{url}/offer", {"words": WORDS, "answer": ""}, WORDS)
    refused(client, f"{url}/offer", {"words": WORDS, "answer": "以后做", "defers": "y"}, "以后做")
    more = {"words": WORDS, "answer": "以后做", "defers": "y", "owner": "物业"}
    for day in ("", "2026-02-30", "someday", "0001-01-01", "9" * 300):
        refused(client, f"{url}/offer", {**more, "due_on": day}, "物业")
    with world.here() as session:
        assert session.scalars(select(Objection.offered_at)).one() is None
    assert send(client, f"{url}/offer", {**more, "due_on": "2026-12-01"}).status_code == 303
    world.sign_in(client, 0)
    for word in ("", "perhaps", "1"):
        refused(client, f"{url}/reply", {"accepts": word})
    assert send(client, f"{url}/reply", {"accepts": "yes"}).status_code == 303
    with world.here() as session:
        assert session.scalars(select(Objection.state)).one() == "deferred"
