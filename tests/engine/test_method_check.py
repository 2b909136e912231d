"""Each check of a method file, by breaking a good one in one place."""

from __future__ import annotations

import pytest

from app.engine.method_check import check_method
from tests.engine.catalogue import CATALOGUE
from tests.engine.small_method import SMALL, broken

PLAN = "steps.plan"
TEXT = '{ zh_Hans = "议一议", en = "Talk" }'
SETTINGS = 'settings = { rule = "consent", electorate = "household", quorum = "2/3" }'

# (what is replaced, by what, the key of the problem, a part of its message); the line is that of the change.
BREAKINGS = {
    "syntax": ('version = "1"', 'version = "1', "", "can't be read as TOML"),
    "key twice in a table": ('seal = "题"', 'key = "topic"', "", "can't be read as TOML"),
    "unknown key": ('seal = "题"', 'seal = "题"\nseals = "x"', "steps.topic.seals", "Did you mean seal?"),
    "unknown key of the method": ('version = "1"', 'version = "1"\nauthor = "x"', "author", "Known are: key, version"),
    "unknown activity kind": (
        '"discussion"',
        '"discusion"',
        f"{PLAN}.activities.talk.kind",
        "“discusion” isn't known here. Did you mean discussion?",
    ),
    "unknown gate kind": ('"sign_off"', '"singoff"', f"{PLAN}.gates.looked_at.kind", "Did you mean sign_off?"),
    "kind like nothing known": (
        '"discussion"',
        '"xyz"',
        f"{PLAN}.activities.talk.kind",
        "“xyz” isn't known here. Known are: acceptance,",
    ),
    "unknown setting": (
        'quorum = "2/3"',
        'quorom = "2/3"',
        f"{PLAN}.activities.vote.settings.quorom",
        "Did you mean quorum?",
    ),
    "setting of a kind without any": (
        "opens_day = 2",
        "settings = { days = 1 }",
        f"{PLAN}.activities.talk.settings.days",
        "there are none",
    ),
    "missing setting": ('rule = "consent", ', "", f"{PLAN}.activities.vote.settings.rule", "“rule” is missing"),
    "setting not a whole number": (
        "open_days = 10",
        'open_days = "10"',
        "steps.topic.activities.ideas.settings.open_days",
        "whole number",
    ),
    "setting true for a number": (
        "open_days = 10",
        "open_days = true",
        "steps.topic.activities.ideas.settings.open_days",
        "whole number",
    ),
    "setting below its least": (
        "open_days = 10",
        "open_days = 0",
        "steps.topic.activities.ideas.settings.open_days",
        "At least 1",
    ),
    "setting not true or false": (
        'quorum = "2/3"',
        "secret = 1",
        f"{PLAN}.activities.vote.settings.secret",
        "true or false",
    ),
    "setting not a word": (
        'photo = "none"',
        "photo = 3",
        "steps.topic.activities.ideas.settings.photo",
        "quotation marks",
    ),
    "setting outside its choices": (
        'photo = "none"',
        'photo = "require"',
        "steps.topic.activities.ideas.settings.photo",
        "Did you mean required?",
    ),
    "setting no fraction": ('quorum = "2/3"', "quorum = 0.6", f"{PLAN}.activities.vote.settings.quorum", "such as 1/2"),
    "setting above the whole": (
        'quorum = "2/3"',
        'quorum = "4/3"',
        f"{PLAN}.activities.vote.settings.quorum",
        "at most the whole",
    ),
    "setting lacks a translation": (
        ', en = "Looked at?"',
        "",
        f"{PLAN}.gates.looked_at.settings.question.en",
        "text for en is missing",
    ),
    "settings no table": (SETTINGS, "settings = 3", f"{PLAN}.activities.vote.settings", "Write a table"),
    "gate names an unknown activity": (
        'activity = "vote"',
        'activity = "votes"',
        f"{PLAN}.gates.ballot_passed.activity",
        "Did you mean vote?",
    ),
    "gate names a later activity": (
        'activity = "ideas"',
        'activity = "vote"',
        "steps.topic.gates.ideas_answered.activity",
        "“vote” belongs to a later step",
    ),
    "gate names an activity of another kind": (
        'activity = "vote"',
        'activity = "talk"',
        f"{PLAN}.gates.ballot_passed.activity",
        "looks at: ballot",
    ),
    "gate of a kind that looks at none": (
        'kind = "sign_off"',
        'kind = "sign_off"\nactivity = "vote"',
        f"{PLAN}.gates.looked_at.activity",
        "looks at no activity",
    ),
    "after names an unknown activity": (
        'after = "talk"',
        'after = "tlak"',
        f"{PLAN}.activities.vote.after",
        "Did you mean talk?",
    ),
    "after names itself": ('after = "talk"', 'after = "vote"', f"{PLAN}.activities.vote.after", "doesn't come earlier"),
    "after names a later activity": (
        "opens_day = 2",
        'after = "vote"',
        f"{PLAN}.activities.talk.after",
        "“vote” doesn't come earlier",
    ),
    "after names another step's activity": (
        'after = "talk"',
        'after = "ideas"',
        f"{PLAN}.activities.vote.after",
        "doesn't come earlier",
    ),
    "unknown ring in an activity": (
        'comment = ["residents"]',
        'comment = ["resident"]',
        f"{PLAN}.activities.talk.who.comment",
        "Did you mean residents?",
    ),
    "unknown action": (
        'comment = ["residents"]',
        'coment = ["residents"]',
        f"{PLAN}.activities.talk.who.coment",
        "Did you mean comment?",
    ),
    "action for no list of rings": (
        'comment = ["residents"]',
        'comment = "residents"',
        f"{PLAN}.activities.talk.who.comment",
        "list of rings",
    ),
    "nobody may do anything": (
        '{ comment = ["residents"] }',
        "{}",
        f"{PLAN}.activities.talk.who",
        "which ring may do what",
    ),
    "unknown ring in a step": (
        'rings = ["residents", "lead"]',
        'rings = ["leads"]',
        "steps.topic.rings",
        "Did you mean lead?",
    ),
    "rings no list of words": (
        'rings = ["residents", "lead"]',
        'rings = ["lead", 3]',
        "steps.topic.rings",
        "list of words",
    ),
    "unknown stage": ('stage = "late"', 'stage = "latest"', f"{PLAN}.stage", "Did you mean late?"),
    "translation missing": (
        TEXT,
        '{ zh_Hans = "议一议" }',
        f"{PLAN}.activities.talk.title.en",
        "text for en is missing",
    ),
    "translation empty": (
        TEXT,
        '{ zh_Hans = " ", en = "Talk" }',
        f"{PLAN}.activities.talk.title.zh_Hans",
        "text for zh_Hans is missing",
    ),
    "translation in one language only": (TEXT, '"Talk"', f"{PLAN}.activities.talk.title", "both languages"),
    "unknown language": (
        TEXT,
        '{ zh_Hans = "议", en = "Talk", zh = "议" }',
        f"{PLAN}.activities.talk.title.zh",
        "“zh” isn't known",
    ),
    "step key twice": ('key = "plan"', 'key = "topic"', "steps.topic.key", "“topic” is taken: see line 26"),
    "activity key twice in the file": (
        'key = "talk"',
        'key = "ideas"',
        f"{PLAN}.activities.ideas.key",
        "“ideas” is taken",
    ),
    "stage key twice": ('key = "late"', 'key = "early"', "stages.early.key", "“early” is taken"),
    "gate key twice in the file": (
        'key = "looked_at"',
        'key = "ideas_answered"',
        f"{PLAN}.gates.ideas_answered.key",
        "is taken",
    ),
    "key badly written": ('key = "looked_at"', 'key = "Looked at"', f"{PLAN}.gates.Looked at.key", "small letter"),
    "seal of two characters": ('seal = "题"', 'seal = "议题"', "steps.topic.seal", "exactly one"),
    "seal empty": ('seal = "题"', 'seal = ""', "steps.topic.seal", "exactly one"),
    "seal no Chinese character": ('seal = "题"', 'seal = "T"', "steps.topic.seal", "exactly one"),
    "window not a number": ("opens_day = 2", "opens_day = 2.5", f"{PLAN}.activities.talk.opens_day", "whole number"),
    "window before the step": ("opens_day = 2", "opens_day = -1", f"{PLAN}.activities.talk.opens_day", "At least 0"),
    "window of no day": ("open_days = 5", "open_days = 0", f"{PLAN}.activities.talk.open_days", "At least 1"),
    "word not in quotation marks": ('version = "1"', "version = 1", "version", "quotation marks"),
    "who no table": ('{ comment = ["residents"] }', '["residents"]', f"{PLAN}.activities.talk.who", "Write a table"),
}


