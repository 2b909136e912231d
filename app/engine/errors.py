"""What can be refused, as exceptions: each kind carries a status and a sentence for the reader."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.phrase import Phrase, phrase


class DomainError(Exception):
    """A rule refused; nothing was changed. ``message`` says why and how to mend it."""

    status = 409
    code = "conflict"

    def __init__(self, message: Phrase, **facts: object) -> None:
        super().__init__(str(message))
        self.message = message
        self.facts = facts


class Invalid(DomainError):
    """Input has the wrong shape; ``fields`` maps a field's name to what is wrong with it."""

    status = 422
    code = "invalid"

    def __init__(self, message: Phrase, fields: Mapping[str, Phrase] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(DomainError):
    """There is no such thing, or none that this reader may know of."""

    status = 404
    code = "not_found"

    def __init__(self, message: Phrase | None = None) -> None:
        super().__init__(message or phrase("There is no such page here."))


class Forbidden(DomainError):
    """The thing exists and the reader may know of it, but may not do this."""

    status = 403
    code = "forbidden"

    def __init__(self, message: Phrase | None = None) -> None:
        super().__init__(message or phrase("You may not do this."))


class Conflict(DomainError):
    """The thing is not in a state that allows this."""


class Frozen(Conflict):
    """It was frozen at an announcement or a publication and can't change any more."""

    code = "frozen"


class Closed(Conflict):
    """The time for it is over, or has not come."""

    code = "closed"


class TooMany(DomainError):
    """Too many tries in too short a time."""

    status = 429
    code = "too_many"
