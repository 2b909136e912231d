"""Starting and moving a project: its gates, its reasons, and who may."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.clock import FixedClock
from app.core.database import db
from app.core.transaction import transaction
from app.engine.errors import Conflict, DomainError, Forbidden, Frozen, Invalid, NotFound
from app.people.actor import NOBODY
from app.projects import queries, service
from app.projects.models import MethodVersion, Project, StepRunRow
from app.records.models import Record
from tests.projects.world import REASON, Garden, build, everything, sign_offs


@pytest.fixture
def plain(app: Flask, clock: FixedClock) -> Garden:
    """A project of three plain steps."""
    return build(app, clock, sign_offs("one", "two", "three"))


def looked(plain: Garden, step: str, *, holds: bool = True) -> None:
    plain.do(
        service.sign_off, plain.lead, plain.project, f"{step}_seen", holds=holds, note="两位居民一起看过了，没有问题。"
    )


def close(plain: Garden, **more: str) -> int:
    return plain.do(service.close_step, plain.lead, plain.project, **more)


def test_a_project_starts_at_the_first_step_of_its_method(plain: Garden) -> None:
    row = plain.row()
    assert (row.state, row.step, row.state_reason, row.over_at) == ("running", "one", "", None)
    assert [event.kind for event in plain.events("project.step_opened")] == ["project.step_opened"]
    assert plain.events("project.step_opened")[0].data["data"] == {"step": "one", "attempt": 1}


@pytest.mark.parametrize(
    ("wrong", "field"), [({"title": "  "}, "title"), ({"method_public_id": "0" * 16}, "method"), ({}, "")]
)
def test_a_project_needs_a_title_and_a_method(plain: Garden, wrong: dict[str, str], field: str) -> None:
    if not field:
        assert plain.start(**wrong)
        return
    with pytest.raises(Invalid) as refused:
        plain.start(**wrong)
    assert set(refused.value.fields) == {field}
    assert plain.count(Project) == 1


def test_one_form_sent_twice_starts_one_project_and_other_words_under_its_key_are_refused(plain: Garden) -> None:
    first = plain.start("长椅", once="k1")
    assert plain.start("长椅", once="k1") == first
    for other in ({"title": "路灯"}, {"title": "长椅", "scope": {"buildings": [plain.building("8", 1)]}}):
        with pytest.raises(Conflict):
            plain.start(once="k1", **other)
    assert plain.count(Project) == 2


def test_a_step_closes_only_when_its_gates_hold(plain: Garden) -> None:
    with pytest.raises(Conflict, match="Answer this question"):
        close(plain)
    looked(plain, "one", holds=False)
    with pytest.raises(Conflict, match="can't close yet"):
        close(plain)
    assert plain.row().step == "one"
    looked(plain, "one")
    close(plain)
    assert plain.row().step == "two"


def test_the_last_close_completes_the_project(plain: Garden) -> None:
    for step in ("one", "two", "three"):
        looked(plain, step)
        close(plain)
    row = plain.row()
    assert (row.state, row.step, row.over_at) == ("completed", "", plain.clock.now())
    assert [item.step for item in plain.all(select(Record).order_by(Record.id))] == ["one", "two", "three"]
    with pytest.raises(Conflict, match="over already"):
        close(plain)


def test_a_sign_off_counts_by_the_newest_word_and_says_who_and_why(plain: Garden) -> None:
    looked(plain, "one")
    assert "两位居民一起看过了" in str(plain.gates()["one_seen"].result.says)
    assert "紫藤里主持" in str(plain.gates()["one_seen"].result.says)
    looked(plain, "one", holds=False)
    assert not plain.met("one_seen")


def test_a_sign_off_rests_on_something_and_belongs_to_the_open_step(plain: Garden) -> None:
    with pytest.raises(Invalid) as refused:
        plain.do(service.sign_off, plain.lead, plain.project, "one_seen", holds=True, note="123456789 ")
    assert set(refused.value.fields) == {"note"}
    plain.do(service.sign_off, plain.lead, plain.project, "one_seen", holds=True, note="1234567890")
    with pytest.raises(NotFound):
        looked(plain, "two")


def test_a_waiver_lets_the_step_close_under_a_name_and_with_a_reason(plain: Garden) -> None:
    with pytest.raises(Invalid):
        plain.do(service.waive_gate, plain.lead, plain.project, "one_seen", "太短")
    plain.do(service.waive_gate, plain.lead, plain.project, "one_seen", REASON)
    state = plain.gates()["one_seen"]
    assert state.state == "waived"
    assert state.waiver is not None
    assert (state.waiver.by_name, state.waiver.reason) == ("紫藤里主持", REASON)
    with pytest.raises(Conflict, match="waived already"):
        plain.do(service.waive_gate, plain.lead, plain.project, "one_seen", REASON)
    close(plain)
    assert plain.row().step == "two"


NEVER = ("ballot_passed", "objections_ended", "conflicts_declared", "notice_over", "funded_in_full")
WAIVABLE = (
    *("proposals_answered", "topic_chosen", "outreach_met", "minutes_confirmed", "meeting_confirmed"),
    *("accepted", "review_dated"),
)


def test_five_gates_can_never_be_waived_and_the_others_can(garden: Garden) -> None:
    for gate in NEVER:
        with pytest.raises(Frozen):
            garden.do(service.waive_gate, garden.lead, garden.project, gate, REASON)
    for gate in WAIVABLE:
        garden.do(service.waive_gate, garden.lead, garden.project, gate, REASON)
    states = {key: state.state for key, state in garden.gates().items()}
    assert {states[gate] for gate in NEVER} == {"open"}
    assert {states[gate] for gate in WAIVABLE} == {"waived"}


def test_a_project_sent_back_opens_the_earlier_step_again_and_keeps_what_was(plain: Garden) -> None:
    looked(plain, "one")
    close(plain)
    with pytest.raises(Conflict, match="earlier step"):
        plain.do(service.send_back, plain.lead, plain.project, "two", REASON)
    with pytest.raises(Conflict, match="earlier step"):
        plain.do(service.send_back, plain.lead, plain.project, "three", REASON)
    with pytest.raises(Invalid):
        plain.do(service.send_back, plain.lead, plain.project, "one", "短")
    plain.do(service.send_back, plain.lead, plain.project, "one", REASON)
    rows = plain.all(select(StepRunRow).order_by(StepRunRow.id))
    assert [(row.step, row.attempt, row.left) for row in rows] == [
        ("one", 1, "closed"),
        ("two", 1, "sent_back"),
        ("one", 2, ""),
    ]
    assert not plain.met("one_seen"), "the word on the first attempt doesn't hold for the second"
    page = plain.browser().get(f"/c/ziteng/project/{plain.project}").text
    assert REASON in page
    assert "sent_back" not in page


def test_a_paused_project_moves_nowhere_until_it_is_resumed(plain: Garden) -> None:
    looked(plain, "one")
    plain.do(service.pause, plain.lead, plain.project, REASON)
    assert (plain.row().state, plain.row().state_reason) == ("paused", REASON)
    moves: tuple[Callable[[], object], ...] = (
        lambda: close(plain),
        lambda: looked(plain, "one"),
        lambda: plain.do(service.pause, plain.lead, plain.project, REASON),
        lambda: plain.do(service.waive_gate, plain.lead, plain.project, "one_seen", REASON),
        lambda: plain.do(service.send_back, plain.lead, plain.project, "one", REASON),
    )
    for move in moves:
        with pytest.raises(Conflict):
            move()
    plain.do(service.resume, plain.lead, plain.project, "可以继续了。")
    assert (plain.row().state, plain.row().state_reason) == ("running", "")
    close(plain)


def test_an_ended_project_is_over_for_good(plain: Garden) -> None:
    with pytest.raises(Invalid):
        plain.do(service.end_early, plain.lead, plain.project, "  短  ")
    plain.do(service.end_early, plain.lead, plain.project, REASON)
    row = plain.row()
    assert (row.state, row.step, row.state_reason, row.over_at) == ("ended", "", REASON, plain.clock.now())
    for command in (service.pause, service.resume, service.end_early):
        with pytest.raises(Conflict):
            plain.do(command, plain.lead, plain.project, REASON)
    assert REASON in plain.browser().get(f"/c/ziteng/project/{plain.project}").text


def test_a_command_given_on_a_page_of_another_run_is_refused(plain: Garden) -> None:
    looked(plain, "one")
    close(plain, seen="one.1")
    commands: tuple[Callable[[], object], ...] = (
        lambda: close(plain, seen="one.1"),
        lambda: plain.do(service.waive_gate, plain.lead, plain.project, "two_seen", REASON, seen="one.1"),
        lambda: plain.do(service.send_back, plain.lead, plain.project, "one", REASON, seen="two.2"),
        lambda: plain.do(service.sign_off, plain.lead, plain.project, "two_seen", holds=True, note=REASON, seen=""),
    )
    for command in commands:
        with pytest.raises(Conflict, match="moved on meanwhile"):
            command()
    assert plain.row().step == "two"


@pytest.mark.parametrize("who", ["neighbour", "stranger", "admin", "nobody"])
def test_nobody_but_a_facilitator_of_the_community_moves_a_project(plain: Garden, who: str) -> None:
    actor = NOBODY if who == "nobody" else getattr(plain.town, who)
    expected: type[DomainError] = Forbidden if who == "neighbour" else NotFound
    commands: tuple[Callable[[], object], ...] = (
        lambda: plain.do(service.close_step, actor, plain.project),
        lambda: plain.do(service.waive_gate, actor, plain.project, "one_seen", REASON),
        lambda: plain.do(service.sign_off, actor, plain.project, "one_seen", holds=True, note=REASON),
        lambda: plain.do(service.send_back, actor, plain.project, "one", REASON),
        lambda: plain.do(service.pause, actor, plain.project, REASON),
        lambda: plain.do(service.end_early, actor, plain.project, REASON),
        lambda: plain.do(service.edit_project, actor, plain.project, title="甲", place="", summary=""),
    )
    for command in commands:
        with pytest.raises(expected):
            command()
    assert len(plain.all(select(StepRunRow))) == 1
    assert plain.row().state == "running"


def test_a_project_keeps_the_version_it_started_with(plain: Garden) -> None:
    newer = plain.do(service.store_method, sign_offs("first", "last", version="2"))
    other = plain.start("另一个", method_public_id=newer)
    assert [item.key for item in plain.do(queries.method_of, plain.row()).steps] == ["one", "two", "three"]
    with pytest.raises(Invalid):
        plain.start("旧版", method_public_id=plain.town.method)
    with plain.here(), transaction() as tx:
        tx.session.execute(update(MethodVersion).values(offered=False))
    looked(plain, "one")
    close(plain)
    assert plain.row().step == "two"
    with plain.here():
        steps = queries.method_of(queries.find_project(other)[0]).steps
        assert [item.key for item in steps] == ["first", "last"]


def test_the_same_method_text_twice_is_one_version(plain: Garden) -> None:
    again = plain.do(service.store_method, sign_offs("one", "two", "three"))
    assert again == plain.town.method
    assert plain.do(service.store_method, everything()) != again


def test_what_a_projects_words_were_stays_in_its_event(plain: Garden) -> None:
    plain.do(service.edit_project, plain.lead, plain.project, title="屋顶花园", place="三层", summary="改了。")
    assert plain.row().title == "屋顶花园"
    assert plain.events("details.edited")[0].data["before"]["title"] == "空中花园"


def test_closing_twice_at_once_closes_one_step(plain: Garden) -> None:
    looked(plain, "one")
    browser = plain.browser(plain.lead)
    page = browser.get(f"/c/ziteng/project/{plain.project}/close").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert 'name="seen" value="one.1"' in page
    address = f"/c/ziteng/project/{plain.project}/close"
    data = {"csrf_token": token, "seen": "one.1"}
    assert browser.post(address, data=data).status_code == 303
    assert browser.post(address, data=data).status_code == 409
    with plain.here():
        assert len(db.session.scalars(select(Record)).all()) == 1
