"""Sending a form with one field changed, and what must come of it."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from markupsafe import escape
from werkzeug.test import TestResponse
from wtforms import Field

from app.core.forms import Amount, Day, Form, Line, WholeNumber
from tests import bad_input as bad
from tests.permission_requests import Furnished, address, ask, body
from tests.permission_table import ROLES, ROWS, Row, get

T = TypeVar("T")
DOES = ("does it", "passes")
# Each of these asks for more than text: what is well written may still be refused.
JUDGED = {
    *("email", "slug", "code", "unit", "units", "serial", "household", "choice", "numbers", "dice"),
    *("inspector_1", "inspector_2", "inspector_3"),
    *("address of AddressForm", "url of GroupForm"),
    *("sheet of SignInForm", "typed of EraseForm"),
    *("name of WhoForm", "name of MandateForm", "name of SpeakerForm"),
}
UNUSED = {"slug of people.edit_community", "kind of comments.edit"}  # sent, and not read
UNSTORED = {
    "concern of BallotForm",
    "concern of HelpedForm",
    "concern of SheetForm",
}  # words that another stance would need


def _forms() -> list[Row]:
    chosen: dict[tuple[str, bool, tuple[str, ...]], Row] = {}
    for row in ROWS:
        if row.method == "POST" and any(answer in DOES for answer in row.expected().values()):
            chosen.setdefault((row.endpoint, row.pairing, tuple(row.values.values())), row)
    return list(chosen.values())


FORMS = _forms()


seen: list[Form] = []


def remember(validate: Any) -> Any:
    def remembering(self: Form, *args: Any, **kw: Any) -> bool:
        seen.append(self)
        return bool(validate(self, *args, **kw))

    return remembering


def sender(row: Row) -> str:
    return next(role for role in ("facilitator", *ROLES) if row.expected()[role] in DOES)


def form_of(town: Furnished, row: Row) -> Form | None:
    """The form that a row sends; none when it only has a button. Asked once a row."""
    if row.name not in known:
        seen.clear()
        answer = ask(town.world, row, sender(row))
        assert answer.status_code < 400, answer.status_code
        written, _ = town.changed()
        grown[row.name] = counts_of(town, written)
        if written:
            town.put_back()
        known[row.name] = seen[-1] if seen else None
    return known[row.name]


known: dict[str, Form | None] = {}
grown: dict[str, dict[str, int]] = {}  # how many rows there were after a row's form was sent


def counts_of(town: Furnished, written: bool) -> dict[str, int]:
    return {name: len(found) for name, found in (town.now if written else town.rows).items()}


def fields(town: Furnished, row: Row) -> list[Field]:
    """The fields of a row's form."""
    return list(form_of(town, row) or [])


def judged(row: Row, field: Field) -> bool:
    """Whether more is asked of a field's text than that it is text."""
    return bool({field.name, f"{field.name} of {type(known[row.name]).__name__}"} & JUDGED)


def post(town: Furnished, row: Row, **changes: Any) -> TestResponse:
    """Send a row's valid form but for some fields; None leaves a field out, bytes are sent as they are."""
    data = {**body(town.world, row), **changes}
    cut = b"--cut-here"
    parts = []
    for name, value in data.items():
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            head = f'Content-Disposition: form-data; name="{name}"'
            if isinstance(item, bad.File):
                head += f'; filename="{item.name}"\r\nContent-Type: application/octet-stream'
            elif isinstance(item, tuple):
                head, item = f'{head}; filename="{item[1]}"', item[0].read()
            text = item.data if isinstance(item, bad.File) else item if isinstance(item, bytes) else str(item).encode()
            parts += [cut, b"\r\n", head.encode(), b"\r\n\r\n", text, b"\r\n"]
    content = "multipart/form-data; boundary=cut-here"
    return send(town, row, data=b"".join([*parts, cut, b"--\r\n"]), content_type=content)


def send(town: Furnished, row: Row, **request: Any) -> TestResponse:
    client = town.world.app.test_client()
    user = town.world.users.get(sender(row))
    with client.session_transaction() as session:
        if user:
            session["_user_id"], session["_fresh"], session["at"] = user, True, town.world.clock.now()
        if row.pairing:
            session["pairing"] = town.world.code_id
    with client.open(address(town.world, row), method=row.method, **request) as answer:
        return answer


