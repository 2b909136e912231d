"""Registers and tallies as tables: what their page shows to its reader, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.ballots import gates
from app.ballots.matters import law_says
from app.ballots.queries import PollPage
from app.core.i18n import gettext, local_date, moment, say
from app.engine.canonical import canon, sha256_hex
from app.engine.phrase import phrase
from app.office.channels import Ways
from app.printing.tables import Column, Kind, Table, Value
from app.registers.models import RegisterEntry
from app.registers.shape import Field, Register, Section

KINDS: dict[str, Kind] = {"money": "money", "count": "number", "day": "day"}

UNITS = {
    "owner": phrase("Number of owners"),
    "household": phrase("Number of households"),
    "person": phrase("Number of persons"),
}
STATES = (
    phrase("preliminary: enough"),
    phrase("preliminary: not enough"),
    phrase("passed"),
    phrase("not passed"),
)


def register_tables(register: Register, rows: Sequence[RegisterEntry], *, member: bool) -> list[Table]:
    """Each section as a table. What is for members stands in it for a member only, and says so."""
    return [
        section_table(part, [row for row in rows if row.section == part.key], member=member)
        for part in register.sections
    ]


def section_table(part: Section, rows: Sequence[RegisterEntry], *, member: bool) -> Table:
    """The entries of a section in their order, each with who entered it on which day."""
    fields = [item for item in part.fields if member or not item.members]
    columns = [Column(_label(item), KINDS.get(item.type, "text")) for item in fields]
    return Table(
        say(part.title),
        [*columns, Column(gettext("Entered by")), Column(gettext("Entered on"), "day")],
        [[*(_value(item, row.data.get(item.key)) for item in fields), row.by_name, _day(row.at)] for row in rows],
    )


def _label(item: Field) -> str:
    return gettext("%(label)s (members only)", label=say(item.label)) if item.members else say(item.label)


def _value(item: Field, value: Any) -> Value:
    if value in (None, ""):
        return None
    if item.choices:
        return say(item.choices.get(str(value), str(value)))
    return value if isinstance(value, int) else str(value)


def _day(at: int) -> str:
    return local_date(at).isoformat()


def tally_table(page: PollPage, ways: Ways) -> Table:
    """The result of a vote, line by line: its state, the count by stance and by way, and the sums of its rule."""
    item, poll = page.round, page.round.poll
    tally = item.tally
    assert tally is not None
    areas = item.rule.by_area
    rows: list[list[Value]] = []

    def add(part: str, what: str, n: int | None = None, area: int | None = None, words: str | None = None) -> None:
        share = round(1000 * n / tally.cast) if n is not None and tally.cast and part in shared else None
        rows.append([part, what, n, share, *([area] if areas else []), words])

    vote, count, way = gettext("The vote"), gettext("The count"), gettext("On which way")
    shared = (count, way)
    add(vote, gettext("What was voted on"), words=item.version.title)
    add(vote, gettext("Round"), poll.attempt)
    add(vote, gettext("Open"), words=gettext("%(from)s to %(to)s", **span(poll.opens_at, item.closes_at)))
    add(vote, gettext("Who was asked"), poll.roll_size, poll.roll_area or None, say(gates.asked(poll)))
    rest = poll.roll_size - tally.cast
    add(vote, gettext("Did not take part"), rest, max(0, tally.area_all - tally.area_cast))
    add(vote, gettext("Fingerprint of the text"), words=item.version.text_hash)
    if law := law_says(poll.electorate, poll.matter):
        add(vote, gettext("What it is in law"), words=say(law))
    add(vote, gettext("How it stands"), words=f"{state_of(page)}{gettext(': ')}{say(gates.standing(item))}")
    for stance in item.rule.stances:
        add(count, say(stance.title), tally.counts[stance.key], tally.areas.get(stance.key, 0))
    add(count, gettext("Took part"), tally.cast, tally.area_cast)
    for row in ways.rows:
        add(way, say(row.title), row.cast)
        for stance in item.rule.stances if row.counts is not None else ():
            add(way, f"{say(row.title)}{gettext(': ')}{say(stance.title)}", (row.counts or {}).get(stance.key, 0))
    for test in tally.tests:
        add(gettext("The rule"), say(gates.TESTS[test.key]), words=say(test.says))
    add(gettext("The rule"), gettext("Rule"), words=say(item.rule.title))
    return Table(
        gettext("Result"),
        [
            Column(gettext("Part")),
            Column(gettext("What it is")),
            Column(unit_of(poll.electorate), "number"),
            Column(gettext("Share"), "share"),
            *([Column(gettext("Floor area in m²"), "area")] if areas else []),
            Column(gettext("In words")),
        ],
        rows,
    )


def unit_of(electorate: str) -> str:
    """What is counted, as a heading."""
    return say(UNITS[electorate])


def state_of(page: PollPage) -> str:
    """How far a count has come, in two words."""
    item = page.round
    if item.preliminary:
        return say(STATES[0] if item.carried else STATES[1])
    return say(STATES[2] if item.passed else STATES[3])


def span(opens: int, closes: int) -> dict[str, str]:
    """From when until when, as a sentence takes it."""
    return {"from": moment(opens), "to": moment(closes)}


def hash_of(said: Any) -> str:
    """The fingerprint of what a sheet says that has none of its own."""
    return sha256_hex(canon(said))
