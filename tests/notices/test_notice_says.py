"""What a notice says: the figures of the vote it comes after, frozen with the rest; its days; that it never gets shorter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.ballots.figures import figures
from app.core.clock import DAY, HOUR, FixedClock
from app.core.database import db, table_of
from app.core.events import Event
from app.core.i18n import at_local
from app.core.seals import fits, hashes_of, seal
from app.core.transaction import transaction
from app.engine.canonical import text_hash
from app.engine.errors import Closed, Conflict, Forbidden, Frozen, Invalid, NotFound
from app.notices import days, queries, service
from app.notices.content import TYPED, fill, fingerprint, places_left
from app.notices.models import Notice, SpecialDay
from app.projects.models import ActivityRun, Project
from app.projects.queries import find_activity
from app.projects.service import start_project, store_method
from tests.ballots.owners import each_owns, opened
from tests.ballots.test_ballots_adopted import GATE, NOTICE
from tests.ballots.world import CONSENT, METHOD, OBJECTION, World, send
from tests.ballots.world import build as build_vote
from tests.paper.desk import build_desk
from tests.printed import text_of
from tests.projects.world import REASON, Garden, build, everything

WORDS = {
    "scope": "5号楼、6号楼",
    "conclusion": "自{公示开始}公示，期满后实施。",
    "objecting": "书面写明理由，交议事角。",
    "contact": "议事角，周二14:00，5550 0188",
    "signatory": "紫藤里居民委员会",
}


@pytest.fixture
def world(app: Flask, clock: FixedClock) -> World:
    """A project whose vote is followed by a notice; ``board`` is the notice's address."""
    made = build_vote(app, clock)
    source = METHOD.replace("SETTINGS", CONSENT).replace("vote_only", "with_notice").replace(GATE, NOTICE + GATE, 1)
    with made.here() as session:
        made.project = start_project(
            made.facilitator,
            made.community_id,
            title="花园",
            place="平台",
            summary="。",
            method_public_id=store_method(source),
        )
        query = select(ActivityRun.key, ActivityRun.public_id).join(Project, Project.id == ActivityRun.project_id)
        keys = dict(session.execute(query.where(Project.public_id == made.project)).all())
    made.activity, made.board = keys["vote"], keys["notice"]  # type: ignore[attr-defined]
    return made


def test_a_notice_after_a_vote_freezes_its_figures_with_all_it_says(world: World) -> None:
    board: str = world.board  # type: ignore[attr-defined]
    poll = world.open()
    for n in range(3):
        world.cast(n, poll)
    world.cast(3, poll, "concern", concern="花盆别挡路，晚上看不清楚。")
    with world.app.test_request_context():
        said = "{项目}的表决结果如下。公示{天数}天，到{公示结束}为止。"
        service.save_draft(world.facilitator, board, "{项目}结果公示", "第四步", said, **WORDS)
    world.close(poll)
    reader, lead = world.app.test_client(), world.app.test_client()
    world.sign_in(lead, world.facilitator)
    lead.set_cookie("lang", "en")
    page = lead.get(f"/c/ziteng/notice/{board}/post").text
    assert "Households due" in page
    assert "公示7天" in page  # as it would hang; the draft keeps its places
    with world.app.test_request_context():
        service.post(world.facilitator, board)
        row = db.session.scalars(select(Notice)).one()
        told = row.figures
        assert told is not None
        assert (told["of"], told["due"], told["present"], told["preliminary"]) == ("household", 6, 4, False)
        assert [(row_["title"]["en"], row_["n"]) for row_ in told["answers"]] == [
            ("Consent", 3),
            ("Concern", 1),
            ("Objection", 0),
            ("Abstain", 0),
        ]
        assert "sheets" not in told
        assert row.title == "花园结果公示"
        assert row.text.startswith("花园的表决结果如下。公示7天，到2026年3月")
        assert "{" not in row.conclusion
        # The fingerprint covers every field: each one changed is another fingerprint. Of words it covers commitments.
        assert set(row.commitments) == {*(key for key in TYPED if getattr(row, key)), "by_name"}
        assert all(fits(one, getattr(row, key)) for key, one in row.commitments.items())
        assert (row.text_hash, row.hash_form) == (fingerprint(row), 2)
        frozen = {key: getattr(row, key) for key in table_of(Notice).columns.keys()}  # noqa: SIM118
        for key, other in {
            **{
                "figures": {**told, "present": 5},
                "commitments": {**row.commitments, "text": seal({"text": row.text})["text"]},
                "posted_at": row.posted_at + 1,
                "count": "working",
            },
            **{"posted_until": row.posted_until + DAY, "days": 8, "provisional": True, "public_id": "X" * 16},
        }.items():
            assert fingerprint(Notice(**{**frozen, key: other})) != row.text_hash, key
        part = queries.record(find_activity(board, world.clock.now()), world.clock.now())
        assert part["figures"] == told
        assert part["signatory"] == WORDS["signatory"]
        event = db.session.scalars(select(Event).where(Event.kind == "notice.posted")).one()
        assert event.data == {"notice": row.public_id}
        assert part["commitments"] == hashes_of(row.commitments)
    for lang, words in {
        "zh_Hans": ("紫藤里居民委员会", "5号楼、6号楼", "书面写明理由", "盖章处", "花园的表决结果如下"),
        "en": ("Households due", "Consent", "The day of posting is not counted", "place for the seal"),
    }.items():
        reader.set_cookie("lang", lang)
        shown = reader.get(f"/c/ziteng/notice/{board}").text
        printed = text_of(reader.get(f"/c/ziteng/notice/{board}.pdf").data)
        for words_ in words:
            assert words_ in shown, words_
            assert words_.replace(" ", "") in "".join(printed.split()), words_
    record = lead.get(f"/c/ziteng/project/{world.project}/close").text
    for words_ in ("Households due", "紫藤里居民委员会", "花园的表决结果如下"):
        assert words_ in record, words_


