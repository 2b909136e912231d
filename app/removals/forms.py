"""The form by which words are removed."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import BooleanField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired

from app.core.forms import Form, Prose, options
from app.core.i18n import lazy_gettext as _l
from app.core.i18n import say
from app.core.removals import GROUNDS
from app.removals.sweep import Passage


class RemoveForm(Form):
    """What is removed, on what ground, why, and whether everywhere in the project."""

    passages = SelectMultipleField(
        _l("What is to be removed"), validators=[InputRequired(_l("Choose what is to be removed."))]
    )
    ground = RadioField(_l("On what ground"), validators=[InputRequired(_l("Choose one of these."))])
    reason = Prose(
        _l("Why, in a sentence"),
        least=10,
        most=600,
        description=_l("Everybody reads this. Don’t repeat what is removed; name who asked, or the document."),
    )
    everywhere = BooleanField(_l("Wherever the same words stand in this project"), default=True)

    def ask_about(self, passages: Iterable[Passage]) -> None:
        """Offer the words of a thing."""
        self.passages.choices = options(
            (item.key, f"{say(item.label)}: {item.text}" if item.label is not None else item.text) for item in passages
        )
        self.ground.choices = options((key, say(sentence)) for key, sentence in GROUNDS.items())
