"""Forms of meetings."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import TimeInput

from app.core.forms import Day, Form, Line, OnceForm, Prose, WholeNumber, tidy
from app.core.i18n import gettext
from app.core.i18n import lazy_gettext as _l


class Hour(StringField):  # type: ignore[misc]
    """An hour of the day, HH:MM; what was typed is shown again, whether or not it could be read."""

    widget = TimeInput()

    def __init__(self, label: Any = None, **kw: Any) -> None:
        super().__init__(label, validators=[InputRequired(_l("Please fill this in."))], **kw)
        self.typed = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.typed, text = valuelist[0], (tidy(valuelist[0]) or "").replace("：", ":")
        if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", text, re.ASCII):
            self.data = None
            raise ValueError(gettext("Write the hour like 19:00."))
        hour, minute = text.split(":")
        self.data = time(int(hour), int(minute))

    def _value(self) -> str:
        return self.typed or (self.data.strftime("%H:%M") if self.data else "")


class CallFields:
    """What a call says."""

    title = Line(_l("What it is about, in one line"), most=120)
    day = Day(_l("Day"))
    hour = Hour(_l("Hour"))
    minutes = WholeNumber(_l("How long, in minutes"), least=10, most=720, default=90)
    place = Line(_l("Place"), most=160, description=_l("So that somebody who has never been there finds it."))
    rings = SelectMultipleField(_l("Who is invited"), validators=[InputRequired(_l("Choose whom you invite."))])
    agenda = Prose(_l("Agenda"), most=2000, description=_l("One item a line, in their order."))


class CallForm(CallFields, OnceForm):
    """A call to a meeting."""


class ChangeForm(CallFields, Form):
    """A changed call, with the reason."""

    reason = Prose(_l("Why it changes"), most=500, description=_l("Everybody invited is told."))


class CancelForm(Form):
    """Why a meeting is cancelled."""

    reason = Prose(_l("Why it is cancelled"), most=500, description=_l("Everybody invited is told."))


class SignInForm(Form):
    """Lines of the sign-in sheet."""

    ring = RadioField(_l("Ring"), validators=[InputRequired(_l("Choose one of these."))])
    sheet = Prose(
        _l("Lines of the sheet"),
        most=12_000,
        description=_l(
            "One person a line, the household first: 5-302 Zhang Guifang. Guests without a household: the name alone."
        ),
    )


class PointForm(OnceForm):
    """A point that was made, or a view of the minority."""

    item = SelectField(_l("On which item"), coerce=int)
    ring = SelectField(_l("From which ring"), validators=[InputRequired(_l("Choose one of these."))])
    speaker = Line(
        _l("Name"),
        required=False,
        most=60,
        description=_l("Only if the speaker wants to be named: everybody reads it."),
    )
    text = Prose(_l("What was said"), most=2000)


class DecisionForm(OnceForm):
    """What was agreed: who does what, by when."""

    text = Prose(_l("What is to be done"), most=1000)
    who = Line(_l("Who sees to it"), most=80)
    due = Day(_l("By when"), required=False)


class HandsForm(OnceForm):
    """A show of hands."""

    text = Line(_l("The question"), most=300)
    in_favour = WholeNumber(_l("For"), most=100_000)
    against = WholeNumber(_l("Against"), most=100_000)
    abstained = WholeNumber(_l("Abstaining"), most=100_000)


class LeadForm(Form):
    """What the room sees."""

    item = SelectField(_l("The item we are at"), coerce=int)
    question = Line(
        _l("The question"), required=False, most=300, description=_l("As it is asked of everybody. Empty: none.")
    )


class PhotoForm(Form):
    """A photo of the meeting."""

    photo = FileField(
        _l("Photo"),
        validators=[FileRequired(_l("Choose a photo."))],
        description=_l("JPEG or PNG, at most 10 MB. Place and time are removed from it."),
    )
    caption = Line(_l("What one sees"), most=120)


class MinutesForm(Form):
    """The text of the minutes."""

    text = Prose(_l("Minutes"), most=12_000)


class CorrectForm(Form):
    """Why minutes are corrected."""

    reason = Prose(_l("What was wrong"), most=500, description=_l("It stands with the new version."))


class SignedForm(Form):
    """Who signed the printed minutes."""

    signed = SelectMultipleField(_l("Who signed"), validators=[InputRequired(_l("Tick those who signed."))])


NOTE_FORMS: dict[str, type[OnceForm]] = {
    "point": PointForm,
    "minority": PointForm,
    "decision": DecisionForm,
    "hands": HandsForm,
}
