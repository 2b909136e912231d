"""Bad input on every form: a message beside the field, what was typed is kept, nothing changed, and never an error of ours.

The forms are found by the permission table: each row that sends one, sent by somebody who may. What is tried on a field
follows from its class, so that a new form is tried as soon as it has its row there.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from flask import Flask
from flask_wtf.file import FileField
from werkzeug.routing import IntegerConverter
from wtforms import Field, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from app.core.clock import FixedClock
from app.core.database import db
from app.core.forms import Amount, Day, Form, Line, OnceForm, Prose, WholeNumber
from tests import bad_input as bad
from tests.bad_input_forms import (
    FORMS,
    UNUSED,
    Kinds,
    all_refused,
    counts_of,
    fields,
    form_of,
    grown,
    judged,
    known,
    met,
    post,
    refused,
    remember,
    seen,
    send,
    sender,
    some,
    taken,
    turn_of,
)
from tests.conftest import emptied
from tests.permission_requests import Furnished, address, ask, body, contents, keep_world
from tests.permission_table import ROLES, ROWS, Row, get
from tests.permission_world import build


@pytest.fixture(scope="module")
def built(installation: Flask, database_url: str) -> Iterator[tuple[Furnished, int]]:
    """The town of the permission table, built once."""
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        kept = keep_world(build(app, clock))
        yield kept, clock.now()


@pytest.fixture
def town(built: tuple[Furnished, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[Furnished]:
    """The town as it was built; forms are taken without their token, and remembered."""
    kept, at = built
    kept.world.clock.set(at)
    seen.clear()
    monkeypatch.setitem(kept.world.app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(Form, "validate", remember(Form.validate))
    yield kept
    with kept.world.app.app_context():
        db.session.remove()
    if kept.changed()[0]:
        kept.put_back()


each_form = pytest.mark.parametrize("row", FORMS, ids=[row.name for row in FORMS])


def test_every_form_is_tried(town: Furnished) -> None:
    found = {type(form) for row in FORMS if (form := form_of(town, row)) is not None}

    def all_of(form: type[Form]) -> set[type[Form]]:
        return {form}.union(*(all_of(sub) for sub in form.__subclasses__()))

    mine = {form for form in all_of(Form) if form.__module__.startswith("app.")} - found
    # These are never judged: bases of others, what a search in the address fills, and what only carries a hidden word.
    never = {"Form", "OnceForm", "FindForm", "CloseForm", "ConfirmForm"}
    # These are open at later hours only, or find two of a name here: tests of their features try them there.
    later = {"DrawForm", "SayForm", "OfferForm", "ReplyForm", "DiceForm", "LeaveForm", "ReviewForm", "FaultForm"}
    later |= {"AgainForm", "SecondForm", "PasskeyForm", "EraseForForm"}
    assert {form.__name__ for form in mine} - {"EntryForm"} == never | later
    assert any(form.__name__ == "EntryForm" for form in found)


def text_kinds(field: Line) -> Kinds:
    """What a field of text must refuse, by the kind of answer."""
    return (
        *(((*bad.BLANK, None),) if field.flags.required else ()),
        ("长" * (field.most + 1),),
        bad.BROKEN,
        *(() if isinstance(field, Prose) else (bad.TWO_LINES,)),
    )


def typed_kinds(field: Field) -> Kinds:
    """What a field of numbers, amounts or days must refuse."""
    values = {WholeNumber: bad.NUMBERS, Amount: bad.AMOUNTS, Day: bad.DAYS}.get(type(field), ())
    parts = len(values) if isinstance(field, Amount) else 4  # few forms have such fields: more is tried on each
    return (
        *(part for part in (values[n::parts] for n in range(parts)) if part),
        *(((*bad.BLANK[:3], None),) if values and field.flags.required else ()),
        *((("2026-03-01",),) if isinstance(field, Day) and not field.past else ()),
    )


def choice_kinds(row: Row, field: Field) -> Kinds:
    """What a field of choices must refuse."""
    if not isinstance(field, (RadioField, SelectField, SelectMultipleField)):
        return ()
    if f"{field.name} of {row.endpoint}" in UNUSED:
        return ()
    data = row.data.get(field.name, "")
    needed = any(isinstance(check, InputRequired) for check in field.validators) or isinstance(data, list)
    return (bad.CHOICES[0 if needed else 1 :],)


def texts_of(town: Furnished, row: Row) -> list[Line]:
    """The fields of text that a form reads."""
    own = fields(town, row)
    return [field for field in own if isinstance(field, Line) and f"{field.name} of {row.endpoint}" not in UNUSED]


@each_form
def test_text(town: Furnished, row: Row) -> None:
    texts = texts_of(town, row)
    all_refused(town, row, {field: text_kinds(field) for field in texts})
    if not texts:
        return
    last = texts[-1]
    if not judged(row, last):
        fits = (("长" * last.most, ""), (f"cafe\u0301{bad.PADDING}", f"caf\u00e9{bad.PADDING}"))
        for value, stored in fits if bad.FULL else fits[turn_of(row) % 2 :][:1]:
            taken(town, row, last, value, stored)
    for n, value in enumerate(bad.ODD) if bad.FULL else ((k, met(row, k, bad.ODD)) for k in range(2)):
        field = texts[n % len(texts)]
        if not judged(row, field):
            taken(town, row, field, value + bad.PADDING if field.most >= 60 else value)
            continue
        assert post(town, row, **{field.name: value}).status_code < 500
        if town.changed()[0]:
            town.put_back()
    assert post(town, row, **{texts[0].name: bad.MEGABYTE}).status_code == 413
    assert not town.changed()[1]


@each_form
def test_numbers_and_days(town: Furnished, row: Row) -> None:
    all_refused(town, row, {field: typed_kinds(field) for field in fields(town, row)})


@pytest.mark.sqlite  # the form alone judges this, before any database
@each_form
def test_choices(town: Furnished, row: Row) -> None:
    own = fields(town, row)
    for field in own:
        all_refused(town, row, {field: choice_kinds(row, field)})  # one choice may decide whether another is asked
        if choice_kinds(row, field) and isinstance(row.data.get(field.name, ""), list):
            refused(town, row, field, None)
            refused(town, row, field, body(town.world, row)[field.name][:1])


def test_pairs_meet_every_value(town: Furnished) -> None:
    """What the short form leaves out of a field, another field meets: no value of any kind is never tried."""
    tried, wanted = set(), set()
    for row in FORMS:
        own = fields(town, row)
        for many in (
            {field: text_kinds(field) for field in texts_of(town, row)},
            {field: typed_kinds(field) for field in own},
            *({field: choice_kinds(row, field)} for field in own),
        ):
            for n, groups in enumerate(many.values()):
                for group in groups:
                    tried.add(repr(met(row, n, group)))
                    wanted.update(repr(value) for value in group)
        tried.update(repr(met(row, k, bad.ODD)) for k in range(2 if texts_of(town, row) else 0))
    wanted |= {repr(value) for value in bad.ODD}
    assert not wanted - tried, sorted(wanted - tried)[:5]


@each_form
def test_keys_of_forms(town: Furnished, row: Row) -> None:
    own = fields(town, row)
    if not isinstance(known[row.name], OnceForm):
        return
    for key in some(row, (None, *bad.KEYS)):
        answer = post(town, row, once=key)
        assert 400 <= answer.status_code < 500, (key, answer.status_code)
        assert 'class="errs"' in answer.text
        assert not town.changed()[1], key
        if town.changed()[0]:
            town.put_back()
    assert post(town, row).status_code == 303
    after = contents(town.world.app)
    again = post(town, row)
    assert again.status_code == 303
    words = next(field for field in own if isinstance(field, Line) and field.name in row.data)
    other = post(town, row, **{words.name: f"另外一番话，说的是别的事情{bad.PADDING}"})
    if row.at == "draft":  # nobody has read it: whoever goes back from the preview may change it as often as they like
        assert other.status_code == 303
        return
    assert other.status_code == 409
    assert "另外一番话" in other.text
    assert [name for name, rows in contents(town.world.app).items() if rows != after[name] and name != "tries"] == []


@pytest.mark.sqlite  # the form alone judges this, before any database
@each_form
def test_files(town: Furnished, row: Row) -> None:
    for field in fields(town, row):
        if not isinstance(field, FileField) or row.endpoint == "projects.methods":
            continue  # a method file is judged line by line, and says so
        if field.flags.required:
            refused(town, row, field, None)
            refused(town, row, field, "not a file")
            refused(town, row, field, bad.PHOTOS[0])
        elif field.name in ("photo", "document"):
            few = bad.PHOTOS[1:] if row.endpoint == "proposals.new" else bad.PHOTOS[1:3]
            for file in some(row, (*few, bad.TOO_LARGE)):
                refused(town, row, field, file)


@pytest.mark.sqlite  # the form alone judges this, before any database
@each_form
def test_what_nobody_asked_for(town: Furnished, row: Row) -> None:
    """Further fields are ignored, a field sent twice counts once, another kind of body or method is refused."""
    form_of(town, row)  # sent as it should be
    twice = {name: [value, value] for name, value in row.data.items() if isinstance(value, str) and "{" not in value}
    wanted = {name: value for name, value in bad.EXTRA.items() if name not in row.data}
    assert post(town, row, **wanted, **(twice if turn_of(row) % 2 or bad.FULL else {})).status_code < 400
    written, _ = town.changed()
    assert counts_of(town, written) == grown[row.name]
    if written:
        town.put_back()
    for request in some(row, bad.BODIES):
        assert send(town, row, **request).status_code < 500
    if town.changed()[0]:
        town.put_back()
    assert send(town, replace(row, method="PUT"), data={}).status_code == 405
    assert not town.changed()[1]


@pytest.mark.parametrize("target", bad.ELSEWHERE)
@pytest.mark.parametrize("endpoint", ["people.sign_in", "people.staff_sign_in"])
def test_a_sign_in_leads_to_no_other_site(town: Furnished, endpoint: str, target: str) -> None:
    row = next(row for row in FORMS if row.endpoint == endpoint)
    answer = post(town, row, next=target)
    assert answer.status_code == 303
    assert re.match(r"/(?![/\\])", answer.headers["Location"])
    page = ask(town.world, get("site.home")[0], "anonymous", f"/sign-in?next={quote_plus(target)}")
    assert "evil" not in page.text
    assert "javascript:" not in page.text
    for url in ("/language/en", "/size/large"):
        away = ask(town.world, get("site.home")[0], "anonymous", f"{url}?next={quote_plus(target)}")
        assert away.headers.get("Location", "/").startswith("/")
        assert not away.headers.get("Location", "/").startswith(("//", "/\\"))


# What each page reads from its address.
READS = {
    "projects.community": ("page",),
    "site.communities": ("page", "q"),
    "notifications.inbox": ("page",),
    "comments.activity": ("page",),
    "proposals.activity": ("page", "sort", "status"),
    "proposals.show": ("page",),
    "archive.town": ("page", "year", "kind", "step", "q", "in"),
    "archive.community": ("page", "year", "kind", "step", "q"),
    "people.desk_page": ("find",),
    "ballots.result": ("code",),
    "comments.write": ("reply",),
    "projects.figures": ("back",),
    "people.sign_in": ("next", "code"),
}
LISTS = {row.endpoint: row for row in ROWS if row.method == "GET" and row.endpoint in READS}


@pytest.mark.parametrize("endpoint", READS)
def test_what_stands_in_an_address(town: Furnished, endpoint: str) -> None:
    row = LISTS[endpoint]
    role = next(role for role in ("facilitator", *ROLES) if row.expected()[role] == "page")
    step = 1 if bad.FULL else 3
    for name in (*READS[endpoint], "per_page"):
        for value in bad.ODD_QUERIES[zlib.crc32(f"{endpoint}{name}".encode()) % step :: step]:
            answer = ask(town.world, row, role, f"{address(town.world, row)}?{name}={value}")
            assert answer.status_code in (200, 400, 404), (name, value[:20], answer.status_code)
            assert not town.changed()[1]


def test_a_number_for_whatever_a_page_reads(town: Furnished) -> None:
    """Every page, with a number that none of ours is for everything that any page reads from its address."""
    for row in (row for row in ROWS if row.method == "GET" and row.at != "link"):
        for number in some(row, ("-1", "9" * 19, "9" * 140)):
            query = "&".join(f"{name}={number}" for name in {"page", "first", "last"}.union(bad.NAMES))
            answer = ask(town.world, row, "facilitator", f"{address(town.world, row)}?{query}")
            assert answer.status_code < 500, (row.name, number, answer.status_code)
    assert not town.changed()[1]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 10, "9" * 19, "9" * 20, "9" * 140, "9" * 5000, "1e3"])
def test_a_number_in_an_address(town: Furnished, number: str) -> None:
    """Wherever an address holds a number, one that is none or none of ours finds nothing."""
    rules = {rule.endpoint: rule for rule in town.world.app.url_map.iter_rules()}
    asked = set()
    for row in ROWS:
        kinds = rules[row.endpoint]._converters
        for name in (name for name, kind in kinds.items() if isinstance(kind, IntegerConverter)):
            url = address(town.world, replace(row, values={**row.values, name: 424242})).replace("424242", number)
            asked.add(row.endpoint)
            answer = ask(town.world, row, sender(row) if row.method == "POST" else "facilitator", url)
            assert answer.status_code in (400, 403, 404), (url[:80], answer.status_code)
    assert "projects.end_ring" in asked
    assert not town.changed()[1]


def test_a_session_that_nobody_made_is_no_session(town: Furnished) -> None:
    client = town.world.app.test_client()
    for value in ("x", "a.b.c", "\xff", "eyJfdXNlcl9pZCI6ICJzdGFmZjoxOjAifQ.x.y", "A" * 4000):
        client.set_cookie("qiding", value)
        assert client.get("/me").status_code == 302


def test_a_name_may_not_pass_as_somebody_official(town: Furnished) -> None:
    row = next(row for row in FORMS if row.pairing)
    name = next(field for field in fields(town, row) if field.name == "name")
    for value in (
        "admin",
        "Аdmin",
        "ａｄｍｉｎ",
        "ad\u200bmin",
        "系统管理员",
        "系\u200b统",
        "fаcilitator",
        "物 业",
        "Adm1n",
        "adm\u00adin",
    ):
        refused(town, row, name, value)
