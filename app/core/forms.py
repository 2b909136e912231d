"""Forms: what people type is made one (NFC), judged for shape only, and never lost when refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from typing import Any

from flask import abort, g, has_request_context, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import Field, FileField, HiddenField, SelectChoice, StringField, TextAreaField, ValidationError
from wtforms.csrf import core as csrf
from wtforms.i18n import get_translations
from wtforms.validators import InputRequired, Length, Optional

from app.core.clock import now
from app.core.i18n import gettext, language, local_date, say
from app.core.i18n import lazy_gettext as _l
from app.core.ids import new_public_id
from app.core.once import NO_KEY, is_key
from app.engine.errors import DomainError, Invalid

_BLANK = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\u3000]*")


class CSRFTokenField(csrf.CSRFTokenField):  # type: ignore[misc]
    """A form's secret token, drawn when it is written into a page and not before.

    Most readers of a page that has a form for some never see it: their answer sets no cookie, and is like everybody's.
    Templates know a field by the name of its class.
    """

    def process(self, *args: Any, **kwargs: Any) -> None:
        HiddenField.process(self, *args, **kwargs)

    def _value(self) -> str:
        return str(self.csrf_impl.generate_csrf_token(self))


class _Tokens(FlaskForm.Meta.csrf_class):  # type: ignore[misc]
    field_class = CSRFTokenField


@cache
def _translations(key: str) -> Any:
    return get_translations(["zh" if key == "zh_Hans" else "en"])


class Form(FlaskForm):  # type: ignore[misc]
    """The base of every form: WTForms' own messages in the reader's language, refusals beside the field."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf_class = _Tokens

        def get_translations(self, form: Any) -> Any:
            return _translations(language())

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            # Forms come from pages only; JSON, which may be nested without end, is not read as one.
            if request.method != "GET" and request.is_json:
                abort(415)
            given = super().wrap_formdata(form, formdata)
            if not isinstance(given, CombinedMultiDict):
                return given
            # A file is no text: where words are asked for, none were sent.
            words = {field.name for field in form if not isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name not in words]
            return CombinedMultiDict([MultiDict(files), request.form])

    def take(self, error: DomainError) -> None:
        """Show a refusal: beside the fields it names, else at the top of the form."""
        for name, sentence in (error.fields if isinstance(error, Invalid) else {}).items():
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, say(sentence)]
            else:
                self.form_errors.append(say(sentence))
        if not isinstance(error, Invalid) or not error.fields:
            self.form_errors.append(say(error.message))
        self.refused = error.status

    refused = 0

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Run a command; what it refuses is shown in this form instead of on an error page."""
        try:
            yield
        except DomainError as error:
            if error.status in (403, 404):
                raise
            self.take(error)

    @property
    def http_status(self) -> int:
        """The status of the page that shows this form: 200, or what the refusal says."""
        return self.refused or (422 if self.errors else 200)


def fresh_key() -> str:
    """A key for one form; noted, so that a page that is kept gets another for its next reader."""
    key = new_public_id()
    if has_request_context():
        g.setdefault("fresh_keys", []).append(key)
    return key


class OnceForm(Form):
    """A form that counts once, however often it is sent: its hidden key was made when it was shown."""

    once = HiddenField(default=fresh_key)

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse a form whose key is missing or none that we made; the page that says so has a fresh one."""
        fine = bool(super().validate(extra_validators))
        if is_key(next(iter(self.once.raw_data or []), "")):
            return fine
        self.form_errors.append(say(NO_KEY))
        self.once.data = new_public_id()
        return False


def tidy(value: str | None) -> str | None:
    """Text as we keep it: NFC, lines ended by one character, nothing around it."""
    if value is None:
        return None
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))
    return "" if _BLANK.fullmatch(text) else text.strip()


def check_text(text: str, *, lines: bool) -> None:
    """Refuse what can't be shown or kept: control characters, broken encodings, piles of marks."""
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if category == "Cs" or char == "\ufffd":
            raise ValidationError(gettext("Some characters did not arrive whole. Type this field again."))
        if (category == "Cc" and not (lines and char in "\n\t")) or (category in ("Zl", "Zp") and not lines):
            raise ValidationError(gettext("This has characters that can't be shown. Type it again, in one line."))
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > 8:
            raise ValidationError(gettext("Too many accents on one letter."))


