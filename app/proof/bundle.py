"""The bundle of a closed round: all that is needed to check it at home, the same bytes whenever it is built."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.ballots.early import early_ballots, early_body
from app.ballots.models import Ballot, Batch, Decision, Poll, Slot, TextVersion
from app.ballots.put import ballot_body, ballot_place
from app.ballots.queries import policy_of
from app.ballots.weights import roll_of
from app.config import Config
from app.core.clock import DAY
from app.core.database import Base, db
from app.core.jobs import Claim, enqueue
from app.core.transaction import transaction
from app.engine.canonical import canon, channel_mark, opening
from app.engine.voting import RULES, Box
from app.engine.voting.publish import may_publish
from app.people.places import Community
from app.projects.models import ActivityRun
from app.proof import checkpoints, verify
from app.proof.keys import origin_of
from app.proof.models import Bundle, Checkpoint, LogMark

JOB = "bundle"
CHUNK = 2000
FIXED = (1980, 1, 1, 0, 0, 0)
OUTSIDE = frozenset({"kind", "event", "seq", "at"})
READ_ME = """\
{title}
{origin}, {poll}

这个文件包让您在自己家里核对这次表决，不必相信任何服务器。
您需要的只有 Python 3.8 或更新的版本。请从您信得过的地方取 verify.py，然后：

    python3 verify.py {name}
    python3 verify.py {name} --receipt 您的回执号
    python3 verify.py {name} --since 以前存下的存证点文件
    python3 verify.py {name} --key 公告栏上印的公钥

This bundle lets you check the vote at home, without trusting any server.
You need Python 3.8 or newer, and nothing else. Take verify.py from where you trust it, and run the lines above.

log.jsonl         日志，一行一条 / the log, an entry a line
checkpoints.json  签名存证点 / signed checkpoints
poll.json         公布的内容 / what was announced
ballots.jsonl     选票 / the ballots
result.json       结果 / the result
record.json       这一步的记录（如已发布）/ the step's record, where there is one
verify.py         核对程序 / the program that checks
"""


def folder() -> Path:
    """Where bundles lie."""
    config: Config = current_app.config["QIDING"]
    return config.media_dir / "bundles"


def file_of(poll: Poll, size: int) -> Path:
    """The file of one bundle."""
    return folder() / f"{poll.public_id}-{size}.zip"


def newest(poll: Poll) -> Bundle | None:
    """The newest bundle of a poll that was built, and lies there."""
    query = select(Bundle).where(Bundle.poll_id == poll.id).order_by(Bundle.size.desc())
    return next((row for row in db.session.scalars(query) if file_of(poll, row.size).exists()), None)


def wanted(poll: Poll) -> Checkpoint | None:
    """The checkpoint up to which a poll's bundle goes: the first that covers all that was said of it since its close."""
    marks = checkpoints.of_poll(poll.community_id, poll.public_id)
    if "poll.closed" not in marks or poll.voided_at is not None:
        return None
    last = max(seq for seqs in marks.values() for seq in seqs)
    record = _record(poll)
    if record is not None:
        last = max([last, *(s for seqs in checkpoints.of_poll(poll.community_id, record[0]).values() for s in seqs)])
    return checkpoints.covering(poll.community_id, last)


def enqueue_due() -> int:
    """Ask for the bundles that are not there yet, or of which the log has told more since; returns how many."""
    record, mark = Base.metadata.tables["record"], LogMark
    size = select(func.max(Bundle.size)).where(Bundle.poll_id == Poll.id).scalar_subquery()
    of_poll = (
        select(func.max(mark.seq))
        .where(mark.community_id == Poll.community_id, mark.subject == Poll.public_id)
        .scalar_subquery()
    )
    of_record = (
        select(func.max(mark.seq))
        .join(record, record.c.public_id == mark.subject)
        .join(ActivityRun, ActivityRun.step_run_id == record.c.step_run_id)
        .join(Decision, Decision.activity_run_id == ActivityRun.id)
        .where(Decision.id == Poll.decision_id, mark.community_id == Poll.community_id)
        .correlate(Poll)
        .scalar_subquery()
    )
    query = select(Poll, size, of_poll, of_record).where(Poll.settled_at.is_not(None), Poll.voided_at.is_(None))
    asked = 0
    for poll, built, *told in db.session.execute(query).all():
        last = max((seq for seq in told if seq is not None), default=-1)
        if built is not None and built > last and file_of(poll, built).exists():
            continue
        point = wanted(poll)
        if point is not None and not file_of(poll, point.size).exists():
            with transaction() as tx:
                enqueue(tx, JOB, {"poll": poll.id}, key=f"bundle:{poll.public_id}:{point.size}:{tx.now // DAY}")
            asked += 1
    return asked


