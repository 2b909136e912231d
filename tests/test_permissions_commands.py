"""The commands themselves refuse who may not give them, whatever page, API or mistake stands before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import FixedClock
from app.core.database import db
from app.engine.errors import Forbidden, NotFound
from app.notices import service as notices
from app.people import communities, desk, roll, staff
from app.people.actor import Actor
from app.projects import service as projects
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.conftest import emptied
from tests.permission_requests import Furnished, keep_world
from tests.permission_table import REASON
from tests.permission_world import build


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[tuple[Furnished, int]]:
    """The town of the permission table, built once."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        kept = keep_world(build(app, clock))
        yield kept, clock.now()


@pytest.fixture
def town(built: tuple[Furnished, int]) -> Iterator[Furnished]:
    """The town as it was built."""
    kept, at = built
    kept.world.clock.set(at)
    yield kept
    with kept.world.app.app_context():
        db.session.remove()
    if kept.changed()[0]:
        kept.put_back()


def test_the_commands_of_facilitators_refuse_by_themselves(town: Furnished) -> None:
    world, here = town.world, town.world.at["ziteng"]
    community = world.communities["ziteng"]
    running, at = here["running"]["public_id"], world.clock.now()
    commands: dict[str, Callable[[Actor], object]] = {
        "close": lambda who: projects.close_step(who, here["ready"]["public_id"]),
        "preview": lambda who: projects.preview_close(who, running, at),
        "waive": lambda who: projects.waive_gate(who, running, "asked", REASON),
        "sign off": lambda who: projects.sign_off(who, running, "asked", holds=True, note=REASON),
        "send back": lambda who: projects.send_back(who, here["done"]["public_id"], "first", REASON),
        "pause": lambda who: projects.pause(who, running, REASON),
        "resume": lambda who: projects.resume(who, here["paused"]["public_id"], REASON),
        "end": lambda who: projects.end_early(who, running, REASON),
        "dates": lambda who: projects.set_window(who, here["ideas"]["public_id"], None, None),
        "edit": lambda who: projects.edit_project(who, running, title="t", place="p", summary="s"),
        "start": lambda who: projects.start_project(
            who, community, title="t", place="p", summary="s", method_public_id=world.method
        ),
        "draft of a vote": lambda who: ballots.save_draft(who, here["vote_to_come"]["public_id"], "t", "x"),
        "announce": lambda who: ballots.announce(who, here["vote_to_come"]["public_id"], at, at),
        "adopt": lambda who: ballots.adopt(
            who, here["vote_passed"]["public_id"], "陈老师", REASON, at + 90 * 86_400_000
        ),
        "draft of a notice": lambda who: notices.save_draft(who, here["board_to_come"]["public_id"], "t", "", "x"),
        "post a notice": lambda who: notices.post(who, here["board_to_come"]["public_id"]),
        "answer a complaint": lambda who: notices.answer(who, here["complaint"]["public_id"], REASON),
        "answer a proposal": lambda who: proposals.answer(who, here["proposal"]["public_id"], "accepted", REASON),
        "choose": lambda who: proposals.choose(who, here["accepted"]["public_id"]),
        "merge": lambda who: proposals.merge(
            who, here["ideas"]["public_id"], [here[name]["public_id"] for name in ("proposal", "accepted")], "t", "x"
        ),
        "hide": lambda who: comments.hide(who, here["comment"]["public_id"], REASON),
        "judge": lambda who: comments.judge_appeal(who, here["appealed"]["public_id"], show=True, answer=REASON),
        "code": lambda who: desk.issue_code(who, here["household101"]["public_id"]),
        "codes": lambda who: desk.issue_many(who, community),
        "move out": lambda who: desk.move_out(who, here["household101"]["public_id"]),
        "find": lambda who: desk.find_households(who, community, "5-101"),
        "import": lambda who: roll.receive(who, community, b"x", "x.csv"),
        "confirm": lambda who: roll.confirm(who, here["import"]["public_id"], gone=False),
        "drop": lambda who: roll.drop(who, here["import"]["public_id"]),
        "owner": lambda who: communities.add_owner(who, community, "王五", []),
        "merge owners": lambda who: communities.merge_owners(
            who, here["owners"]["first"], here["owners"]["second"], REASON
        ),
        "settings": lambda who: communities.edit_community(who, "ziteng", name="x"),
        "invite": lambda who: staff.invite(
            who, email="a@example.org", name="a", role="planner", community_id=community
        ),
        "end a role": lambda who: staff.end_role(who, int(here["guest_grant"]["grant_id"])),
        "deputy": lambda who: staff.deputise(who, community, here["guest"]["public_id"], at + 1),
    }
    outsiders = ("resident_elsewhere", "facilitator_elsewhere")
    for name, command in commands.items():
        for role in ("author", "neighbour", "planner", "observer", *outsiders):
            with world.app.test_request_context(), pytest.raises((Forbidden, NotFound)) as refused:
                command(world.actors[role])
            assert role not in outsiders or isinstance(refused.value, NotFound), (name, role)
            assert not town.changed()[0], (name, role)


def test_the_commands_of_authors_refuse_by_themselves(town: Furnished) -> None:
    world, here = town.world, town.world.at["ziteng"]
    words = Words("t", "x")
    commands: dict[str, Callable[[Actor], object]] = {
        "edit a comment": lambda who: comments.edit(who, here["comment"]["public_id"], "x"),
        "appeal": lambda who: comments.appeal(who, here["hidden"]["public_id"], REASON),
        "edit a proposal": lambda who: proposals.edit(who, here["proposal"]["public_id"], words),
        "send a draft": lambda who: proposals.submit(who, here["draft"]["public_id"]),
        "withdraw a proposal": lambda who: proposals.withdraw(who, here["proposal"]["public_id"]),
        "edit a draft": lambda who: proposals.save_draft(
            who, here["ideas"]["public_id"], words, public_id=here["draft"]["public_id"]
        ),
    }
    for name, command in commands.items():
        for role in ("partner", "neighbour", "facilitator", "resident_elsewhere"):
            with world.app.test_request_context(), pytest.raises((Forbidden, NotFound)):
                command(world.actors[role])
            assert not town.changed()[0], (name, role)
