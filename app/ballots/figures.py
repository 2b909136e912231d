"""What a vote came to, as the notice that comes after it freezes it: numbers, and words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.ballots import queries, record
from app.ballots.matters import law_says
from app.ballots.queries import Round
from app.core.i18n import in_each_language
from app.engine.phrase import Phrase, phrase
from app.engine.voting import Tally
from app.projects.kinds import ActivityRef


def figures(ref: ActivityRef, now: int) -> dict[str, Any] | None:
    """The figures of a vote's newest round; None while there is no count that may be told."""
    item = queries.latest_rounds([ref.id], now).get(ref.id)
    if item is None or item.phase != "closed" or item.tally is None:
        return None
    poll, tally, by_area = item.poll, item.tally, item.rule.by_area
    raised = sum(tally.counts[key] for key in item.rule.objects)
    return {
        "poll": poll.public_id,
        "title": item.version.title,
        "text_hash": item.version.text_hash,
        "of": poll.electorate,
        "asked_of": list(poll.asked_of),
        "rule": in_each_language(item.rule.title),
        "source": in_each_language(item.rule.source),
        **({"law": in_each_language(law)} if (law := law_says(poll.electorate, poll.matter)) else {}),
        "opens_at": poll.opens_at,
        "closes_at": item.closes_at,
        "due": poll.roll_size,
        "present": tally.cast,
        **({"area_due": poll.roll_area, "area_present": tally.area_cast} if by_area else {}),
        "answers": [
            {
                "title": in_each_language(stance.title),
                "n": tally.counts[stance.key],
                **({"area": tally.areas.get(stance.key, 0)} if by_area else {}),
            }
            for stance in item.rule.stances
        ],
        **({"objections": {"raised": raised, "standing": item.standing}} if raised else {}),
        **_sheets(item, now),
        "preliminary": item.preliminary,
        "verdict": in_each_language(_verdict(item, tally)),
    }


def _verdict(item: Round, tally: Tally) -> Phrase:
    return preliminary_says(tally) if item.preliminary else tally.verdict


def preliminary_says(tally: Tally) -> Phrase:
    """What a count that is not final yet would say: its own verdict is not one."""
    if tally.passed:
        return phrase("By the preliminary count it passes: enough took part, and enough of them said yes.")
    if tally.quorum_met:
        return phrase("By the preliminary count it does not pass: too few said yes.")
    return phrase("By the preliminary count it does not pass: too few took part.")


def _sheets(item: Round, now: int) -> dict[str, Any]:
    """The account of the sheets of paper, where the package that keeps it says so of a round."""
    account: Mapping[str, int] = record.added(item.poll, now).get("paper", {}).get("account", {})
    if not account.get("issued"):
        return {}
    invalid = account["spoilt"] + account["blank"] + account["overtaken"]
    told = {key: account[key] for key in ("issued", "returned", "valid", "missing")}
    return {"sheets": {**told, "invalid": invalid}}