def test_a_notice_waits_for_a_count_that_is_not_done(world: World) -> None:
    board: str = world.board  # type: ignore[attr-defined]
    poll = world.open()
    world.cast(0, poll)
    with world.app.test_request_context():
        service.save_draft(world.facilitator, board, "公示", "", "结果如下。")
    world.close(poll)
    with world.here() as session:
        session.execute(text("update poll set voided_at = closes_at where public_id = :poll"), {"poll": poll})
        session.commit()
    with world.app.test_request_context(), pytest.raises(Conflict, match="no result yet"):
        service.post(world.facilitator, board)


def test_the_figures_of_owners_have_heads_and_area_and_those_of_paper_its_sheets(app: Flask, clock: FixedClock) -> None:
    desk = build_desk(app, clock, policy="last", sheets_issued=6)
    desk.world.cast(0, desk.poll)
    desk.world.cast(1, desk.poll, **OBJECTION)
    desk.take(1, 2)
    desk.world.close(desk.poll)

    def of(world: World) -> Mapping[str, Any] | None:
        with app.test_request_context():
            return figures(find_activity(world.activity, clock.now()), clock.now())

    assert of(desk.world) is None  # sheets are in the box and not counted
    desk.both(1, "6-103")
    desk.both(2, choice="8")
    for serial in desk.sample():
        desk.compare(serial, "6-103")
    told = of(desk.world)
    assert told is not None
    assert told["sheets"] == {"issued": 6, "returned": 2, "valid": 1, "missing": 4, "invalid": 1}
    assert (told["present"], [row["n"] for row in told["answers"]]) == (3, [2, 0, 1, 0])
    assert "area_due" not in told
    desk.world.start('rule = "owners", electorate = "owner"', "业主表决")
    each_owns(desk.world)
    poll = opened(desk.world)
    desk.world.cast(0, poll, "yes")
    desk.world.cast(1, poll, "no")
    desk.world.close(poll)
    told = of(desk.world)
    assert told is not None
    assert (told["of"], told["due"], told["present"]) == ("owner", 6, 2)
    assert (told["area_due"], told["area_present"]) == (6 * 8950, 2 * 8950)
    assert [(row["n"], row["area"]) for row in told["answers"]] == [(1, 8950), (1, 8950), (0, 0)]
    assert told["preliminary"]
    assert "preliminary count" in told["verdict"]["en"]
    assert told["verdict"]["zh_Hans"]


def test_words_in_braces_are_filled_and_what_nobody_knows_is_asked_for() -> None:
    known = {"zh_Hans": {"project": "花园", "from": "3月8日"}, "en": {"from": "8 March"}}
    assert fill("{项目}，{公示开始}，{ From }，{to}，{名单}", known) == "花园，3月8日，8 March，{to}，{名单}"
    assert places_left("{项目}{名单}{写上楼号}{to}") == ["名单", "写上楼号"]


def draft(garden: Garden, words: str = "名单如下。", **more: str) -> str:
    board = garden.activity("board")
    garden.do(service.save_draft, garden.lead, board, "团队名单", "第二步", words, **more)
    return board


def notice_of(garden: Garden) -> Notice:
    row: Notice = garden.scalar(select(Notice))
    return row


def test_a_notice_that_follows_nothing_has_the_fields_that_apply_and_the_desk(app: Flask, clock: FixedClock) -> None:
    garden = build(app, clock)
    board = draft(garden, "名单：{名单}")
    with pytest.raises(Conflict, match="名单"):
        garden.do(service.post, garden.lead, board)
    garden.do(service.save_draft, garden.lead, board, "长" * 114 + "{公示开始}", "", "名单如下。")
    with pytest.raises(Conflict, match="too long"):
        garden.do(service.post, garden.lead, board)
    draft(garden)
    garden.do(service.post, garden.lead, board)
    row = notice_of(garden)
    assert row.figures is None
    assert "议事角" in row.contact
    assert "5550 0188" in row.contact
    assert row.signatory
    page = garden.browser().get(f"/c/ziteng/notice/{board}").text
    assert "Who took part" not in page
    assert "on paper at the desk" in page
    # A notice from before there were more fields verifies by its text alone.
    with garden.here(), transaction() as tx:
        old_form = {"hash_form": 1, "commitments": {}, "text_hash": text_hash(row.text)}
        tx.session.execute(update(Notice).values(**old_form, contact="", days=0))
    old = notice_of(garden)
    assert garden.do(fingerprint, old) == old.text_hash == text_hash("名单如下。")
    assert "Fingerprint of the text" in garden.browser().get(f"/c/ziteng/notice/{board}").text