def job(claim: Claim) -> None:
    """Build one."""
    build(claim.arguments["poll"], claim.progress)


def build(poll_id: int, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Bundle | None:
    """Build a poll's bundle, check it with the program that is in it, and keep what that said."""
    poll = db.session.get_one(Poll, poll_id)
    point = wanted(poll)
    if point is None:
        return None
    size, target = point.size, file_of(poll, point.size)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".bundle-")
    try:
        with os.fdopen(handle, "w+b") as out:
            write(out, poll, point, progress)
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            sha256, length = hashlib.file_digest(out, "sha256").hexdigest(), out.tell()
            out.seek(0)
            checks = [list(step) for step in verify.check(out)]
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
    with transaction() as tx:
        known = tx.session.scalar(select(Bundle).where(Bundle.poll_id == poll_id, Bundle.size == size))
        row = known or Bundle(poll_id=poll_id, size=size)
        row.sha256, row.length, row.checks, row.at = sha256, length, checks, tx.now
        tx.session.add(row)
    return row


def write(out: Any, poll: Poll, point: Checkpoint, progress: Callable[[int, int], None]) -> None:
    """Write a bundle into an open file: fixed times, a fixed order, hashes of all files at the end."""
    community = db.session.get_one(Community, poll.community_id)
    version = db.session.get_one(TextVersion, poll.version_id)
    origin, name = origin_of(community), file_of(poll, point.size).name
    about = READ_ME.format(title=version.title, origin=origin, poll=poll.public_id, name=name)
    files: dict[str, Iterator[bytes]] = {
        "README.txt": iter([about.encode()]),
        "ballots.jsonl": _ballots(poll),
        "checkpoints.json": iter([canon(_checkpoints(poll, point)) + b"\n"]),
        "log.jsonl": _log(poll.community_id, point.size, progress),
        "poll.json": iter([canon(_facts(poll, version)) + b"\n"]),
        "result.json": iter([canon(_result(poll, point)) + b"\n"]),
        "verify.py": iter([Path(verify.__file__).read_bytes()]),
    }
    record = _record(poll)
    if record is not None and any(
        seq < point.size for seqs in checkpoints.of_poll(poll.community_id, record[0]).values() for seq in seqs
    ):
        files["record.json"] = iter([record[1].encode()])
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for item in sorted(files):
            digest = hashlib.sha256()
            with archive.open(_info(item), "w", force_zip64=True) as file:
                for part in files[item]:
                    digest.update(part)
                    file.write(part)
            hashes[item] = digest.hexdigest()
        listed = {"format": verify.FORMAT, "origin": origin, "poll": poll.public_id, "files": hashes}
        archive.writestr(_info("bundle.json"), canon(listed) + b"\n")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, FIXED)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
    return info


