"""Forms of sign-in, desk, staff and communities."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from app.core.forms import Day, Form, Line, Prose, options
from app.core.i18n import lazy_gettext as _l
from app.people.actor import ROLES


class CodeForm(Form):
    """The code on a slip, or six digits from another browser."""

    code = Line(
        _l("Code"),
        most=40,
        description=_l(
            "Ten letters and digits from the slip that came through your door. Capitals and spaces don't matter."
        ),
    )
    next = HiddenField()


class WhoForm(Form):
    """Which person of the household this is."""

    person = RadioField(_l("Who are you?"), validators=[Optional()])
    name = Line(
        _l("How shall we call you?"),
        required=False,
        most=20,
        description=_l("For instance 张阿姨. Neighbours see only the first character, unless you choose otherwise."),
    )


class StaffForm(Form):
    """Sign-in of staff."""

    email = Line(_l("E-mail"), most=160)
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Please fill this in."))])
    next = HiddenField()


class ConfirmForm(Form):
    """Who it is, again: what it is asked for is carried along beside it."""

    it_is_you = PasswordField(_l("Password"))


class SecondForm(Form):
    """The second step of a sign-in: a code, or what a passkey signed."""

    code = Line(
        _l("Code"),
        required=False,
        most=40,
        description=_l("Six digits from your authenticator, or one of your recovery codes."),
    )
    key = HiddenField()


class TotpForm(Form):
    """The first code of an authenticator."""

    code = Line(_l("Six digits from the authenticator"), most=40)


class PasskeyForm(Form):
    """A passkey that the browser made."""

    name = Line(
        _l("Name of this passkey"), required=False, most=60, description=_l("So that you know it again: my phone.")
    )
    key = HiddenField()


class PasswordForm(Form):
    """A new password."""

    password = PasswordField(
        _l("New password"),
        validators=[InputRequired(_l("Please fill this in."))],
        description=_l("At least 8 characters. Three words in a row are easy to remember and hard to guess."),
    )


class FindForm(Form):
    """A household at the desk."""

    find = Line(_l("Building and room"), most=40, description=_l("Like 5-302."))


class InviteForm(Form):
    """One more member of the staff."""

    name = Line(_l("Name"), most=60)
    email = Line(_l("E-mail"), most=160)
    role = SelectField(_l("Role"), choices=options((role, role) for role in ROLES))


class DeputyForm(Form):
    """Somebody who stands in."""

    person = SelectField(_l("Who stands in"))
    until = Day(_l("Until"), past=False)


class CommunityForm(Form):
    """A community's names and desk."""

    slug = Line(
        _l("Short name for addresses"),
        most=40,
        description=_l("Small letters, like ziteng. It can't be changed later."),
    )
    name = Line(_l("Name"), most=60)
    name_en = Line(_l("Name in English"), required=False, most=80)
    address = Line(_l("Address"), required=False, most=160)
    about = Prose(_l("About the community"), required=False, most=600)
    desk_place = Line(_l("Where the desk is"), most=120)
    desk_hours = Line(_l("When somebody is there"), most=120)
    desk_phone = Line(_l("Telephone"), most=40)
    has_owners_committee = BooleanField(_l("There is an owners' committee"))


class RollForm(Form):
    """The property company's spreadsheet."""

    file = FileField(
        _l("Spreadsheet"),
        validators=[InputRequired(_l("Choose a file."))],
        description=_l("xlsx, xls, ods or csv, at most 10 MB. It needs columns for building and room."),
    )


class ConfirmRollForm(Form):
    """The word that applies an import."""

    gone = BooleanField(_l("The households that are no longer in the file have moved out: end them"))


class OwnerForm(Form):
    """An owner with units."""

    name = Line(_l("Name of the owner"), most=80)
    units = Line(_l("Units"), most=200, description=_l("Like 5-302; several with commas."))
    source = Line(_l("According to"), required=False, most=120, description=_l("The paper this rests on."))


class MergeForm(Form):
    """Two entries that are one owner."""

    keep = SelectMultipleField(_l("Entries that are one owner"), description=_l("Choose two."))
    reason = Prose(_l("Reason"), most=500, description=_l("The paper that shows it. Equal names are no reason."))


class SpeakerForm(Form):
    """Who speaks for an owner."""

    unit = Line(_l("The person lives in"), most=40, description=_l("Like 5-302."))
    name = Line(_l("Name"), most=60, description=_l("As this person signed in."))
    paper = Line(_l("According to"), most=200, description=_l("The paper shown at the desk."))
