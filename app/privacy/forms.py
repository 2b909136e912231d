"""Forms of erasure."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, RadioField
from wtforms.validators import InputRequired

from app.core.forms import Form, Line, options
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import say
from app.privacy.service import GROUNDS, LEAST_NOTE


class EraseForm(Form):
    """One's own erasure: whether the words go too, and words to type so that nobody does it by mistake."""

    words = BooleanField(_l("Remove what I wrote, too: proposals, comments, complaints"))
    typed = Line(_l("To confirm, type: erase my data"), most=40)


class EraseForForm(Form):
    """An erasure at the desk: whose, on what ground, by which paper. ``person`` is there once they were found."""

    unit = Line(_l("Address"), most=40, description=_l("Like 5-302, also of those who have moved out."))
    name = Line(_l("Name"), most=60, description=_l("As it stands there."))
    ground = RadioField(_l("On what ground"), validators=[InputRequired(_l("Choose one of these."))])
    note = Line(
        _l("Which paper"),
        least=LEAST_NOTE,
        most=200,
        description=_l("Its number and day, and where it is kept. No name: this line stays."),
    )
    words = BooleanField(_l("Remove what they wrote, too: proposals, comments, complaints"))
    person = HiddenField()

    def offer(self) -> None:
        """Fill in the grounds, in the reader's language."""
        self.ground.choices = options((key, say(sentence)) for key, sentence in GROUNDS.items())
