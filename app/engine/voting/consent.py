"""Consent: the text passes when enough took part and no objection stands. It does not matter who is more."""

from __future__ import annotations

from collections.abc import Mapping

from app.engine.errors import Invalid
from app.engine.phrase import Phrase, phrase
from app.engine.voting.rule import (
    MOST_TEXT,
    Policy,
    Rule,
    Stance,
    Tally,
    Test,
    by_heads,
    quorum_test,
    read_stance,
    read_text,
)

STANCES = (
    Stance("consent", phrase("Consent"), phrase("Good enough for now, safe enough to try."), "yes"),
    Stance("concern", phrase("Concern"), phrase("I can live with it; please watch this."), "con"),
    Stance(
        "objection",
        phrase("Objection"),
        phrase("I see harm or a clearly better way; here is why, and I will help mend it."),
        "obj",
    ),
    Stance("abstain", phrase("Abstain"), phrase("I take part and leave it to the others."), "abs"),
)
KINDS = {
    "harm": phrase("It would do harm, or is a risk"),
    "goal": phrase("It misses the goal"),
    "better": phrase("There is a clearly better way"),
    "rights": phrase("It touches rights or the law"),
    "access": phrase("Some can't use or reach it"),
}
LEAST_CONCERN = 5
LEAST_REASON = 30


def read(raw: Mapping[str, object]) -> dict[str, str]:
    """A ballot's choice from what was sent. A concern needs a text, an objection passage, kind and reason."""
    stance = read_stance(STANCES, raw)
    choice = {"stance": stance}
    wrong: dict[str, Phrase] = {}
    if stance == "concern":
        choice["text"] = read_text(raw, "concern")
        if len(choice["text"]) < LEAST_CONCERN:
            wrong["concern"] = phrase("Say what we should watch.")
    if stance == "objection":
        choice["passage"] = read_text(raw, "passage")
        choice["reason"] = read_text(raw, "reason")
        choice["kind"] = read_text(raw, "kind")
        choice["grounds"] = read_text(raw, "grounds")
        if not choice["passage"]:
            wrong["passage"] = phrase("Say which passage you object to.")
        if len(choice["reason"]) < LEAST_REASON:
            wrong["reason"] = phrase(
                "Say what would happen, and to whom: at least %(least)s characters, so far %(n)s.",
                least=LEAST_REASON,
                n=len(choice["reason"]),
            )
        if choice["kind"] not in KINDS:
            wrong["kind"] = phrase("Say what kind of objection it is.")
    for name in ("text", "passage", "reason", "grounds"):
        if len(choice.get(name, "")) > MOST_TEXT:
            field = "concern" if name == "text" else name
            wrong[field] = phrase("Please keep this under %(most)s characters.", most=MOST_TEXT)
    if wrong:
        raise Invalid(phrase("Your vote is not recorded yet: something is missing."), wrong)
    return choice


def weigh(counts: Mapping[str, int], electorate: int, policy: Policy, withdrawn: int) -> Tally:
    """Weigh the counts; ``withdrawn`` of the objections were ended by those who raised them."""
    cast = sum(counts.values())
    standing = counts["objection"] - withdrawn
    quorum = quorum_test(cast, electorate, policy.quorum)
    objections = Test(
        "objections",
        standing == 0,
        standing,
        0,
        phrase(
            "%(raised)s objections were raised, %(ended)s of them withdrawn or found a concern: %(standing)s stand.",
            raised=counts["objection"],
            ended=withdrawn,
            standing=standing,
        ),
    )
    if not quorum.holds:
        verdict = phrase("Not decided: too few took part.")
    elif standing:
        verdict = phrase("Not passed: objections stand. The text is changed, or they are withdrawn.")
    else:
        verdict = phrase("Passed: enough took part, and no objection stands.")
    return Tally(
        counts, cast, electorate, (quorum, objections), quorum.holds and objections.holds, quorum.holds, verdict
    )


RULE = Rule(
    key="consent",
    title=phrase("Decision by consent"),
    says=phrase("It passes when enough take part and no objection stands. It is not about who is more."),
    source=phrase("Consent of those concerned; not a vote that the law prescribes."),
    stances=STANCES,
    read=read,
    weighs=by_heads(weigh),
    objects=frozenset({"objection"}),
)
