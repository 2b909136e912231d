"""How much a world holds: a community is played once, and a town is that community many times over."""

from __future__ import annotations

from dataclasses import dataclass, replace

COMMITTEES = 0.8  # so many communities have an owners' committee: 96 of 120
COMMUNITIES = {"block": 1, "town": 120, "city": 1200}


@dataclass(frozen=True)
class Share:
    """What each community holds; ``big_…`` is what the first one holds beside it, in a project of its own."""

    households: int = 500
    persons: int = 1250
    proposals: int = 825
    comments: int = 8325
    ballots: int = 16_666
    big_proposals: int = 1000
    big_comments: int = 500  # in one talk
    big_others: int = 500  # in other talks of the same project
    big_ballots: int = 80

    def scaled(self, part: float) -> Share:
        """The same with less in it, for tests."""
        few = {name: max(1, round(value * part)) for name, value in vars(self).items()}
        few["households"] = max(40, few["households"])
        few["persons"] = max(100, few["persons"])
        few["proposals"] = max(60, few["proposals"])
        few["comments"] = max(60, few["comments"])
        few["ballots"] = max(few["persons"] * 11, few["ballots"])
        return replace(self, **few)
