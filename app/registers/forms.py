"""The form of an entry, made from its section's fields."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import InputRequired, Optional

from app.core.forms import Amount, Day, Form, Line, OnceForm, Prose, WholeNumber, options
from app.core.i18n import gettext, say
from app.core.i18n import lazy_gettext as _l
from app.registers.models import RegisterEntry
from app.registers.shape import Field, Section


def _control(item: Field) -> Any:
    label, hint = say(item.label), say(item.hint)
    if item.type == "money":
        return Amount(label, required=item.required, description=hint)
    if item.type == "count":
        return WholeNumber(label, required=item.required, description=hint, most=100_000)
    if item.type == "day":
        return Day(label, required=item.required, description=hint)
    if item.type == "choice":
        empty = [] if item.required else [("", gettext("not yet"))]
        check = InputRequired(gettext("Choose one of these.")) if item.required else Optional()
        return SelectField(
            label,
            choices=options([*empty, *((key, say(name)) for key, name in item.choices.items())]),
            validators=[check],
            description=hint,
        )
    if item.type == "prose":
        return Prose(label, required=item.required, description=hint)
    return Line(label, required=item.required, most=160, description=hint)


def entry_form(section: Section, entry: RegisterEntry | None = None) -> Form:
    """A form for a section, filled with an entry when one is to be corrected."""
    fields = {item.key: _control(item) for item in section.fields}
    if section.document:
        fields["document"] = FileField(
            gettext("Paper or photo"),
            description=gettext("PDF, JPEG or PNG, at most 10 MB. Members of the community see it."),
        )
    shape = type("EntryForm", (OnceForm,), fields)
    data = {key: _typed(section.field(key), value) for key, value in entry.data.items()} if entry else None
    form: Form = shape(data=data)
    return form


def _typed(item: Field, value: Any) -> Any:
    if value == "":
        return None
    return date.fromisoformat(value) if item.type == "day" else value


class RemoveForm(Form):
    """Why an entry goes."""

    reason = Prose(_l("Reason"), most=500)
