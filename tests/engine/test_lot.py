"""The draw by lot, with vectors that anyone can repeat."""

from __future__ import annotations

from hashlib import sha256

import pytest

from app.engine.errors import Conflict, Invalid
from app.engine.lot import draw, read_dice

pytestmark = pytest.mark.pure
CHECKPOINT = "qiding/ziteng 41 5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
WILLING = ["amber", "birch", "cedar", "dune", "elder"]


def test_a_vector() -> None:
    found = draw(CHECKPOINT, "412356", WILLING)
    assert found.seed == "8c2f9a70589585baa9215d7a40fc98b6dce1548ec84e6ebf6b73485b833b052d"
    assert found.drawn == ("amber", "birch", "dune")


def test_the_steps_of_the_docstring_by_hand() -> None:
    found = draw(CHECKPOINT, "412356", WILLING)
    seed = sha256((CHECKPOINT + "412356").encode()).hexdigest()
    by_hand = sorted(WILLING, key=lambda one: sha256(f"{seed}:{one}".encode()).hexdigest())
    assert found.drawn == tuple(by_hand[:3])
    assert draw(CHECKPOINT, "412356", [*reversed(WILLING), "amber"]) == found


def test_another_throw_is_another_draw_and_everybody_can_be_drawn() -> None:
    drawn = {one for n in range(60) for one in draw(CHECKPOINT, f"{n:06d}", WILLING).drawn}
    assert drawn == set(WILLING)


def test_three_must_be_willing() -> None:
    with pytest.raises(Conflict, match="2 are willing"):
        draw(CHECKPOINT, "412356", ["amber", "birch", "birch"])


@pytest.mark.parametrize("typed", ["", "41235", "4123567", "41235a", "0" * 6, "1" * 41])
def test_dice_have_six_sides(typed: str) -> None:
    with pytest.raises(Invalid):
        read_dice(typed)


def test_dice_as_people_write_them() -> None:
    assert read_dice(" 4 1 2，3、5, 6 ") == "412356"
