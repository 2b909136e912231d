"""Forms of the desk. What a sheet must say is judged by the rule itself, in the service."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from app.ballots.forms import BallotForm
from app.core.forms import Form, Line, Prose, WholeNumber, options
from app.core.i18n import gettext
from app.core.i18n import lazy_gettext as _l

TYPED = {"autocomplete": "off", "spellcheck": "false"}


class IssueForm(Form):
    """How many sheets, and for whom."""

    whom = RadioField(_l("For whom?"), default="blank")
    count = WholeNumber(_l("How many blank sheets?"), required=False, least=1, most=2000)
    household = Line(_l("Which household?"), required=False, most=60, description=_l("Building and room, like 5-302."))

    def offer(self) -> None:
        """Fill in the choices, in the reader's language."""
        self.whom.choices = options(
            [
                ("blank", gettext("Blank sheets, for the booth and the door")),
                ("all", gettext("One sheet for every household that has none")),
                ("one", gettext("One sheet for one household")),
            ]
        )


class BoxForm(Form):
    """The numbers of the sheets that are in the box."""

    numbers = Prose(
        _l("Numbers of the sheets"),
        most=20000,
        description=_l("One after the other, or a run: 1A ~ 40C."),
        render_kw={"rows": 4, "autofocus": True, **TYPED},
    )


class SheetForm(Form):
    """What stands on a sheet."""

    serial = Line(_l("Number of the sheet"), most=20, render_kw={"autofocus": True, **TYPED})
    household = Line(_l("Household"), required=False, most=60, render_kw=TYPED)
    choice = Line(_l("Key of the choice"), most=2, render_kw=TYPED)
    concern = Prose(_l("Words of a concern"), required=False, most=2000, render_kw={"rows": 2})
    passage = Line(_l("Which passage is it about?"), required=False, most=300)
    kind = RadioField(_l("What kind of objection is it?"), validators=[Optional()])
    reason = Prose(_l("What would happen, and to whom?"), required=False, most=2000, render_kw={"rows": 3})
    grounds = Prose(_l("How do you know?"), required=False, most=2000, render_kw={"rows": 2})


class ScanForm(Form):
    """A picture of a sheet."""

    document = FileField(
        _l("Picture of the sheet"),
        validators=[InputRequired(_l("Choose a file."))],
        description=_l("A PDF or a photo, at most 10 MB. Staff only; its fingerprint enters the log."),
    )


class AgainForm(Form):
    """Why a sheet is read anew."""

    reason = Prose(_l("Why is it read anew?"), most=1000, render_kw={"rows": 3})


class HelperForm(Form):
    """Who helps at the desk of a vote."""

    person = SelectField(_l("Who helps?"), validate_choice=False)


class DiceForm(Form):
    """What the dice showed."""

    dice = Line(
        _l("What the dice showed"),
        most=80,
        description=_l("One digit for each throw, five at least, in the order of the throws: 3 1 6 6 2."),
        render_kw=TYPED,
    )


class HelpedForm(BallotForm):
    """A ballot that somebody of the desk casts for a household on its word."""

    household = Line(
        _l("Household"),
        most=60,
        description=_l("Building and room, like 5-302."),
        render_kw={"autofocus": True, **TYPED},
    )
    said = BooleanField(_l("I read this aloud, and they agreed"))
