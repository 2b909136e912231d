"""What somebody may ask of a list, read from the address: each wrong part is named, and an unknown one is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from app.api.resource import FIRST_YEAR, LAST_YEAR, LEAST, MOST, USUAL, Asked, Resource, from_cursor
from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase

MOST_LENGTH = 200


@dataclass(frozen=True)
class Parameter:
    """A part of an address, for the description and the page about it."""

    key: str
    schema: Mapping[str, Any]
    meaning: Phrase


COMMUNITY = Parameter(
    "community",
    {"type": "string", "minLength": 1, "maxLength": MOST_LENGTH},
    phrase("Only what belongs to the community with this short name."),
)
PROJECT = Parameter(
    "project",
    {"type": "string", "minLength": 1, "maxLength": MOST_LENGTH},
    phrase("Only what belongs to the project with this identifier."),
)
YEAR = Parameter(
    "year",
    {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR},
    phrase("Only what is of this year, in the town's time."),
)
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": LEAST, "maximum": MOST, "default": USUAL},
    phrase("How many at most, from 1 to 200; 50 where nothing is said."),
)
CURSOR = Parameter(
    "cursor",
    {"type": "string", "minLength": 1, "maxLength": MOST_LENGTH},
    phrase("Where to go on: the cursor that came with the part before."),
)


def parameters(resource: Resource) -> tuple[Parameter, ...]:
    """What may be asked of a list."""
    return (COMMUNITY, *((PROJECT,) if resource.project is not None else ()), YEAR, LIMIT, CURSOR)


def asked(resource: Resource, arguments: MultiDict[str, str]) -> Asked:
    """What is asked; Invalid names each part that is wrong."""
    known = {item.key for item in parameters(resource)}
    wrong: dict[str, Phrase] = {}
    for name in arguments:
        if name not in known:
            wrong[name[:MOST_LENGTH]] = phrase("Nothing can be asked of this list by this name.")
        elif len(arguments.getlist(name)) > 1:
            wrong[name] = phrase("Say this once.")
        elif not 1 <= len(arguments[name]) <= MOST_LENGTH:
            wrong[name] = phrase("Say something here, in at most %(n)s characters.", n=MOST_LENGTH)
    year = _number(arguments, "year", FIRST_YEAR, LAST_YEAR, wrong)
    limit = _number(arguments, "limit", LEAST, MOST, wrong)
    if wrong:
        raise Invalid(phrase("The address asks for something that is not there."), wrong)
    cursor = arguments.get("cursor")
    return Asked(
        community=arguments.get("community"),
        project=arguments.get("project"),
        year=year,
        limit=limit or USUAL,
        after=from_cursor(cursor, len(resource.order)) if cursor is not None else (),
    )


def _number(arguments: MultiDict[str, str], name: str, least: int, most: int, wrong: dict[str, Phrase]) -> int | None:
    text = arguments.get(name)
    if text is None or name in wrong:
        return None
    if not re.fullmatch("[1-9][0-9]{0,3}", text, re.ASCII) or not least <= int(text) <= most:
        wrong[name] = phrase("Say a whole number from %(least)s to %(most)s.", least=least, most=most)
        return None
    return int(text)
