"""Languages: which one a reader gets, sentences from phrases, and how days, hours, money and areas are written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask_babel
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel, force_locale, gettext, lazy_gettext, ngettext

from app.config import ROOT
from app.core import moments
from app.core.clock import DAY, HOUR, MINUTE, now
from app.engine.method import Text
from app.engine.phrase import Either, Moment, Money, Phrase

__all__ = ["LANGUAGES", "force_locale", "gettext", "lazy_gettext", "ngettext", "say", "text_in"]

LANGUAGES = {"zh_Hans": "中文", "en": "English"}
DEFAULT = "zh_Hans"
CATALOGUES = ROOT / "translations"


def choose_language() -> str:
    """The cookie's language, else the browser's first that we speak, else Chinese."""
    if not has_request_context():
        return DEFAULT
    wanted = request.cookies.get("lang", "")
    if wanted in LANGUAGES:
        return wanted
    for accepted in request.accept_languages.values():
        if accepted.lower().startswith("zh"):
            return "zh_Hans"
        if accepted.lower().startswith("en"):
            return "en"
    return DEFAULT


def init_i18n(app: Flask) -> None:
    """Hang the languages on ``app``."""
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(CATALOGUES)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    Babel(app, locale_selector=choose_language)


def compile_catalogues() -> None:
    """Compile each catalogue whose compiled file is missing or older than its source."""
    for source in CATALOGUES.glob("*/LC_MESSAGES/messages.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        # Written aside and moved, so that a process starting beside us never reads half a file.
        handle, name = tempfile.mkstemp(dir=source.parent, suffix=".part")
        with os.fdopen(handle, "wb") as out:
            write_mo(out, catalogue)
        Path(name).replace(compiled)


def language() -> str:
    """The language of this request: a key of LANGUAGES."""
    found = flask_babel.get_locale()
    return "en" if found is not None and found.language == "en" else "zh_Hans"


def _locale() -> str:
    return "en_GB" if language() == "en" else "zh_Hans_CN"


def say(sentence: Phrase | Text | str | None) -> str:
    """A phrase in the reader's language."""
    if sentence is None:
        return ""
    if isinstance(sentence, str):
        return sentence
    if isinstance(sentence, Text):
        return sentence.get(language())
    if isinstance(sentence, Either) and sentence.number:
        return say(sentence.some)
    values: dict[str, Any] = {name: _shown(value) for name, value in sentence.values}
    if sentence.plural is not None and sentence.n is not None:
        return str(ngettext(sentence.msgid, sentence.plural, sentence.n, **values))
    return str(gettext(sentence.msgid, **values))


def in_each_language(sentence: Phrase | Text | str) -> dict[str, str]:
    """A sentence in every language we speak, by their keys: for what is frozen and read in either."""
    found = {}
    for key in LANGUAGES:
        with force_locale(key):
            found[key] = say(sentence)
    return found


def _shown(value: object) -> object:
    if isinstance(value, (Phrase, Text)):
        return say(value)
    if isinstance(value, Moment):
        return moment(value.at)
    if isinstance(value, Money):
        return money(value.fen)
    return value


def text_in(value: Text, lang: str | None = None) -> str:
    """A method's text in ``lang`` or the reader's language."""
    return value.get(lang or language())


def zone() -> ZoneInfo:
    """The town's time zone."""
    return ZoneInfo(current_app.config["QIDING"].timezone)


def local(at: int) -> datetime:
    """An instant as local date and time."""
    at = moments.until(at, at_next_minute(at))
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone())


def local_date(at: int) -> date:
    """The local day of an instant."""
    if not isinstance(at, moments.Watched):
        return local(at).date()
    found = local(int(at)).date()
    moments.until(at, at_local(found + timedelta(days=1)))
    return found


def at_next_minute(at: int) -> int:
    """When the next minute begins."""
    return int(at) - int(at) % 60_000 + 60_000


def _this_year(at: int) -> bool:
    """Whether an instant lies in the present year, by the local calendar."""
    year = local_date(now()).year
    return local(at).year == year


def at_local(day: date, hour: int = 0, minute: int = 0) -> int:
    """The instant of a local day and hour."""
    return int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone()).timestamp() * 1000)


_years = ContextVar("years", default=False)


@contextmanager
def with_years() -> Iterator[None]:
    """Within it every day is written with its year: what is kept reads the same in any year."""
    before = _years.set(True)
    try:
        yield
    finally:
        _years.reset(before)


def day(at: int, year: bool = False) -> str:
    """``3月8日周日`` or ``Sun 8 March``; with the year when asked."""
    when, year = local(at), year or _years.get()
    if language() == "en":
        return format_date(when, "EEE d MMMM y" if year else "EEE d MMMM", locale=_locale())
    return format_date(when, "y年M月d日" if year else "M月d日EEE", locale=_locale())


def date_of(text: str) -> str:
    """A day that is kept as ISO text, as one writes it; what is no day stays as it is."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    return format_date(found, "EEE d MMMM y" if language() == "en" else "y年M月d日", locale=_locale())


def clock_time(at: int) -> str:
    """``20:00``."""
    return format_time(local(at).time(), "HH:mm", locale=_locale())


def moment(at: int) -> str:
    """Day and hour, with the year when it is not the present one."""
    return f"{day(at, year=not _this_year(at))} {clock_time(at)}"


def ago(at: int) -> str:
    """How long ago, in the largest fitting unit; further than a week, the day."""
    age = max(0, now() - at)  # divided by the unit that is shown, so that a kept page lasts until the words change
    if age < MINUTE:
        return str(gettext("just now"))
    if age < HOUR:
        return str(ngettext("%(num)s minute ago", "%(num)s minutes ago", age // MINUTE))
    if age < DAY:
        return str(ngettext("%(num)s hour ago", "%(num)s hours ago", age // HOUR))
    if age < 7 * DAY:
        return str(ngettext("%(num)s day ago", "%(num)s days ago", age // DAY))
    return day(at, year=not _this_year(at))


def iso(at: int) -> str:
    """For machines: ``2026-03-08T20:00:00+08:00``."""
    return local(at).isoformat(timespec="seconds")


def number(value: int) -> str:
    """A count with the locale's grouping."""
    return format_decimal(value, locale=_locale())


def money(fen: int) -> str:
    """An amount in yuan: ``12,800元`` or ``¥12,800.50``; no decimals when there are none."""
    yuan = format_decimal(
        fen // 100 if fen % 100 == 0 else fen / 100, "#,##0.##" if fen % 100 == 0 else "#,##0.00", locale=_locale()
    )
    return f"¥{yuan}" if language() == "en" else f"{yuan}元"


def area(hundredths: int) -> str:
    """A floor area: ``89.50㎡``."""
    return f"{hundredths // 100}.{hundredths % 100:02d}㎡"
