"""Simple majority with a quorum: of those who take part, or of those who vote for or against.

Among those who take part an abstention weighs like a no; among those who vote it only counts for the quorum.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.phrase import phrase
from app.engine.voting.arithmetic import approval_sum
from app.engine.voting.rule import Policy, Rule, Stance, Tally, Test, by_heads, quorum_test, read_stance

STANCES = (
    Stance("yes", phrase("In favour"), phrase("I am for it."), "yes"),
    Stance("no", phrase("Against"), phrase("I am against it."), "obj"),
    Stance("abstain", phrase("Abstain"), phrase("I take part without deciding; here this weighs like a no."), "abs"),
)
VOTING = (
    *STANCES[:2],
    Stance("abstain", phrase("Abstain"), phrase("I take part without deciding; it counts for the quorum only."), "abs"),
)


def read(raw: Mapping[str, object]) -> dict[str, str]:
    """A ballot's choice from what was sent."""
    return {"stance": read_stance(STANCES, raw)}


def weigh(counts: Mapping[str, int], electorate: int, policy: Policy, withdrawn: int) -> Tally:
    """Weigh the yes against the threshold of all who cast. A tie fails when more than half is asked."""
    return _weigh(counts, electorate, policy, sum(counts.values()))


def weigh_voting(counts: Mapping[str, int], electorate: int, policy: Policy, withdrawn: int) -> Tally:
    """Weigh the yes against the threshold of those who said yes or no."""
    return _weigh(counts, electorate, policy, counts["yes"] + counts["no"])


def _weigh(counts: Mapping[str, int], electorate: int, policy: Policy, of: int) -> Tally:
    cast, yes = sum(counts.values()), counts["yes"]
    quorum = quorum_test(cast, electorate, policy.quorum)
    approval = approval_test(yes, of, policy)
    if not quorum.holds:
        verdict = phrase("Not decided: too few took part.")
    elif approval.holds:
        verdict = phrase("Passed: enough took part, and enough of them said yes.")
    else:
        verdict = phrase("Not passed: too few said yes.")
    passed = quorum.holds and approval.holds
    return Tally(counts, cast, electorate, (quorum, approval), passed, quorum.holds, verdict)


def approval_test(yes: int, of: int, policy: Policy) -> Test:
    """Whether enough of ``of`` ballots say yes: more than the threshold, or reaching it."""
    num, den = policy.threshold.numerator, policy.threshold.denominator
    left, right = yes * den, of * num
    # One at least, whatever the threshold: nothing passes without a yes.
    needed = right // den + 1 if policy.strict else max(-(-right // den), 1)
    values: dict[str, object] = {"yes": yes, "cast": of, "share": f"{num}/{den}", "needed": needed}
    if policy.strict:
        says = phrase("%(yes)s yes of %(cast)s cast; more than %(share)s is needed, at least %(needed)s.", **values)
    else:
        says = phrase("%(yes)s yes of %(cast)s cast; at least %(share)s is needed, %(needed)s.", **values)
    return Test("approval", yes >= needed, left, right, says, approval_sum(yes, of, num, den, strict=policy.strict))


RULE = Rule(
    key="majority",
    title=phrase("Majority of those who take part"),
    says=phrase("It passes when enough take part and enough of them say yes. A tie fails."),
    source=phrase(
        "A resolution of residents; here an opinion survey (意向征询) wherever the law asks for a vote of owners."
    ),
    stances=STANCES,
    read=read,
    weighs=by_heads(weigh),
)
VOTING_RULE = Rule(
    key="majority_voting",
    title=phrase("Majority of those who vote for or against"),
    says=phrase(
        "It passes when enough take part and enough of those for or against say yes. A tie fails; an abstention "
        "counts for the quorum only."
    ),
    source=RULE.source,
    stances=VOTING,
    read=read,
    weighs=by_heads(weigh_voting),
)
