"""Sentences as data: a record stores which sentence was said with which values, and each reader reads it in a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.engine.method import Text
from app.engine.phrase import Moment, Money, Phrase
from app.engine.words import Key


def text_to_data(text: Text) -> dict[str, str]:
    """A method's text in all its languages."""
    return {"zh_Hans": Key(text.zh_Hans), "en": Key(text.en)}


def text_from_data(stored: Mapping[str, str]) -> Text:
    """A method's text from what was stored."""
    return Text(stored["zh_Hans"], stored["en"])


def to_data(sentence: Phrase | Text) -> dict[str, Any]:
    """A sentence as canonical data."""
    if isinstance(sentence, Text):
        return {"text": text_to_data(sentence)}
    stored: dict[str, Any] = {"say": Key(sentence.msgid), "with": {name: _value(v) for name, v in sentence.values}}
    if sentence.plural is not None:
        stored |= {"plural": Key(sentence.plural), "n": sentence.n}
    return stored


def _value(value: object) -> Any:
    if isinstance(value, (Phrase, Text)):
        return to_data(value)
    if isinstance(value, Moment):
        return {"moment": value.at}
    if isinstance(value, Money):
        return {"fen": value.fen}
    return value if isinstance(value, (int, str)) else str(value)


def from_data(stored: Mapping[str, Any]) -> Phrase | Text:
    """A sentence from what was stored."""
    if "text" in stored:
        return text_from_data(stored["text"])
    values = {name: _unvalue(value) for name, value in stored["with"].items()}
    return Phrase(stored["say"], tuple(sorted(values.items())), stored.get("plural"), stored.get("n"))


def _unvalue(value: Any) -> object:
    if not isinstance(value, Mapping):
        return value
    if "moment" in value:
        return Moment(value["moment"])
    if "fen" in value:
        return Money(value["fen"])
    return from_data(value)
