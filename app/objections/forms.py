"""Forms of the objection desk."""

from __future__ import annotations

from wtforms import BooleanField, RadioField
from wtforms.validators import Optional

from app.core.forms import Day, Form, Line, Prose
from app.core.i18n import lazy_gettext as _l


class ReasonForm(Form):
    """Disagreement with an objection."""

    reason = Prose(
        _l("Why does this objection not stand?"),
        most=2000,
        description=_l("At least 30 characters. Your reasons are published here, without your name."),
    )


class WillingForm(Form):
    """A button."""


class DrawForm(Form):
    """A throw of dice."""

    dice = Line(
        _l("The digits of the dice"),
        most=60,
        description=_l("Throw a die six times or more, where others can watch, and write down what falls: 412356."),
    )


class SayForm(Form):
    """The word of one of the panel."""

    yes = RadioField(_l("Your word"), validators=[Optional()], validate_choice=False)
    reason = Prose(
        _l("Your reasons"), most=2000, description=_l("At least 30 characters. They are published, without your name.")
    )


class OfferForm(Form):
    """An answer to an objection."""

    words = Prose(
        _l("The words of the new text that answer it"),
        most=1000,
        description=_l("Copy them from the draft. The next round can’t be announced without them."),
        render_kw={"rows": 3},
    )
    answer = Prose(_l("How do they answer it?"), most=2000, render_kw={"rows": 3})
    defers = BooleanField(_l("It is not mended now: the words name a measure for later, with who and when"))
    owner = Line(_l("Who sees to the measure"), required=False, most=60)
    due_on = Day(_l("By when"), required=False, past=False)


class ReplyForm(Form):
    """The word of those who objected."""

    accepts = RadioField(_l("Does it answer your objection?"), validators=[Optional()], validate_choice=False)


class WriteForm(Form):
    """A message between the desk and those who objected."""

    text = Prose(_l("Message"), most=2000)
    unmask = BooleanField(_l("Show my name with this message"))
