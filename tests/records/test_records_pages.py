"""Pages of records: the sheet, its bytes, its check, the archive; and what one changed byte does to them."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.core.clock import DAY, FixedClock
from app.core.database import db
from app.core.i18n import moment, with_years
from app.core.transaction import transaction
from app.engine.canonical import canon, sha256_hex
from app.engine.words import Word
from app.people.queries import community_by_slug
from app.printing.paper import render
from app.projects import service as projects
from app.records import printed, words
from app.records.models import Record, RecordWord
from tests.printed import opened, text_of
from tests.projects.world import REASON, Garden, build, sign_offs


@pytest.fixture
def plain(app: Flask, clock: FixedClock) -> Garden:
    """A project whose first step left a record."""
    garden = build(app, clock, sign_offs("one", "two"))
    garden.do(projects.waive_gate, garden.lead, garden.project, "one_seen", REASON)
    garden.do(projects.close_step, garden.lead, garden.project)
    return garden


def record(plain: Garden) -> Record:
    found: Record = plain.scalar(select(Record))
    return found


def kept_of(plain: Garden) -> words.Words:
    row = record(plain)
    return plain.do(words.words_of, [row.id])[row.id]


def write(plain: Garden, **values: str) -> None:
    with plain.here(), transaction() as tx:
        tx.session.execute(update(Record).values(**values))


def flipped(body: str, at: int) -> str:
    return body[:at] + chr(ord(body[at]) ^ 1) + body[at + 1 :]


def test_any_flipped_byte_is_caught(plain: Garden) -> None:
    row, kept = record(plain), kept_of(plain)
    assert words.verify(row, kept)
    whole = row.body
    for at in range(len(whole)):
        row.body = flipped(whole, at)
        assert not words.verify(row, kept), f"byte {at} of the body"
    row.body = whole
    for at in range(64):
        row.sha256 = flipped(record(plain).sha256, at)
        assert not words.verify(row, kept), f"digit {at} of the hash"


def test_the_same_values_written_in_another_way_are_caught(plain: Garden) -> None:
    row = record(plain)
    row.body = json.dumps(json.loads(row.body), ensure_ascii=False)
    assert not words.verify(row, kept_of(plain))


def test_a_changed_record_says_so_on_every_page_and_breaks_none(plain: Garden) -> None:
    whole, public_id = record(plain).body, record(plain).public_id
    keys = [match.start() + 1 for match in re.finditer('"(step|title|leaves|zh_Hans|seal|gates|says|number)"', whole)]
    browser = plain.browser()
    for at in (0, len(whole) // 2, len(whole) - 1, *keys):
        write(plain, body=flipped(whole, at))
        page = browser.get(f"/c/ziteng/record/{public_id}")
        assert page.status_code == 200, f"byte {at}: {whole[at - 20 : at + 20]}"
        assert "no longer matches its fingerprint" in page.text, at
        assert "No: the words stored here" in browser.get(f"/c/ziteng/record/{public_id}/check").text, at
        archive = browser.get("/c/ziteng/records")
        assert archive.status_code == 200, f"byte {at}"
        assert f"/c/ziteng/record/{public_id}" in archive.text
    write(plain, body=whole)
    assert "no longer matches" not in browser.get(f"/c/ziteng/record/{public_id}").text


@pytest.mark.parametrize(
    "values",
    [
        {"title": "别的题目"},
        {"step": "two"},
        {"seal": "二"},
        {"attempt": 2},
        {"published_at": 5},
        {"number": 9},
        {"year": 2025},
    ],
    ids=str,
)
def test_a_record_shown_under_another_title_step_time_or_number_is_caught(
    plain: Garden, values: dict[str, str]
) -> None:
    write(plain, **values)
    page = plain.browser().get(f"/c/ziteng/record/{record(plain).public_id}").text
    assert "no longer matches its fingerprint" in page
    assert plain.browser().get("/c/ziteng/records").status_code == 200


def test_the_file_is_what_was_hashed_and_the_words_beside_it(plain: Garden) -> None:
    row, browser = record(plain), plain.browser()
    answer = browser.get(f"/c/ziteng/record/{row.public_id}.json")
    assert answer.mimetype == "application/json"
    file = json.loads(answer.data)
    assert canon(file["body"]).decode() == row.body
    assert {word["text"] for word in file["words"].values()} >= {REASON, "空中花园", "紫藤里主持"}
    etag = answer.headers["ETag"]
    assert browser.get(f"/c/ziteng/record/{row.public_id}.json", headers={"If-None-Match": etag}).status_code == 304


def test_what_the_page_says_checks_a_file_without_us(plain: Garden, tmp_path: Path) -> None:
    """The program on the page is run as it stands there: whole files pass, and one changed word doesn't."""
    public_id, browser = record(plain).public_id, plain.browser()
    page = browser.get(f"/c/ziteng/record/{public_id}/check").text
    program = html.unescape(page.split('<pre class="hash">')[2].split("</pre>")[0])
    whole = browser.get(f"/c/ziteng/record/{public_id}.json").text
    changed = whole.replace(REASON, REASON + "是的")
    assert changed != whole
    for text, status in ((whole, 0), (changed, 1)):
        (tmp_path / "record.json").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stderr
        assert record(plain).sha256 in done.stdout