def working(app: Flask, clock: FixedClock) -> Garden:
    """A garden whose notice hangs for three working days."""
    return build(app, clock, everything().replace("{ days = 7 }", '{ days = 3, count = "working" }'))


def test_working_days_are_counted_by_the_calendar_and_a_period_only_grows(app: Flask, clock: FixedClock) -> None:
    garden = working(app, clock)
    board = draft(garden)
    admin = garden.town.admin
    for who in (garden.lead, garden.neighbour):
        with pytest.raises(NotFound):
            garden.do(days.set_day, who, date(2026, 3, 9), False, "台风停工")
    with pytest.raises(Invalid):
        garden.do(days.set_day, admin, date(2026, 3, 9), False, " ")
    garden.do(days.set_day, admin, date(2026, 3, 9), False, "台风停工")
    garden.do(days.set_day, admin, date(2026, 3, 9), False, "全市停工一天")
    garden.do(service.post, garden.lead, board)  # on Sunday, 8 March 2026
    row = notice_of(garden)
    assert (row.count, row.days, row.provisional) == ("working", 3, False)
    assert row.until_at == garden.do(at_local, date(2026, 3, 13))
    assert [event.data["before"] for event in garden.events("calendar.day_set")] == [
        None,
        {"working": False, "why": "台风停工"},
    ]
    # The town thinks again: what was posted stands, and the page says so.
    garden.do(days.unset_day, admin, date(2026, 3, 9))
    assert garden.count(SpecialDay) == 0
    with pytest.raises(NotFound):
        garden.do(days.unset_day, admin, date(2026, 3, 9))
    page = garden.browser().get(f"/c/ziteng/notice/{board}").text
    assert "it would end earlier, on Wed 11 March 2026. What was posted stands" in page
    assert "3 working days" in page
    garden.do(days.set_day, admin, date(2026, 3, 12), False, "消防演练")
    garden.do(days.set_day, admin, date(2026, 3, 11), False, "消防演练")
    assert "it would end later, on Fri 13 March 2026" in garden.browser().get(f"/c/ziteng/notice/{board}").text

    lead = garden.browser(garden.lead)
    at = f"/c/ziteng/notice/{board}/extend"
    assert send(lead, at, {"last": "2026-03-12", "reason": REASON}).status_code == 422
    assert send(lead, at, {"last": "2026-03-13", "reason": "短"}).status_code == 422
    for who in (garden.neighbour, garden.town.stranger):
        with pytest.raises((Forbidden, NotFound)):
            garden.do(service.extend, who, board, date(2026, 3, 20), REASON)
    assert send(lead, at, {"last": "2026-03-13", "reason": REASON}).status_code == 303
    page = garden.browser().get(f"/c/ziteng/notice/{board}").text
    assert REASON in page
    assert "It hangs longer, to Fri 13 March 2026" in page
    after = notice_of(garden)
    assert (after.until_at, after.posted_until) == (garden.do(at_local, date(2026, 3, 14)), row.until_at)
    assert garden.do(fingerprint, after) == after.text_hash == row.text_hash
    # The command refuses, the model refuses, and the database refuses.
    with garden.here(), pytest.raises(Frozen, match="shortened"), transaction() as tx:
        tx.session.scalars(select(Notice)).one().until_at -= DAY
    for field, value in {"text": "改了", "posted_until": 1, "figures": {}, "posted_at": 5, "contact": "别处"}.items():
        with garden.here(), pytest.raises(Frozen), transaction() as tx:
            setattr(tx.session.scalars(select(Notice)).one(), field, value)
    with garden.here(), pytest.raises(IntegrityError), transaction() as tx:
        tx.session.execute(update(Notice).values(until_at=row.until_at - 1))
    garden.clock.set(after.until_at)
    assert garden.browser(garden.lead).get(at).status_code == 404
    with pytest.raises(Closed):
        garden.do(service.extend, garden.lead, board, date(2026, 4, 20), REASON)


def test_a_period_in_a_year_without_a_list_says_that_it_is_provisional(app: Flask, clock: FixedClock) -> None:
    clock.set(2_062_000_000_000)  # 5 May 2035: nobody has published its holidays yet
    garden = working(app, clock)
    board = draft(garden)
    garden.do(service.post, garden.lead, board)
    assert notice_of(garden).provisional
    assert "provisional" in garden.browser().get(f"/c/ziteng/notice/{board}").text
    printed = text_of(garden.browser().get(f"/c/ziteng/notice/{board}.pdf").data)
    assert "provisional" in printed
    assert garden.clock.now() + HOUR < notice_of(garden).until_at
