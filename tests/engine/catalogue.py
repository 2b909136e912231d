"""The kinds that the method files name, for tests that need no feature: the features declare the real ones."""

from __future__ import annotations

from app.engine.catalogue import ActivitySpec, Catalogue, GateSpec, SettingSpec

ACTIVITIES = (
    ActivitySpec(
        "proposals",
        ("propose", "support"),
        (
            SettingSpec("needs_cost", "bool", default=False),
            SettingSpec("photo", "str", default="optional", choices=("optional", "required", "none")),
            SettingSpec("open_days", "int", default=14, minimum=1),
        ),
        timed_by="open_days",
    ),
    ActivitySpec("discussion", ("comment",)),
    ActivitySpec(
        "ballot",
        ("vote",),
        (
            SettingSpec("rule", "str", required=True, choices=("consent", "majority", "owners")),
            SettingSpec("electorate", "str", required=True, choices=("household", "person", "owner")),
            SettingSpec("paper", "str", default="none", choices=("none", "last", "final")),
            SettingSpec("quorum", "fraction", default="1/2"),
            SettingSpec("announce_hours", "int", default=48, minimum=0),
            SettingSpec("open_days", "int", default=7, minimum=1),
            SettingSpec("threshold", "fraction", default="1/2"),
            SettingSpec("rounds", "int", default=3, minimum=1),
            SettingSpec("secret", "bool", default=False),
            SettingSpec("prolong_days", "int", default=0, minimum=0),
            SettingSpec("handle_days", "int", default=60, minimum=10),
            SettingSpec("narrow", "bool", default=True),
        ),
    ),
    ActivitySpec(
        "roster",
        ("edit",),
        (SettingSpec("rings", "strs", required=True), SettingSpec("least", "int", default=1, minimum=1)),
    ),
    ActivitySpec("notice", ("object",), (SettingSpec("days", "int", default=7, minimum=1),)),
    ActivitySpec(
        "outreach",
        ("edit",),
        (
            SettingSpec("target_percent", "int", default=60, minimum=1),
            SettingSpec("every_building", "bool", default=True),
        ),
    ),
    ActivitySpec(
        "minutes",
        ("edit",),
        (
            SettingSpec("least_present", "int", default=5, minimum=1),
            SettingSpec("confirmers", "int", default=3, minimum=1),
        ),
    ),
    ActivitySpec(
        "meeting",
        ("edit", "attend"),
        (
            SettingSpec(
                "form", "str", default="hearing", choices=("hearing", "coordination", "review", "walk", "workshop")
            ),
            SettingSpec("least_present", "int", default=5, minimum=1),
            SettingSpec("confirmers", "int", default=3, minimum=1),
            SettingSpec("quorum", "fraction", default="0/1"),
            SettingSpec("speaker_seconds", "int", default=120, minimum=10),
        ),
    ),
    ActivitySpec("money", ("edit",)),
    ActivitySpec("permits", ("edit",)),
    ActivitySpec("milestones", ("edit", "supervise")),
    ActivitySpec("acceptance", ("edit",), (SettingSpec("least_residents", "int", default=3, minimum=1),)),
    ActivitySpec("convention", ("edit",)),
    ActivitySpec("stewards", ("edit",), (SettingSpec("least", "int", default=2, minimum=1),)),
    ActivitySpec("review", ("edit",)),
)

GATES = (
    GateSpec("proposals_answered", needs_activity=("proposals",)),
    GateSpec("topic_chosen", needs_activity=("proposals",)),
    GateSpec("rings_filled", needs_activity=("roster",)),
    GateSpec("conflicts_declared", waivable=False, needs_activity=("roster",)),
    GateSpec("notice_over", waivable=False, needs_activity=("notice",)),
    GateSpec("outreach_met", needs_activity=("outreach",)),
    GateSpec("minutes_confirmed", needs_activity=("minutes",)),
    GateSpec("meeting_confirmed", needs_activity=("meeting",)),
    GateSpec("ballot_passed", waivable=False, needs_activity=("ballot",)),
    GateSpec("objections_ended", waivable=False, needs_activity=("ballot",)),
    GateSpec("funded_in_full", waivable=False, needs_activity=("money",)),
    GateSpec("permits_noted", needs_activity=("permits",)),
    GateSpec("milestones_done", needs_activity=("milestones",)),
    GateSpec("accepted", needs_activity=("acceptance",)),
    GateSpec("convention_adopted", waivable=False, needs_activity=("ballot",)),
    GateSpec("stewards_named", needs_activity=("stewards",)),
    GateSpec("review_dated", needs_activity=("review",)),
    GateSpec("sign_off", (SettingSpec("question", "text", required=True),)),
)

CATALOGUE = Catalogue({spec.kind: spec for spec in ACTIVITIES}, {spec.kind: spec for spec in GATES})
