"""Forms of votes. What a ballot must say is judged by the rule itself, in the service."""

from __future__ import annotations

from wtforms import BooleanField, RadioField
from wtforms.validators import Optional

from app.core.forms import Day, Form, Line, OnceForm, Prose
from app.core.i18n import lazy_gettext as _l


class DraftForm(Form):
    """The text to be decided."""

    title = Line(_l("Title"), most=120, description=_l("What is to be decided, in one line."))
    text = Prose(
        _l("The text"),
        most=8000,
        description=_l("Exactly what will hold if it passes. Number the points; people refer to them."),
    )


class AnnounceForm(Form):
    """The days of a vote."""

    opens = Day(_l("First day"), past=False, description=_l("The vote opens at 8:00."))
    closes = Day(_l("Last day"), past=False, description=_l("It closes at 20:00."))
    inspector_1 = Line(_l("First inspector"), required=False, most=120)
    inspector_2 = Line(_l("Second inspector"), required=False, most=120)
    inspector_3 = Line(_l("Third inspector"), required=False, most=120)
    unanswered = Prose(
        _l("Why they are not answered"),
        required=False,
        most=1000,
        description=_l("It stands in public with the vote. Answering is better: mark a reply as the answer."),
        render_kw={"rows": 3},
    )

    @property
    def inspect(self) -> list[str]:
        """The names as they were typed."""
        return [field.data or "" for field in (self.inspector_1, self.inspector_2, self.inspector_3)]


class AdoptForm(Form):
    """What follows from a decision that passed."""

    owner = Line(_l("Who sees to it"), most=60, description=_l("A name that people can turn to."))
    tasks = Prose(_l("What is to be done"), most=2000, description=_l("One task a line, with who does it and by when."))
    review = Day(
        _l("When it is looked at again"), past=False, description=_l("The concerns that were raised come back then.")
    )


class LeaveForm(Form):
    """Why a decision is narrowed, given up or withdrawn."""

    reason = Prose(_l("Reason"), most=2000, description=_l("It stands in public, with your name in the events."))


class FaultForm(Form):
    """A fault that an inspector found."""

    reason = Prose(
        _l("What was wrong, and how could it have changed the result?"),
        most=2000,
        description=_l("At least 30 characters. It stands in public with your name, and can’t be taken back."),
    )


class ReviewForm(Form):
    """What was found at the review."""

    found = Prose(
        _l("What was found"),
        most=4000,
        description=_l("Concern by concern: did it come true, and what is done about it?"),
    )


class BallotForm(OnceForm):
    """A ballot: a stance, and the words that some stances need."""

    stance = RadioField(_l("Your choice"), validators=[Optional()], validate_choice=False)
    concern = Prose(
        _l("What should we watch?"),
        required=False,
        most=2000,
        description=_l(
            "One sentence will do. It is published after the close as it stands, without your name: write "
            "nothing that shows who you are."
        ),
        render_kw={"rows": 2},
    )
    passage = Line(
        _l("Which passage is it about?"), required=False, most=300, description=_l("For instance: point 3, the ramp.")
    )
    kind = RadioField(_l("What kind of objection is it?"), validators=[Optional()], validate_choice=False)
    reason = Prose(
        _l("What would happen, and to whom?"),
        required=False,
        most=2000,
        description=_l("At least 30 characters. It is published after the close, under a number, without your name."),
    )
    grounds = Prose(
        _l("How do you know?"),
        required=False,
        most=2000,
        description=_l("For instance: seen it myself, it happened last year, there is a document."),
    )
    agreed = BooleanField(_l("We agreed on this change in our household"))
    reviewed = BooleanField(_l("I looked at it once more"))
