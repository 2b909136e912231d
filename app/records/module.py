"""The manifest of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.projects.kinds import OnStepClosed
from app.records.correct_views import records_correct
from app.records.kept import RECORDS
from app.records.personal import PERSONAL
from app.records.phrases import text_from_data
from app.records.search import SEARCHABLE
from app.records.service import publish
from app.records.views import records as blueprint


def _published(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "The record of “%(step)s” of “%(title)s” is published.", step=text_from_data(data["step"]), title=data["title"]
    )


records = Module(
    name="records",
    blueprints=(blueprint, records_correct),
    provides=(OnStepClosed(publish), SEARCHABLE, RECORDS),
    messages={"record.published": _published},
    confirmed=frozenset({"records_correct.correct"}),
    personal=PERSONAL,
)
