"""Forms of notices: their shape only; the services judge."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from app.core.forms import Day, Form, Line, OnceForm, Prose, options
from app.core.i18n import lazy_gettext as _l
from app.notices.content import MOST


class NoticeForm(Form):
    """A notice's words."""

    title = Line(_l("Title"), most=MOST["title"])
    basis = Line(
        _l("On what it rests"),
        required=False,
        most=MOST["basis"],
        description=_l("A decision, a meeting, a rule."),
    )
    text = Prose(_l("What is made public"), most=MOST["text"])
    scope = Line(
        _l("Whom it concerns"),
        required=False,
        most=MOST["scope"],
        description=_l("The buildings, or the whole community."),
    )
    conclusion = Prose(
        _l("Conclusion"),
        required=False,
        most=MOST["conclusion"],
        description=_l("What follows from it. The numbers of a vote are put in when it is posted."),
    )
    objecting = Prose(
        _l("How to object"),
        required=False,
        most=MOST["objecting"],
        description=_l("Left free, it says: on this page, with the code on the slip, or on paper at the desk."),
    )
    contact = Line(_l("Contact"), required=False, most=MOST["contact"], description=_l("Place, hours and telephone."))
    signatory = Line(
        _l("Who signs"),
        required=False,
        most=MOST["signatory"],
        description=_l("The organisation under whose name it hangs. The place for its seal stays empty."),
    )

    wording = HiddenField()


class WordingForm(Form):
    """A template of notices."""

    name = Line(_l("Name of the template"), most=60)
    title = Line(_l("Title"), most=MOST["title"])
    basis = Line(_l("On what it rests"), required=False, most=MOST["basis"])
    text = Prose(_l("What is made public"), most=MOST["text"])
    conclusion = Prose(_l("Conclusion"), required=False, most=MOST["conclusion"])
    objecting = Prose(_l("How to object"), required=False, most=MOST["objecting"])


class NewWordingForm(OnceForm, WordingForm):
    """A new template, kept once however often its form is sent."""


class ProofForm(Form):
    """A photo of a building's board."""

    photo = FileField(
        _l("Photo of the board"),
        validators=[InputRequired(_l("Choose the photo of the board."))],
        description=_l("JPEG or PNG, at most 10 MB. Everybody can see it: no faces, please."),
    )
    day = Day(_l("Taken on"), future=False)
    hung_by = Line(_l("Who hung it"), most=60, description=_l("Everybody can read this name."))


class SpecialDayForm(Form):
    """A day that counts otherwise than the published list says."""

    day = Day(_l("Day"))
    working = RadioField(
        _l("Do people work on it?"),
        choices=options([("yes", _l("Yes, it is a working day")), ("no", _l("No, it is a day off"))]),
        validators=[InputRequired(_l("Choose an answer."))],
    )
    why = Line(_l("Reason"), most=200, description=_l("The announcement that says so."))


class ExtendForm(Form):
    """A later end of a notice that hangs."""

    last = Day(_l("New last day"), past=False)
    reason = Prose(_l("Reason"), most=500, description=_l("Everybody can read it, now and in the record."))


class ComplaintForm(OnceForm):
    """A complaint."""

    text = Prose(_l("What is wrong, and what should be done?"), most=2000)
    on_paper_by = Line(_l("On paper, from"), required=False, most=60)


class CodeComplaintForm(OnceForm):
    """A complaint by the code on the slip, without signing in."""

    text = Prose(_l("What is wrong, and what should be done?"), most=2000)
    code = Line(
        _l("Code"),
        most=40,
        description=_l(
            "Ten letters and digits from the slip that came through your door. Capitals and spaces don't matter."
        ),
    )


class AnswerForm(Form):
    """An answer to a complaint."""

    answer = Prose(_l("Answer"), most=2000)
