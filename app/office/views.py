"""Addresses of what leaves for an office: each beside the page whose words it carries, for the readers of that page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from app.ballots import gates, told
from app.ballots import queries as ballots
from app.ballots.poll_views import poll_frame
from app.core.clock import now
from app.core.i18n import gettext, with_years
from app.engine.errors import NotFound
from app.office import channels, printed, tables
from app.office.queries import adoption_of
from app.paper.queries import account_of
from app.people.access import note_access
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import actor
from app.printing import answer
from app.printing.paper import Paper
from app.printing.tables import Table
from app.projects.kinds import ActivityRef
from app.projects.queries import find_activity
from app.registers.models import RegisterEntry
from app.registers.queries import entries_of, register_of
from app.registers.shape import Register

office = Blueprint("office", __name__)


@office.app_context_processor
def _context() -> dict[str, Any]:
    return {"has_sheet": printed.has_sheet}


def _member(here: Community, public_id: str) -> bool:
    """Whether the reader gets what only those of the community see; of staff that is written down."""
    reader = actor()
    if reader.belongs_to(here.id) and not reader.lives_in(here.id):
        note_access(reader, here.id, "register", public_id)
    return reader.belongs_to(here.id)


def _register(slug: str, public_id: str) -> tuple[Community, ActivityRef, Register, list[RegisterEntry]]:
    here = community_by_slug(slug)
    ref = find_activity(public_id, now(), slug)
    return here, ref, register_of(ref), entries_of([ref.id])[ref.id]


@office.get("/c/<slug>/register/<public_id>.pdf")
def register_pdf(slug: str, public_id: str) -> Response:
    """The convention or the duty roster as a sheet; other registers have none."""
    here, ref, register, rows = _register(slug, public_id)
    if not printed.has_sheet(register):
        raise NotFound
    if printed.SHEETS[register.spec.kind] is printed.convention:
        made = printed.convention(here, ref, rows, adoption_of(ref, now()))
    else:
        made = printed.duties(here, ref, rows)
    return answer.sheet(made, f"{register.spec.kind}-{public_id}")


@office.get("/c/<slug>/register/<public_id>.xlsx")
def register_xlsx(slug: str, public_id: str) -> Response:
    """All sections of a register as a workbook."""
    member = _member(_register(slug, public_id)[0], public_id)
    _, ref, register, rows = _register(slug, public_id)
    found = tables.register_tables(register, rows, member=member)
    at = max((row.at for row in rows), default=0)
    return answer.excel(found, f"{ref.project_title}{gettext(': ')}{found[0].title}", at, f"register-{public_id}")


@office.get("/c/<slug>/register/<public_id>/<section>.csv")
def register_csv(slug: str, public_id: str, section: str) -> Response:
    """One section of a register as comma-separated values."""
    here, _, register, _ = _register(slug, public_id)
    part = register.section(section)
    if part is None:
        raise NotFound
    member = _member(here, public_id)
    rows = _register(slug, public_id)[3]
    mine = [row for row in rows if row.section == part.key]
    made = tables.section_table(part, mine, member=member)
    return answer.plain(made, f"{part.key}-{public_id}")


def _result(slug: str, public_id: str) -> tuple[ballots.PollPage, channels.Ways]:
    page = ballots.find_poll(public_id, slug, now())
    if page.round.tally is None:
        raise NotFound(printed.NO_RESULT)
    return page, channels.ways_of(page.round)


@office.get("/c/<slug>/poll/<public_id>/result.pdf")
def result_pdf(slug: str, public_id: str) -> Response:
    """The result of a vote as a sheet for the inspectors to sign."""
    return answer.sheet(result_sheet(slug, public_id), f"result-{public_id}")


def result_sheet(slug: str, public_id: str) -> Paper:
    """The sheet of a result; NotFound while there is none."""
    at = now()
    page, ways = _result(slug, public_id)
    frame = {
        **poll_frame(page, at),
        "ways": ways,
        "sealed": told.sealed_of(page.round.poll),
        "account": account_of(page.round.poll, at),
        "tests": gates.TESTS,
        "arithmetic": gates.arithmetic,
    }
    return printed.result(page, frame)


@office.get("/c/<slug>/poll/<public_id>/result.xlsx")
def result_xlsx(slug: str, public_id: str) -> Response:
    """The figures of a result as a workbook."""
    page, made = result_table(slug, public_id)
    title, at = page.round.version.title, page.round.closes_at
    return answer.excel([made], title, at, f"result-{public_id}")


@office.get("/c/<slug>/poll/<public_id>/result.csv")
def result_csv(slug: str, public_id: str) -> Response:
    """The figures of a result as comma-separated values."""
    _, made = result_table(slug, public_id)
    return answer.plain(made, f"result-{public_id}")


def result_table(slug: str, public_id: str) -> tuple[ballots.PollPage, Table]:
    """A vote with the figures of its result as a table; NotFound while there is none."""
    page, ways = _result(slug, public_id)
    with with_years():
        return page, tables.tally_table(page, ways)