@pytest.mark.parametrize("name", BREAKINGS)
def test_a_break_is_found_at_its_line(name: str) -> None:
    old, new, key, part = BREAKINGS[name]
    source, line = broken(old, new)
    line += new.count("\n")
    problems = [problem for problem in check_method(source, CATALOGUE) if (problem.line, problem.key) == (line, key)]
    assert any(part in str(problem.message) for problem in problems), check_method(source, CATALOGUE)


def test_the_good_file_has_no_problem() -> None:
    assert check_method(SMALL, CATALOGUE) == []


@pytest.mark.parametrize(
    ("old", "header", "key", "part"),
    [
        ('provenance = { zh_Hans = "测试用", en = "For tests" }\n', "", "provenance", "“provenance” is missing"),
        ('seal = "案"\n', 'key = "plan"', "steps.plan.seal", "“seal” is missing"),
        ('  kind = "discussion"\n', 'key = "talk"', "steps.plan.activities.talk.kind", "“kind” is missing"),
        ('  activity = "vote"\n', 'kind = "ballot_passed"', "steps.plan.gates.ballot_passed.activity", "is missing"),
        ('  who = { vote = ["residents"] }\n', 'key = "vote"', "steps.plan.activities.vote.who", "“who” is missing"),
    ],
)
def test_a_missing_key_is_reported_at_the_heading_of_its_table(old: str, header: str, key: str, part: str) -> None:
    source, _ = broken(old, "")
    line = source[: source.index(header)].count("\n") if header else 1
    assert [(p.line, p.key) for p in check_method(source, CATALOGUE)] == [(line, key)]
    assert part in str(check_method(source, CATALOGUE)[0].message)


