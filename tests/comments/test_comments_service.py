"""Talk: kinds, replies, answers, the minutes for editing, reports, hiding and appeal, and the slow-down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.comments import queries, service
from app.comments.models import Comment, CommentReport, CommentRevision, Talk
from app.core.clock import DAY, MINUTE
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound, TooMany
from app.people.actor import NOBODY, Actor
from app.projects import service as projects
from app.proposals import service as proposals
from tests.projects.world import REASON, Garden


def say(garden: Garden, who: Actor | None = None, text: str = "灯什么时候修？", **more: str) -> str:
    kind = more.pop("kind", "question")
    return garden.do(service.post, who or garden.neighbour, more.pop("talk", garden.talk()), kind, text, **more)


def row(garden: Garden, public_id: str) -> Comment:
    found: Comment = garden.scalar(select(Comment).where(Comment.public_id == public_id))
    return found


@pytest.mark.parametrize("kind", ["question", "support", "concern", "suggestion"])
def test_a_comment_has_one_of_four_kinds(garden: Garden, kind: str) -> None:
    made = say(garden, kind=kind)
    assert (row(garden, made).kind, row(garden, made).parent_id) == (kind, None)
    assert len(garden.events("comment.posted")) == 1


@pytest.mark.parametrize(
    ("values", "field"), [({"kind": "praise"}, "kind"), ({"kind": ""}, "kind"), ({"text": " 　\n"}, "text")]
)
def test_another_kind_or_no_words_are_refused(garden: Garden, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        say(garden, **values)
    assert set(refused.value.fields) == {field}
    assert garden.count(Comment) == 0


def test_a_reply_hangs_below_its_comment_and_its_author_is_told(garden: Garden) -> None:
    first, friend = say(garden), garden.resident()
    reply = say(garden, friend, "下个月。", parent=first)
    assert row(garden, reply).parent_id == row(garden, first).id
    message = garden.told(garden.neighbour)[-1]
    assert (message.kind, message.data["text"]) == ("comment.reply", "下个月。")
    assert message.href.endswith(f"#c-{reply}")
    say(garden, text="谢谢。", parent=first)
    assert len(garden.told(garden.neighbour)) == 1, "nobody is told of their own words"
    with pytest.raises(NotFound):
        say(garden, friend, "再回一层。", parent=reply)


def test_a_reply_stays_in_its_own_talk(garden: Garden) -> None:
    first = say(garden)
    words = proposals.Words("长椅", "坏了。")
    made = garden.do(proposals.save_draft, garden.neighbour, garden.activity("ideas"), words)
    garden.do(proposals.submit, garden.neighbour, made)
    other = garden.scalar(select(Talk.public_id).where(Talk.subject == f"proposal:{made}"))
    with pytest.raises(NotFound):
        say(garden, text="走错门。", parent=first, talk=other)


@pytest.mark.parametrize("who", ["stranger", "admin", "nobody"])
def test_those_outside_read_and_do_not_write(garden: Garden, who: str) -> None:
    actor = NOBODY if who == "nobody" else getattr(garden.town, who)
    with pytest.raises(Forbidden):
        say(garden, actor)
    say(garden)
    assert "灯什么时候修？" in garden.browser().get(f"/c/ziteng/talk/{garden.activity('talk')}").text


def test_only_a_reply_is_marked_as_the_answer_and_only_by_owner_or_facilitator(garden: Garden) -> None:
    words = proposals.Words("长椅", "坏了。")
    made = garden.do(proposals.save_draft, garden.neighbour, garden.activity("ideas"), words)
    garden.do(proposals.submit, garden.neighbour, made)
    talk = garden.scalar(select(Talk.public_id).where(Talk.subject == f"proposal:{made}"))
    friend = garden.resident()
    asked = say(garden, friend, talk=talk)
    reply = say(garden, garden.lead, "下个月。", parent=asked, talk=talk)
    for actor, comment in ((friend, reply), (garden.town.stranger, reply), (garden.lead, asked)):
        with pytest.raises(Forbidden):
            garden.do(service.mark_answer, actor, comment)
    garden.do(service.mark_answer, garden.neighbour, reply)  # the proposal is the neighbour's own
    assert row(garden, reply).is_answer
    garden.do(service.mark_answer, garden.lead, reply)
    assert not row(garden, reply).is_answer


def test_the_answer_stands_first_and_two_replies_are_unfolded(garden: Garden) -> None:
    asked = say(garden)
    replies = [say(garden, garden.resident(f"人{n}"), f"回复{n}", parent=asked) for n in range(4)]
    garden.do(service.mark_answer, garden.lead, replies[2])
    with garden.here():
        page = queries.talk_page(garden.ref("talk"), f"activity:{garden.activity('talk')}", NOBODY)
    thread = page.threads[0]
    assert [c.text for c in thread.unfolded] == ["回复2", "回复0"]
    assert [c.text for c in thread.folded] == ["回复1", "回复3"]


def test_a_comment_is_edited_for_fifteen_minutes_by_its_author_and_keeps_what_it_said(garden: Garden) -> None:
    made = say(garden)
    garden.clock.advance(15 * MINUTE)
    garden.do(service.edit, garden.neighbour, made, "灯坏了。")
    assert garden.all(select(CommentRevision.text)) == ["灯什么时候修？"]
    assert row(garden, made).edited_at == garden.clock.now()
    with pytest.raises(Forbidden):
        garden.do(service.edit, garden.lead, made, "没坏。")
    garden.clock.advance(1)
    with pytest.raises(Closed, match="15 minutes"):
        garden.do(service.edit, garden.neighbour, made, "又好了。")
    assert row(garden, made).text == "灯坏了。"


def test_a_report_counts_once_a_person_and_tells_the_facilitators_once(garden: Garden) -> None:
    made, friend = say(garden, text="你住几号我知道。"), garden.resident()
    for who in (friend, friend, garden.resident("李")):
        garden.do(service.report, who, made, "这是在吓唬人。。。。")
    assert garden.count(CommentReport) == 2
    assert [m.kind for m in garden.told(garden.lead)] == ["comment.reported"]
    with pytest.raises(Forbidden):
        garden.do(service.report, garden.town.stranger, made, REASON)
    with pytest.raises(Invalid):
        garden.do(service.report, friend, made, "太短")
    page = garden.browser(garden.lead).get("/c/ziteng/moderation").text
    assert "你住几号我知道。" in page
    assert "2 reports" in page
    assert garden.browser(friend).get("/c/ziteng/moderation").status_code == 403


def test_hidden_words_are_seen_by_their_author_with_the_reason_and_by_no_other_reader(garden: Garden) -> None:
    made, friend = say(garden, text="你住几号我知道。"), garden.resident()
    reply = say(garden, friend, "别这样。", parent=made)
    garden.do(service.hide, garden.lead, made, REASON)
    talk = f"/c/ziteng/talk/{garden.activity('talk')}"
    write = f"/c/ziteng/talk/{garden.talk()}/write?reply={made}"
    report = f"/c/ziteng/comment/{made}/report"
    for reader in (None, friend, garden.town.stranger):
        for path in (talk, write, report):
            assert "你住几号我知道。" not in garden.browser(reader).get(path).text, path
    page = garden.browser(friend).get(talk).text
    assert REASON in page
    assert "别这样。" in page
    own = garden.browser(garden.neighbour).get(talk).text
    assert "你住几号我知道。" in own
    assert f"/comment/{made}/appeal" in own
    assert (garden.told(garden.neighbour)[-1].kind, garden.told(garden.neighbour)[-1].data["reason"]) == (
        "comment.hidden",
        REASON,
    )
    assert REASON in garden.browser(garden.neighbour).get("/me").text
    with garden.here():
        assert queries.counts([f"activity:{garden.activity('talk')}"]) == {f"activity:{garden.activity('talk')}": 1}
    assert row(garden, reply).hidden_by_id is None


def test_only_facilitators_hide_and_hidden_words_are_not_edited(garden: Garden) -> None:
    made = say(garden)
    with pytest.raises(Forbidden):
        garden.do(service.hide, garden.neighbour, made, REASON)
    with pytest.raises(NotFound):
        garden.do(service.hide, garden.town.stranger, made, REASON)
    with pytest.raises(Invalid):
        garden.do(service.hide, garden.lead, made, "短")
    garden.do(service.hide, garden.lead, made, REASON)
    with pytest.raises(Conflict):
        garden.do(service.hide, garden.lead, made, REASON)
    with pytest.raises(Closed):
        garden.do(service.edit, garden.neighbour, made, "改一改。")


def test_an_author_appeals_once_and_another_facilitator_judges(garden: Garden) -> None:
    made, second = say(garden), garden.staff("顾老师")
    with pytest.raises(NotFound):
        garden.do(service.appeal, garden.neighbour, made, REASON)
    garden.do(service.hide, garden.lead, made, REASON)
    with pytest.raises(NotFound):
        garden.do(service.appeal, garden.resident(), made, REASON)
    garden.do(service.appeal, garden.neighbour, made, "我问的是灯，没有骂人。")
    with pytest.raises(Conflict):
        garden.do(service.appeal, garden.neighbour, made, "再说一遍，没有骂人。")
    assert garden.told(second)[-1].kind == "comment.appealed"
    with pytest.raises(Forbidden, match="Another facilitator"):
        garden.do(service.judge_appeal, garden.lead, made, show=True, answer=REASON)
    garden.do(service.judge_appeal, second, made, show=True, answer=REASON)
    assert row(garden, made).hidden_by_id is None
    assert garden.told(garden.neighbour)[-1].data == {"title": "空中花园", "shown": True, "answer": REASON}
    assert "灯什么时候修？" in garden.browser().get(f"/c/ziteng/talk/{garden.activity('talk')}").text
    with pytest.raises(Conflict):
        garden.do(service.judge_appeal, second, made, show=False, answer=REASON)


def test_where_there_is_one_facilitator_only_that_one_judges(garden: Garden) -> None:
    made = say(garden)
    garden.do(service.hide, garden.lead, made, REASON)
    garden.do(service.appeal, garden.neighbour, made, "我问的是灯，没有骂人。")
    garden.do(service.judge_appeal, garden.lead, made, show=False, answer="里面有别人的门牌号。")
    own = garden.browser(garden.neighbour).get(f"/c/ziteng/talk/{garden.activity('talk')}").text
    assert "里面有别人的门牌号。" in own
    assert f"/comment/{made}/appeal" not in own


def test_moderation_goes_on_in_a_project_at_rest(garden: Garden) -> None:
    made = say(garden)
    garden.do(projects.pause, garden.lead, garden.project, REASON)
    acts: tuple[Callable[[], object], ...] = (
        lambda: garden.do(service.report, garden.neighbour, made, REASON),
        lambda: garden.do(service.hide, garden.lead, made, REASON),
        lambda: garden.do(service.appeal, garden.neighbour, made, REASON),
        lambda: garden.do(service.judge_appeal, garden.lead, made, show=True, answer=REASON),
    )
    for act in acts:
        act()


def test_a_flood_is_slowed_down_for_the_one_who_floods(garden: Garden) -> None:
    garden.clock.set(garden.clock.now() - garden.clock.now() % (10 * MINUTE))
    for n in range(6):
        say(garden, text=f"第{n}句")
    with pytest.raises(TooMany):
        say(garden, text="第七句")
    say(garden, garden.resident(), "我才说一句。")
    garden.clock.advance(10 * MINUTE)
    say(garden, text="歇过了。")
    assert garden.count(Comment) == 8


def test_a_talk_closes_with_its_window_and_the_same_form_counts_once(garden: Garden) -> None:
    first = say(garden, once="k")
    assert say(garden, once="k") == first
    with pytest.raises(Conflict):
        say(garden, text="别的话", once="k")
    talk = garden.activity("talk")
    garden.do(projects.set_window, garden.lead, talk, None, garden.clock.now() + DAY)
    garden.clock.advance(DAY - 1)
    say(garden, text="最后一句。")
    garden.clock.advance(1)
    with pytest.raises(Closed):
        say(garden, text="晚了。")
