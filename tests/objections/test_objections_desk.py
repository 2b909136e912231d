"""An objection at the desk: disagreement, the panel drawn by lot, the answer, the objector's word, the next round."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import service as ballots
from app.ballots.models import Decision, Objection, Poll
from app.core.clock import DAY, HOUR
from app.core.events import LogEntry
from app.core.outbox import Message
from app.engine import lot
from app.engine.errors import Closed, Conflict, Forbidden, Invalid
from app.engine.merkle import root
from app.objections import queries, service
from app.objections.models import Panel, Seat
from app.people.actor import NOBODY, Actor
from tests.ballots.world import OBJECTION, TEXT, TITLE, World, send

WHY = "防水去年已经重做过，验收单在物业那里，漏水的事不会再有，这条反对意见站不住脚，请大家看看。"
NEW = TEXT + "\n三、开工前先做闭水试验，合格后才放种植箱。"
WORDS = "开工前先做闭水试验，合格后才放种植箱。"


def contested(world: World) -> tuple[str, str]:
    """A round in which five take part and the first objects, at its close: the poll and the objection."""
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    for n in range(1, 6):
        world.cast(n, poll)
    world.close(poll)
    with world.here() as session:
        return poll, session.scalars(select(Objection.public_id)).one()


def state(world: World, objection: str, reader: Actor = NOBODY) -> str:
    with world.here():
        return queries.page(reader, objection, world.slug, world.clock.now()).state


def close_list(world: World, objection: str) -> None:
    """Close the list of the willing, as soon as nobody can disagree any more."""
    world.clock.advance(48 * HOUR)
    with world.here():
        service.close_list(world.facilitator, objection)


def drawn(world: World, objection: str) -> list[Actor]:
    """Disagree, find five who are willing, and draw; the three of the panel."""
    with world.here():
        service.disagree(world.residents[1], objection, WHY)
        for who in world.residents[2:7]:
            service.be_willing(who, objection)
    close_list(world, objection)
    with world.here():
        service.draw(world.facilitator, objection, "4 1 2 3 5 6")
    with world.here() as session:
        people = session.scalars(select(Seat.person_id).order_by(Seat.number)).all()
    return [next(who for who in world.residents if who.person_id == person) for person in people]


def test_it_stands_after_48_hours_without_anybodys_doing(world: World) -> None:
    _, objection = contested(world)
    assert state(world, objection) == "raised"
    world.clock.advance(48 * HOUR - 1)
    assert state(world, objection) == "raised"
    world.clock.advance(1)
    assert state(world, objection) == "qualified"
    with world.here(), pytest.raises(Closed):
        service.disagree(world.residents[1], objection, WHY)


def test_who_may_disagree(world: World) -> None:
    _, objection = contested(world)
    with world.here():
        for who in (world.residents[0], world.resident("999")):
            with pytest.raises(Forbidden):
                service.disagree(who, objection, WHY)
        with pytest.raises(Invalid, match="reasons"):
            service.disagree(world.residents[1], objection, "不对。")
        service.disagree(world.residents[1], objection, WHY)
        service.disagree(world.facilitator, objection, WHY)
        with pytest.raises(Conflict, match="already"):
            service.disagree(world.residents[1], objection, WHY)
    world.clock.advance(48 * HOUR)
    assert state(world, objection) == "raised"
    world.clock.advance(7 * DAY)
    assert state(world, objection) == "qualified"  # no panel decided: the objector has the benefit of the doubt


def test_two_of_a_panel_drawn_by_lot_decide(world: World) -> None:
    poll, objection = contested(world)
    panel = drawn(world, objection)
    assert len(panel) == 3
    assert not {who.person_id for who in panel} & {world.residents[n].person_id for n in (0, 1)}
    with world.here():
        service.say(panel[0], objection, False, WHY)
        with pytest.raises(Conflict, match="said your word"):
            service.say(panel[0], objection, True, WHY)
        outside = next(who for who in world.residents[2:7] if who not in panel)
        with pytest.raises(Forbidden):
            service.say(outside, objection, False, WHY)
        assert not world.gate("ballot_passed")
        service.say(panel[1], objection, False, WHY)
    assert state(world, objection) == "concern"
    with world.here() as session:
        kinds = [
            json.loads(body)["kind"]
            for body in session.scalars(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
        ]
        messages = session.scalars(
            select(Message.data)
            .where(Message.kind == "objection.news", Message.person_id == world.residents[0].person_id)
            .order_by(Message.id)
        ).all()
    life = [kind for kind in kinds if kind.startswith("objection.")]
    assert life == [f"objection.{what}" for what in ("disagreed", "list_closed", "drawn", "weighed")]
    assert [row["what"] for row in messages] == ["disagreed", "panel concern"]


def test_the_draw_can_be_repeated_by_anybody(world: World) -> None:
    _, objection = contested(world)
    panel = drawn(world, objection)
    with world.here() as session:
        row = session.scalars(select(Panel)).one()
        again = lot.draw(row.checkpoint, row.dice, row.pool)
    assert again.seed == row.seed
    assert list(again.drawn) == [who.public_id for who in panel]
    with world.here(), pytest.raises(Conflict, match="drawn already"):
        service.draw(world.facilitator, objection, "654321")


def test_nobody_draws_without_need_or_with_too_few(world: World) -> None:
    _, objection = contested(world)
    with world.here():
        with pytest.raises(Conflict, match="No panel is needed"):
            service.draw(world.facilitator, objection, "412356")
        service.disagree(world.residents[1], objection, WHY)
        service.be_willing(world.residents[1], objection)  # one who disagreed is never drawn
        service.be_willing(world.residents[2], objection)
        with pytest.raises(Conflict, match="household"):
            service.be_willing(world.residents[2], objection)
        with pytest.raises(Forbidden):
            service.be_willing(world.residents[0], objection)
        for command in (service.close_list, lambda who, key: service.draw(who, key, "412356")):
            with pytest.raises(Forbidden):
                command(world.residents[3], objection)
    world.clock.advance(48 * HOUR)
    with world.here():
        with pytest.raises(Conflict, match="1 are willing"):
            service.close_list(world.facilitator, objection)
        with pytest.raises(Conflict, match="Close the list"):
            service.draw(world.facilitator, objection, "412356")


def test_nobody_joins_after_the_list_is_closed_and_nobody_throws_before(world: World) -> None:
    _, objection = contested(world)
    with world.here():
        service.disagree(world.residents[1], objection, WHY)
        for who in world.residents[2:5]:
            service.be_willing(who, objection)
    world.clock.advance(48 * HOUR - 1)
    with world.here():
        with pytest.raises(Closed, match="may still disagree"):
            service.close_list(world.facilitator, objection)
        with pytest.raises(Conflict, match="Close the list"):
            service.draw(world.facilitator, objection, "412356")
    world.clock.advance(1)
    with world.here():
        service.close_list(world.facilitator, objection)
        with pytest.raises(Closed, match="list is closed"):
            service.be_willing(world.residents[5], objection)
        with pytest.raises(Conflict, match="closed already"):
            service.close_list(world.facilitator, objection)
    with world.here() as session:
        panel = session.scalars(select(Panel)).one()
        entries = [
            body.encode()
            for body in session.scalars(select(LogEntry.body).order_by(LogEntry.seq, LogEntry.community_id))
        ]
        listed = next(n for n, body in enumerate(entries, 1) if b"objection.list_closed" in body)
        # The log names who may be drawn, and the seed rests on the log up to that entry: it was not known before.
        assert json.loads(entries[listed - 1])["pool"] == panel.pool
        assert panel.pool == sorted(who.public_id for who in world.residents[2:5])
        assert panel.checkpoint == f"{world.slug} {listed} {root(entries[:listed]).hex()}"
        assert (panel.dice, panel.seed, panel.drawn_at) == ("", "", None)
    world.clock.advance(HOUR)
    with world.here():
        service.draw(world.facilitator, objection, "412356")
    with world.here() as session:
        panel = session.scalars(select(Panel)).one()
        assert panel.drawn_at == panel.at + HOUR


def test_an_answer_its_words_and_the_next_round(world: World) -> None:
    poll, objection = contested(world)
    world.clock.advance(48 * HOUR)
    with world.here():
        with pytest.raises(Invalid, match="not offered") as refused:
            service.offer(world.facilitator, objection, words=WORDS, answer="先试水。")
        assert set(refused.value.fields) == {"words"}
        ballots.save_draft(world.facilitator, world.activity, TITLE, NEW)
        with pytest.raises(Invalid, match="can't be announced"):
            ballots.announce(
                world.facilitator, world.activity, world.clock.now() + 48 * HOUR, world.clock.now() + 9 * DAY
            )
        service.offer(world.facilitator, objection, words=WORDS, answer="先试水。")
        with pytest.raises(Forbidden):
            service.reply(world.residents[1], objection, True)
        service.reply(world.residents[0], objection, True)
    assert state(world, objection) == "resolved"
    # What was promised has to stand in the text, and the old text does not pass.
    assert not world.gate("ballot_passed")
    with pytest.raises(Invalid) as refused:
        world.announce(TEXT + "\n三、先试试看。")
    assert "promised" in str(refused.value.fields["text"])
    second = world.announce(NEW)
    with world.here() as session:
        assert session.scalars(select(Poll.attempt).where(Poll.public_id == second)).one() == 2


def test_an_objector_who_says_nothing_has_72_hours_and_a_refusal_does_not_stop_the_next_round(world: World) -> None:
    _, objection = contested(world)
    world.clock.advance(48 * HOUR)
    with world.here():
        ballots.save_draft(world.facilitator, world.activity, TITLE, NEW)
        service.offer(
            world.facilitator, objection, words=WORDS, answer="以后做。", defers=True, owner="物业", due_on="2026-12-01"
        )
    world.clock.advance(72 * HOUR - 1)
    with pytest.raises(Invalid, match="can't be announced"):
        world.announce(NEW)
    with world.here():
        service.reply(world.residents[0], objection, False)
    assert state(world, objection) == "qualified"
    assert world.announce(NEW)


def test_the_panel_may_settle_what_the_objector_left_open(world: World) -> None:
    _, objection = contested(world)
    world.clock.advance(48 * HOUR)
    with world.here():
        ballots.save_draft(world.facilitator, world.activity, TITLE, NEW)
        service.offer(world.facilitator, objection, words=WORDS, answer="先试水。")
        for who in world.residents[2:6]:
            service.be_willing(who, objection)
        with pytest.raises(Conflict, match="No panel"):
            service.draw(world.facilitator, objection, "412356")
    world.clock.advance(72 * HOUR)
    with world.here():
        service.close_list(world.facilitator, objection)
        service.draw(world.facilitator, objection, "412356")
    with world.here() as session:
        seats = session.scalars(select(Seat.person_id)).all()
        for who in world.residents:
            if who.person_id in seats[:2]:
                service.say(who, objection, True, WHY)
    assert state(world, objection) == "resolved"


def test_messages_name_nobody_who_does_not_want_it(world: World) -> None:
    _, objection = contested(world)
    with world.here():
        service.write(world.residents[0], objection, "我在家，可以上门看。")
        service.write(world.residents[0], objection, "我是101的。", unmask=True)
        service.write(world.facilitator, objection, "周六上午来看。")
        with pytest.raises(Forbidden):
            service.write(world.residents[1], objection, "我也说一句。")
        shown = queries.page(world.facilitator, objection, world.slug, world.clock.now())
        assert [row.name for row in shown.messages] == ["", "张阿姨", "陈老师"]
        assert queries.page(world.residents[1], objection, world.slug, world.clock.now()).messages == []


def test_the_page_names_nobody_and_is_not_there_before_the_close(world: World, client: FlaskClient) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    with world.here() as session:
        objection = session.scalars(select(Objection.public_id)).one()
    assert client.get(f"/c/{world.slug}/objection/{objection}").status_code == 404
    for n in range(1, 6):
        world.cast(n, poll)
    world.close(poll)
    page = client.get(f"/c/{world.slug}/objection/{objection}")
    assert page.status_code == 200
    assert OBJECTION["reason"] in page.text
    assert "101" not in page.text
    assert "张阿姨" not in page.text


def test_the_whole_way_by_the_pages(world: World, client: FlaskClient) -> None:
    _, objection = contested(world)
    url = f"/c/{world.slug}/objection/{objection}"
    world.sign_in(client, 1)
    assert send(client, f"{url}/disagree", {"reason": "不对"}).status_code == 422
    assert send(client, f"{url}/disagree", {"reason": WHY}).status_code == 303
    for n in range(2, 6):
        world.sign_in(client, n)
        assert send(client, f"{url}/willing", {}).status_code == 303
    world.sign_in(client, world.facilitator)
    assert objection in client.get(f"/c/{world.slug}/objections").text
    assert client.get(f"{url}/close").status_code == 302  # not yet: somebody may still disagree
    world.clock.advance(48 * HOUR)
    world.sign_in(client, world.facilitator)
    assert send(client, f"{url}/close", {}).status_code == 303
    assert send(client, f"{url}/draw", {"dice": "41235"}).status_code == 422
    assert send(client, f"{url}/draw", {"dice": "412356"}).status_code == 303
    with world.here() as session:
        seats = session.scalars(select(Seat.person_id)).all()
    for n, who in enumerate(world.residents):
        if who.person_id in seats[:2]:
            world.sign_in(client, n)
            assert send(client, f"{url}/say", {"reason": WHY}).status_code == 422
            assert send(client, f"{url}/say", {"yes": "yes", "reason": WHY}).status_code == 303
    assert state(world, objection) == "qualified"
    with world.here():
        ballots.save_draft(world.facilitator, world.activity, TITLE, NEW)
    world.sign_in(client, world.facilitator)
    assert send(client, f"{url}/offer", {"words": "别的话", "answer": "改了"}).status_code == 422
    assert send(client, f"{url}/offer", {"words": WORDS, "answer": "改了"}).status_code == 303
    world.sign_in(client, 0)
    assert objection in client.get("/me").text
    assert send(client, f"{url}/write", {"text": "可以。"}).status_code == 303
    assert send(client, f"{url}/reply", {"accepts": "yes"}).status_code == 303
    assert state(world, objection) == "resolved"
    with world.here() as session:
        assert session.scalars(select(Decision.state)).one() == "deciding"
