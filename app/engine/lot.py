"""The draw by lot, which anyone can repeat with a pencil's worth of tools.

1. The seed is SHA-256 over the checkpoint's text followed by the digits of the dice, both as they are printed, written
   in lower-case hexadecimal.
2. Each willing person has a public id. Its lot is SHA-256 over the seed, a colon, and that id.
3. The ids are put in the order of their lots, as hexadecimal text; the first three are drawn.

The checkpoint ends with the entry that closed the list of the willing, and the dice are thrown in public after it:
whoever knows one can't choose the other, and nobody joins who knows the dice.

In a shell: ``printf '%s' "$CHECKPOINT$DICE" | sha256sum`` and ``printf '%s' "$SEED:$ID" | sha256sum``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from app.engine.errors import Conflict, Invalid
from app.engine.phrase import phrase

SEATS = 3
LEAST_DICE = 6
MOST_DICE = 40


@dataclass(frozen=True)
class Draw:
    """A draw: its seed, each willing id with its lot, in order, and those drawn."""

    seed: str
    lots: tuple[tuple[str, str], ...]
    drawn: tuple[str, ...]


def read_dice(typed: str) -> str:
    """The digits of a throw: 1 to 6 each, spaces and commas left out; Invalid otherwise."""
    digits = "".join(typed.replace(",", " ").replace("，", " ").replace("、", " ").split())
    if not LEAST_DICE <= len(digits) <= MOST_DICE or set(digits) - set("123456"):
        sentence = phrase(
            "Write the digits of the dice one after the other: %(least)s at least, each from 1 to 6.",
            least=LEAST_DICE,
        )
        raise Invalid(sentence, {"dice": sentence})
    return digits


def require_enough(willing: Collection[str], seats: int = SEATS) -> None:
    """Refuse a draw among too few."""
    n = len(willing)
    if n < seats:
        raise Conflict(phrase("%(n)s are willing; at least %(seats)s are needed for a draw.", n=n, seats=seats))


def draw(checkpoint: str, dice: str, willing: Collection[str], seats: int = SEATS) -> Draw:
    """Draw ``seats`` of the willing; refused when there are fewer."""
    ids = set(willing)
    require_enough(ids, seats)
    seed = sha256((checkpoint + dice).encode()).hexdigest()
    lots = tuple(sorted((sha256(f"{seed}:{one}".encode()).hexdigest(), one) for one in ids))
    return Draw(seed, lots, tuple(one for _, one in lots[:seats]))
