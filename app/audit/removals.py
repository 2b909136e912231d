"""What was removed against the log: each entry with its row, nothing blanked without one, nothing named that still stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, cast, select

from app.audit.finding import Wrong, read_json
from app.audit.log import REDACTED, Log, place
from app.audit.seals import Removed
from app.audit.told import agree, done_by, paired
from app.core.database import db
from app.core.removals import Removal
from app.people.models import Person
from app.records.models import Record, RecordWord


def check_removals(community_id: int, log: Log, removed: Removed) -> int:
    """Check each removal of a community, and all that was blanked; returns how many."""
    rows = db.session.execute(
        select(Removal.__table__, cast(Removal.hashes, Text).label("named"), Person.public_id.label("person"))
        .outerjoin(Person, Person.id == Removal.person_id)
        .where(Removal.community_id == community_id)
        .order_by(Removal.id)
    ).all()
    by_row: dict[int, set[str]] = {}
    for row, told in paired("removal", rows, log.by(REDACTED, "removal"), lambda row: row.public_id):
        data, event = told.event.data, told.event
        wanted = {"ground": told.body.get("ground"), "at": event.at, "project_id": event.project_id}
        said = {"kind": "kind", "subject": "subject", "href": "href", "reason": "reason", "by_name": "by"}
        agree("removal", row, told, {**wanted, **{field: data.get(key) for field, key in said.items()}})
        done_by("removal", row, "person_id", row.person, told)
        hashes = read_json("removal", row.public_id, "hashes", row.named)
        if hashes != told.body.get("hashes") or not isinstance(hashes, list):
            raise Wrong("removal", row.public_id, "hashes", f"expected those that {place(told.body)} of the log names")
        by_row[row.id] = set(hashes)
    named = set().union(*by_row.values())
    for hashed, event_id in log.emptied.items():
        if hashed not in named:
            raise Wrong("event", event_id, "hash", "expected an entry of the log that says that its words were removed")
    _check_words(community_id, by_row, named - set(log.emptied) - removed.gone)
    return len(rows)


def _check_words(community_id: int, by_row: dict[int, set[str]], left: set[str]) -> None:
    """Blanked words are named by their removal; and of what the log names nothing stands any longer."""
    query = (
        select(RecordWord.__table__, Record.public_id.label("record"))
        .join(Record, Record.id == RecordWord.record_id)
        .where(Record.community_id == community_id)
        .order_by(RecordWord.id)
    )
    blanked: set[str] = set()
    standing: dict[str, Any] = {}
    for word in db.session.execute(query.where(RecordWord.text.is_(None))):
        if word.hash not in by_row.get(word.removal_id, ()):
            raise Wrong(
                "record_word",
                f"of {word.record}",
                "removal_id",
                "expected an entry of the log that removes these words",
            )
        blanked.add(word.hash)
    for hashes in by_row.values():
        for word in db.session.execute(query.where(RecordWord.text.is_not(None), RecordWord.hash.in_(hashes))):
            standing[word.hash] = word
    for word in standing.values():
        raise Wrong("record_word", f"of {word.record}", "text", "expected nothing: the log says that it was removed")
    for hashed in sorted(left - blanked):
        raise Wrong("removal", f"of {hashed}", "hashes", "expected the event or the words that it says were removed")
