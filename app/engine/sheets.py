"""Numbered sheets of a vote on paper: their numbers, their life, entry by two, the account, and the drawn sample."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.engine.canonical import tagged
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import Phrase, phrase

# Stored is what happened to a sheet; that one is missing follows from the close, whether or not anybody looked.
ISSUED, RETURNED, VALID, SPOILT, BLANK, OVERTAKEN = "issued", "returned", "valid", "spoilt", "blank", "overtaken"
INVALID = (SPOILT, BLANK, OVERTAKEN)
ENDS = (VALID, *INVALID)
_MOVES = {ISSUED: (RETURNED,), RETURNED: ENDS, VALID: (RETURNED, OVERTAKEN), SPOILT: (RETURNED,), BLANK: (RETURNED,)}
CHECKS = "ABCDEFGHJKMNPRSTWXY"  # 19, a prime: one wrong digit, or two that changed places, always show
_SERIAL = re.compile(r"(?:([0-9A-Z]{3})-)?([0-9]{1,6})-?([A-Z])")
_FORGIVEN = str.maketrans({"－": "-", "—": "-", " ": None, "\u3000": None})
MOST_NUMBER = 999_999
LEAST_SAMPLE = 10
_DICE = re.compile(r"[1-6]{5,40}")


def prefix(poll: str) -> str:
    """Three characters that tell the sheets of one round from those of another."""
    return tagged("qiding/sheets/v1", poll.encode()).hex()[:3].upper()


def serial(poll: str, number: int) -> str:
    """The number of a sheet as it is printed: prefix, number, check letter."""
    return f"{prefix(poll)}-{number:04d}-{_check(poll, number)}"


def _check(poll: str, number: int) -> str:
    total = int(prefix(poll), 16)
    for place, digit in enumerate(reversed(str(number))):
        total += int(digit) * pow(2, place + 1, 19)
    return CHECKS[total % 19]


def read_serial(poll: str, typed: str) -> int:
    """The number typed or scanned: ``42K`` or ``A3F-0042-K``. Invalid for a misread one, or one of another round."""
    text = unicodedata.normalize("NFKC", typed).upper().translate(_FORGIVEN)
    found = _SERIAL.fullmatch(text)
    if found is None:
        sentence = phrase("Type the number of the sheet with its letter, like 42K.")
    elif found[1] not in (None, prefix(poll)):
        sentence = phrase("This sheet belongs to another round. Put it aside.")
    elif int(found[2]) < 1 or found[3] != _check(poll, int(found[2])):
        sentence = phrase("Number and letter don’t fit: look again at the sheet.")
    else:
        return int(found[2])
    raise Invalid(sentence, {"serial": sentence})


def move(state: str, to: str) -> str:
    """The next state of a sheet; Conflict for a way that a sheet can't go."""
    if to not in _MOVES.get(state, ()):
        raise Conflict(phrase("This sheet is dealt with already."))
    return to


@dataclass(frozen=True)
class Reading:
    """What one person read on a sheet: whose it is, and what it says."""

    person: int
    kind: str  # valid, spoilt or blank
    unit: int | None = None
    choice: Mapping[str, str] | None = None


def meaning(reading: Reading) -> tuple[object, ...]:
    """What two readings must share to agree. Blanks and marks don't matter: people space words differently."""
    if reading.kind != VALID:
        return (reading.kind,)
    words = sorted((key, _folded(value)) for key, value in (reading.choice or {}).items())
    return (reading.kind, reading.unit, *words)


