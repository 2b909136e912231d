"""How a vote is kept, in plain words: said before one votes, and on every page about the vote."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.phrase import Phrase, phrase


@dataclass(frozen=True)
class Mode:
    """A mode's name, what it says before one votes, and what its receipt shows."""

    title: Phrase
    says: Phrase
    receipt: Phrase


MODES = {
    "A": Mode(
        phrase("Under a number"),
        phrase(
            "Your vote stands under a random number. After the close, what each number said is published, without names."
        ),
        phrase(
            "The receipt shows that your vote is in. After the close, whoever has it finds your vote among those published: "
            "keep it to yourself."
        ),
    ),
    "B": Mode(
        phrase("By name, among those on the roll"),
        phrase(
            "Neighbours can work out your household's vote: after the close, those on the roll see each vote with its floor "
            "area. Everybody else sees totals."
        ),
        phrase("The receipt shows that your vote is in, and not what it says."),
    ),
    "C": Mode(
        phrase("Unlinked"),
        phrase(
            "Nothing leads from your vote back to you. Therefore it can't be changed or found again: look at it once more "
            "before you cast it. Only totals are published."
        ),
        phrase("The receipt shows that your vote is in, and not what it says. It is shown once: save it now."),
    ),
}
