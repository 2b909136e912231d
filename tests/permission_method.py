"""The method of the permission tests: two steps, the first with an activity of nearly every kind."""

from __future__ import annotations

STEP = """
[[steps]]
key = "KEY"
stage = "all"
seal = "SEAL"
title = { zh_Hans = "KEY", en = "KEY" }
asks = { zh_Hans = "您怎么看？", en = "What do you think?" }
rings = ["lead", "residents", "experts", "support"]
record = { zh_Hans = "一份", en = "A record" }
"""
ACTIVITY = """
  [[steps.activities]]
  key = "KEY"
  kind = "KIND"
  title = { zh_Hans = "KEY", en = "KEY" }
  who = { WHO }
"""
GATE = """
  [[steps.gates]]
  key = "asked"
  kind = "sign_off"
  settings = { question = { zh_Hans = "看过了吗？", en = "Has it been looked at?" } }
"""
TALKS = 'comment = ["residents", "lead", "experts", "support"]'
VOTES = 'vote = ["residents"]'
CONSENT = '  settings = { rule = "consent", electorate = "household", rounds = 2 }\n'
ON_PAPER = CONSENT.replace("rounds = 2", 'rounds = 2, paper = "last"')
OWNERS = '  settings = { rule = "owners", electorate = "owner", count_notice_days = 1 }\n'
ACTIVITIES = (
    ("ideas", "proposals", 'propose = ["residents"], support = ["residents"]', ""),
    ("talk", "discussion", TALKS, ""),
    ("team", "roster", 'edit = ["lead", "experts"]', '  settings = { rings = ["residents"] }\n'),
    (
        "gathering",
        "meeting",
        'edit = ["lead", "experts"], attend = ["residents", "lead", "experts", "support"]',
        "  settings = { least_present = 2, confirmers = 2 }\n",
    ),
    ("board", "notice", 'object = ["residents"]', ""),
    ("board_to_come", "notice", 'object = ["residents"]', ""),
    ("vote", "ballot", VOTES, ON_PAPER),
    ("vote_cast", "ballot", VOTES, CONSENT),
    ("vote_over", "ballot", VOTES, CONSENT),
    ("vote_passed", "ballot", VOTES, CONSENT),
    ("vote_to_come", "ballot", VOTES, CONSENT),
    ("vote_paper", "ballot", VOTES, ON_PAPER),
    ("owners_vote", "ballot", VOTES, OWNERS),
    ("owners_over", "ballot", VOTES, OWNERS),
    ("owners_done", "ballot", VOTES, OWNERS),
    ("owners_to_come", "ballot", VOTES, OWNERS),
)


def method_text(version: str = "1") -> str:
    """A method of two steps, the first with an activity of nearly every kind."""
    head = "\n".join(
        f'[[{table}]]\nkey = "{key}"\ntitle = {{ zh_Hans = "{key}", en = "{key}" }}\n'
        + (f'who = {{ zh_Hans = "{key}", en = "{key}" }}\n' if table == "rings" else "")
        for table, key in [("rings", ring) for ring in ("lead", "residents", "experts", "support")]
        + [("stages", "all")]
    )
    first = "".join(
        ACTIVITY.replace("KEY", key).replace("KIND", kind).replace("WHO", who) + settings
        for key, kind, who, settings in ACTIVITIES
    )
    return (
        f'key = "everything"\nversion = "{version}"\n'
        'title = { zh_Hans = "样样有", en = "One of each" }\nsummary = { zh_Hans = "测试", en = "For tests" }\n'
        f'provenance = {{ zh_Hans = "测试用", en = "For tests" }}\n\n{head}\n'
        f"{STEP.replace('KEY', 'first').replace('SEAL', '题')}{first}{GATE}"
        f"{STEP.replace('KEY', 'second').replace('SEAL', '护')}{GATE.replace('asked', 'asked_again')}"
    )