def refused(town: Furnished, row: Row, field: Field, value: Any) -> None:
    """The value is refused beside its field, with all else as it was typed, and nothing is written."""
    where = f"{row.name}: {field.name} = {str(value)[:40]!r}"
    answer = refused_all(town, row, {field: value})
    typed = {name: text for name, text in row.data.items() if isinstance(text, str) and "{" not in text}
    for other in known[row.name] or []:
        if other.name in typed and other.name != field.name and isinstance(other, Line):
            assert str(escape(typed[other.name])) in answer.text, f"{where}: {other.name} is lost"


def refused_all(town: Furnished, row: Row, values: Mapping[Field, Any]) -> TestResponse:
    """Each of the values is refused beside its field and shown again, and nothing is written."""
    where = f"{row.name}: " + ", ".join(f"{field.name} = {str(value)[:40]!r}" for field, value in values.items())
    answer = post(town, row, **{field.name: value for field, value in values.items()})
    written, changed = town.changed()
    assert not changed, f"{where}: {changed} changed"
    if written:
        town.put_back()
    assert 400 <= answer.status_code < 500, f"{where}: {answer.status_code}"
    assert 'class="errs"' in answer.text, f"{where}: no list of what is wrong"
    for field, value in values.items():
        assert re.search(rf'href="#{field.id}(-0)?"', answer.text), f"{where}: not beside {field.name}"
        asked = f'name="{field.name}"' in answer.text  # some forms have fields that this page has no use for
        if asked and bad.shown(value) and isinstance(field, (Line, WholeNumber, Amount, Day)):
            assert str(escape(value.strip())) in answer.text, f"{where}: what was typed in {field.name} is lost"
    return answer


Kinds = Sequence[tuple[Any, ...]]  # the values that a field must refuse, by the kind of answer that they get


def all_refused(town: Furnished, row: Row, kinds: Mapping[Field, Kinds]) -> None:
    """Try the values on their fields: by pairs, or in full each of them alone.

    In pairs, each field meets one value of each kind, together with the other fields; one field is tried alone, so that
    the rest must stay as it was typed. Which value a field meets turns with the form, so that all are met somewhere.
    """
    if bad.FULL:
        for field, groups in kinds.items():
            for value in (value for group in groups for value in group):
                refused(town, row, field, value)
        return
    for turn in range(max((len(groups) for groups in kinds.values()), default=0)):
        chosen = {
            field: met(row, n, groups[turn]) for n, (field, groups) in enumerate(kinds.items()) if turn < len(groups)
        }
        refused_all(town, row, chosen)
    alone = [(field, groups) for field, groups in kinds.items() if groups]
    if len(alone) > 1:
        n = turn_of(row) % len(alone)
        field, groups = alone[n]
        refused(town, row, field, met(row, n + 1, groups[-1]))


def some(row: Row, values: Sequence[T]) -> Sequence[T]:
    """One of several values, another one on each form; all of them in the full form."""
    return values if bad.FULL else values[turn_of(row) % len(values) :][:1]


def turn_of(row: Row) -> int:
    """A number of a form's own, the same in every run."""
    return zlib.crc32(row.name.encode())


def met(row: Row, n: int, values: Sequence[Any]) -> Any:
    """Which of several values the n-th field of a form meets."""
    return values[(turn_of(row) + n) % len(values)]


def taken(town: Furnished, row: Row, field: Field, value: str, stored: str = "") -> None:
    """The value is taken, kept as it is, and shown as text."""
    where = f"{row.name}: {field.name} = {value[:40]!r}"
    answer = post(town, row, **{field.name: value})
    assert answer.status_code < 400, f"{where}: {answer.status_code} {re.findall('class=.msg.[^<]*', answer.text)}"
    written, changed = town.changed()
    if changed and f"{field.name} of {type(known[row.name]).__name__}" not in UNSTORED:
        kept, text = "".join(repr(town.now[name]) for name in town.dirty), stored or value.strip()
        assert any(form in kept for form in _forms_of(text)), where
    if answer.status_code in (302, 303):
        page = _get(town, row, answer.headers["Location"])
        assert page.status_code < 500, where
        for mark in ("<script>alert", "<svg onload", '"onfocus='):
            assert mark not in page.text, where
    if written:
        town.put_back()


def _forms_of(text: str) -> tuple[str, ...]:
    """How a text looks in the printed rows: by itself, and within JSON."""
    return tuple(repr(form)[1:-1] for form in (text, text.replace('"', '\\"'), json.dumps(text)[1:-1]))


def _get(town: Furnished, row: Row, url: str) -> TestResponse:
    return ask(town.world, get("site.home")[0], sender(row), url)
