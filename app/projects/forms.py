"""Forms of projects: their shape only; the services judge."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from app.core.forms import Day, Form, Line, OnceForm, Prose, options
from app.core.i18n import lazy_gettext as _l


class ProjectForm(OnceForm):
    """A new project."""

    title = Line(_l("Title"), most=80, description=_l("What the place is and what should become of it, in one line."))
    place = Line(_l("Where"), most=120, description=_l("So that a neighbour finds it: between buildings 5 and 6."))
    summary = Prose(
        _l("What it is about"), most=1000, description=_l("Two or three sentences that everybody understands.")
    )
    method = RadioField(_l("Method"), validators=[InputRequired(_l("Choose a method."))])
    buildings = SelectMultipleField(
        _l("Which buildings"),
        coerce=int,
        validators=[Optional()],
        description=_l("Leave all free for the whole community."),
    )
    parent = SelectField(_l("Part of a larger project"), validators=[Optional()])
    photo = FileField(_l("Photo of the place"), description=_l("JPEG or PNG, at most 10 MB."))
    copied_from = HiddenField()


class EditForm(Form):
    """Words and picture of a project."""

    title = Line(_l("Title"), most=80)
    place = Line(_l("Where"), most=120)
    summary = Prose(_l("What it is about"), most=1000)
    photo = FileField(_l("Photo of the place"), description=_l("JPEG or PNG, at most 10 MB."))


class ReasonForm(Form):
    """A movement that needs a public reason. ``seen`` is the run of the step the page showed."""

    reason = Prose(_l("Reason"), most=1000, description=_l("Everybody can read it, now and in the record."))
    seen = HiddenField()


class SendBackForm(ReasonForm):
    """Back to an earlier step."""

    step = RadioField(_l("Back to which step"), validators=[InputRequired(_l("Choose a step."))])


class SignOffForm(Form):
    """A facilitator's word on a gate's question."""

    answer = RadioField(
        _l("Your answer"),
        choices=options([("yes", _l("Yes")), ("no", _l("No"))]),
        validators=[InputRequired(_l("Choose an answer."))],
    )
    note = Prose(
        _l("What it rests on"), most=1000, description=_l("Who looked at what, and when. Everybody can read it.")
    )
    seen = HiddenField()


class WindowForm(Form):
    """The days of an activity."""

    opens = Day(_l("First day"), required=False)
    closes = Day(_l("Last day, until midnight"), required=False)


class MethodForm(Form):
    """A method file to be stored as a new version."""

    source = FileField(_l("Method file (TOML)"), validators=[InputRequired(_l("Choose a file."))])


class CloseForm(Form):
    """The confirmation that closes a step."""

    seen = HiddenField()
