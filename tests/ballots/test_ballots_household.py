"""A household that does not agree, and reminders before a close."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ballots import service
from app.ballots.models import Ballot, Poll, RollEntry
from app.core.clock import DAY, HOUR
from app.core.outbox import Message
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden
from app.people.models import Person
from app.people.sign_in import want_reminders
from tests.ballots.world import World


def told(world: World, kind: str) -> list[int]:
    with world.here() as session:
        return sorted(session.scalars(select(Message.person_id).where(Message.kind == kind)))


def dispute(world: World, who: int, poll: str) -> None:
    with world.here():
        service.dispute(world.residents[who], poll)


def test_a_dispute_ends_changes_online_and_what_stands_counts_on(world: World) -> None:
    poll = world.open()
    partner = world.resident("", "李叔", household_id=world.residents[0].household_id)
    world.cast(0, poll)
    with world.here():
        service.dispute(partner, poll)
        service.dispute(partner, poll)  # said twice is said once
    for who in (world.residents[0], partner):
        with pytest.raises(Closed, match="desk"):
            world.cast(who, poll, "abstain", agreed=True)
    with world.here() as session:
        assert [(row.stance, row.live) for row in session.scalars(select(Ballot))] == [("consent", True)]
    assert told(world, "household.disputed") == sorted([world.residents[0].person(), partner.person()])
    assert told(world, "household.to_desk") == [world.facilitator.person()]
    world.cast(1, poll)
    world.close(poll)
    with world.here() as session:
        service.settle_due()
        assert (session.scalars(select(Poll.tally)).one() or {})["cast"] == 2


def test_a_dispute_needs_something_that_was_cast_and_an_open_vote(world: World) -> None:
    poll = world.announce()
    with pytest.raises(Closed):
        dispute(world, 0, poll)
    world.clock.advance(48 * HOUR)
    with pytest.raises(Conflict):
        dispute(world, 0, poll)
    with world.here(), pytest.raises(Forbidden):
        service.dispute(world.facilitator, poll)
    world.cast(0, poll)
    world.close(poll)
    with pytest.raises(Closed):
        dispute(world, 0, poll)
    with world.here() as session:
        assert set(session.scalars(select(RollEntry.disputed_at))) == {None}


def test_whoever_votes_as_a_person_has_no_household_to_disagree_with(world: World) -> None:
    world.start('rule = "consent", electorate = "person", rounds = 2', "按人")
    poll = world.open()
    world.cast(0, poll)
    with pytest.raises(Conflict):
        dispute(world, 0, poll)


def test_the_pages_of_a_dispute(world: World, client: FlaskClient) -> None:
    poll = world.open()
    world.cast(0, poll)
    url = f"/c/{world.slug}/poll/{poll}"
    world.sign_in(client, 0)
    assert f"{url}/dispute" in client.get(url).text
    page = client.get(f"{url}/dispute").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post(f"{url}/dispute", data={"csrf_token": token}).status_code == 303
    page = client.get(url).text
    assert 'name="stance"' not in page
    assert "议事角" in page
    assert client.get(f"{url}/dispute").status_code == 404


def test_reminders_go_to_those_who_want_them_and_have_not_voted_once(world: World) -> None:
    poll = world.open()
    with world.here():
        for who in (0, 1, 2):
            want_reminders(world.residents[who], True)
        want_reminders(world.residents[2], False)
    world.cast(1, poll)

    def remind() -> int:
        with world.here():
            return service.remind_due()

    assert remind() == 0
    world.clock.advance(6 * DAY)
    assert remind() == 1
    assert remind() == 0
    assert told(world, "poll.reminder") == [world.residents[0].person()]
    world.clock.advance(DAY)
    assert remind() == 0


def test_nobody_is_reminded_of_a_vote_that_rests(world: World) -> None:
    world.open()
    with world.here():
        want_reminders(world.residents[0], True)
    world.clock.advance(6 * DAY)
    with world.here(), transaction() as tx:
        tx.session.get_one(Person, world.residents[0].person()).left_at = tx.now
    with world.here():
        assert service.remind_due() == 0
