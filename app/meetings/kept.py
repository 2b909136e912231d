"""What meetings give to a project's dossier: their confirmed minutes, to read and to print. Who signed in is in none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import render_template, url_for

from app.core.web import site_url
from app.engine.phrase import phrase
from app.meetings import printed, queries
from app.meetings.kind import MEETING, form_name
from app.people.places import Community
from app.printing.paper import render
from app.projects.models import Project
from app.projects.parts import PAGE, DossierFile, DossierItem, DossierPart
from app.projects.queries import activity_refs, method_of


def _minutes(project: Project, here: Community, now: int) -> Iterator[DossierItem]:
    kind = MEETING.spec.kind
    refs = {ref.id: ref for ref in activity_refs([project], now) if ref.activity.kind == kind}
    rings = {ring.key: ring for ring in method_of(project).rings}
    found = [(refs[ref_id], held) for ref_id, of_it in queries.meetings_of(refs).items() for held in of_it]
    for ref, held in sorted(found, key=lambda item: (item[1].meeting.starts_at, item[1].meeting.id)):
        if held.frozen is None:
            continue
        meeting, row = held.meeting, held.frozen.minutes
        sheet = printed.minutes(here, meeting, row, rings)
        folder = f"meetings/{meeting.public_id}"
        more = {
            "community": here,
            "meeting": meeting,
            "body": queries.body_of(row),
            "frozen": row,
            "rings": rings,
            "beside": ("minutes.pdf",),
            "address": site_url("meetings.minutes", slug=here.slug, public_id=meeting.public_id),
        }
        # Both say the same, and the sheet's key covers each word of it: where one was removed, it is another one.
        yield DossierItem(
            title=meeting.title,
            about=form_name(meeting.form),
            files=(
                DossierFile(f"{folder}/minutes.html", PAGE, phrase("Read"), sheet.key, partial(_page, more)),
                DossierFile(
                    f"{folder}/minutes.pdf", "minutes", phrase("Print (PDF)"), sheet.key, partial(render, sheet)
                ),
            ),
            at=meeting.starts_at,
            step=ref.step,
            address=url_for("meetings.minutes", slug=here.slug, public_id=meeting.public_id),
        )


def _page(more: dict[str, Any]) -> bytes:
    return render_template("meetings/kept.html", **more).encode()


MINUTES_KEPT = DossierPart(
    title=phrase("Minutes of meetings"),
    says=phrase(
        "What was said and agreed, as those who were there confirmed it. Who was there stands in no file here."
    ),
    order=50,
    items=_minutes,
)
