"""Proposals: who writes, sees, changes, supports, answers, chooses and merges them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.comments.models import Talk
from app.core.clock import DAY
from app.core.media import Upload
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.people.actor import NOBODY, Actor
from app.proposals import queries, service
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.proposals.service import Words
from tests.projects.world import REASON, Garden

WORDS = Words("修一修长椅", "长椅坏了两条腿，老人没地方坐。", 12_000, (300, 450))


def draft(garden: Garden, who: Actor | None = None, words: Words = WORDS, key: str = "ideas") -> str:
    return garden.do(service.save_draft, who or garden.neighbour, garden.activity(key), words)


def sent(garden: Garden, who: Actor | None = None, words: Words = WORDS) -> str:
    made = draft(garden, who, words)
    garden.do(service.submit, who or garden.neighbour, made)
    return made


def row(garden: Garden, public_id: str) -> Proposal:
    found: Proposal = garden.scalar(select(Proposal).where(Proposal.public_id == public_id))
    return found


def test_a_draft_is_seen_by_its_author_alone(garden: Garden) -> None:
    made = draft(garden)
    other = garden.resident()
    for who in (garden.lead, other, garden.town.stranger, garden.town.admin, None):
        assert garden.browser(who).get(f"/c/ziteng/proposal/{made}").status_code == 404
        assert WORDS.title not in garden.browser(who).get(f"/c/ziteng/proposals/{garden.activity('ideas')}").text
    assert WORDS.text in garden.browser(garden.neighbour).get(f"/c/ziteng/proposal/{made}").text
    commands: tuple[Callable[[], object], ...] = (
        lambda: garden.do(service.submit, other, made),
        lambda: garden.do(service.support, other, made, on=True),
        lambda: garden.do(service.answer, garden.lead, made, "accepted", REASON),
        lambda: garden.do(service.withdraw, other, made),
    )
    for command in commands:
        with pytest.raises(NotFound):
            command()
    assert row(garden, made).state == "draft"


def test_a_draft_that_is_given_up_stays_its_authors_own(garden: Garden) -> None:
    made = draft(garden)
    garden.do(service.withdraw, garden.neighbour, made)
    assert garden.browser(garden.lead).get(f"/c/ziteng/proposal/{made}").status_code == 404
    assert garden.browser().get(f"/c/ziteng/proposal/{made}").status_code == 404
    assert garden.browser(garden.neighbour).get(f"/c/ziteng/proposal/{made}").status_code == 200


def test_a_draft_may_be_written_again_until_it_is_sent_once(garden: Garden) -> None:
    made = draft(garden)
    garden.do(service.save_draft, garden.neighbour, garden.activity("ideas"), Words("路灯", "暗。"), public_id=made)
    assert (row(garden, made).title, row(garden, made).cost) == ("路灯", None)
    garden.do(service.submit, garden.neighbour, made)
    garden.clock.advance(DAY)
    garden.do(service.submit, garden.neighbour, made)
    assert row(garden, made).submitted_at == garden.clock.now() - DAY
    assert len(garden.events("proposal.submitted")) == 1
    with pytest.raises(Conflict):
        garden.do(service.save_draft, garden.neighbour, garden.activity("ideas"), WORDS, public_id=made)


@pytest.mark.parametrize("who", ["stranger", "admin", "nobody"])
def test_only_the_rings_that_the_method_names_propose(garden: Garden, who: str) -> None:
    with pytest.raises(Forbidden):
        draft(garden, NOBODY if who == "nobody" else getattr(garden.town, who))
    assert garden.count(Proposal) == 0


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (Words(" ", "文"), {"title"}),
        (Words("题", "　 \n"), {"text"}),
        (Words("", ""), {"title", "text"}),
    ],
)
def test_a_proposal_needs_a_title_and_a_text(garden: Garden, words: Words, wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        draft(garden, words=words)
    assert set(refused.value.fields) == wrong
    assert garden.count(Proposal) == 0


def test_where_the_method_asks_for_them_a_cost_and_a_picture_are_needed(garden: Garden) -> None:
    for words, wrong in (
        (Words("题", "文"), {"cost", "photo"}),
        (Words("题", "文", 0), {"photo"}),
        (Words("题", "文", None, None, "garden.svg"), {"cost"}),
    ):
        with pytest.raises(Invalid) as refused:
            draft(garden, words=words, key="options")
        assert set(refused.value.fields) == wrong
    made = draft(garden, words=Words("题", "文", 0, None, "garden.svg"), key="options")
    # The picture that is there already is enough for the next words.
    garden.do(service.save_draft, garden.neighbour, garden.activity("options"), Words("改", "文", 5), public_id=made)
    assert (row(garden, made).photo, row(garden, made).cost) == ("garden.svg", 5)


def test_an_edit_keeps_what_was_said_before_and_tells_the_supporters(garden: Garden) -> None:
    made, friend = sent(garden), garden.resident()
    garden.do(service.support, friend, made, on=True)
    for title in ("改一次", "改两次"):
        garden.do(service.edit, garden.neighbour, made, Words(title, "新的话", 5))
    kept = garden.all(select(ProposalRevision).order_by(ProposalRevision.number))
    assert [(r.number, r.title, r.cost) for r in kept] == [(1, WORDS.title, 12_000), (2, "改一次", 5)]
    assert [m.kind for m in garden.told(friend)] == ["proposal.edited", "proposal.edited"]
    assert garden.told(garden.neighbour) == []
    page = garden.browser().get(f"/c/ziteng/proposal/{made}").text
    assert page.index("改两次") < page.index("改一次") < page.rindex(WORDS.title)
    with pytest.raises(NotFound):
        garden.do(service.edit, friend, made, WORDS)


def test_the_same_edit_sent_twice_is_one_and_other_words_under_its_key_are_refused(garden: Garden) -> None:
    made, friend = sent(garden), garden.resident()
    garden.do(service.support, friend, made, on=True)
    for _ in range(2):
        garden.do(service.edit, garden.neighbour, made, Words("改一次", "新的话", 5), once="a-form")
    assert len(garden.all(select(ProposalRevision))) == 1
    assert [m.kind for m in garden.told(friend)] == ["proposal.edited"]
    with pytest.raises(Conflict, match="other words"):
        garden.do(service.edit, garden.neighbour, made, Words("改两次", "新的话", 5), once="a-form")
    photo = Upload("photo", "image/jpeg", "0" * 64, None, 1, 1, 1, "")
    with pytest.raises(Conflict, match="other words"):  # a photo picked after going back is not dropped without a word
        garden.do(service.edit, garden.neighbour, made, Words("改一次", "新的话", 5, None, photo), once="a-form")


def test_an_answered_proposal_is_not_changed_any_more(garden: Garden) -> None:
    made = sent(garden)
    garden.do(service.answer, garden.lead, made, "later", REASON)
    with pytest.raises(Conflict, match="answered already"):
        garden.do(service.edit, garden.neighbour, made, WORDS)


def test_a_withdrawn_proposal_stays_readable_and_takes_nothing_more(garden: Garden) -> None:
    made = sent(garden)
    garden.do(service.withdraw, garden.neighbour, made)
    page = garden.browser().get(f"/c/ziteng/proposal/{made}")
    assert "Withdrawn by its author." in page.text
    assert WORDS.text in page.text
    commands: tuple[Callable[[], object], ...] = (
        lambda: garden.do(service.support, garden.neighbour, made, on=True),
        lambda: garden.do(service.edit, garden.neighbour, made, WORDS),
        lambda: garden.do(service.submit, garden.neighbour, made),
        lambda: garden.do(service.withdraw, garden.neighbour, made),
        lambda: garden.do(service.answer, garden.lead, made, "accepted", REASON),
    )
    for command in commands:
        with pytest.raises(Conflict):
            command()


def test_support_counts_once_a_person_and_can_be_taken_back(garden: Garden) -> None:
    made, friend = sent(garden), garden.resident()
    for _ in range(3):
        garden.do(service.support, friend, made, on=True)
    garden.do(service.support, garden.neighbour, made, on=True)
    with garden.here():
        assert list(queries.support_counts([row(garden, made).id]).values()) == [2]
    for _ in range(2):
        garden.do(service.support, friend, made, on=False)
    assert garden.count(ProposalSupport) == 1
    for who in (garden.lead, garden.town.stranger):  # the method lets residents of this community support
        with pytest.raises(Forbidden):
            garden.do(service.support, who, made, on=True)


def test_an_answer_needs_a_reason_and_reaches_author_and_supporters(garden: Garden) -> None:
    made, friend = sent(garden), garden.resident()
    garden.do(service.support, friend, made, on=True)
    with pytest.raises(Invalid) as refused:
        garden.do(service.answer, garden.lead, made, "declined", "  太短了  ")
    assert set(refused.value.fields) == {"reason"}
    with pytest.raises(Invalid) as refused:
        garden.do(service.answer, garden.lead, made, "merged", REASON)
    assert set(refused.value.fields) == {"status"}
    garden.do(service.answer, garden.lead, made, "declined", REASON)
    for who in (garden.neighbour, friend):
        message = garden.told(who)[-1]
        assert (message.kind, message.data["reason"]) == ("proposal.answered", REASON)
        assert message.href == f"/c/ziteng/proposal/{made}"
        assert REASON in garden.browser(who).get("/me/messages").text
    assert REASON in garden.browser().get(f"/c/ziteng/proposal/{made}").text
    with pytest.raises(Forbidden):
        garden.do(service.answer, friend, made, "accepted", REASON)
    with pytest.raises(NotFound):
        garden.do(service.answer, garden.town.stranger, made, "accepted", REASON)


def test_only_what_is_taken_up_is_chosen_and_only_one_is(garden: Garden) -> None:
    one, two = sent(garden), sent(garden)
    with pytest.raises(Conflict, match="taken up"):
        garden.do(service.choose, garden.lead, one)
    for made in (one, two):
        garden.do(service.answer, garden.lead, made, "accepted", REASON)
        garden.do(service.choose, garden.lead, made)
    assert (row(garden, one).chosen, row(garden, two).chosen) == (False, True)
    assert garden.met("topic_chosen")
    with pytest.raises(Conflict):
        garden.do(service.withdraw, garden.neighbour, two)
    garden.do(service.answer, garden.lead, two, "later", REASON)
    assert not garden.met("topic_chosen")


def test_every_proposal_needs_an_answer_before_the_gate_opens(garden: Garden) -> None:
    assert garden.missing("proposals_answered") == ["Collect proposals; write up what people say at the desk."]
    draft(garden)
    one, two = sent(garden), sent(garden)
    garden.do(service.answer, garden.lead, one, "declined", REASON)
    assert garden.missing("proposals_answered") == ["Answer 1 proposal."]
    garden.do(service.withdraw, garden.neighbour, two)
    assert garden.met("proposals_answered")


def test_a_merged_proposal_links_its_sources_and_they_link_it(garden: Garden) -> None:
    friend = garden.resident()
    one, two = sent(garden, words=Words("长椅", "坏了", 300)), sent(garden, friend, Words("板凳", "太硬", 500))
    garden.do(service.answer, garden.lead, one, "accepted", REASON)
    garden.do(service.choose, garden.lead, one)
    ideas = garden.activity("ideas")
    made = garden.do(service.merge, garden.lead, ideas, [one, two], "坐的地方", "修长椅，换板凳。")
    page = garden.browser().get(f"/c/ziteng/proposal/{made}").text
    for source, author in ((one, garden.neighbour), (two, friend)):
        assert f'href="/c/ziteng/proposal/{source}"' in page
        assert f'href="/c/ziteng/proposal/{made}"' in garden.browser().get(f"/c/ziteng/proposal/{source}").text
        assert (row(garden, source).state, row(garden, source).chosen) == ("merged", False)
        assert garden.told(author)[-1].kind == "proposal.merged"
    assert (row(garden, made).cost, row(garden, made).person_id) == (500, garden.lead.person())
    assert garden.events("proposal.merged")[-1].data["sources"] == [one, two]
    with pytest.raises(Conflict):
        garden.do(service.merge, garden.lead, ideas, [one, made], "再合", "不行。")


@pytest.mark.parametrize("case", ["one", "one twice", "no words", "elsewhere", "neighbour"])
def test_what_cannot_be_merged_is_refused(garden: Garden, case: str) -> None:
    one, two = sent(garden), sent(garden)
    options = garden.activity("options")
    ideas = garden.activity("ideas")
    cases: dict[str, tuple[type[Exception], Actor, str, list[str], str]] = {
        "one": (Invalid, garden.lead, ideas, [one], "合"),
        "one twice": (Invalid, garden.lead, ideas, [one, one], "合"),
        "no words": (Invalid, garden.lead, ideas, [one, two], " "),
        "elsewhere": (Conflict, garden.lead, options, [one, two], "合"),
        "neighbour": (Forbidden, garden.neighbour, ideas, [one, two], "合"),
    }
    error, who, where, sources, title = cases[case]
    with pytest.raises(error):
        garden.do(service.merge, who, where, sources, title, "文")
    assert {p.state for p in garden.all(select(Proposal))} == {"submitted"}


def test_when_the_window_is_over_nothing_is_sent_but_answers_still_are(garden: Garden) -> None:
    made, unsent = sent(garden), draft(garden)
    garden.clock.advance(14 * DAY)
    commands: tuple[Callable[[], object], ...] = (
        lambda: draft(garden),
        lambda: garden.do(service.submit, garden.neighbour, unsent),
        lambda: garden.do(service.edit, garden.neighbour, made, WORDS),
        lambda: garden.do(service.withdraw, garden.neighbour, made),
        lambda: garden.do(service.support, garden.neighbour, made, on=True),
    )
    for command in commands:
        with pytest.raises(Closed):
            command()
    garden.do(service.answer, garden.lead, made, "accepted", REASON)


def test_sending_opens_one_talk_that_its_author_owns(garden: Garden) -> None:
    made = sent(garden)
    talk = garden.scalar(select(Talk).where(Talk.subject == f"proposal:{made}"))
    assert (talk.owner_id, talk.href) == (garden.neighbour.person_id, f"/c/ziteng/proposal/{made}")


def test_the_same_form_twice_is_one_draft_and_with_another_cost_it_is_refused(garden: Garden) -> None:
    ideas = garden.activity("ideas")
    first = garden.do(service.save_draft, garden.neighbour, ideas, WORDS, once="k")
    assert garden.do(service.save_draft, garden.neighbour, ideas, WORDS, once="k") == first
    with pytest.raises(Conflict):
        garden.do(service.save_draft, garden.neighbour, ideas, Words(WORDS.title, WORDS.text, 1, WORDS.pin), once="k")
    assert garden.count(Proposal) == 1
