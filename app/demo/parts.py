"""The parts of a scene, as plain values: what is said, proposed, posted, recorded and voted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """A reply to what somebody said; ``answer`` when it is marked as the answer."""

    who: str
    text: str
    answer: bool = False
    kind: str = "support"


@dataclass(frozen=True)
class Said:
    """What somebody of the cast says in a talk, and what others reply."""

    who: str
    kind: str
    text: str
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True)
class Idea:
    """A proposal: by whom, its words, how many support it, where it lies, what it costs in yuan, which drawing shows it."""

    who: str
    title: str
    text: str
    support: int = 0
    pin: tuple[int, int] | None = None
    yuan: int | None = None
    photo: str = ""
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Member:
    """Somebody of a team; ``interest`` is what was declared, empty for none."""

    name: str
    ring: str
    role: str
    interest: str = ""


@dataclass(frozen=True)
class Paper:
    """A notice: title, what it rests on, its text."""

    title: str
    basis: str
    text: str


@dataclass(frozen=True)
class Complaint:
    """A complaint within a notice's period and its answer, with their days."""

    day: int
    who: str
    text: str
    answer_day: int | None = None
    answer: str = ""
    on_paper_by: str = ""


@dataclass(frozen=True)
class Meeting:
    """A meeting: its day, form and place, who came by ring, what was said and agreed, and those who confirm the minutes."""

    day: int
    kind: str
    place: str
    present: int
    who: str
    points: str
    decisions: str
    minority: str = ""
    confirmed_day: int = 0
    confirmed: tuple[str, ...] = ()
    photo: str = ""
    caption: str = ""


def objection(passage: str, kind: str, reason: str, grounds: str = "") -> dict[str, str]:
    """An objection's ballot."""
    return {"stance": "objection", "passage": passage, "kind": kind, "reason": reason, "grounds": grounds}


def concern(text: str) -> dict[str, str]:
    """A worry's ballot."""
    return {"stance": "concern", "concern": text}


CONSENT = {"stance": "consent"}
ABSTAIN = {"stance": "abstain"}
