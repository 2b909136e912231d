"""The first draft of minutes, from what was noted: a text that its writer goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.i18n import date_of, day, gettext, language, text_in
from app.engine.method import Ring
from app.meetings.models import MeetingNote
from app.meetings.queries import Held, Notes

NUMBERS = "一二三四五六七八九十"
HEAD = {"zh_Hans": "{}、{}", "en": "{}. {}"}


def draft(held: Held, notes: Notes, rings: Mapping[str, Ring]) -> str:
    """Agenda, what was said by item, the minority's views, shows of hands, decisions: headings for what there is."""
    parts: list[tuple[str, list[str]]] = [
        (gettext("Agenda"), [f"{n}. {item}" for n, item in enumerate(held.agenda, 1)]),
        (gettext("What was said"), _by_item(held.agenda, notes.points, rings)),
        (gettext("Views of the minority"), _by_item(held.agenda, notes.minority, rings)),
        (gettext("Shows of hands"), [_hands(row) for row in notes.hands]),
        (gettext("What was agreed"), [f"{n}. {_decision(row)}" for n, row in enumerate(notes.decisions, 1)]),
    ]
    blocks: list[str] = []
    for title, body in parts:
        if body:
            blocks.append("\n".join([_heading(len(blocks), title), *body]))
    if held.meeting.called_at > held.meeting.starts_at:
        blocks.append(gettext("Entered afterwards, on %(day)s.", day=day(held.meeting.called_at, year=True)))
    return "\n\n".join(blocks)


def _heading(place: int, title: str) -> str:
    number = str(place + 1) if language() == "en" else NUMBERS[place]
    return HEAD[language()].format(number, title)


def _by_item(agenda: Sequence[str], rows: Sequence[MeetingNote], rings: Mapping[str, Ring]) -> list[str]:
    found = []
    for number in range(len(agenda) + 1):
        mine = [row for row in rows if row.item == number]
        if mine and number and len(agenda) > 1:
            found.append(gettext("On %(item)s:", item=agenda[number - 1]))
        found += [_said(row, rings) for row in mine]
    return found


def _said(row: MeetingNote, rings: Mapping[str, Ring]) -> str:
    ring = text_in(rings[row.ring].title) if row.ring in rings else row.ring
    who = gettext("%(ring)s, %(name)s", ring=ring, name=row.speaker) if row.speaker else ring
    return f"{who}{gettext(': ')}{row.text}"


def _hands(row: MeetingNote) -> str:
    said: str = gettext(
        "“%(question)s”: %(yes)s for, %(no)s against, %(abstained)s abstaining.",
        question=row.text,
        yes=row.in_favour,
        no=row.against,
        abstained=row.abstained,
    )
    return said


def _decision(row: MeetingNote) -> str:
    if row.due:
        said: str = gettext("%(text)s (%(who)s, by %(day)s)", text=row.text, who=row.who, day=date_of(row.due))
    else:
        said = gettext("%(text)s (%(who)s)", text=row.text, who=row.who)
    return said
