"""Forms of messages: one's e-mail, and the robots of groups."""

from __future__ import annotations

from wtforms import RadioField
from wtforms.validators import InputRequired

from app.core.forms import Form, Line, options
from app.core.i18n import lazy_gettext as _l


class AddressForm(Form):
    """One's e-mail address."""

    address = Line(_l("E-mail address"), most=160, description=_l("Like li@example.org. Nobody else sees it."))


class ChoiceForm(Form):
    """How often e-mail comes."""

    choice = RadioField(
        _l("How often?"),
        choices=options(
            [
                ("daily", _l("Once a day, in the evening, when there is something new")),
                ("weekly", _l("Once a week, on Friday evening")),
                ("once", _l("At once, each time")),
                ("none", _l("No e-mail; I look at my page")),
            ]
        ),
        validators=[InputRequired(_l("Choose one of these."))],
    )