def _folded(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def agreed(readings: Sequence[Reading]) -> Reading | None:
    """The reading that two persons share; None while there is none. The words are those of the one who read first.

    The second differs from the first: a third reads. The third's agrees with one of the two, and that one holds; or
    with neither, and another person reads. Nobody alone decides, nobody reads a sheet twice, and what can't be read is
    itself a reading (spoilt) that two must share.
    """
    people = [reading.person for reading in readings]
    if len(set(people)) != len(people):
        raise ValueError("one person read a sheet twice")
    known: dict[tuple[object, ...], Reading] = {}
    for reading in readings:
        first = known.setdefault(meaning(reading), reading)
        if first is not reading:
            return first
    return None


@dataclass(frozen=True)
class Account:
    """How many sheets of a round there are, and where. ``out`` are neither returned nor, before the close, missing."""

    issued: int = 0
    out: int = 0
    missing: int = 0
    waiting: int = 0
    valid: int = 0
    spoilt: int = 0
    blank: int = 0
    overtaken: int = 0

    @property
    def invalid(self) -> int:
        return self.spoilt + self.blank + self.overtaken

    @property
    def returned(self) -> int:
        return self.waiting + self.valid + self.invalid

    @property
    def done(self) -> bool:
        """Whether every sheet has come to its end."""
        return not self.out and not self.waiting

    @property
    def equations(self) -> tuple[Equation, ...]:
        """``issued = returned + missing`` and ``returned = valid + invalid``, each with its numbers filled in."""
        if self.done:
            return (
                Equation(
                    "issued",
                    self.issued,
                    self.returned + self.missing,
                    phrase(
                        "%(issued)s issued = %(returned)s returned + %(missing)s missing",
                        issued=self.issued,
                        returned=self.returned,
                        missing=self.missing,
                    ),
                ),
                Equation(
                    "returned",
                    self.returned,
                    self.valid + self.invalid,
                    phrase(
                        "%(returned)s returned = %(valid)s valid + %(invalid)s not valid",
                        returned=self.returned,
                        valid=self.valid,
                        invalid=self.invalid,
                    ),
                ),
            )
        return (
            Equation(
                "issued",
                self.issued,
                self.returned + self.missing + self.out,
                phrase(
                    "%(issued)s issued = %(returned)s returned + %(out)s still out",
                    issued=self.issued,
                    returned=self.returned,
                    out=self.out + self.missing,
                ),
            ),
            Equation(
                "returned",
                self.returned,
                self.valid + self.invalid + self.waiting,
                phrase(
                    "%(returned)s returned = %(valid)s valid + %(invalid)s not valid + %(waiting)s being entered",
                    returned=self.returned,
                    valid=self.valid,
                    invalid=self.invalid,
                    waiting=self.waiting,
                ),
            ),
        )


@dataclass(frozen=True)
class Equation:
    """One line of the account."""

    key: str
    left: int
    right: int
    says: Phrase

    @property
    def holds(self) -> bool:
        return self.left == self.right


def account(states: Mapping[str, int], *, closed: bool) -> Account:
    """The account from how many sheets are in each state; one that is still out at the close is missing."""
    unknown = set(states) - {ISSUED, RETURNED, *ENDS}
    if unknown:
        raise ValueError(f"no such state: {sorted(unknown)}")
    out = states.get(ISSUED, 0)
    return Account(
        issued=sum(states.values()),
        out=0 if closed else out,
        missing=out if closed else 0,
        waiting=states.get(RETURNED, 0),
        **{end: states.get(end, 0) for end in ENDS},
    )


def read_dice(typed: str) -> str:
    """The digits of a public throw of dice; Invalid for anything else."""
    text = re.sub(r"[\s,，、]", "", unicodedata.normalize("NFKC", typed))
    if not _DICE.fullmatch(text):
        sentence = phrase("Write what the dice showed, one digit from 1 to 6 for each: five throws at least.")
        raise Invalid(sentence, {"dice": sentence})
    return text


def seed(checkpoint: str, dice: str) -> str:
    """The seed of a draw: SHA-256 of the log's root (64 digits) followed by the digits of the dice."""
    return hashlib.sha256((checkpoint + dice).encode()).hexdigest()


def sample_size(counted: int) -> int:
    """How many of the counted sheets are compared: one in ten, ten at least, all when there are fewer."""
    return min(counted, max(LEAST_SAMPLE, -(-counted // 10)))


def draw(seed_hex: str, serials: Collection[str]) -> list[str]:
    """The drawn sheets: those whose SHA-256(seed ‖ serial) are smallest. Anybody can repeat it with the list."""
    ranked = sorted(serials, key=lambda item: (hashlib.sha256((seed_hex + item).encode()).hexdigest(), item))
    return sorted(ranked[: sample_size(len(ranked))])


def still_to_compare(drawn: Collection[str], counted: Collection[str], compared: Mapping[str, bool]) -> list[str]:
    """The sheets still to compare: the drawn ones; once one differed, every counted sheet."""
    wanted = set(drawn) if all(compared.values()) else set(drawn) | set(counted)
    return sorted(wanted - set(compared))
