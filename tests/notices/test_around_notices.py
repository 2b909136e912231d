"""Around a notice: complaints by code, photos of boards, templates, copies of projects, and outreach by building."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from app.core.clock import DAY, FixedClock
from app.core.media import receive_photo
from app.core.transaction import transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound, TooMany
from app.notices import queries, service, wordings
from app.notices.boards import boards_of
from app.notices.models import Complaint, Notice, NoticeProof
from app.notices.proofs import prove
from app.people import desk
from app.people.codes import code_mac
from app.people.models import Household, HouseholdCode
from app.people.places import Building
from app.projects import service as projects
from app.projects.models import Project
from app.registers import service as registers
from tests.ballots.world import send
from tests.projects.world import Garden, build

WRONG = "名单里少了六号楼的代表。"
HERE = "203.0.113.7"


@pytest.fixture
def garden(app: Flask, clock: FixedClock) -> Garden:
    """A project whose open step has every kind of activity."""
    return build(app, clock)


def posted(garden: Garden, text: str = "名单如下。") -> tuple[str, Notice]:
    board = garden.activity("board")
    garden.do(service.save_draft, garden.lead, board, "团队名单", "第二步", text)
    garden.do(service.post, garden.lead, board)
    return board, garden.scalar(select(Notice))


def slip(garden: Garden, household_id: int | None) -> str:
    """A new code for a household, as its slip shows it."""
    public_id = garden.scalar(select(Household.public_id).where(Household.id == household_id))
    return garden.do(desk.issue_code, garden.lead, public_id)


def picture(shade: int = 200) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (shade, 90, 90)).save(out, "JPEG")
    return out.getvalue()


def test_a_household_complains_by_its_code_and_is_answered_where_all_can_read(garden: Garden) -> None:
    board, notice = posted(garden)
    code = slip(garden, garden.neighbour.household_id)
    at, reader = f"/c/ziteng/notice/{board}", garden.browser()
    assert f"{at}/complain-by-code" in reader.get(at).text
    made = send(reader, f"{at}/complain-by-code", {"code": code.lower(), "text": WRONG})
    assert made.status_code == 303
    row = garden.scalar(select(Complaint))
    assert (row.person_id, row.household_id) == (None, garden.neighbour.household_id)
    assert made.location.endswith(f"#c-{row.public_id}")
    page = reader.get(at).text
    assert WRONG in page
    assert "by the code on a slip" in page
    garden.clock.set(notice.until_at or 0)
    assert garden.missing("notice_over") == ["Answer 1 complaint."]
    garden.do(service.answer, garden.lead, row.public_id, "已经补上了，名单重新贴出。")
    assert garden.met("notice_over")
    assert "已经补上了，名单重新贴出。" in reader.get(at).text
    told = garden.told(garden.neighbour)[-1]
    assert (told.kind, told.data["answer"]) == ("complaint.answered_by_code", "已经补上了，名单重新贴出。")
    own = garden.browser(garden.neighbour)
    assert "came with your household" in own.get("/me/messages").text
    assert WRONG in str(own.get("/me/data.json").get_json(force=True))


def test_codes_are_judged_counted_and_bound_to_their_community(garden: Garden) -> None:
    _, notice = posted(garden)
    code = slip(garden, garden.neighbour.household_id)

    def complain(code: str, address: str = HERE, text: str = WRONG, once: str = "k") -> str:
        return garden.do(service.complain_by_code, code, address, notice.public_id, text, once=once)

    first = complain(code)
    assert complain(code) == first  # the same form twice
    with pytest.raises(Conflict):
        complain(code, text="另外一句话，也很长很长。")
    with pytest.raises(Invalid):
        complain(code, text="短")
    with pytest.raises(NotFound):
        garden.do(service.complain_by_code, code, HERE, "0" * 16, WRONG, once="k")
    for n in range(10):
        with pytest.raises(Invalid):
            complain(f"WRONG-{n:05}", "198.51.100.1")
    with pytest.raises(TooMany):
        complain("WRONG-99999", "198.51.100.1")
    with pytest.raises(TooMany):
        complain(code, "198.51.100.1", once="z")  # from there, not even a right one
    for n in range(8):
        try:
            complain(code, text=f"第{n}条：{WRONG}", once=f"n{n}")
        except TooMany:
            break
    else:
        pytest.fail("one household may complain without end")
    before = garden.count(Complaint)
    garden.clock.set((notice.until_at or 0) - 1)
    complain(code, text=f"最后一条：{WRONG}", once="late")
    garden.clock.advance(1)
    with pytest.raises(Closed, match="Not recorded"):
        complain(code, text=f"太晚了：{WRONG}", once="later")
    assert garden.count(Complaint) == before + 1


def test_a_code_of_another_community_is_no_code_here(garden: Garden) -> None:
    _, notice = posted(garden)
    elsewhere = garden.resident("外面的", "guixiang")
    with garden.here(), transaction() as tx:
        there = HouseholdCode.household_id == elsewhere.household_id
        tx.session.execute(update(HouseholdCode).where(there).values(mac=code_mac("THERE-THERE")))
    with pytest.raises(Invalid, match="not valid"):
        garden.do(service.complain_by_code, "THERE-THERE", HERE, notice.public_id, WRONG, once="k")
    assert garden.count(Complaint) == 0


def test_each_board_has_its_photo_with_its_day_and_who_hung_it(garden: Garden) -> None:
    for label in ("6", "7"):
        garden.building(label, 2)
    board, notice = posted(garden)
    _, six, seven = garden.all(
        select(Building.id).where(Building.community_id == garden.community).order_by(Building.sort)
    )
    photo = garden.do(receive_photo, picture())
    today = date(2026, 3, 8)
    for who, error in ((garden.neighbour, Forbidden), (garden.town.stranger, NotFound)):
        with pytest.raises(error):
            garden.do(prove, who, board, six, photo, today, "王阿姨")
    for day in (date(2026, 3, 7), date(2026, 3, 9)):
        with pytest.raises(Invalid, match="on which the notice hung"):
            garden.do(prove, garden.lead, board, six, photo, day, "王阿姨")
    with pytest.raises(NotFound):
        garden.do(prove, garden.lead, board, 10_000, photo, today, "王阿姨")
    with pytest.raises(Invalid):
        garden.do(prove, garden.lead, board, six, None, today, " ")
    for _ in range(2):
        garden.do(prove, garden.lead, board, six, photo, today, "王阿姨")
    assert garden.count(NoticeProof) == 1
    [event] = garden.events("notice.proved")
    assert event.data == {"building": "6", "day": "2026-03-08", "hung_by": "王阿姨"}
    page = garden.browser().get(f"/c/ziteng/notice/{board}").text
    assert "1 of 3 buildings have a photo" in page
    assert "by 王阿姨" in page
    assert page.count("no photo yet") == 2
    assert "Add a photo" not in page
    lead, at = garden.browser(garden.lead), f"/c/ziteng/notice/{board}/board/{seven}"
    assert "Add a photo of building 7" in lead.get(f"/c/ziteng/notice/{board}").text
    sent = {"photo": (io.BytesIO(picture(20)), "a.jpg"), "day": "2026-03-08", "hung_by": "李叔"}
    assert send(lead, at, sent).status_code == 303  # type: ignore[arg-type]
    part = garden.do(queries.record, garden.ref("board"), garden.clock.now())
    assert [(row["building"], row["by"]) for row in part["boards"]] == [("6", "王阿姨"), ("7", "李叔")]
    assert part["boards_without"] == ["5"]
    record = garden.browser(garden.lead).get(f"/c/ziteng/project/{garden.project}/close").text
    assert "hung Sun 8 March 2026 by 王阿姨" in record
    assert "No photo of buildings 5." in record
    assert len(part["boards"][0]["photo"]) == 64


def test_a_project_of_some_buildings_has_their_boards_only(garden: Garden) -> None:
    six = garden.building("6", 1)
    garden.project = garden.start("六号楼门前", scope={"buildings": [six]})
    posted(garden)
    row = garden.all(select(Notice))[-1]
    assert [board.label for board in garden.do(boards_of, garden.ref("board"), row)] == ["6"]
    assert row.scope == "6号楼"


def test_a_template_is_kept_chosen_and_filled(garden: Garden) -> None:
    board = garden.activity("board")
    at, lead = f"/c/ziteng/notice/{board}", garden.browser(garden.lead)
    for lang in ("zh_Hans", "en"):
        known = wordings.shipped(lang)
        assert len(known) == len({item.key for item in known}) == 6
        assert all({"title", "basis", "text"} <= set(item.words) for item in known)
    page = lead.get(f"{at}?wording=roster").text
    assert "Public notice: the team of “空中花园”" in page
    assert "{the list: name, part, task}" in page
    filled = {"title": "“空中花园”名单", "text": "名单：{名单}，到{公示结束}止。", "basis": "", "wording": "roster"}
    assert send(lead, at, filled).status_code == 303
    assert garden.scalar(select(Notice.wording)) == "roster"
    assert send(lead, f"{at}/post", {}).status_code == 409  # something stands in braces
    assert send(lead, at, {**filled, "text": "名单：王、李，到{公示结束}止。", "wording": "no such"}).status_code == 303
    assert garden.scalar(select(Notice.wording)) == ""
    assert send(lead, f"{at}/post", {}).status_code == 303
    assert garden.scalar(select(Notice.text)) == "名单：王、李，到2026年3月15日止。"
    # Kept as a template, with the project's name in braces again.
    form = lead.get(f"/c/ziteng/notice-templates/new?of={board}").text
    assert "“{项目}”名单" in form
    words = {"name": "名单（本小区）", "title": "“{项目}”名单", "text": "名单：{名单}"}
    assert send(lead, "/c/ziteng/notice-templates/new", {**words, "text": " "}).status_code == 422
    assert send(lead, "/c/ziteng/notice-templates/new", words).status_code == 303
    [own] = garden.do(wordings.kept, garden.community)
    assert own.words == {"title": "“{项目}”名单", "text": "名单：{名单}"}
    change = f"/c/ziteng/notice-templates/{own.key}"
    assert send(lead, change, {**words, "basis": "居民会议"}).status_code == 303
    assert "名单（本小区）" in lead.get("/c/ziteng/notice-templates").text
    there = garden.town.communities["guixiang"]
    assert garden.do(wordings.find, there, own.key) is None
    for who, error in ((garden.neighbour, Forbidden), (garden.town.stranger, NotFound)):
        with pytest.raises(error):
            garden.do(wordings.remove, who, garden.community, own.key)
    listed = "/c/ziteng/notice-templates"
    assert "sure" in send(lead, f"{change}/remove", {}, get=listed).text
    assert send(lead, f"{change}/remove", {"sure": "1"}, get=listed).status_code == 303
    assert garden.do(wordings.kept, garden.community) == []


def test_a_project_is_begun_like_another_with_its_words_and_nobody_of_it(garden: Garden) -> None:
    board = garden.activity("board")
    garden.do(
        service.save_draft, garden.lead, board, "“空中花园”名单公示", "居民会议", "王、李、张", signatory="紫藤里居委会",
        conclusion="36户同意", wording="roster",
    )  # fmt: skip
    garden.do(service.post, garden.lead, board)
    lead = garden.browser(garden.lead)
    first = f"/c/ziteng/project/new?from={garden.project}"
    page = lead.get(first).text
    assert "Begun like “空中花园”" in page
    assert 'value="空中花园"' in page
    hidden = {"copied_from": garden.project, "method": garden.town.method}
    words = {"title": "南门花园", "place": "南门", "summary": "又一处花园。"}
    made = send(lead, "/c/ziteng/project/new", {**words, **hidden}, get=first)
    assert made.status_code == 303
    source, garden.project = garden.project, made.location.rsplit("/", 1)[1]
    copy = garden.row()
    assert copy.copied_from_id == garden.scalar(select(Project.id).where(Project.public_id == source))
    draft = garden.all(select(Notice).where(Notice.project_id == copy.id))[0]
    assert (draft.posted_at, draft.figures, draft.text_hash) == (None, None, "")
    assert draft.title == "“南门花园”项目团队名单公示"
    assert "{名单：姓名、身份、分工}" in draft.text
    assert "王、李、张" not in f"{draft.text}{draft.conclusion}{draft.basis}"
    assert "36户" not in draft.conclusion
    assert draft.signatory == "紫藤里居委会"
    with pytest.raises(Conflict):
        garden.do(service.post, garden.lead, garden.activity("board"))
    elsewhere = garden.town.start("guixiang", "别处的项目")
    for who, project in ((garden.neighbour, source), (garden.lead, "0" * 16), (garden.lead, elsewhere)):
        with pytest.raises((Forbidden, Invalid)):
            garden.do(
                projects.start_project, who, garden.community, title="又一个", place="", summary="",
                method_public_id=garden.town.method, copied_from=project,
            )  # fmt: skip
    # One written by hand gives its title, basis and way to object; the text may name people, and stays.
    garden.project = source
    garden.clock.advance(DAY)
    with garden.here(), transaction() as tx:
        tx.session.execute(update(Notice).where(Notice.project_id != copy.id).values(wording=""))
    garden.project = garden.start("北门花园", copied_from=source)
    draft = garden.all(select(Notice).order_by(Notice.id.desc()))[0]
    assert (draft.title, draft.basis, draft.text, draft.conclusion) == ("“北门花园”名单公示", "居民会议", "", "")


def test_outreach_is_shown_building_by_building_in_words(garden: Garden) -> None:
    garden.building("6", 4)
    garden.building("7", 3)
    add = {"paper": 0, "door": 0, "elderly": None, "by": "李"}
    for building, n in (("6", 4), ("5", 1)):
        garden.do(
            registers.add,
            garden.lead,
            garden.activity("outreach"),
            "buildings",
            {"building": building, "screen": n, **add},
        )
    page = garden.browser().get(f"/c/ziteng/register/{garden.activity('outreach')}").text
    assert "2 of 3 buildings were reached." in page
    assert "all 4 households reached" in page
    assert "not reached: 0 of 3 households" in page
