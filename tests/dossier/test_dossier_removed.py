"""What the law bade remove is in no dossier that is given out, nor in what is brought from it; and all of it verifies."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.archive.models import SearchDocument
from app.audit.verify import verify
from app.core.clock import FixedClock
from app.core.database import db
from app.core.transaction import transaction
from app.dossier import make as making
from app.dossier import service
from app.dossier.archive import Bad
from app.dossier.bring import bring
from app.dossier.check import check
from app.engine.canonical import canon
from app.people.actor import Actor
from app.people.models import Person, RoleGrant
from app.people.session import actor_of
from app.projects.queries import find_project, origin_of
from app.records.corrections import correct, passages
from app.records.models import Record, RecordWord
from app.records.words import words_of
from app.removals.service import remove
from tests.ballots.world import World
from tests.conftest import emptied
from tests.dossier.conftest import BASE, without_printing
from tests.dossier.world import apart, furnish, own_signer, together

WORDS = "种植箱的正文，说说为什么。"
BETTER = "会议室里，当着大家的面"
WHY = "当事人依法要求删去，核对过身份。"


def administrator() -> Actor:
    with transaction() as tx:
        person = Person(name="丁敏", email="ding@example.org", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, role="administrator", at=tx.now))
        tx.session.flush()
        return actor_of(person.id)


def blank(slug: str, text: str, listeners: bool = True) -> None:
    """Remove words of the only record, as the administrator."""
    record = db.session.scalars(select(Record.public_id).order_by(Record.id)).first() or ""
    hashed = db.session.scalars(select(RecordWord.hash).where(RecordWord.text == text)).first()
    told = [service.forget] if listeners else []
    remove(administrator(), (), "record", slug, record, keys={hashed}, ground="personal", reason=WHY, listeners=told)


def correct_one(world: World) -> None:
    """Correct a slip in the record: another record, which names the one it corrects."""
    record = db.session.scalars(select(Record)).one()
    words = words_of([record.id])[record.id]
    slip = passages(json.loads(record.body), words)[0]
    correct(world.facilitator, record.public_id, {slip.path: BETTER}, WHY)


def test_words_that_were_removed_stay_away_from_dossiers_and_from_what_is_brought(
    installation: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_printing(monkeypatch)
    file, other, config = tmp_path / "sent.zip", tmp_path / "other.zip", installation.config["QIDING"]
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        app.config["QIDING"] = replace(config, signing_secret="elsewhere")
        world: World = furnish(app, clock)
        with world.app.test_request_context():
            before = making.make(world.project, "zh_Hans", BASE)
            service.keep(before, public_id=world.project, lang="zh_Hans")
            assert WORDS in read(before.path)
            blank(world.slug, WORDS)
            correct_one(world)
            assert not before.path.exists(), "the dossier with the words is gone at once"
            before.path.write_bytes(b"made meanwhile")
            service.keep(before, public_id=world.project, lang="zh_Hans")
            assert not before.path.exists(), "one that was being made meanwhile is not kept"
            after = making.make(world.project, "zh_Hans", BASE)
            assert after.mark != before.mark
            assert WORDS not in read(after.path)
            file.write_bytes(after.path.read_bytes())
            own = own_signer(world)
        app.config["QIDING"] = config
    files = apart(file)
    name = next(path for path in files if path.endswith("record.json"))
    saved = json.loads(files[name])
    [gone] = saved["removed"]
    for forged in (
        {**saved, "removed": {}},
        {**saved, "words": {**saved["words"], gone: {"text": "别的", "salt": "00" * 16}}},
        {**saved, "more": 1},
        {**saved, "removed": {gone: {**saved["removed"][gone], "ground": "whim"}}},
    ):
        wrong = check(together({**files, name: canon(forged)}, other, signer=own), bundles=False).wrong
        assert isinstance(wrong, Bad)
        assert wrong.file == name
    said = check(file, bundles=False)
    assert said.wrong is None
    assert any("Removed because the law bade it (personal): 1 passages" in sentence for sentence in said.said)
    # Words that the log doesn't say were removed can't be left out, not even by whoever signs.
    more = next(hashed for hashed, item in saved["words"].items() if item["text"].startswith("长椅的正文"))
    words = {hashed: item for hashed, item in saved["words"].items() if hashed != more}
    forged = {**saved, "words": words, "removed": {**saved["removed"], more: saved["removed"][gone]}}
    wrong = check(together({**files, name: canon(forged)}, other, signer=own), bundles=False).wrong
    assert isinstance(wrong, Bad)
    assert wrong.file.startswith("log/removal-")
    with emptied(installation, database_url) as app:
        shutil.rmtree(config.media_dir / "dossiers", ignore_errors=True)
        with app.test_request_context():
            brought = bring(file, key=str(own.key), tell=lambda _report: None)
            assert verify(brought.slug).finding is None
            record, newer = db.session.scalars(select(Record.public_id).order_by(Record.id))
            assert WORDS not in indexed()
            assert "长椅的正文" in indexed()
        browser = app.test_client()
        browser.set_cookie("lang", "en")
        page = browser.get(f"/c/{brought.slug}/record/{record}").text
        assert "Removed by law" in page
        assert WORDS not in page
        page = browser.get(f"/c/{brought.slug}/record/{newer}").text
        assert "Removed by law" in page
        assert BETTER in page
        assert "It was removed where this comes from" in browser.get(f"/c/{brought.slug}/removals").text
        # And what is removed here goes too, the dossier that it came as included.
        with app.test_request_context():
            origin = origin_of(find_project(brought.public_id)[0])
            assert origin is not None
            assert (making.folder() / "brought" / f"{origin.dossier_sha256}.zip").exists()
            blank(brought.slug, "长椅的正文，说说为什么。")
            assert not list((making.folder() / "brought").iterdir())
            assert "长椅的正文" not in indexed()
            assert verify(brought.slug).finding is None
        assert browser.get(f"/c/{brought.slug}/project/{brought.public_id}/dossier.zip").status_code == 404


def indexed() -> str:
    """All that the search knows."""
    return "".join(db.session.scalars(select(SearchDocument.text)))


def read(path: Path) -> str:
    """All words of a dossier's pages and records."""
    return b"".join(data for name, data in apart(path).items() if name.endswith((".html", ".json"))).decode()