def test_a_ring_that_may_do_nothing_is_reported_at_its_heading() -> None:
    source, _ = broken('propose = ["residents", "lead"]', 'propose = ["residents"]')
    heading = source[: source.index('key = "lead"')].count("\n")
    problems = check_method(source, CATALOGUE)
    assert [(p.line, p.key, str(p.message)) for p in problems] == [
        (heading, "rings.lead", "“lead” may do nothing in any activity.")
    ]


def test_a_step_without_gates_is_reported_at_its_heading() -> None:
    gate = '  [[steps.gates]]\n  key = "ideas_answered"\n  kind = "proposals_answered"\n  activity = "ideas"\n'
    source, _ = broken(gate, "")
    heading = source[: source.index('key = "topic"')].count("\n")
    assert [(p.line, p.key) for p in check_method(source, CATALOGUE)] == [(heading, "steps.topic.gates")]


def test_a_stage_that_goes_backwards_is_reported_where_it_does() -> None:
    source, _ = broken('stage = "early"', 'stage = "late"')
    source, _ = broken('key = "plan"\nstage = "late"', 'key = "plan"\nstage = "early"', source)
    line = source[: source.index('stage = "early"')].count("\n") + 1
    assert [(p.line, p.key) for p in check_method(source, CATALOGUE)] == [(line, "steps.plan.stage")]


def test_a_syntax_error_at_the_end_has_the_last_line() -> None:
    problems = check_method('key = "small"\ntitle = """never ended\n', CATALOGUE)
    assert [problem.line for problem in problems] == [2]


def test_all_problems_are_told_in_the_order_of_lines() -> None:
    source, late = broken('kind = "sign_off"', 'kind = "sing_off"')
    source, early = broken('seal = "题"', 'seal = "x"', source)
    source, middle = broken('"discussion"', '"discus"', source)
    assert [problem.line for problem in check_method(source, CATALOGUE)] == [early, middle, late]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "steps = 3\nrings = 'x'\nstages = [1]\n",
        "steps = [[]]\n",
        "[steps]\nkey = 1\n",
        '[[steps]]\nactivities = "none"\ngates = [3]\nrings = 7\nseal = 1\nstage = []\n',
        "[[steps]]\n[[steps.activities]]\nkind = 3\nwho = 4\nafter = 5\nkey = 6\nsettings = 7\n",
        "[[steps]]\n[[steps.gates]]\nkind = []\nactivity = {}\nkey = 6\n[[rings]]\nkey = []\n",
        '[[steps]]\n[[steps.gates]]\nkind = "ballot_passed"\nactivity = 3\nsettings = []\n',
        '[[steps]]\n[[steps.activities]]\nkind = "roster"\nsettings = { rings = 3 }\nwho = { edit = [3] }\n',
    ],
)
def test_no_file_is_so_broken_that_the_check_fails(source: str) -> None:
    assert check_method(source, CATALOGUE)