def _log(community_id: int, size: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    for start in range(0, size, CHUNK):
        for _, body in checkpoints.entries(community_id, start, min(size, start + CHUNK)):
            yield body.encode() + b"\n"
        if start and start % (50 * CHUNK) == 0:
            progress(start, size)


def _checkpoints(poll: Poll, point: Checkpoint) -> list[str]:
    """The checkpoints that matter to a poll: the first after each entry that speaks of it, and the last."""
    seqs = sorted(seq for found in checkpoints.of_poll(poll.community_id, poll.public_id).values() for seq in found)
    rows = {point.size: point}
    for seq in seqs:
        row = checkpoints.covering(poll.community_id, seq) if seq < point.size else None
        if row is not None:
            rows[row.size] = row
    return [rows[size].note for size in sorted(rows)]


def _entry(poll: Poll, kind: str) -> dict[str, Any]:
    seq = checkpoints.of_poll(poll.community_id, poll.public_id)[kind][0]
    body: dict[str, Any] = json.loads(checkpoints.entries(poll.community_id, seq, seq + 1)[0][1])
    return body


def _facts(poll: Poll, version: TextVersion) -> dict[str, Any]:
    told = {key: value for key, value in _entry(poll, "poll.announced").items() if key not in OUTSIDE}
    return {**told, "title": version.title, "text": version.text}


def _ballots(poll: Poll) -> Iterator[bytes]:
    """The ballots by their commitments, so that the order tells nothing; with what opens them where that may be told."""
    early = early_ballots(poll) if "mode" not in _entry(poll, "poll.announced") else set()
    at_close = corrected(poll)
    opens = may_publish("openings", mode=poll.mode, closed=True, counts=(poll.tally or {}).get("counts", {}))
    query = (
        select(Ballot, Slot.code)
        .outerjoin(Slot, Slot.id == Ballot.slot_id)
        .where(Ballot.poll_id == poll.id)
        .order_by(Ballot.commitment)
        .execution_options(yield_per=CHUNK)
    )
    for ballot, code in db.session.execute(query):
        row: dict[str, Any] = {"commitment": ballot.commitment, "counts": ballot.live}
        if ballot.commitment in at_close and not ballot.live:
            row["counted"] = True  # at the close; a sheet of paper was read anew after it
        if opens and ballot.live and ballot.commitment in early:
            row["ballot"] = early_body(poll.public_id, code, ballot.seq, json.loads(ballot.choice))
            row["nonce"] = ballot.nonce.hex()
        elif opens and ballot.live:
            place = ballot_place(code, ballot.seq, ballot.public_id)
            mark = channel_mark(ballot.channel, ballot.serial or "", ballot.helper, ballot.nonce)
            row["ballot"] = ballot_body(poll.public_id, place, json.loads(ballot.choice), mark)
            row["nonce"] = opening(ballot.nonce).hex()
        yield canon(row) + b"\n"


def corrected(poll: Poll) -> set[str]:
    """The ballots that counted at the close, and that a sheet read anew has replaced since."""
    ends = checkpoints.of_poll(poll.community_id, poll.public_id)["poll.closed"][0]
    after = aliased(Ballot)
    query = (
        select(Ballot.commitment)
        .join(after, after.supersedes_id == Ballot.id)
        .join(Batch, Batch.id == after.batch_id)
        .join(before := aliased(Batch), before.id == Ballot.batch_id)
        .where(Ballot.poll_id == poll.id, Batch.seq > ends, before.seq < ends)
    )
    return set(db.session.scalars(query)) if poll.electorate == "owner" else set()


def _result(poll: Poll, point: Checkpoint) -> dict[str, Any]:
    marks, rule = checkpoints.of_poll(poll.community_id, poll.public_id), RULES[poll.rule]
    final = any(seq < point.size for seq in marks.get("count.final", ()))
    closed = _entry(poll, "count.final" if final else "poll.closed")
    ended = _ended(poll, point.size)
    raised = sum(closed["counts"][key] for key in rule.objects)
    tally = rule.weigh(Box(closed["counts"], closed.get("areas", {})), roll_of(poll), policy_of(poll), ended)
    return {
        "counts": closed["counts"],
        "cast": closed["cast"],
        "standing": raised - ended,
        "passed": tally.passed,
    }


def _ended(poll: Poll, size: int) -> int:
    """How many objections of a poll had ended by an entry of the log, by the last that it says of each."""
    marks = checkpoints.of_poll(poll.community_id, poll.public_id)
    seqs = sorted(seq for kind, found in marks.items() if kind.startswith("objection.") for seq in found if seq < size)
    states: dict[str, str] = {}
    for seq in seqs:
        body = json.loads(checkpoints.entries(poll.community_id, seq, seq + 1)[0][1])
        states[body["objection"]] = body.get("state", body["kind"].partition(".")[2])
    return sum(1 for state in states.values() if state in verify.ENDED)


def _record(poll: Poll) -> tuple[str, str] | None:
    """Public id and body of the record of the step in which a poll was held. The package of records lies above this one."""
    record = Base.metadata.tables["record"]
    query = (
        select(record.c.public_id, record.c.body)
        .join(ActivityRun, ActivityRun.step_run_id == record.c.step_run_id)
        .join(Decision, Decision.activity_run_id == ActivityRun.id)
        .where(Decision.id == poll.decision_id, record.c.corrects_id.is_(None))
    )
    found = db.session.execute(query).first()
    return (found[0], found[1]) if found is not None else None
