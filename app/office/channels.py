"""On which way the ballots of a closed vote came: on screen, on paper, with help; as far as it tells nobody's vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func, select

from app.ballots.models import Ballot
from app.ballots.queries import Round
from app.core.database import db
from app.engine.phrase import Phrase, phrase
from app.engine.voting.publish import may_publish

WAYS = {"web": phrase("On screen"), "paper": phrase("On paper"), "assisted": phrase("With help at the desk")}
Found = Mapping[str, Mapping[str, int]]
OFF_SCREEN = phrase("On paper, or with help at the desk")


@dataclass(frozen=True)
class Way:
    """One way: how many ballots came on it, and by stance where that may be told."""

    title: Phrase
    cast: int
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Ways:
    """All ways of a vote that may be told; ``held_back`` where there are numbers that may not."""

    rows: Sequence[Way] = ()
    held_back: bool = False


def ways_of(item: Round) -> Ways:
    """The ways of a round whose result stands; nothing before. It reads each ballot's row: for files, not for pages."""
    if item.tally is None:
        return Ways()
    poll = item.poll
    ends = "notice_days" not in poll.matter or poll.final_at is not None
    found = _kept(poll.public_id, poll.id) if poll.settled_at is not None and ends else _counted(poll.id)
    return tell(item, found)


def _counted(poll_id: int) -> Found:
    query = (
        select(Ballot.channel, Ballot.stance, func.count())
        .where(Ballot.poll_id == poll_id, Ballot.live)
        .group_by(Ballot.channel, Ballot.stance)
    )
    found: dict[str, dict[str, int]] = {}
    for channel, stance, n in db.session.execute(query):
        found.setdefault(channel, {})[stance] = n
    return found


@lru_cache(maxsize=64)
def _kept(_public_id: str, poll_id: int) -> Found:
    """The same of a count that can't change any more: whoever asks again and again makes no work."""
    return _counted(poll_id)


def tell(item: Round, found: Found) -> Ways:
    """What of these numbers may be told: each way, or the screen beside the rest, or none."""
    assert item.tally is not None
    counts = item.tally.counts
    named = [(WAYS[key], found[key]) for key in WAYS if key in found]
    beside = [named[0], (OFF_SCREEN, _sum([rest for _, rest in named[1:]]))] if len(named) > 2 else named

    def may(cells: Sequence[int]) -> bool:
        return may_publish("breakdown", mode=item.poll.mode, closed=True, counts=counts, cells=cells)

    for rows in (named, beside):
        if may([sum(of.values()) for _, of in rows]):
            whole = len(rows) > 1 and may([of.get(stance, 0) for _, of in rows for stance in counts])
            return Ways(tuple(Way(title, sum(of.values()), dict(of) if whole else None) for title, of in rows))
    return Ways(held_back=bool(named))


def _sum(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for stance, n in part.items():
            found[stance] = found.get(stance, 0) + n
    return found