def first_form(plain: Garden) -> Record:
    """The record as older programs wrote it: the words within what is hashed."""
    row = record(plain)
    said = plain.do(words.read, row)
    assert said is not None
    body = canon({**said, "format": "qiding/record/v1"})
    with plain.here(), transaction() as tx:
        tx.session.execute(delete(RecordWord))
    write(plain, body=body.decode(), sha256=sha256_hex(body))
    return record(plain)


def test_a_record_of_the_first_form_is_shown_and_checked_as_before(plain: Garden) -> None:
    row, browser = first_form(plain), plain.browser()
    path = f"/c/ziteng/record/{row.public_id}"
    assert words.verify(row, {})
    assert browser.get(f"{path}.json").data == row.body.encode()
    assert REASON in browser.get(path).text
    assert "no longer matches" not in browser.get(path).text
    assert "of the first form" in browser.get(f"{path}/check").text
    assert "word for word" in compare(plain, row.body.encode())[1]
    for at in range(0, len(row.body), 7):
        assert not words.verify(replaced(row, flipped(row.body, at)), {})


def replaced(row: Record, body: str) -> Record:
    names = [column.key for column in Record.__table__.columns if column.key != "body"]
    return Record(body=body, **{name: getattr(row, name) for name in names})


def test_any_changed_word_salt_or_missing_one_is_caught(plain: Garden) -> None:
    row, kept = record(plain), dict(kept_of(plain))
    page = plain.browser().get(f"/c/ziteng/record/{row.public_id}").text
    assert REASON in page
    for hashed, item in kept.items():
        assert item.word is not None
        text, salt = item.word.text, item.word.salt
        for other in (Word(text + "x", salt), Word(text, bytes([salt[0] ^ 1]) + salt[1:])):
            assert not words.verify(row, {**kept, hashed: words.Kept(other)})
        assert not words.verify(row, {**kept, hashed: words.Kept(None)}), "removed, and nothing says so"
        assert not words.verify(row, {name: value for name, value in kept.items() if name != hashed})
    stray = Word("没人写过", bytes(16))
    assert not words.verify(row, {**kept, stray.hash: words.Kept(stray)})
    with plain.here(), transaction() as tx:
        tx.session.execute(update(RecordWord).where(RecordWord.text == REASON).values(text="别的理由"))
    answer = plain.browser().get(f"/c/ziteng/record/{row.public_id}").text
    assert "no longer matches its fingerprint" in answer
    assert "别的理由" not in answer


@pytest.mark.parametrize("lang", ["en", "zh_Hans"])
def test_the_printed_record_says_what_the_page_says_and_is_the_same_bytes_each_time(plain: Garden, lang: str) -> None:
    row, browser = record(plain), plain.browser()
    browser.set_cookie("lang", lang)
    path = f"/c/ziteng/record/{row.public_id}.pdf"
    answer = browser.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    text = text_of(answer.data)
    page = re.sub("<[^>]+>", " ", browser.get(f"/c/ziteng/record/{row.public_id}").text.split('class="a4"')[1])
    for said in (REASON, row.sha256, "空中花园", "紫藤里主持", "2026", "Why" if lang == "en" else "这一步为什么能结束"):
        assert said in page
        assert said.replace(" ", "") in text.replace(" ", "")
    with opened(answer.data) as pdf:
        assert str(pdf.Root.Lang) == ("en-GB" if lang == "en" else "zh-CN")
        assert "20260308" in str(pdf.docinfo.CreationDate)  # the day of the record, not of the printing
    plain.clock.advance(400 * DAY)
    with plain.here(), plain.town.app.test_request_context("/", headers={"Cookie": f"lang={lang}"}):
        here, same = community_by_slug("ziteng"), db.session.get_one(Record, row.id)
        assert render(printed.paper(here, same, words.read(same) or {})) == answer.data
        with with_years():
            assert "2027" in moment(plain.clock.now())
    again = browser.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_changed_record_is_not_printed(plain: Garden) -> None:
    public_id = record(plain).public_id
    write(plain, body=flipped(record(plain).body, 200))
    answer = plain.browser().get(f"/c/ziteng/record/{public_id}.pdf")
    assert answer.status_code == 409
    assert "no longer matches its fingerprint" in answer.text


