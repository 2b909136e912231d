"""Commands of meetings, gathered: call and hold them, write down what happened, have the minutes confirmed."""

from __future__ import annotations

from app.meetings.call import Words, begin, call, cancel, change, end, may_hold, require_holder
from app.meetings.lead import lead
from app.meetings.minutes import confirm, confirm_on_paper, correct, offer, save, take_back
from app.meetings.notes import Noted, add_photo, note, unnote
from app.meetings.record import enter_sheet, rings_of, sign_in, strike

__all__ = [
    "Noted",
    "Words",
    "add_photo",
    "begin",
    "call",
    "cancel",
    "change",
    "confirm",
    "confirm_on_paper",
    "correct",
    "end",
    "enter_sheet",
    "lead",
    "may_hold",
    "note",
    "offer",
    "require_holder",
    "rings_of",
    "save",
    "sign_in",
    "strike",
    "take_back",
    "unnote",
]
