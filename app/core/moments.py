"""When a page that was written at one instant reads otherwise by itself: the clock notes what it is compared with.

While a page is made to be kept, ``clock.now()`` hands out a :class:`Watched` instant. It is the same number, and notes each
comparison: a page that asked ``now < closes_at`` holds until ``closes_at``. What can't be followed ends the page at once,
so that a mistake costs speed and never the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.core.live import Live


class Watch:
    """The instant at which a page is made, and until when what it read of the clock stays so."""

    def __init__(self, now: int, longest: int) -> None:
        self.now, self.until = now, now + longest
        self.live: list[Live] = []  # what the page asked that no version tells of

    def instant(self) -> Watched:
        """The instant, watched."""
        return Watched(self.now, self)

    def changes_in(self, milliseconds: int) -> None:
        """Something reads otherwise after so long; what lies behind changes no more."""
        if milliseconds > 0:
            self.until = min(self.until, self.now + milliseconds)

    def changes_at(self, at: int) -> None:
        """Something reads otherwise at an instant."""
        self.changes_in(at - self.now)

    def cannot_tell(self) -> None:
        """The clock was used in a way that can't be followed: the page holds for this instant only."""
        self.until = self.now


class Watched(int):
    """``sign`` × now + a constant, as a number that tells its watch what it was compared with."""

    watch: Watch
    sign: int

    def __new__(cls, value: int, watch: Watch, sign: int = 1) -> Watched:
        self = super().__new__(cls, value)
        self.watch, self.sign = watch, sign
        return self

    def _meets(self, other: Any) -> None:
        if isinstance(other, Watched):
            if other.sign != self.sign:
                self.watch.cannot_tell()
        elif isinstance(other, int):
            apart = (int(other) - int(self)) * self.sign
            self.watch.changes_in(apart if apart > 0 else apart + 1)
        elif other is not None:
            self.watch.cannot_tell()

    def __lt__(self, other: Any) -> Any:
        self._meets(other)
        return int.__lt__(self, other)

    def __le__(self, other: Any) -> Any:
        self._meets(other)
        return int.__le__(self, other)

    def __gt__(self, other: Any) -> Any:
        self._meets(other)
        return int.__gt__(self, other)

    def __ge__(self, other: Any) -> Any:
        self._meets(other)
        return int.__ge__(self, other)

    def __eq__(self, other: object) -> Any:
        self._meets(other)
        return int.__eq__(self, other)

    def __ne__(self, other: object) -> Any:
        self._meets(other)
        return int.__ne__(self, other)

    __hash__ = int.__hash__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Watched):
            return int(self) + int(other) if other.sign != self.sign else self._lost(int.__add__, other)
        return Watched(int(self) + other, self.watch, self.sign) if isinstance(other, int) else NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Any:
        return Watched(-int(self), self.watch, -self.sign)

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, Watched) or not isinstance(other, int) or other <= 0:
            return self._lost(int.__floordiv__, other)
        left = int(self) % other
        self.watch.changes_in(other - left if self.sign > 0 else left + 1)
        return int(self) // other

    def __bool__(self) -> bool:
        self._meets(0)
        return int(self) != 0

    def __str__(self) -> str:
        self.watch.cannot_tell()
        return int.__repr__(self)

    def __format__(self, spec: str) -> str:
        self.watch.cannot_tell()
        return int.__format__(int(self), spec)

    def _lost(self, operation: Any, *others: Any) -> Any:
        self.watch.cannot_tell()
        return operation(int(self), *(int(other) if isinstance(other, Watched) else other for other in others))


def _untold(name: str) -> Any:
    def lost(self: Watched, *others: Any) -> Any:
        return self._lost(getattr(int, name), *others)

    return lost


# What no page does with the time so far: whoever begins to is right, and the page is kept no longer.
for _name in (
    *("__mul__", "__rmul__", "__mod__", "__rmod__", "__divmod__", "__rdivmod__", "__truediv__", "__rtruediv__"),
    *("__rfloordiv__", "__pow__", "__rpow__", "__float__", "__abs__", "__and__", "__or__", "__xor__", "__round__"),
    *("__lshift__", "__rshift__", "__invert__", "__reduce__"),
):
    if hasattr(int, _name):
        setattr(Watched, _name, _untold(_name))


def until(at: int, change: int) -> int:
    """A watched instant as a plain one, for whoever says by itself when the page changes; a plain one as it is."""
    if isinstance(at, Watched):
        at.watch.changes_in((change - int(at)) * at.sign)
        return int(at)
    return at
