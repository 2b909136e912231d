"""The manifest of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.people import roll_views as _roll  # noqa: F401 - its routes hang on the blueprint
from app.people import staff_views as _staff  # noqa: F401 - likewise
from app.people.keeps import KEEPS
from app.people.personal import PERSONAL
from app.people.roll import read_job
from app.people.views import people as blueprint


def _paired(data: Mapping[str, Any]) -> Phrase:
    return phrase(
        "%(name)s signed in on another device (%(label)s). If nobody of you did, remove it.",
        name=data["name"],
        label=data["label"] or phrase("Computer"),
    )


people = Module(
    name="people",
    blueprints=(blueprint,),
    jobs={"roll.read": read_job},
    messages={"device.paired": _paired},
    personal=PERSONAL,
    keeps=KEEPS,
)
