"""Comparisons worked out in whole numbers, the way one does them on paper. Areas stand in m², exactly."""

from __future__ import annotations

from app.engine.phrase import Phrase, phrase


def square_metres(area: int) -> str:
    """An area of 0.01 m² as m² with two decimals."""
    return f"{area // 100}.{area % 100:02d}"


def figure(number: int, *, area: bool) -> str:
    """A number of heads, or an area with its unit."""
    return f"{square_metres(number)} m²" if area else str(number)


def quorum_sum(part: int, of: int, num: int, den: int, *, area: bool = False) -> Phrase:
    """Whether ``part`` is at least num/den of ``of``, both sides multiplied out."""
    values = {
        "cast": figure(part, area=area),
        "den": den,
        "left": figure(part * den, area=area),
        "size": figure(of, area=area),
        "num": num,
        "right": figure(of * num, area=area),
    }
    if part * den >= of * num and of > 0:
        return phrase("%(cast)s × %(den)s = %(left)s, not less than %(size)s × %(num)s = %(right)s: enough.", **values)
    return phrase("%(cast)s × %(den)s = %(left)s, less than %(size)s × %(num)s = %(right)s: too few.", **values)


def approval_sum(yes: int, of: int, num: int, den: int, *, strict: bool, area: bool = False) -> Phrase:
    """Whether ``yes`` is more than (or at least) num/den of ``of``, both sides multiplied out."""
    left, right = yes * den, of * num
    values = {
        "yes": figure(yes, area=area),
        "den": den,
        "left": figure(left, area=area),
        "of": figure(of, area=area),
        "num": num,
        "right": figure(right, area=area),
    }
    if yes <= 0:
        return phrase("No yes among %(of)s: too few.", of=values["of"])
    if strict:
        if left > right:
            return phrase("%(yes)s × %(den)s = %(left)s, more than %(of)s × %(num)s = %(right)s: enough.", **values)
        return phrase("%(yes)s × %(den)s = %(left)s, not more than %(of)s × %(num)s = %(right)s: too few.", **values)
    if left >= right:
        return phrase("%(yes)s × %(den)s = %(left)s, not less than %(of)s × %(num)s = %(right)s: enough.", **values)
    return phrase("%(yes)s × %(den)s = %(left)s, less than %(of)s × %(num)s = %(right)s: too few.", **values)
