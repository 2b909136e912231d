"""Posters for the lobby: what is asked now, how far it has come, and where to say what one thinks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.config import ROOT
from app.core import media
from app.core.i18n import at_local, gettext, local_date, moment, say
from app.core.web import site_url
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import NotFound
from app.people.places import Community
from app.printing.paper import Paper, code
from app.projects.board import Card, StageOfPath
from app.projects.models import IMPORTED, Project

PHOTO = re.compile("[0-9A-Z]{16}")


def picture_of(project: Project) -> dict[str, bytes]:
    """The project's picture: a photo that anybody may see, or one of the drawings that come along."""
    name = project.picture
    if not name:
        return {}
    if PHOTO.fullmatch(name):
        with suppress(NotFound):
            found = media.find(name)
            return {"place": media.read(found.sha256)} if found.visibility == "public" else {}
        return {}
    drawing = drawing_of(name)
    return {"place": drawing.read_bytes()} if drawing is not None else {}


def drawing_of(name: str) -> Path | None:
    """One of the drawings that come along, by its name."""
    drawing = ROOT / "app" / "static" / "img" / Path(name).name
    return drawing if name and drawing.is_file() else None


def desk_of(here: Community, says: str) -> list[str]:
    """How it goes without a phone: a sentence, and where the desk is."""
    if not here.desk_place:
        return [says]
    where = gettext(
        "The desk: %(place)s, %(hours)s, telephone %(phone)s.",
        place=here.desk_place,
        hours=here.desk_hours,
        phone=here.desk_phone,
    )
    return [says, where]


def project_poster(here: Community, project: Project, card: Card, now: int, size: str) -> Paper:
    """The poster of a project as it stands today; ``card`` is what a reader without a sign-in sees."""
    asked, step = card.ask, card.step
    if asked is not None:
        due = asked.summary.due
        ask: dict[str, Any] = {
            "asks": True,
            "tag": gettext("Asked of you now"),
            "title": say(asked.summary.ask),
            "says": say(asked.summary.says),
            "due": gettext("Until %(when)s", when=moment(due)) if due else "",
        }
    elif project.state == "paused":
        ask = _still(gettext("Paused"), gettext("This project rests for now"), project.state_reason)
    elif project.state == "ended":
        ask = _still(gettext("Ended"), gettext("This project was ended early"), project.state_reason)
    elif project.state == IMPORTED:
        says = gettext("What was decided stands in the records, and it stays there.")
        ask = _still(gettext("From elsewhere"), gettext("This project is kept here to be read"), says)
    elif project.state == "completed" or step is None:
        says = gettext("What was decided stands in the records, and it stays there.")
        ask = _still(gettext("Done"), gettext("All steps are fixed"), says)
    else:
        ask = _still(gettext("Under way"), say(step.title), say(step.asks))
    return poster(
        here,
        title=project.title,
        kick=project.place,
        summary=project.summary,
        ask=ask,
        stages=_path(card.stages),
        address=site_url("projects.show", slug=here.slug, public_id=project.public_id),
        scan=gettext("Scan to read all of it and to say what you think"),
        desk=desk_of(here, gettext("It works without a phone too: at the desk somebody helps you.")),
        at=at_local(local_date(now)),  # the poster of one day is one sheet
        size=size,
        pictures=picture_of(project),
        seen=gettext("Picture of the place: %(place)s", place=project.place),
    )


def _still(tag: str, title: str, says: str) -> dict[str, Any]:
    return {"asks": False, "tag": tag, "title": title, "says": says, "due": ""}


def _path(stages: Sequence[StageOfPath]) -> list[dict[str, Any]]:
    words = {
        "done": gettext("Fixed"),
        "here": gettext("Here now"),
        "ahead": gettext("Still ahead"),
        "sent_back": gettext("Sent back"),
    }
    return [
        {
            "title": say(stage.title),  # type: ignore[arg-type]
            "steps": [
                {
                    "seal": item.seal,
                    "title": f"{item.number} {say(item.title)}",  # type: ignore[arg-type]
                    "state": item.state,
                    "says": words[item.state],
                }
                for item in stage.steps
            ],
        }
        for stage in stages
    ]


def poster(
    here: Community,
    *,
    title: str,
    kick: str,
    ask: dict[str, Any],
    address: str,
    scan: str,
    desk: list[str],
    at: int,
    size: str,
    summary: str = "",
    choices: Sequence[dict[str, str]] = (),
    stages: Sequence[dict[str, Any]] = (),
    pictures: Mapping[str, bytes] | None = None,
    seen: str = "",
) -> Paper:
    """A poster of one thing that is asked."""
    data = {
        "community": here.name,
        "heading": title,
        "kick": kick,
        "summary": summary,
        "ask": ask,
        "choices": list(choices),
        "stages": list(stages),
        "scan": scan,
        "desk": desk,
        "address": address,
    }
    return Paper(
        form="poster",
        title=f"{here.name} {title}",
        at=at,
        mark=sha256_hex(canon(data)),
        size=size,
        data={**data, "code": code(address), "alt": gettext("Code that leads to this page"), "seen": seen},
        pictures=pictures or {},
    )
