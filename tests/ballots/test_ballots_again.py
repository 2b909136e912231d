"""A second round: what changed is shown, and who said yes before says it again with one press."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from app.ballots.module import ballots
from app.core.outbox import Message
from tests.ballots.world import OBJECTION, TEXT, World

CHANGED = TEXT.replace("38,600", "41,200") + "\n三、开工前做闭水试验。"


def second_round(world: World) -> str:
    """A first round with a yes, a concern and an objection; a second one, open, on a changed text."""
    first = world.open()
    world.cast(0, first)
    world.cast(1, first, "concern", concern="浇水的声音小一点。")
    world.cast(2, first, **OBJECTION)
    world.close(first)
    world.answer(CHANGED)
    return world.open(CHANGED)


def page(world: World, client: FlaskClient, who: int, poll: str) -> str:
    world.sign_in(client, who)
    client.set_cookie("lang", "en")
    return client.get(f"/c/{world.slug}/poll/{poll}").text


def test_the_page_marks_what_came_in_and_what_went(world: World, client: FlaskClient) -> None:
    text = page(world, client, 0, second_round(world))
    assert "What changed since round 1" in text
    went, came = (re.sub("<[^>]+>", "", "".join(re.findall(f"<{tag}>(.*?)</{tag}>", text))) for tag in ("del", "ins"))
    assert "38,600" in went
    assert "41,200" in came
    assert "闭水试验" in came


def test_one_press_says_the_same_again(world: World, client: FlaskClient) -> None:
    poll = second_round(world)
    text = page(world, client, 1, poll)
    again = text[: text.index("Say the same again")].rpartition("<form")[2]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', again))
    assert (fields["stance"], fields["concern"]) == ("concern", "浇水的声音小一点。")
    answer = client.post(f"/c/{world.slug}/poll/{poll}", data=fields)
    assert answer.status_code == 303
    assert "浇水的声音小一点。" in client.get(answer.location).text
    assert "Say the same again" not in page(world, client, 1, poll)


def test_an_objection_needs_new_reasons_and_who_said_nothing_has_nothing_to_say_again(
    world: World, client: FlaskClient
) -> None:
    poll = second_round(world)
    for who in (2, 3):
        assert "Say the same again" not in page(world, client, who, poll)
        assert "What changed since round 1" in page(world, client, who, poll)


def test_the_message_of_a_second_round_says_that_the_text_changed(world: World) -> None:
    second_round(world)
    with world.here() as session:
        told = session.query(Message).filter_by(kind="poll.announced", person_id=world.residents[0].person_id)
        says = [str(ballots.messages["poll.announced"](row.data)) for row in told.order_by(Message.id)]
    assert ["was changed" in sentence for sentence in says] == [False, True]
