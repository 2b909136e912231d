"""A project that has gone through a step with proposals, a vote, a notice and a record: the world of the dossier's tests."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.ballots import service as ballots
from app.core.clock import DAY, FixedClock
from app.core.database import db
from app.core.media import Media, Upload, keep
from app.core.transaction import transaction
from app.dossier import manifest as names
from app.engine.canonical import canon, sha256_hex
from app.engine.notes import Signer
from app.notices import service as notices
from app.people.communities import create_town
from app.people.queries import community_by_slug
from app.projects import service as projects
from app.projects.models import ActivityRun, Project
from app.proof.keys import origin_of, seed
from app.proposals import service as proposals
from app.proposals.service import Words
from tests.ballots.world import METHOD, World, build
from tests.core.pictures import photo

Files = dict[str, bytes]
REASON = "现场看过，图纸也对过，可以这样办。"
HEAD = METHOD.partition("[[steps]]")[0].replace('"vote_only"', '"two"')
STEPS = """
[[steps]]
key = "plan"
stage = "decide"
seal = "案"
title = { zh_Hans = "定方案", en = "Fix the plan" }
asks = { zh_Hans = "您同意吗？", en = "Do you agree?" }
rings = ["residents"]
record = { zh_Hans = "决议", en = "Resolution" }

  [[steps.activities]]
  key = "ideas"
  kind = "proposals"
  title = { zh_Hans = "大家提", en = "Neighbours propose" }
  who = { propose = ["residents"], support = ["residents"] }
  settings = { photo = "optional", open_days = 14 }

  [[steps.activities]]
  key = "vote"
  kind = "ballot"
  title = { zh_Hans = "方案表态", en = "Vote on the plan" }
  who = { vote = ["residents"] }
  settings = { rule = "consent", electorate = "household", rounds = 2 }

  [[steps.activities]]
  key = "board"
  kind = "notice"
  title = { zh_Hans = "张榜", en = "On the board" }
  who = { object = ["residents"] }
  settings = { days = 7 }

  [[steps.gates]]
  key = "seen"
  kind = "sign_off"
  settings = { question = { zh_Hans = "看过了吗？", en = "Has it been looked at?" } }

[[steps]]
key = "keep"
stage = "decide"
seal = "护"
title = { zh_Hans = "定管护", en = "Fix the upkeep" }
asks = { zh_Hans = "谁来管？", en = "Who keeps it?" }
rings = ["residents"]
record = { zh_Hans = "公约", en = "Convention" }

  [[steps.gates]]
  key = "kept"
  kind = "sign_off"
  settings = { question = { zh_Hans = "有人管吗？", en = "Does somebody keep it?" } }
"""


def furnish(app: Flask, clock: FixedClock) -> World:
    """The project ``world.project`` after its first step, with one of everything that a dossier holds."""
    world = build(app, clock)
    lead = world.facilitator
    with world.app.test_request_context():
        create_town("清溪镇")
        method = projects.store_method(HEAD + STEPS)
        picture = shown("blue")
        world.project = projects.start_project(
            lead,
            world.community_id,
            title="空中花园",
            place="5至8号楼之间",
            summary="把二层平台变成花园。",
            method_public_id=method,
            picture=picture,
        )
        query = select(ActivityRun.key, ActivityRun.public_id).join(Project, Project.id == ActivityRun.project_id)
        at = dict(db.session.execute(query.where(Project.public_id == world.project)).all())
        world.activity = at["vote"]
        author = world.residents[0]
        for title, colour in (("种植箱", "green"), ("长椅", "red")):
            words = Words(title, f"{title}的正文，说说为什么。", photo=shown(colour))
            proposals.submit(author, proposals.save_draft(author, at["ideas"], words))
        words = Words("给邻居看的", "照片只给邻居看。", photo=shown("yellow"))
        proposals.submit(author, proposals.save_draft(author, at["ideas"], words))
        with transaction() as tx:
            tx.session.execute(
                update(Media).where(Media.sha256 == sha256_hex(photo(colour="yellow"))).values(visibility="members")
            )
        proposals.save_draft(author, at["ideas"], Words("没交的", "草稿", photo=shown("black")))
    poll = world.open()
    for who in range(6):
        world.cast(who, poll)
    world.close(poll)
    with world.app.test_request_context():
        ballots.settle_due()
        notices.save_draft(lead, at["board"], "方案公示", "会议", "方案已经通过，张榜七天。")
        notices.post(lead, at["board"])
        clock.advance(8 * DAY)
        projects.sign_off(lead, world.project, "seen", holds=True, note=REASON)
        projects.close_step(lead, world.project)
    return world


def shown(colour: str) -> Upload:
    """A photo as it is after it was made safe."""
    data = photo(colour=colour)
    return Upload("photo", "image/jpeg", keep(data), keep(data), 800, 400, len(data), "")


def apart(path: Path) -> Files:
    """The files of a dossier, in their order."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def together(files: Files, path: Path, *, listed: bool = False, signer: Signer | None = None) -> Path:
    """A dossier of these files; ``listed`` writes the list anew, and ``signer`` signs it, as whoever tampers would."""
    files = dict(files)
    if listed or signer is not None:
        manifest = json.loads(files[names.MANIFEST])
        kinds = {name: item["kind"] for name, item in manifest["files"].items()}
        manifest["files"] = {
            name: {"kind": kinds.get(name, "photo"), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in files.items()
            if name not in (names.MANIFEST, names.SIGNATURE)
        }
        files[names.MANIFEST] = canon(manifest)
    if signer is not None:
        manifest = json.loads(files[names.MANIFEST])
        text = names.signed_text(manifest["origin"], manifest["project"]["id"], files[names.MANIFEST])
        files[names.SIGNATURE] = signer.sign(text).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, names.FIXED)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, data)
    path.write_bytes(out.getvalue())
    return path


def own_signer(world: World) -> Signer:
    """Who signs for the community: with this key even a liar's list is signed."""
    with world.here():
        return Signer(origin_of(community_by_slug(world.slug)), seed())


def changed(data: bytes, at: int = -1) -> bytes:
    """The same bytes but for one bit."""
    at = at if at >= 0 else len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def with_json(files: Files, name: str, **values: Any) -> Files:
    """The files with some values of one of them changed."""
    return {**files, name: canon({**json.loads(files[name]), **values})}
