"""Casting at the same moment: one live ballot a slot, and no ballot that was acknowledged but not counted."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from app.ballots import queries, service
from app.ballots.models import Ballot, Poll
from app.core.database import db
from app.engine.errors import Closed, DomainError, Invalid
from tests.ballots.races import at_once, held, statements, waits
from tests.ballots.world import World

CROWD = 20
STANCES = ("consent", "abstain")


def poll_id(world: World, poll: str) -> int:
    with world.here() as session:
        return session.scalars(select(Poll.id).where(Poll.public_id == poll)).one()


def chain(world: World) -> list[tuple[int, bool]]:
    """All ballots in their order, with whether each is live; each one supersedes the one before."""
    with world.here() as session:
        rows = session.scalars(select(Ballot).order_by(Ballot.seq)).all()
        assert [row.supersedes_id for row in rows] == [None, *(row.id for row in rows[:-1])]
        return [(row.seq, row.live) for row in rows]


def one_live(n: int) -> list[tuple[int, bool]]:
    return [(seq, seq == n) for seq in range(1, n + 1)]


def test_twenty_at_once_leave_one_live_ballot(world: World) -> None:
    poll = world.open()
    found = at_once(
        world.app,
        [
            lambda n=n: service.cast(world.residents[0], poll, {"stance": STANCES[n % 2]}, once=f"form-{n}")
            for n in range(CROWD)
        ],
    )
    assert [item for item in found if not isinstance(item, service.Receipt)] == []
    assert len({item.ballot for item in found if isinstance(item, service.Receipt)}) == CROWD
    assert chain(world) == one_live(CROWD)


def test_one_form_sent_twenty_times_at_once_is_one_ballot(world: World) -> None:
    poll = world.open()
    found = at_once(
        world.app,
        [lambda: service.cast(world.residents[0], poll, {"stance": "consent"}, once="one-form")] * CROWD,
    )
    assert {item.ballot if isinstance(item, service.Receipt) else repr(item) for item in found} == {
        item.ballot for item in found[:1] if isinstance(item, service.Receipt)
    }
    assert chain(world) == one_live(1)


@pytest.mark.parametrize("same_form", [False, True])
def test_twenty_browsers_at_once_leave_one_live_ballot(world: World, same_form: bool) -> None:
    poll = world.open()
    url = f"/c/{world.slug}/poll/{poll}"
    clients = [world.app.test_client() for _ in range(CROWD)]
    forms = []
    for client in clients:
        world.sign_in(client, 0)
        page = client.get(url).text
        forms.append(dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', page)))
    if same_form:
        forms = [{**form, "once": forms[0]["once"]} for form in forms]

    def send(n: int) -> tuple[int, str]:
        answer = clients[n].post(url, data={**forms[n], "stance": "consent"})
        return answer.status_code, answer.headers.get("Location", "")

    found = at_once(world.app, [lambda n=n: send(n) for n in range(CROWD)], contexts=False)
    assert Counter(map(str, found)) == {str((303, f"{url}/done")): CROWD}
    assert chain(world) == one_live(1 if same_form else CROWD)


def test_two_of_one_household_at_once(world: World) -> None:
    poll = world.open()
    first = world.residents[0]
    second = world.resident("", "李叔", household_id=first.household_id)
    found = at_once(
        world.app,
        [
            lambda n=n: service.cast((first, second)[n % 2], poll, {"stance": "consent"}, once=f"form-{n}")
            for n in range(CROWD)
        ],
    )
    refused = [item for item in found if not isinstance(item, service.Receipt)]
    # Whoever was first may change it freely; the other one is asked whether they agreed.
    assert len(refused) == CROWD // 2
    assert all(isinstance(item, Invalid) and set(item.fields) == {"agreed"} for item in refused)
    assert chain(world) == one_live(CROWD // 2)


def test_two_of_one_household_at_once_who_agreed(world: World) -> None:
    poll = world.open()
    first = world.residents[0]
    second = world.resident("", "李叔", household_id=first.household_id)
    found = at_once(
        world.app,
        [
            lambda n=n: service.cast(
                (first, second)[n % 2], poll, {"stance": STANCES[n % 2]}, once=f"form-{n}", agreed=True
            )
            for n in range(CROWD)
        ],
    )
    assert all(isinstance(item, service.Receipt) for item in found)
    assert chain(world) == one_live(CROWD)


def test_many_households_at_once_are_all_counted(world: World) -> None:
    poll = world.open()
    found = at_once(
        world.app,
        [
            lambda who=who, n=n: service.cast(who, poll, {"stance": STANCES[n % 2]}, once="form")
            for n, who in enumerate(world.residents)
        ],
    )
    assert all(isinstance(item, service.Receipt) for item in found)
    world.close(poll)
    with world.here() as session:
        assert service.settle(poll_id(world, poll))
        assert session.scalars(select(Poll.tally)).one()["counts"] == {
            "consent": 3,
            "concern": 0,
            "objection": 0,
            "abstain": 3,
        }


def cast_that_waits(world: World, poll: str, meanwhile: Callable[[Connection], None]) -> list[object]:
    """What comes of a cast that stands before a held poll while something happens."""
    waiting, found = threading.Event(), []

    def note(statement: str) -> None:
        if waits(statement) and threading.current_thread() is not threading.main_thread():
            waiting.set()

    def cast() -> None:
        found.extend(
            at_once(world.app, [lambda: service.cast(world.residents[0], poll, {"stance": "consent"}, once="late")])
        )

    with statements(world.app, note):
        thread = threading.Thread(target=cast, daemon=True)
        with held(world.app, poll_id(world, poll)) as connection:
            thread.start()
            assert waiting.wait(10)
            time.sleep(0.2)  # it has been sent; now it stands in the queue
            assert not found
            meanwhile(connection)
        thread.join(30)
    return found


def test_a_cast_that_waited_across_the_close_is_refused(world: World) -> None:
    poll = world.open()
    found = cast_that_waits(world, poll, lambda _connection: world.close(poll))
    assert [type(item) for item in found] == [Closed]
    with world.here() as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 0


def test_a_cast_that_waited_while_the_step_ended_is_refused(world: World) -> None:
    def end_the_step(connection: Connection) -> None:
        connection.execute(text("UPDATE step_run SET closed_at = opened_at WHERE closed_at IS NULL"))
        connection.execute(text("UPDATE project SET step = 'another'"))
        connection.commit()

    found = cast_that_waits(world, world.open(), end_the_step)
    assert [type(item) for item in found] == [Closed]


def test_a_close_waits_for_the_cast_that_came_before_it(world: World) -> None:
    """The cast has read "open"; the close comes; only then the ballot is written."""
    poll = world.open()
    number = poll_id(world, poll)
    before_writing, counted = threading.Event(), threading.Event()

    def note(statement: str) -> None:
        if statement.startswith("INSERT INTO ballot "):
            before_writing.set()
            counted.wait(1)  # were the close not to wait, it would count now

    def settle() -> bool:
        assert before_writing.wait(10)
        world.close(poll)
        try:
            return service.settle(number)
        finally:
            counted.set()

    with statements(world.app, note):
        cast, settled = at_once(
            world.app,
            [lambda: service.cast(world.residents[0], poll, {"stance": "consent"}, once="last"), settle],
        )
    assert isinstance(cast, service.Receipt)
    assert settled is True
    with world.here() as session:
        assert session.scalars(select(Poll.tally)).one()["cast"] == 1


@pytest.mark.parametrize("turn", range(3))
def test_what_was_acknowledged_is_what_was_counted(world: World, turn: int) -> None:
    world.households(14)
    poll = world.open()
    number = poll_id(world, poll)
    world.clock.set(world.clock.now() + 1)
    enough, answered, count_lock = threading.Event(), [0], threading.Lock()

    def cast(n: int) -> service.Receipt:
        try:
            return service.cast(world.residents[n], poll, {"stance": STANCES[n % 2]}, once="form")
        finally:
            with count_lock:
                answered[0] += 1
                if answered[0] >= 3 + turn * 4:
                    enough.set()

    def close() -> bool:
        assert enough.wait(20)
        world.close(poll)
        return service.settle(number)

    found = at_once(world.app, [close, close, *[lambda n=n: cast(n) for n in range(CROWD)]])
    assert Counter(found[:2]) == {True: 1, False: 1}
    refused = [item for item in found[2:] if not isinstance(item, service.Receipt)]
    assert all(isinstance(item, Closed) for item in refused), refused
    stances = Counter(STANCES[n % 2] for n in range(CROWD) if isinstance(found[2 + n], service.Receipt))
    with world.here() as session:
        stored = session.scalars(select(Poll.tally)).one()
        assert stored["cast"] == CROWD - len(refused) >= 3 + turn * 4 - 1
        assert {key: value for key, value in stored["counts"].items() if value} == dict(stances)
        assert issubclass(Closed, DomainError)


def test_fifty_casts_and_fifty_closes_at_once_give_one_result(world: World) -> None:
    """Every close that looks gives the same count, and it holds every cast that was answered."""
    casts = closes = 50
    world.households(casts - len(world.residents))
    poll = world.open()
    number = poll_id(world, poll)
    answered, lock = [0], threading.Lock()

    def cast(n: int) -> service.Receipt:
        receipt = service.cast(world.residents[n], poll, {"stance": STANCES[n % 2]}, once="form")
        with lock:
            answered[0] += 1
            if answered[0] == casts // 3:
                world.close(poll)
        return receipt

    def close() -> dict[str, int] | None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            service.settle(number)
            found = queries.rounds_of([decision], world.clock.now())[decision][0]
            if found.tally is not None:
                return dict(found.tally.counts)
            db.session.rollback()
            time.sleep(0.01)
        return None

    with world.here() as session:
        decision = session.scalars(select(Poll.decision_id).where(Poll.id == number)).one()
    found = at_once(world.app, [*[lambda n=n: cast(n) for n in range(casts)], *[close] * closes])
    acknowledged = [n for n in range(casts) if isinstance(found[n], service.Receipt)]
    assert all(isinstance(item, (service.Receipt, Closed)) for item in found[:casts]), found[:casts]
    assert casts // 3 <= len(acknowledged) <= casts
    wanted = Counter(STANCES[n % 2] for n in acknowledged)
    for counts in found[casts:]:
        assert isinstance(counts, dict), counts
        assert {key: value for key, value in counts.items() if value} == dict(wanted)
