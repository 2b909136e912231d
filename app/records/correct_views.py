"""Pages on which a facilitator corrects a record: what may be corrected, what it will say, and the publishing of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import HiddenField, ValidationError

from app.core.database import db
from app.core.forms import Form, Prose, check_text, tidy
from app.core.i18n import gettext, say
from app.core.i18n import lazy_gettext as _l
from app.engine.changes import Line, changes
from app.engine.errors import NotFound
from app.engine.phrase import phrase
from app.engine.words import Path
from app.people.places import Community
from app.people.queries import community_by_slug
from app.people.session import signed_in
from app.records import corrections, words
from app.records.corrections import Passage
from app.records.models import Record
from app.records.phrases import text_from_data
from app.registers.queries import BY_KIND

records_correct = Blueprint("records_correct", __name__)
Page = str | Response | tuple[str, int]


LABELS = {"title": phrase("Title"), "place": phrase("Place"), "answer": phrase("Answer")}


class CorrectionForm(Form):
    """Why a record is corrected; the passages are fields of their own beside it."""

    changes = HiddenField(_l("Passages"))
    reason = Prose(_l("Why is it corrected?"), most=600, description=_l("Everybody reads this beside the correction."))


@dataclass
class Shown:
    """A passage on the page: its field, what it says, what was typed, and what is wrong with that."""

    passage: Passage
    typed: str
    label: str = ""
    wrong: str = ""

    @property
    def name(self) -> str:
        return field_of(self.passage.path)

    @property
    def changed(self) -> bool:
        return self.typed != self.passage.text

    @property
    def diff(self) -> tuple[Line, ...]:
        return changes(self.passage.text, self.typed)


def field_of(path: Path) -> str:
    """The name of the field of a passage."""
    return ".".join(["w", *(str(part) for part in path)])


def _typed(passage: Passage) -> Shown:
    given = request.form.get(field_of(passage.path))
    if given is None:
        return Shown(passage, passage.text)
    shown = Shown(passage, tidy(given) or "")
    try:
        check_text(shown.typed, lines=True)
    except ValidationError as error:
        shown.wrong = str(error)
    return shown


def _label(body: Any, path: Path) -> str:
    """What a passage is, in the words of the form into which staff wrote it."""
    name = str(path[-1])
    if path[0] == "parts" and (register := BY_KIND.get(body["parts"][path[1]]["kind"])) is not None:
        section = register.section(body["parts"][path[1]]["data"]["entries"][path[4]]["section"])
        for field in section.fields if section is not None else ():
            if field.key == name:
                return say(field.label)
    return say(LABELS.get(name))


def _find(slug: str, public_id: str) -> tuple[Community, Record]:
    here = community_by_slug(slug)
    signed_in().require_facilitator(here.id)
    row = db.session.scalar(select(Record).where(Record.public_id == public_id, Record.community_id == here.id))
    if row is None:
        raise NotFound
    return here, row


@records_correct.route("/c/<slug>/record/<public_id>/correct", methods=["GET", "POST"])
def correct(slug: str, public_id: str) -> Page:
    """Correct a record: first the passages, then what will be published, then the publishing."""
    here, record = _find(slug, public_id)
    kept = words.words_of([record.id])[record.id]
    sound = words.verify(record, kept)
    body: Any = json.loads(record.body) if sound else {}
    shown = [_typed(passage) for passage in corrections.passages(body, kept)] if sound else []
    for item in shown:
        item.label = _label(body, item.passage.path)
    form = CorrectionForm()
    sure = False
    if form.validate_on_submit() and not any(item.wrong for item in shown):
        given = {item.passage.path: item.typed for item in shown if item.changed}
        wrong = corrections.wrong_with(given, form.reason.data or "")
        with form.refusals():
            if not wrong and request.form.get("sure"):
                new = corrections.correct(signed_in(), public_id, given, form.reason.data or "")
                flash(gettext("The correction is published. The record that it corrects leads to it."))
                return redirect(url_for("records.show", slug=slug, public_id=new), 303)
        for name, sentence in wrong.items():
            form[name].errors = [*form[name].errors, say(sentence)]
        sure = not wrong and not form.refused
    form.form_errors.extend(form.changes.errors)
    return render_template(
        "records/correct.html",
        community=here,
        record=record,
        body=body,
        form=form,
        sure=sure,
        shown=shown,
        titles={n: text_from_data(part["title"]) for n, part in enumerate(body.get("parts", ()))},
        superseded=corrections.correction_of([record.id]).get(record.id),
    ), 422 if any(item.wrong for item in shown) else form.http_status
