"""Forms of messages: one's e-mail, and the robots of groups."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField
from wtforms.validators import InputRequired

from app.core.forms import Form, Line, options
from app.core.i18n import gettext
from app.core.i18n import lazy_gettext as _l


class AddressForm(Form):
    """One's e-mail address."""

    address = Line(_l("E-mail address"), most=160, description=_l("Like li@example.org. Nobody else sees it."))


class ChoiceForm(Form):
    """How often e-mail comes."""

    choice = RadioField(
        _l("How often?"),
        validators=[InputRequired(_l("Choose one of these."))],
    )

    def __init__(self, *args: Any, hour: int, **kw: Any) -> None:
        super().__init__(*args, **kw)
        at = f"{hour}:00"
        self.choice.choices = options(
            [
                ("daily", gettext("Once a day at %(hour)s, when there is something new", hour=at)),
                ("weekly", gettext("Once a week, on Friday at %(hour)s", hour=at)),
                ("once", gettext("At once, each time")),
                ("none", gettext("No e-mail; I look at my page")),
            ]
        )


class GroupForm(Form):
    """A group's robot."""

    name = Line(_l("What is the group called?"), most=60, description=_l("As neighbours know it, like 紫藤里业主群."))
    kind = RadioField(_l("Where is the group?"), validators=[InputRequired(_l("Choose one of these."))])
    url = Line(
        _l("Address of its robot"),
        most=500,
        description=_l(
            "Add a robot in the group’s settings, and paste the address that it shows (webhook). Whoever has it can "
            "write to the group: it is not shown again."
        ),
    )
