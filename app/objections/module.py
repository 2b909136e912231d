"""The manifest of the objection desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.core.module import Module
from app.engine.phrase import Phrase, phrase
from app.objections.personal import PERSONAL
from app.objections.queries import presses
from app.objections.service import stand_due
from app.objections.views import objections as blueprint
from app.projects.kinds import Presses

NEWS: Mapping[str, Phrase] = {
    "disagreed": phrase("Somebody disagreed with objection %(number)s, with reasons. A panel decides."),
    "seat": phrase("You were drawn by lot for the panel on objection %(number)s. Say your word."),
    "panel qualified": phrase("The panel decided on objection %(number)s: it stands."),
    "panel concern": phrase("The panel decided on objection %(number)s: a concern, to be watched."),
    "panel resolved": phrase("The panel decided on objection %(number)s: the answer does."),
    "panel deferred": phrase("The panel decided on objection %(number)s: the measure for later does."),
    "stands": phrase(
        "Nobody decided otherwise in time: objection %(number)s stands. The text is changed to answer it."
    ),
    "answered": phrase("Objection %(number)s was answered. Say within 72 hours whether it does."),
    "accepted": phrase("Those who raised objection %(number)s accept the answer."),
    "refused": phrase("Those who raised objection %(number)s do not accept the answer."),
    "message": phrase("There is a message about objection %(number)s."),
}


def _news(data: Mapping[str, Any]) -> Phrase:
    news = replace(NEWS[data["what"]], values=(("number", data["number"]),))
    return phrase("%(news)s “%(why)s”", news=news, why=data["why"]) if data.get("why") else news


objections = Module(
    name="objections",
    blueprints=(blueprint,),
    provides=(Presses(presses),),
    tick=(stand_due,),
    messages={"objection.news": _news},
    personal=PERSONAL,
)
