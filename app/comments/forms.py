"""Forms of talk."""

from __future__ import annotations

from wtforms import RadioField
from wtforms.validators import InputRequired

from app.core.forms import Form, OnceForm, Prose, options
from app.core.i18n import lazy_gettext as _l


class CommentForm(OnceForm):
    """A comment: what kind it is, and its words."""

    kind = RadioField(_l("What is it?"), validators=[InputRequired(_l("Choose one of these."))], default="suggestion")
    text = Prose(_l("Your words"), most=2000)


class ReasonForm(Form):
    """A reason that others will read."""

    reason = Prose(_l("Reason"), most=1000)


class JudgeForm(ReasonForm):
    """The answer to an appeal."""

    show = RadioField(
        _l("Decision"),
        choices=options([("1", _l("Show the comment again")), ("0", _l("It stays hidden"))]),
        validators=[InputRequired(_l("Choose one of these."))],
    )
