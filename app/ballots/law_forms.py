"""Forms of votes that the law knows."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.core.forms import Day, Form, Line, Prose
from app.core.i18n import lazy_gettext as _l


class MatterForm(Form):
    """Which matter of the law a decision is."""

    item = RadioField(_l("Which matter is it?"), validators=[InputRequired(_l("Choose one of these."))])
    reason = Prose(
        _l("Why this one"),
        most=500,
        description=_l("Your name and this reason stand with the vote, from its announcement to its record."),
    )


class AuthorisationForm(Form):
    """The paper that authorises statutory voting."""

    authority = Line(_l("Authority"), most=120, description=_l("Who authorised it."))
    number = Line(_l("Document number"), most=80)
    day = Day(_l("Date of the document"), past=True)
    document = FileField(
        _l("Scan of the document"),
        validators=[InputRequired(_l("Choose a file."))],
        description=_l("A PDF or a photo, at most 10 MB. Members of the community can open it."),
    )


class RevokeForm(Form):
    """Why an authorisation ends."""

    reason = Prose(_l("Reason"), most=500)


class MandateForm(Form):
    """A written mandate."""

    entry = SelectField(_l("For which owner"), validators=[InputRequired(_l("Choose one of these."))])
    unit = Line(_l("The proxy lives in"), most=40, description=_l("Like 5-302."))
    name = Line(_l("Name of the proxy"), most=60, description=_l("As this person signed in."))
    paper = Line(_l("According to"), most=200, description=_l("The written mandate: its date, and who signed it."))
    document = FileField(_l("Scan of the mandate"), description=_l("A PDF or a photo, at most 10 MB. Staff only."))


class CountObjectionForm(Form):
    """An objection to a count."""

    reason = Prose(
        _l("What is wrong with the count?"),
        most=1000,
        description=_l("It is shown below the count without your name, and answered by a named person."),
    )


class CountAnswerForm(Form):
    """An answer to one."""

    answer = Prose(_l("Answer"), most=1000)
