"""The team: who is in it by ring, their interests declared, and the rules they work by."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, SettingSpec
from app.engine.phrase import phrase
from app.registers.shape import Facts, Field, Register, RegisterGate, Section, Verdict

RINGS = {
    "lead": phrase("Leading ring"),
    "residents": phrase("Residents' ring"),
    "experts": phrase("Expert ring"),
    "support": phrase("Supporting ring"),
}


def rings_filled(facts: Facts) -> Verdict:
    """Each ring that the method names has its members."""
    rings, least = facts.activity.words("rings"), facts.activity.whole("least")
    members = facts.of("members")
    says = phrase("The team has %(n)s members.", n=len(members))
    missing = []
    for ring in rings:
        have = sum(1 for member in members if member["ring"] == ring)
        if have < least:
            name = RINGS.get(ring, ring)
            missing.append(phrase("%(ring)s: %(have)s of at least %(least)s.", ring=name, have=have, least=least))
    return Verdict(not missing, says, tuple(missing))


def conflicts_declared(facts: Facts) -> Verdict:
    """Every member of the team has declared interests, or that there are none."""
    members = facts.of("members")
    open_ = [member["name"] for member in members if member.get("conflict") not in ("none", "some")]
    unsaid = [m["name"] for m in members if m.get("conflict") == "some" and not m.get("conflict_text")]
    if members and not open_ and not unsaid:
        return Verdict(True, phrase("All %(n)s members have declared their interests.", n=len(members)))
    says = phrase("Every member of the team declares interests in the matter, or that there are none.")
    if not members:
        return Verdict(False, says, (phrase("Enter the members of the team."),))
    missing = [phrase("%(name)s has not declared yet.", name=name) for name in open_]
    missing += [phrase("%(name)s has an interest: say which.", name=name) for name in unsaid]
    return Verdict(False, says, tuple(missing))


REGISTER = Register(
    spec=ActivitySpec(
        "roster",
        ("edit",),
        (SettingSpec("rings", "strs", required=True), SettingSpec("least", "int", default=1, minimum=1)),
    ),
    title=phrase("The team"),
    ask=phrase("Enter who is in the team"),
    verb=phrase("Enter the team"),
    sections=(
        Section(
            "members",
            phrase("Members"),
            phrase("Add a member"),
            (
                Field("name", phrase("Name")),
                Field("ring", phrase("Ring"), "choice", choices=RINGS),
                Field("role", phrase("Role in the team")),
                Field("contact", phrase("How to reach them"), required=False, members=True),
                Field(
                    "conflict",
                    phrase("Interests in the matter"),
                    "choice",
                    required=False,
                    choices={"none": phrase("Declared: none"), "some": phrase("Declared: an interest")},
                ),
                Field("conflict_text", phrase("Which interest, and how it is dealt with"), required=False),
            ),
        ),
        Section(
            "rules",
            phrase("Working rules"),
            phrase("Add a rule"),
            (Field("text", phrase("The rule"), "prose"),),
            document=True,
        ),
    ),
    gates=(
        RegisterGate("rings_filled", phrase("Rings filled"), True, rings_filled),
        RegisterGate("conflicts_declared", phrase("Conflicts of interest declared"), False, conflicts_declared),
    ),
)
