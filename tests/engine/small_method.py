"""A small good method file for tests to break, and a way to break it in one place."""

from __future__ import annotations

SMALL = """\
key = "small"
version = "1"
title = { zh_Hans = "小方法", en = "Small" }
summary = { zh_Hans = "两步", en = "Two steps" }
provenance = { zh_Hans = "测试用", en = "For tests" }

[[rings]]
key = "residents"
title = { zh_Hans = "主体环", en = "Residents' ring" }
who = { zh_Hans = "居民", en = "Residents" }

[[rings]]
key = "lead"
title = { zh_Hans = "引领环", en = "Leading ring" }
who = { zh_Hans = "居委会", en = "Committee" }

[[stages]]
key = "early"
title = { zh_Hans = "先", en = "Early" }

[[stages]]
key = "late"
title = { zh_Hans = "后", en = "Late" }

[[steps]]
key = "topic"
stage = "early"
seal = "题"
title = { zh_Hans = "定议题", en = "Topic" }
asks = { zh_Hans = "提一提", en = "Propose" }
rings = ["residents", "lead"]
record = { zh_Hans = "清单", en = "List" }

  [[steps.activities]]
  key = "ideas"
  kind = "proposals"
  title = { zh_Hans = "提议题", en = "Ideas" }
  who = { propose = ["residents", "lead"], support = ["residents"] }
  settings = { photo = "none", open_days = 10 }

  [[steps.gates]]
  key = "ideas_answered"
  kind = "proposals_answered"
  activity = "ideas"

[[steps]]
key = "plan"
stage = "late"
seal = "案"
title = { zh_Hans = "定方案", en = "Plan" }
asks = { zh_Hans = "比一比", en = "Compare" }
rings = [
  "residents",  # each on its own line
  "lead",
]
record = { zh_Hans = "决议", en = "Resolution" }

  [[steps.activities]]
  key = "talk"
  kind = "discussion"
  title = { zh_Hans = "议一议", en = "Talk" }
  who = { comment = ["residents"] }
  opens_day = 2
  open_days = 5

  [[steps.activities]]
  key = "vote"
  kind = "ballot"
  title = { zh_Hans = "表态", en = "Vote" }
  after = "talk"
  who = { vote = ["residents"] }
  settings = { rule = "consent", electorate = "household", quorum = "2/3" }

  [[steps.gates]]
  kind = "ballot_passed"
  activity = "vote"

  [[steps.gates]]
  key = "looked_at"
  kind = "sign_off"
  settings = { question = { zh_Hans = "看过了吗？", en = "Looked at?" } }
"""


def broken(old: str, new: str, source: str = SMALL) -> tuple[str, int]:
    """The file with ``old`` (which stands in it once) replaced, and the line where the change is."""
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times"
    before, after = source.split(old)
    return before + new + after, before.count("\n") + 1
