"""Fields: every row of bad text, numbers and days is refused with a message, and what was typed is kept."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from wtforms import Field, FileField, HiddenField, PasswordField, ValidationError

from app.core.forms import Amount, Day, Form, Line, OnceForm, Prose, WholeNumber, check_text, first_error
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import phrase


def judge(app: Flask, field: Field, typed: str, *, lang: str = "en") -> tuple[Any, str, str]:
    """What a form with one field makes of what was typed: its data, its first complaint, and the field shown again."""
    sheet = type("Sheet", (Form,), {"x": field})
    headers = {"Accept-Language": lang}
    with app.test_request_context("/", method="POST", data={"x": typed}, headers=headers):
        form = sheet(meta={"csrf": False})
        form.validate()
        assert form.http_status == (422 if form.errors else 200)
        return form.x.data, first_error(form.x), str(form.x())


BLANK = ["", " ", "\t\r\n", "\u3000", "\u200b", "\u3000\u200b \ufeff", "\u200e\u200f\u2060"]
MAKERS = [Line, Prose, WholeNumber, Amount, Day]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("typed", BLANK)
def test_blanks_of_every_kind_are_nothing(app: Flask, maker: Callable[..., Field], typed: str) -> None:
    assert judge(app, maker("X"), typed)[1] == "Please fill this in."
    data, complaint, _ = judge(app, maker("X", required=False), typed)
    assert (data or None, complaint) == (None, "")


@pytest.mark.parametrize("maker", [Line, Prose])
def test_text_is_taken_to_its_last_character(app: Flask, maker: Callable[..., Field]) -> None:
    assert judge(app, maker("X", most=10), "长" * 10)[:2] == ("长" * 10, "")
    data, complaint, shown = judge(app, maker("X", most=10), "长" * 11)
    assert complaint == "Please keep this under 10 characters."
    assert "长" * 11 in shown
    assert judge(app, maker("X", least=3), "长椅")[1] == "Please write at least 3 characters."
    assert judge(app, maker("X", least=3), "  长椅  ")[1] == "Please write at least 3 characters."


@pytest.mark.parametrize("maker", [Line, Prose])
@pytest.mark.parametrize("typed", ["a\x00b", "a\ufffdb", "a\x1bb", "a\x7fb", "a\x85b"])
def test_text_that_can_not_be_shown_is_refused(app: Flask, maker: Callable[..., Field], typed: str) -> None:
    assert "Type" in judge(app, maker("X"), typed)[1]


def test_half_a_character_is_refused(app: Flask) -> None:
    for half in map(chr, (0xD800, 0xDFFF)):
        with pytest.raises(ValidationError), app.test_request_context("/"):
            check_text(f"a{half}b", lines=True)


def test_text_that_is_not_utf8_is_refused(app: Flask) -> None:
    sheet = type("Sheet", (Form,), {"x": Line("X")})
    body = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\na\xff\xfeb\r\n--b--\r\n'
    with app.test_request_context("/", method="POST", data=body, content_type="multipart/form-data; boundary=b"):
        form = sheet(meta={"csrf": False})
        assert not form.validate()


@pytest.mark.parametrize("maker", [*MAKERS, PasswordField, HiddenField])
def test_a_file_is_no_text(app: Flask, maker: Callable[..., Field]) -> None:
    """It is as if nothing was sent in the field; fields of files take theirs."""
    sheet = type("Sheet", (Form,), {"x": maker("X"), "file": FileField("File")})
    data = {"x": (io.BytesIO(b"a"), "a.jpg"), "file": (io.BytesIO(b"b"), "b.jpg")}
    with app.test_request_context("/", method="POST", data=data):
        form = sheet(meta={"csrf": False})
        assert form.validate() is (maker in (PasswordField, HiddenField))
        assert not form.x.data
        assert form.file.data.filename == "b.jpg"
        str(form.x())


@pytest.mark.parametrize("maker", [Line, Prose])
@pytest.mark.parametrize(
    "typed",
    [
        "𠮷野家",
        "👩\u200d👩\u200d👧\u200d👦",
        "㐂",
        "abc\u202edef",
        "<script>alert(1)</script>",
        '"onfocus="alert(1)',
        "<svg onload=alert(1)>",
        "{{7*7}} ${7*7}",
        "' OR 1=1--",
        '";DROP TABLE person;',
        "100% _x_",
        "=1+1",
        "@SUM(A1)",
        "(a+)+$" + "*" * 60,
        "１２",
        "ế ệ ṩ̣̇",
    ],
)
def test_unusual_text_is_taken_as_it_is_and_shown_harmless(app: Flask, maker: Callable[..., Field], typed: str) -> None:
    data, complaint, shown = judge(app, maker("X"), typed)
    assert (data, complaint) == (unicodedata.normalize("NFC", typed), "")
    assert "<script" not in shown
    assert "<svg" not in shown
    assert '"onfocus' not in shown


def test_text_is_made_one(app: Flask) -> None:
    assert judge(app, Line("X"), "  cafe\u0301\u3000")[0] == "café"
    assert judge(app, Prose("X"), "一\r\n二\r三\n")[0] == "一\n二\n三"


@pytest.mark.parametrize("mark", ["\u0301", "\u20dd", "\u0e31", "\u094d"])
def test_a_pile_of_marks_is_refused(app: Flask, mark: str) -> None:
    assert judge(app, Line("X", most=1000), "Z" + mark * 500)[1] == "Too many accents on one letter."
    assert judge(app, Line("X", most=1000), "Z" + mark * 4)[1] == ""


@pytest.mark.parametrize("typed", ["a\r\nBcc: a@b", "a\nSet-Cookie: x", "a\rb", "a\tb", "a\u2028b", "a\u2029b"])
def test_a_line_has_one_line(app: Flask, typed: str) -> None:
    assert "one line" in judge(app, Line("X"), typed)[1]
    if "\u2028" not in typed and "\u2029" not in typed:
        assert judge(app, Prose("X"), typed)[1] == ""


BAD_NUMBERS = ["-1", "+1", "2147483648", "9223372036854775808", "1e309", "1e3", "NaN", "inf", "1_000", "1,000", "1.0"]
BAD_NUMBERS += ["١", "１２", "0x10", "12 34", "--1", "1" * 400, "<b>1</b>", "1;"]


@pytest.mark.parametrize("typed", BAD_NUMBERS)
def test_what_is_no_whole_number_is_refused_and_shown_again(app: Flask, typed: str) -> None:
    data, complaint, shown = judge(app, WholeNumber("X", most=1_000_000), typed)
    assert data is None
    assert complaint.startswith("Please write a")
    assert f'value="{typed}"' in shown.replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize(("typed", "value"), [("0", 0), ("12", 12), (" 12 ", 12), ("007", 7), ("1000000", 1_000_000)])
def test_a_whole_number_is_read(app: Flask, typed: str, value: int) -> None:
    assert judge(app, WholeNumber("X", most=1_000_000), typed)[:2] == (value, "")


def test_a_whole_number_stays_in_its_bounds(app: Flask) -> None:
    def field() -> Field:
        return WholeNumber("X", least=-5, most=5)

    assert judge(app, field(), "-5")[:2] == (-5, "")
    assert judge(app, field(), "6")[1] == "Please write a number from -5 to 5."
    assert judge(app, field(), "-6")[1] == "Please write a number from -5 to 5."
    assert "请" in judge(app, field(), "6", lang="zh")[1]


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("1200", 120_000), ("1200.5", 120_050), ("1200.50", 120_050), ("0.01", 1), ("1,200", 120_000), ("12元", 1_200)]
    + [("1,234,567.89", 123_456_789), (" 12 ", 1_200), ("0", 0)],
)
def test_an_amount_is_read_as_fen(app: Flask, typed: str, fen: int) -> None:
    data, complaint, shown = judge(app, Amount("X"), typed)
    assert (data, complaint) == (fen, "")
    assert f'value="{typed}"' in shown


BAD_AMOUNTS = [
    "-1",
    "89.999",
    "1e9",
    "89,5",
    "1,2,3",
    ",5",
    "5,",
    "12,34.50",
    "1.200,50",
    "NaN",
    "１２",
    "١",
    ".5",
    "5.",
]


@pytest.mark.parametrize("typed", BAD_AMOUNTS)
def test_what_is_no_amount_is_refused_and_shown_again(app: Flask, typed: str) -> None:
    data, complaint, shown = judge(app, Amount("X"), typed)
    assert data is None
    assert complaint == "Please write an amount in yuan, like 1200 or 1200.50."
    assert f'value="{typed}"' in shown


def test_an_amount_stays_in_its_bounds(app: Flask) -> None:
    assert judge(app, Amount("X", least=1), "0")[1] == "This amount is too small or too large."
    assert judge(app, Amount("X", most=100), "1.01")[1] == "This amount is too small or too large."


def test_a_stored_amount_is_shown_in_yuan(app: Flask) -> None:
    sheet = type("Sheet", (Form,), {"x": Amount("X"), "d": Day("D")})
    with app.test_request_context("/"):
        form = sheet(meta={"csrf": False}, data={"x": 120_050, "d": date(2026, 3, 8)})
        assert 'value="1200.50"' in str(form.x())
        assert 'value="2026-03-08"' in str(form.d())
        assert 'value="1200"' in str(sheet(meta={"csrf": False}, data={"x": 120_000}).x())


BAD_DAYS = ["2026-02-30", "0000-01-01", "10000-01-01", "2026-13-01", "08.03.2026", "2026-3-8", "20260308", "tomorrow"]
BAD_DAYS += ["2026-03-08T10:00", "２０２６-03-08", "2026-W10-7"]


@pytest.mark.parametrize("typed", BAD_DAYS)
def test_what_is_no_day_is_refused_and_shown_again(app: Flask, typed: str) -> None:
    data, complaint, shown = judge(app, Day("X"), typed)
    assert data is None
    assert complaint == "There is no such day. Write it like 2026-03-08."
    assert f'value="{typed}"' in shown


@pytest.mark.parametrize("typed", ["0001-01-01", "1926-03-08", "2126-03-08", "9999-12-31"])
def test_a_day_a_lifetime_away_is_refused(app: Flask, typed: str) -> None:
    assert judge(app, Day("X"), typed)[1] == "This day is too far away."


@pytest.mark.parametrize(
    ("typed", "past", "future"),
    [("2026-03-07", True, False), ("2026-03-08", True, True), ("2026-03-09", False, True)],
)
def test_a_day_is_past_or_future_by_the_towns_calendar(app: Flask, typed: str, past: bool, future: bool) -> None:
    app.extensions["qiding.clock"].advance(11 * 3_600_000)  # 23:00 in Shanghai; 15:00 in UTC
    assert (judge(app, Day("X", future=False), typed)[1] == "") is past
    assert (judge(app, Day("X", past=False), typed)[1] == "") is future
    assert judge(app, Day("X"), typed)[:2] == (date.fromisoformat(typed), "")


def test_just_after_midnight_it_is_the_next_day(app: Flask) -> None:
    app.extensions["qiding.clock"].advance(12 * 3_600_000)  # 00:00 of 9 March in Shanghai; still the 8th in UTC
    assert judge(app, Day("X", past=False), "2026-03-08")[1] == "This day is over."


def test_a_refusal_stands_beside_its_field_or_at_the_top(app: Flask) -> None:
    wrong = phrase("Please fill this in.")
    sheet = type("Sheet", (Form,), {"x": Line("X")})
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        form = sheet(meta={"csrf": False})
        with form.refusals():
            raise Invalid(wrong, {"x": wrong, "elsewhere": phrase("Choose a file.")})
        assert (form.x.errors, form.form_errors, form.http_status) == (
            ["Please fill this in."],
            ["Choose a file."],
            422,
        )
        form = sheet(meta={"csrf": False})
        with form.refusals():
            raise Conflict(wrong)
        assert (form.form_errors, form.http_status) == (["Please fill this in."], 409)
        for error in (NotFound, Forbidden):
            with pytest.raises(error), form.refusals():
                raise error


def test_a_form_that_counts_once_has_a_key_of_its_own(app: Flask) -> None:
    with app.test_request_context("/"):
        first, second = OnceForm(meta={"csrf": False}), OnceForm(meta={"csrf": False})
        assert len(first.once.data) == 16
        assert first.once.data != second.once.data
