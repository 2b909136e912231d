"""Voting: rules as values, one file each; the clock of a poll; what may be published when."""

from collections.abc import Mapping

from app.engine.voting import consent, majority
from app.engine.voting.rule import Policy, Rule, Stance, Tally, Test, Vote

RULES: Mapping[str, Rule] = {rule.key: rule for rule in (consent.RULE, majority.RULE)}

__all__ = ["RULES", "Policy", "Rule", "Stance", "Tally", "Test", "Vote"]
