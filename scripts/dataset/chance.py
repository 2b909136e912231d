"""Chance that a seed gives, where the program asks the machine for it: so that a world is the same each time."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seeded(seed: str) -> Iterator[None]:
    """Let ``secrets`` follow a seed. For invented worlds only: nothing that is secret may be made meanwhile."""
    dice = random.Random(seed)
    stand_ins = {
        "token_bytes": lambda n=32: dice.randbytes(n),
        "token_hex": lambda n=32: dice.randbytes(n).hex(),
        "token_urlsafe": lambda n=32: dice.randbytes(n).hex(),
        "randbits": dice.getrandbits,
        "randbelow": dice.randrange,
        "choice": dice.choice,
        "SystemRandom": lambda: dice,
    }
    there = {name: getattr(secrets, name) for name in stand_ins}
    try:
        for name, stand_in in stand_ins.items():
            setattr(secrets, name, stand_in)
        yield
    finally:
        for name, own in there.items():
            setattr(secrets, name, own)
