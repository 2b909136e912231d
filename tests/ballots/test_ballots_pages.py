"""Pages of a vote: the result in words and numbers, the receipt and its check, the form that keeps what was typed."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from app.core.clock import DAY
from tests.ballots.world import OBJECTION, TEXT, TITLE, World, send


def plain(page: str) -> str:
    """A page's words without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def test_the_receipt_is_found_before_and_after_the_close(world: World, client: FlaskClient) -> None:
    poll = world.open()
    url = f"/c/{world.slug}/poll/{poll}/check?code="
    first = world.cast(0, poll).code
    assert "counts" in client.get(f"{url}{first}", headers={"Accept-Language": "en"}).text
    second = world.cast(0, poll, "abstain").code
    for close in (False, True):
        if close:
            world.close(poll)
        found = {
            code: plain(client.get(f"{url}{code}", headers={"Accept-Language": "en"}).text)
            for code in (first, second, second.lower().replace("-", " "), "7K3M-Q9XD-2VTA", "x" * 500, "%", "' OR 1=1")
        }
        assert "replaced by a newer vote" in found.pop(first)
        assert "unchanged" in found.pop(second)
        assert "unchanged" in found.pop(second.lower().replace("-", " "))
        assert all("There is no vote with this number" in text for text in found.values())


def test_a_receipt_of_another_vote_is_not_found_here(world: World, client: FlaskClient) -> None:
    first = world.open()
    code = world.cast(0, first).code
    world.start()
    second = world.open()
    url = f"/c/{world.slug}/poll/{second}/check?code={code}"
    assert "no vote with this number" in client.get(url, headers={"Accept-Language": "en"}).text


def test_the_check_tells_neither_who_nor_what(world: World, client: FlaskClient) -> None:
    poll = world.open()
    code = world.cast(0, poll, "abstain").code
    without = plain(client.get(f"/c/{world.slug}/poll/{poll}/result").text)
    page = plain(client.get(f"/c/{world.slug}/poll/{poll}/check?code={code}").text)
    assert "弃权" not in page.replace(without, "")
    assert "101" not in page


def test_the_vote_of_a_household_on_its_own_pages(world: World, client: FlaskClient) -> None:
    poll = world.open()
    world.sign_in(client, 0)
    url = f"/c/{world.slug}/poll/{poll}"
    answer = send(client, url, OBJECTION)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{url}/done")
    done = client.get(f"{url}/done").text
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", done)
    assert OBJECTION["reason"] in done
    assert OBJECTION["passage"] in client.get(url).text  # the form shows what stands
    assert send(client, url, {"stance": "abstain"}).status_code == 303
    assert OBJECTION["reason"] not in client.get(f"{url}/done").text


def test_a_refused_ballot_keeps_what_was_typed(world: World, client: FlaskClient) -> None:
    poll = world.open()
    world.sign_in(client, 0)
    url = f"/c/{world.slug}/poll/{poll}"
    answer = send(client, url, {**OBJECTION, "reason": "太短"})
    assert answer.status_code == 422
    assert '<a href="#reason">' in answer.text
    for words in ("太短", OBJECTION["passage"], OBJECTION["grounds"]):
        assert words in answer.text
    world.close(poll)
    late = client.post(
        url,
        data={**OBJECTION, **dict(re.findall(r'<input[^>]*name="(csrf_token|once)"[^>]*value="([^"]*)"', answer.text))},
    )
    assert late.status_code == 409
    assert "errs" in late.text


def test_the_result_explains_itself_in_whole_numbers(world: World, client: FlaskClient) -> None:
    poll = world.open()
    world.cast(0, poll, **OBJECTION)
    world.cast(1, poll, "concern", concern="请留意夜里的灯光。")
    world.cast(2, poll)
    world.close(poll)
    page = client.get(f"/c/{world.slug}/poll/{poll}/result", headers={"Accept-Language": "en"}).text
    words = plain(page)
    assert "3 × 2 = 6, not less than 6 × 1 = 6: enough." in words
    assert "1 objections were raised, 0 of them withdrawn or found a concern: 1 stand." in words
    assert OBJECTION["reason"] in words
    assert "请留意夜里的灯光。" in words
    assert "not passed" in words
    world.sign_in(client, 0)
    assert send(client, f"/c/{world.slug}/poll/{poll}/withdraw", {}).status_code == 303
    words = plain(client.get(f"/c/{world.slug}/poll/{poll}/result", headers={"Accept-Language": "en"}).text)
    assert "1 of them withdrawn or found a concern: 0 stand." in words
    assert "Passed: enough took part, and no objection stands." in words


def test_an_old_round_points_to_the_new_one(world: World, client: FlaskClient) -> None:
    first = world.open()
    world.contest(first)
    world.answer(TEXT + "\n三、先做防水。")
    second = world.announce(TEXT + "\n三、先做防水。")
    for page in ("", "/result"):
        assert f"/poll/{second}" in client.get(f"/c/{world.slug}/poll/{first}{page}").text
    world.sign_in(client, 0)
    assert f"/poll/{first}/withdraw" not in client.get(f"/c/{world.slug}/poll/{first}/result").text


def test_the_facilitator_announces_by_the_pages(world: World, client: FlaskClient) -> None:
    world.sign_in(client, world.facilitator)
    url = f"/c/{world.slug}/votes/{world.activity}"
    assert client.get(f"{url}/announce").status_code == 404
    assert send(client, url, {"title": TITLE, "text": TEXT}).status_code == 303
    early = send(client, f"{url}/announce", {"opens": "2026-03-09", "closes": "2026-03-20"})
    assert early.status_code == 422
    assert '<a href="#opens">' in early.text
    answer = send(client, f"{url}/announce", {"opens": "2026-03-11", "closes": "2026-03-18"})
    assert answer.status_code == 303
    assert TEXT.split("\n")[0] in client.get(answer.headers["Location"]).text
    assert client.get(f"{url}/announce").status_code == 302  # nothing is left to announce
    again = client.post(url, data={"title": TITLE, "text": "别的", **_token(client, url)})
    assert again.status_code == 409


def _token(client: FlaskClient, url: str) -> dict[str, str]:
    page = client.get("/sign-in").text
    assert url
    return dict(re.findall(r'<input[^>]*name="(csrf_token)"[^>]*value="([^"]*)"', page))


def test_before_it_opens_the_text_is_read_and_nothing_is_cast(world: World, client: FlaskClient) -> None:
    poll = world.announce()
    world.sign_in(client, 0)
    url = f"/c/{world.slug}/poll/{poll}"
    page = client.get(url).text
    assert TEXT.split("\n")[0] in page
    assert 'name="stance"' not in page
    early = client.post(url, data={"stance": "consent", "once": "k", **_token(client, url)})
    assert early.status_code == 409
    world.clock.advance(2 * DAY)
    assert 'name="stance"' in client.get(url).text
