"""Simple majority of those who cast, with a quorum. An abstention counts as cast and weighs like a no."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.phrase import phrase
from app.engine.voting.rule import Policy, Rule, Stance, Tally, Test, quorum_test, read_stance

STANCES = (
    Stance("yes", phrase("In favour"), phrase("I am for it."), "yes"),
    Stance("no", phrase("Against"), phrase("I am against it."), "obj"),
    Stance("abstain", phrase("Abstain"), phrase("I take part without deciding; here this weighs like a no."), "abs"),
)


def read(raw: Mapping[str, object]) -> dict[str, str]:
    """A ballot's choice from what was sent."""
    return {"stance": read_stance(STANCES, raw)}


def weigh(counts: Mapping[str, int], electorate: int, policy: Policy, withdrawn: int) -> Tally:
    """Weigh the yes against the threshold of all who cast. A tie fails when more than half is asked."""
    cast, yes = sum(counts.values()), counts["yes"]
    quorum = quorum_test(cast, electorate, policy.quorum)
    left, right = yes * policy.threshold.denominator, cast * policy.threshold.numerator
    if policy.strict:
        needed = right // policy.threshold.denominator + 1
    else:
        # One at least, whatever the threshold: nothing passes without a yes.
        needed = max(-(-right // policy.threshold.denominator), 1)
    enough = yes >= needed
    share = f"{policy.threshold.numerator}/{policy.threshold.denominator}"
    if policy.strict:
        says = phrase(
            "%(yes)s yes of %(cast)s cast; more than %(share)s is needed, at least %(needed)s.",
            yes=yes,
            cast=cast,
            share=share,
            needed=needed,
        )
    else:
        says = phrase(
            "%(yes)s yes of %(cast)s cast; at least %(share)s is needed, %(needed)s.",
            yes=yes,
            cast=cast,
            share=share,
            needed=needed,
        )
    approval = Test("approval", enough, left, right, says)
    if not quorum.holds:
        verdict = phrase("Not decided: too few took part.")
    elif enough:
        verdict = phrase("Passed: enough took part, and enough of them said yes.")
    else:
        verdict = phrase("Not passed: too few said yes.")
    return Tally(counts, cast, electorate, (quorum, approval), quorum.holds and enough, quorum.holds, verdict)


RULE = Rule(
    key="majority",
    title=phrase("Majority of those who take part"),
    says=phrase("It passes when enough take part and enough of them say yes. A tie fails."),
    source=phrase(
        "A resolution of residents; here an opinion survey (意向征询) wherever the law asks for a vote of owners."
    ),
    stances=STANCES,
    read=read,
    weigh=weigh,
)