def compare(plain: Garden, data: bytes) -> tuple[int, str]:
    browser = plain.browser()
    path = f"/c/ziteng/record/{record(plain).public_id}/check"
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)
    assert token is not None
    form = {"csrf_token": token[1], "file": (io.BytesIO(data), "record.json")}
    answer = browser.post(path, data=form, content_type="multipart/form-data")
    return answer.status_code, answer.text


def test_a_saved_copy_is_compared_with_what_was_published(plain: Garden) -> None:
    row = record(plain)
    file = plain.browser().get(f"/c/ziteng/record/{row.public_id}.json").data
    for copy in (file, row.body.encode()):
        assert "Your copy is what was published, word for word." in compare(plain, copy)[1]
    spoilt = file.decode().replace(REASON, "别的理由").encode()
    assert "1 passage in it is not what was published" in compare(plain, spoilt)[1]
    assert "Your copy differs." in compare(plain, file.replace(b'"attempt":1', b'"attempt":2'))[1]
    for odd in (b"[]", b"{}", b'{"body":1,"words":[]}', b'{"body":{},"words":{"a":{"text":1,"salt":"zz"}}}', b"\xff"):
        assert "Your copy differs." in compare(plain, odd)[1], odd
    assert compare(plain, b"")[0] == 422


@pytest.mark.parametrize("lang", ["en", "zh_Hans"])
def test_the_sheet_speaks_the_readers_language_from_the_same_bytes(plain: Garden, lang: str) -> None:
    browser = plain.browser()
    browser.set_cookie("lang", lang)
    page = browser.get(f"/c/ziteng/record/{record(plain).public_id}").text
    assert ("Why the step could close" in page) is (lang == "en")
    assert ("一的清单" in page) is (lang == "zh_Hans")
    for always in (REASON, record(plain).sha256, "空中花园", "2026-001", "紫藤里主持"):
        assert always in page
    assert browser.get(f"/c/ziteng/record/{record(plain).public_id}.svg").mimetype == "image/svg+xml"


def test_a_record_is_found_in_its_own_community_only(plain: Garden) -> None:
    public_id = record(plain).public_id
    for suffix in ("", ".json", ".svg", "/check"):
        assert plain.browser().get(f"/c/ziteng/record/{public_id}{suffix}").status_code == 200
        assert plain.browser().get(f"/c/guixiang/record/{public_id}{suffix}").status_code == 404


def test_the_archive_lists_newest_first_and_by_seal_and_year(plain: Garden) -> None:
    plain.do(projects.waive_gate, plain.lead, plain.project, "two_seen", REASON)
    plain.do(projects.close_step, plain.lead, plain.project)
    browser = plain.browser()
    page = browser.get("/c/ziteng/records").text
    one, two = plain.all(select(Record.public_id).order_by(Record.id))
    assert page.index(two) < page.index(one)
    assert two not in browser.get("/c/ziteng/records?seal=一").text
    assert one in browser.get("/c/ziteng/records?seal=一&year=2026").text
    assert "No record yet" in browser.get("/c/ziteng/records?year=2025").text
    assert "No record yet" in browser.get("/c/guixiang/records").text
    for attempt in ("7", "9" * 25):
        assert browser.get(f"/c/ziteng/project/{plain.project}/step/one/{attempt}/record").status_code == 404


@pytest.mark.parametrize("query", ["page=-1", "page=" + "9" * 25, "year=" + "9" * 25, "year=-1", "year=x", "seal=';"])
def test_the_archive_takes_any_question(plain: Garden, query: str) -> None:
    assert plain.browser().get(f"/c/ziteng/records?{query}").status_code == 200


def test_a_preview_is_for_facilitators_and_says_what_is_missing(plain: Garden) -> None:
    path = f"/c/ziteng/project/{plain.project}/close"
    assert plain.browser().get(path).status_code == 302
    assert plain.browser(plain.neighbour).get(path).status_code == 403
    page = plain.browser(plain.lead).get(path).text
    assert "Answer this question" in page
    assert "Publish and close the step" not in page
    plain.do(projects.pause, plain.lead, plain.project, REASON)
    assert "Publish and close the step" not in plain.browser(plain.lead).get(path).text
