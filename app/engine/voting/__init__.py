"""Voting: rules as values, one file each; the clock of a poll; what may be published when."""

from collections.abc import Mapping

from app.engine.voting import consent, majority, owners
from app.engine.voting.rule import Box, Policy, Roll, Rule, Stance, Tally, Test, Vote

RULES: Mapping[str, Rule] = {
    rule.key: rule for rule in (consent.RULE, majority.RULE, majority.VOTING_RULE, owners.RULE, owners.SPECIAL_RULE)
}

__all__ = ["RULES", "Box", "Policy", "Roll", "Rule", "Stance", "Tally", "Test", "Vote"]
