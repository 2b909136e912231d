"""The check of a dossier: a whole one holds; whatever is changed, put in, taken out or swapped is named."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from app.core.clock import FixedClock
from app.dossier import archive
from app.dossier import manifest as names
from app.dossier.check import check
from app.dossier.commands import known_keys
from app.dossier.make import make
from app.engine.canonical import canon, sha256_hex
from app.engine.notes import Signer
from tests.ballots.world import World
from tests.conftest import emptied
from tests.dossier.world import Files, apart, changed, furnish, own_signer, together, with_json

BASE = "http://localhost"


@dataclass
class Kept:
    """The world, its dossier as it was made, and the files in it."""

    world: World
    path: Path
    files: Files
    own: Signer

    def kind(self, kind: str) -> list[str]:
        """The files of a kind."""
        listed = json.loads(self.files[names.MANIFEST])["files"]
        return sorted(name for name, item in listed.items() if item["kind"] == kind)


@pytest.fixture(scope="module")
def kept(installation: Flask, database_url: str) -> Iterator[Kept]:
    with emptied(installation, database_url) as app:
        clock: FixedClock = app.extensions["qiding.clock"]
        world = furnish(app, clock)
        with world.here():
            path = make(world.project, "zh_Hans", BASE).path
        yield Kept(world, path, apart(path), own_signer(world))


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "other.zip"


def wrong(path: Path, **more: object) -> tuple[str, str]:
    """The file that a check names, and what it says of it."""
    found = check(path, **more).wrong  # type: ignore[arg-type]
    return (found.file, found.says) if found is not None else ("", "")


def test_a_dossier_holds_one_of_everything_and_nothing_of_what_is_not_public(kept: Kept) -> None:
    kinds = {item["kind"] for item in json.loads(kept.files[names.MANIFEST])["files"].values()}
    assert kinds >= {"record", "page", "sheet", "announcement", "bundle", "notice", "photo", "poster", "inclusion"}
    assert len(kept.kind("photo")) == 3  # the draft's own isn't one of them
    text = b"".join(data for name, data in kept.files.items() if name.endswith((".html", ".json", ".txt"))).decode()
    for private in ("张阿姨", "没交的", "chen@example.org"):
        assert private not in text
    assert "种植箱" in text


def test_a_whole_dossier_is_checked_in_plain_sentences(kept: Kept) -> None:
    with kept.world.here():
        report = check(kept.path, known=known_keys)
    assert report.wrong is None
    said = "\n".join(report.said)
    for sentence in (
        "nothing hidden",
        "signed by the key qiding/log/",
        "which is known here, names it",
        "1, each with",
    ):
        assert sentence in said
    assert "The votes: 1, each put through the 13 checks" in said


def test_the_same_state_is_the_same_bytes_and_another_language_is_not(kept: Kept) -> None:
    with kept.world.here():
        again, english = make(kept.world.project, "zh_Hans", BASE), make(kept.world.project, "en", BASE)
    assert again.path.read_bytes() == kept.path.read_bytes()
    assert b"Its steps" in apart(english.path)[names.INDEX]
    record = kept.kind("record")[0]
    assert apart(english.path)[record] == kept.files[record]


def test_each_file_changed_is_named(kept: Kept, there: Path) -> None:
    for name, data in kept.files.items():
        found, says = wrong(together({**kept.files, name: changed(data)}, there), bundles=False)
        named = {names.MANIFEST: (names.MANIFEST, names.SIGNATURE), names.SIGNATURE: (names.SIGNATURE,)}
        assert found in named.get(name, (name,)), (name, found, says)


def test_each_file_taken_out_or_put_in_is_named(kept: Kept, there: Path) -> None:
    for name in kept.files:
        files = {key: data for key, data in kept.files.items() if key != name}
        assert wrong(together(files, there))[0] == name
    for name in ("more.txt", "records/more/record.json", "photos/more.jpg"):
        assert wrong(together({**kept.files, name: b"{}"}, there)) == (
            name,
            "is not on the list: somebody put it in",
        )


def test_two_files_of_a_kind_swapped_are_named(kept: Kept, there: Path) -> None:
    one, two = kept.kind("photo")[:2]
    files = {**kept.files, one: kept.files[two], two: kept.files[one]}
    assert wrong(together(files, there))[0] == one
    assert wrong(together(files, there, listed=True))[0] == names.SIGNATURE


def test_a_list_written_anew_is_not_signed_and_one_signed_by_another_is_not_trusted(kept: Kept, there: Path) -> None:
    notice = kept.kind("notice")[0]
    files = {**kept.files, notice: b"%PDF-1.4 another"}
    assert wrong(together(files, there, listed=True))[0] == names.SIGNATURE
    assert "is signs another" not in wrong(together(files, there, listed=True))[1]
    liar = Signer(kept.own.key.name, b"\7" * 32)
    files = with_json(files, names.MANIFEST, key=str(liar.key), keys=[liar.key.public.hex()])
    path = together(files, there, signer=liar)
    with kept.world.here():
        assert "has never had" in wrong(path, known=known_keys)[1]
    assert "another key than the one you gave" in wrong(path, key=str(kept.own.key))[1]
    # Where nothing is known of the community, the log's own checkpoint still is signed by somebody else.
    assert wrong(path)[0] == names.CHECKPOINT
    assert wrong(kept.path, key=kept.own.key.public.hex()) == ("", "")


def test_the_signature_of_another_thing_is_none(kept: Kept, there: Path) -> None:
    checkpoint = kept.files[names.CHECKPOINT]
    assert wrong(together({**kept.files, names.SIGNATURE: checkpoint}, there))[0] == names.SIGNATURE
    other = kept.own.sign(names.signed_text(kept.own.key.name, "0" * 16, kept.files[names.MANIFEST]))
    assert wrong(together({**kept.files, names.SIGNATURE: other.encode()}, there))[0] == names.SIGNATURE


def test_whoever_holds_the_key_is_caught_by_the_log(kept: Kept, there: Path) -> None:
    record = kept.kind("record")[0]
    body = json.loads(kept.files[record])
    forged = canon({**body, "closed_by": "别人"})
    files = {**kept.files, record: forged}
    assert wrong(together(files, there, signer=kept.own))[0] == record
    facts = json.loads(kept.files[names.PROJECT])
    facts["records"][0]["sha256"] = sha256_hex(forged)
    files[names.PROJECT] = canon(facts)
    found, says = wrong(together(files, there, signer=kept.own))
    assert (found, says) == (kept.kind("inclusion")[0], "tells of another record, or of another checkpoint")
    way = kept.kind("inclusion")[0]
    entry = kept.files[way].replace(json.loads(kept.files[names.PROJECT])["records"][0]["sha256"].encode(), b"0" * 64)
    assert wrong(together({**kept.files, way: entry}, there, signer=kept.own))[0] == way
    for name in (names.CHECKPOINT, names.KEY, names.METHOD):
        assert wrong(together({**kept.files, name: b"x"}, there, signer=kept.own))[0] == name
    for name, values in (("community", {}), ("format", "x"), ("records", [])):
        files = with_json(kept.files, names.PROJECT, **{name: values})
        assert wrong(together(files, there, signer=kept.own))[0] in (names.PROJECT, record)
    assert wrong(together({**kept.files, record: b"[" * 100_000}, there, signer=kept.own))[0] == record


def test_a_vote_that_was_tampered_with_is_named_by_its_own_check(kept: Kept, there: Path) -> None:
    [name] = kept.kind("bundle")
    with zipfile.ZipFile(io.BytesIO(kept.files[name])) as inner:
        parts = {item: inner.read(item) for item in inner.namelist()}

    def with_bundle(files: Files) -> Path:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for item, data in files.items():
                archive.writestr(item, data)
        return together({**kept.files, name: out.getvalue()}, there, signer=kept.own)

    assert wrong(with_bundle(parts)) == ("", "")
    found, says = wrong(with_bundle({**parts, "ballots.jsonl": parts["ballots.jsonl"][:-1]}))
    assert (found, says.partition(":")[0]) == (name, "The files of the bundle")
    assert wrong(with_bundle({**parts, "log.jsonl": b"\0" * (40 << 20)}))[0] == name  # swells
    assert wrong(together({**kept.files, name: b"no zip"}, there, signer=kept.own))[0] == name


def test_a_key_that_the_log_had_before_is_still_the_logs(kept: Kept) -> None:
    assert wrong(kept.path, known=lambda _origin: [kept.own.key.public.hex(), "0" * 64]) == ("", "")
    assert "has never had" in wrong(kept.path, known=lambda _origin: ["0" * 64])[1]


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "/etc/passwd", "a/../../b", "a\\b", "C:/x", ".hidden", "a//b", "a/./b", "看.txt", "x" * 201, "a/"],
)
def test_a_name_that_leads_outside_is_refused(kept: Kept, there: Path, name: str) -> None:
    found, says = wrong(together({**kept.files, name: b""}, there))
    assert "lead outside" in says or "not on the list" in says
    assert found


def test_an_archive_that_swells_repeats_hides_or_was_cut_is_refused(
    kept: Kept, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "swell" in wrong(together({**kept.files, "photos/big.jpg": b"\0" * (40 << 20)}, there))[1]
    whole = kept.path.read_bytes()
    for data, says in (
        (whole[: len(whole) // 2], "not a zip archive"),
        (b"", "not a zip archive"),
        (b"#!/bin/sh\n" + whole, "something lies between"),
        (whole + b"more", ""),
        (whole[:-2] + b"\x05\x00hello", "after the last file"),
    ):
        there.write_bytes(data)
        assert says in wrong(there)[1]
        assert wrong(there) != ("", "")
    out = io.BytesIO(whole)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as appended:
        appended.writestr(names.INDEX, b"another")
    there.write_bytes(out.getvalue())
    assert wrong(there) == (names.INDEX, "is there twice")
    together(kept.files, there)
    with zipfile.ZipFile(there, "a") as linked:
        info = zipfile.ZipInfo("photos/link.jpg", names.FIXED)
        info.external_attr = 0o120777 << 16
        linked.writestr(info, "/etc/passwd")
    assert "is a link" in wrong(there)[1]
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    assert "no dossier has more" in wrong(kept.path)[1]


def test_bytes_between_the_files_are_found(kept: Kept, there: Path) -> None:
    """Every byte of the archive belongs to a file on the list, or to a head that says nothing else."""
    whole = kept.path.read_bytes()
    with zipfile.ZipFile(kept.path) as opened:
        starts = [info.header_offset for info in opened.infolist()][:3]
        directory = opened.start_dir
    places = {at + offset for at in starts for offset in (0, 4, 6, 8, 10, 14, 18, 26, 30)}
    places |= {directory + offset for offset in (0, 10, 12, 16, 20, 38, 42, 46)} | {len(whole) - 22, len(whole) - 6}
    unseen = []
    for at in sorted(places):
        there.write_bytes(changed(whole, at))
        if wrong(there, bundles=False) == ("", ""):
            unseen.append(at)
    assert unseen == []