class Line(StringField):  # type: ignore[misc]
    """One line of text. ``least`` and ``most`` count characters."""

    lines = False

    def __init__(self, label: Any = None, *, required: bool = True, least: int = 0, most: int = 120, **kw: Any) -> None:
        checks = [InputRequired(_l("Please fill this in.")) if required else Optional()]
        if least:
            checks.append(Length(min=least, message=_l("Please write at least %(min)d characters.")))
        checks.append(Length(max=most, message=_l("Please keep this under %(max)d characters.")))
        super().__init__(label, validators=[*checks, *kw.pop("validators", [])], filters=[tidy], **kw)
        self.most = most

    def pre_validate(self, form: Any) -> None:
        if self.data:
            check_text(self.data, lines=self.lines)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        # InputRequired looks at what was sent, before blanks were taken away.
        if not validation_stopped and self.flags.required and not self.data:
            raise ValidationError(gettext("Please fill this in."))


class Prose(Line, TextAreaField):  # type: ignore[misc]
    """Text of several lines."""

    lines = True

    def __init__(self, label: Any = None, *, most: int = 4000, **kw: Any) -> None:
        super().__init__(label, most=most, **kw)


class _Typed(StringField):  # type: ignore[misc]
    """A field that shows again exactly what was typed, whether or not it could be read."""

    def __init__(self, label: Any = None, *, required: bool = True, **kw: Any) -> None:
        first = InputRequired(_l("Please fill this in.")) if required else Optional()
        super().__init__(label, validators=[first, *kw.pop("validators", [])], **kw)
        self.typed = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.typed = valuelist[0]
        text = tidy(valuelist[0])
        self.data = self.read(text) if text else None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        # As with Line: blanks were sent, and nothing is left of them.
        if not validation_stopped and self.flags.required and self.data is None and not self.errors:
            raise ValidationError(gettext("Please fill this in."))

    def _value(self) -> str:
        return self.typed or ("" if self.data is None else self.write(self.data))

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> str:
        return str(value)


class WholeNumber(_Typed):
    """A whole number between ``least`` and ``most``, in plain digits."""

    def __init__(self, label: Any = None, *, least: int = 0, most: int = 1_000_000, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,15}", text):
            raise ValueError(gettext("Please write a whole number in digits, like 12."))
        value = int(text)
        if not self.least <= value <= self.most:
            raise ValueError(
                gettext("Please write a number from %(least)s to %(most)s.", least=self.least, most=self.most)
            )
        return value


class Amount(_Typed):
    """An amount in yuan with at most two decimals; its data is fen."""

    def __init__(self, label: Any = None, *, least: int = 0, most: int = 100_000_000_00, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.least, self.most = least, most

    def read(self, text: str) -> int:
        # A comma parts thousands and nothing else: 89,5 must not become 895.
        whole = r"([0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,12})"
        found = re.fullmatch(whole + r"(?:\.([0-9]{1,2}))?", text.removesuffix("元").strip())
        if not found:
            raise ValueError(gettext("Please write an amount in yuan, like 1200 or 1200.50."))
        fen = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
        if not self.least <= fen <= self.most:
            raise ValueError(gettext("This amount is too small or too large."))
        return fen

    def write(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02d}" if value % 100 else str(value // 100)


class Day(_Typed):
    """A calendar day, YYYY-MM-DD. ``past`` and ``future`` say which are allowed, seen from today."""

    def __init__(self, label: Any = None, *, past: bool = True, future: bool = True, **kw: Any) -> None:
        super().__init__(label, **kw)
        self.past, self.future = past, future

    def read(self, text: str) -> date:
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError
            found = date.fromisoformat(text)
        except ValueError:
            raise ValueError(gettext("There is no such day. Write it like 2026-03-08.")) from None
        today = local_date(now())
        if abs(found - today) > timedelta(days=3660):
            raise ValueError(gettext("This day is too far away."))
        if not self.past and found < today:
            raise ValueError(gettext("This day is over."))
        if not self.future and found > today:
            raise ValueError(gettext("This day has not come yet."))
        return found

    def write(self, value: date) -> str:
        return value.isoformat()


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Values and the words beside them, as a field of choices takes them."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def first_error(field: Field) -> str:
    """The first complaint about a field, for the list at the top."""
    return str(field.errors[0]) if field.errors else ""
