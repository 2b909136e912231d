"""Forms of proposals."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import RadioField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from app.core.forms import Amount, Form, Line, OnceForm, Prose, WholeNumber, options
from app.core.i18n import lazy_gettext as _l


class ProposalForm(OnceForm):
    """A proposal."""

    title = Line(_l("Your proposal in one line"), most=80)
    text = Prose(
        _l("What should change, and why?"), most=3000, description=_l("As you would tell a neighbour on the stairs.")
    )
    cost = Amount(_l("What it costs, roughly, in yuan"), required=False)
    photo = FileField(
        _l("Photo or drawing"), description=_l("JPEG or PNG, at most 10 MB. Place and time are removed from it.")
    )
    pin_x = WholeNumber(_l("Place on the plan, from the left"), required=False, least=0, most=1000)
    pin_y = WholeNumber(_l("Place on the plan, from the top"), required=False, least=0, most=1000)


class AnswerForm(Form):
    """The facilitators' answer."""

    status = RadioField(
        _l("Decision"),
        choices=options(
            [("accepted", _l("Taken up")), ("later", _l("Kept for later")), ("declined", _l("Not taken up"))]
        ),
        validators=[InputRequired(_l("Choose one of these."))],
    )
    reason = Prose(
        _l("Reason"), most=2000, description=_l("The author and the supporters are told. Everybody can read it.")
    )


class MergeForm(Form):
    """Several proposals as one."""

    sources = SelectMultipleField(_l("Which proposals"), validators=[Optional()])
    title = Line(_l("The merged proposal in one line"), most=80)
    text = Prose(_l("Its text"), most=3000)
