"""The facilitator's console: which project comes first, and the one next button."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.clock import DAY, HOUR, FixedClock
from app.people.queries import community_by_slug
from app.projects import board, service
from app.projects.board import Job
from tests.projects.world import REASON, Garden, build, sign_offs


@pytest.fixture
def plain(app: Flask, clock: FixedClock) -> Garden:
    """A project of two plain steps."""
    return build(app, clock, sign_offs("one", "two"))


def groups(plain: Garden) -> dict[str, list[Job]]:
    with plain.here():
        shown = board.console(community_by_slug("ziteng"), plain.lead, plain.clock.now())
        assert {name: n for name, n in shown.counts.items() if n} == {name: len(jobs) for name, jobs in shown.groups}
        return {name: list(jobs) for name, jobs in shown.groups}


def days(plain: Garden, closes: int) -> None:
    plain.do(service.set_window, plain.lead, plain.activity("one_talk"), None, plain.clock.now() + closes)


def test_a_new_project_is_in_no_hurry(plain: Garden) -> None:
    assert {name: len(jobs) for name, jobs in groups(plain).items()} == {"later": 1}


@pytest.mark.parametrize(
    ("closes", "group"),
    [(HOUR, "today"), (12 * HOUR - 1, "today"), (12 * HOUR, "week"), (7 * DAY, "week"), (7 * DAY + 1, "later")],
)
def test_what_closes_today_comes_before_what_closes_this_week(plain: Garden, closes: int, group: str) -> None:
    days(plain, closes)  # it is noon: today ends in twelve hours
    assert list(groups(plain)) == [group]


@pytest.mark.parametrize(("idle", "group"), [(7 * DAY - 1, "later"), (7 * DAY, "stuck"), (30 * DAY, "stuck")])
def test_a_project_without_a_date_is_stuck_after_a_week_without_movement(plain: Garden, idle: int, group: str) -> None:
    plain.clock.advance(idle)
    found = groups(plain)
    assert list(found) == [group]
    assert found[group][0].stalled_days == idle // DAY


def test_a_step_whose_gates_hold_is_ready_and_a_paused_project_comes_last(plain: Garden) -> None:
    plain.start("第二个")
    resting = plain.start("第三个")
    plain.do(service.pause, plain.lead, resting, REASON)
    plain.do(service.sign_off, plain.lead, plain.project, "one_seen", holds=True, note=REASON)
    found = groups(plain)
    assert list(found) == ["ready", "later", "paused"]
    assert found["ready"][0].ready
    assert not found["later"][0].ready
    assert found["paused"][0].card.project.public_id == resting


def test_the_next_button_leads_to_what_is_missing(plain: Garden) -> None:
    page = plain.browser(plain.lead).get("/c/ziteng/console").text
    assert f'href="/c/ziteng/project/{plain.project}/gate/one_seen/sign-off"' in page
    plain.do(service.sign_off, plain.lead, plain.project, "one_seen", holds=True, note=REASON)
    page = plain.browser(plain.lead).get("/c/ziteng/console").text
    assert f'href="/c/ziteng/project/{plain.project}/close"' in page
    assert "All gates hold." in page


def test_a_project_that_is_over_leaves_the_console(plain: Garden) -> None:
    plain.do(service.end_early, plain.lead, plain.project, REASON)
    assert groups(plain) == {}
    assert "No project yet" in plain.browser(plain.lead).get("/c/ziteng/console").text


def test_the_console_is_the_facilitators_own(plain: Garden) -> None:
    assert plain.browser().get("/c/ziteng/console").status_code == 302
    assert plain.browser(plain.neighbour).get("/c/ziteng/console").status_code == 403
    assert plain.browser(plain.town.stranger).get("/c/ziteng/console").status_code == 404
    assert plain.browser(plain.lead).get("/c/guixiang/console").status_code == 404
