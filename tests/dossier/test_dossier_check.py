"""The check of a dossier: a whole one holds; whatever is changed, put in, taken out or swapped is named."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.dossier import archive
from app.dossier import manifest as names
from app.dossier.check import check
from app.engine.canonical import canon, sha256_hex
from app.engine.notes import Signer
from tests.dossier.conftest import Sent
from tests.dossier.world import Files, apart, changed, together, with_json


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "other.zip"


def wrong(path: Path, **more: object) -> tuple[str, str]:
    """The file that a check names, and what it says of it."""
    found = check(path, **more).wrong  # type: ignore[arg-type]
    return (found.file, found.says) if found is not None else ("", "")


def test_a_dossier_holds_one_of_everything_and_nothing_of_what_is_not_public(sent: Sent) -> None:
    kinds = {item["kind"] for item in json.loads(sent.files[names.MANIFEST])["files"].values()}
    assert kinds >= {
        "record",
        "page",
        "sheet",
        "announcement",
        "bundle",
        "notice",
        "photo",
        "poster",
        "inclusion",
        "result",
        "table",
    }
    assert len(sent.kind("photo")) == 3  # neither the draft's, nor the one for members
    text = b"".join(data for name, data in sent.files.items() if name.endswith((".html", ".json", ".txt"))).decode()
    for private in ("张阿姨", "没交的", "chen@example.org"):
        assert private not in text
    assert "种植箱" in text


def test_a_whole_dossier_is_checked_in_plain_sentences(sent: Sent) -> None:
    report = check(sent.path, known=lambda _origin: sent.known)
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


def test_the_same_state_is_the_same_bytes_and_another_language_is_not(sent: Sent) -> None:
    assert sent.again == sent.path.read_bytes()
    assert b"Its steps" in sent.english[names.INDEX]
    record = sent.kind("record")[0]
    assert sent.english[record] == sent.files[record]


def test_a_link_in_the_dossier_leads_to_a_file_in_it_or_to_the_site(sent: Sent) -> None:
    for files in (sent.files, sent.english):
        pages = {name: data.decode() for name, data in files.items() if name.endswith(".html")}
        assert len(pages) == 2
        for name, page in pages.items():
            assert 'href="/' not in page
            assert 'src="http' not in page, "nothing is fetched when it opens"
            assert "<script" not in page
            for href in re.findall('(?:href|src)="([^"#]+)"', page):
                if not href.startswith("http"):
                    target = (Path("/") / name).parent.joinpath(href).resolve().relative_to("/")
                    assert str(target) in files, (name, href)
        leads = set(re.findall('href="([^"]+)"', pages["index.html"]))
        assert {name for name in files if name.split("/")[0] in ("votes", "notices", "photos", "bundles")} <= leads


def test_each_file_changed_is_named(sent: Sent, there: Path) -> None:
    for name, data in sent.files.items():
        # On the list one letter of a hash, so that its signature is what is wrong.
        at = data.index(b'"sha256":"') + 12 if name == names.MANIFEST else -1
        found, says = wrong(together({**sent.files, name: changed(data, at)}, there), bundles=False)
        assert found == (names.SIGNATURE if name == names.MANIFEST else name), (name, found, says)


def test_each_file_taken_out_or_put_in_is_named(sent: Sent, there: Path) -> None:
    for name in sent.files:
        files = {key: data for key, data in sent.files.items() if key != name}
        assert wrong(together(files, there))[0] == name
    for name in ("more.txt", "records/more/record.json", "photos/more.jpg"):
        assert wrong(together({**sent.files, name: b"{}"}, there)) == (
            name,
            "is not on the list: somebody put it in",
        )


def test_two_files_of_a_kind_swapped_are_named(sent: Sent, there: Path) -> None:
    one, two = sent.kind("photo")[:2]
    files = {**sent.files, one: sent.files[two], two: sent.files[one]}
    assert wrong(together(files, there))[0] == one
    assert wrong(together(files, there, listed=True))[0] == names.SIGNATURE


def test_a_list_written_anew_is_not_signed_and_one_signed_by_another_is_not_trusted(sent: Sent, there: Path) -> None:
    notice = sent.kind("notice")[0]
    files = {**sent.files, notice: b"%PDF-1.4 another"}
    assert wrong(together(files, there, listed=True))[0] == names.SIGNATURE
    assert "is signs another" not in wrong(together(files, there, listed=True))[1]
    liar = Signer(sent.own.key.name, b"\7" * 32)
    files = with_json(files, names.MANIFEST, key=str(liar.key), keys=[liar.key.public.hex()])
    path = together(files, there, signer=liar)
    assert "has never had" in wrong(path, known=lambda _origin: sent.known)[1]
    assert "another key than the one you gave" in wrong(path, key=str(sent.own.key))[1]
    # Where nothing is known of the community, the log's own checkpoint still is signed by somebody else.
    assert wrong(path)[0] == names.CHECKPOINT
    assert wrong(sent.path, key=sent.own.key.public.hex()) == ("", "")


def test_the_signature_of_another_thing_is_none(sent: Sent, there: Path) -> None:
    checkpoint = sent.files[names.CHECKPOINT]
    assert wrong(together({**sent.files, names.SIGNATURE: checkpoint}, there))[0] == names.SIGNATURE
    other = sent.own.sign(names.signed_text(sent.own.key.name, "0" * 16, sent.files[names.MANIFEST]))
    assert wrong(together({**sent.files, names.SIGNATURE: other.encode()}, there))[0] == names.SIGNATURE


def test_whoever_holds_the_key_is_caught_by_the_log(sent: Sent, there: Path) -> None:
    record = sent.kind("record")[0]
    saved = json.loads(sent.files[record])
    body = {**saved.get("body", saved), "closed_at": 5}
    forged = canon({**saved, "body": body, "sha256": sha256_hex(canon(body))} if "body" in saved else body)
    files = {**sent.files, record: forged}
    assert wrong(together(files, there, signer=sent.own))[0] == record
    facts = json.loads(sent.files[names.PROJECT])
    facts["records"][0]["sha256"] = sha256_hex(canon(body))
    files[names.PROJECT] = canon(facts)
    found, says = wrong(together(files, there, signer=sent.own))
    assert (found, says) == (sent.kind("inclusion")[0], "tells of another record, or of another checkpoint")
    way = sent.kind("inclusion")[0]
    published = json.loads(sent.files[names.PROJECT])["records"][0]["sha256"].encode()
    entry = sent.files[way].replace(published, sha256_hex(canon(body)).encode())
    found, says = wrong(together({**files, way: entry}, there, signer=sent.own))
    assert (found, says.partition(":")[0]) == (way, "doesn't lead to the root of the checkpoint")
    for name in (names.CHECKPOINT, names.KEY, names.METHOD):
        assert wrong(together({**sent.files, name: b"x"}, there, signer=sent.own))[0] == name
    for name, values in (("community", {}), ("format", "x"), ("records", [])):
        files = with_json(sent.files, names.PROJECT, **{name: values})
        assert wrong(together(files, there, signer=sent.own))[0] in (names.PROJECT, record)
    assert wrong(together({**sent.files, record: b"[" * 100_000}, there, signer=sent.own))[0] == record


def test_a_vote_that_was_tampered_with_is_named_by_its_own_check(sent: Sent, there: Path) -> None:
    [name] = sent.kind("bundle")
    with zipfile.ZipFile(io.BytesIO(sent.files[name])) as inner:
        parts = {item: inner.read(item) for item in inner.namelist()}

    def with_bundle(files: Files) -> Path:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for item, data in files.items():
                archive.writestr(item, data)
        return together({**sent.files, name: out.getvalue()}, there, signer=sent.own)

    assert wrong(with_bundle(parts)) == ("", "")
    found, says = wrong(with_bundle({**parts, "ballots.jsonl": parts["ballots.jsonl"][:-1]}))
    assert (found, says.partition(":")[0]) == (name, "The files of the bundle")
    assert wrong(with_bundle({**parts, "log.jsonl": b"\0" * (40 << 20)}))[0] == name  # swells
    assert wrong(together({**sent.files, name: b"no zip"}, there, signer=sent.own))[0] == name


def test_a_key_that_the_log_had_before_is_still_the_logs(sent: Sent) -> None:
    assert wrong(sent.path, known=lambda _origin: [sent.own.key.public.hex(), "0" * 64]) == ("", "")
    assert "has never had" in wrong(sent.path, known=lambda _origin: ["0" * 64])[1]


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "/etc/passwd", "a/../../b", "a\\b", "C:/x", ".hidden", "a//b", "a/./b", "看.txt", "x" * 201, "a/"],
)
def test_a_name_that_leads_outside_is_refused(sent: Sent, there: Path, name: str) -> None:
    found, says = wrong(together({**sent.files, name: b""}, there))
    assert "lead outside" in says or "not on the list" in says
    assert found


def test_an_archive_that_swells_repeats_hides_or_was_cut_is_refused(
    sent: Sent, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "swell" in wrong(together({**sent.files, "photos/big.jpg": b"\0" * (40 << 20)}, there))[1]
    whole = sent.path.read_bytes()
    for data, says in (
        (whole[: len(whole) // 2], ""),  # what ends it may be the end of a zip inside it
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
    together(sent.files, there)
    with zipfile.ZipFile(there, "a") as linked:
        info = zipfile.ZipInfo("photos/link.jpg", names.FIXED)
        info.external_attr = 0o120777 << 16
        linked.writestr(info, "/etc/passwd")
    assert "is a link" in wrong(there)[1]
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    assert "no dossier has more" in wrong(sent.path)[1]


def test_bytes_between_the_files_are_found(sent: Sent, there: Path) -> None:
    """Every byte of the archive belongs to a file on the list, or to a head that says nothing else."""
    whole = sent.path.read_bytes()
    with zipfile.ZipFile(sent.path) as opened:
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


def test_bytes_hidden_behind_a_packed_file_are_found(sent: Sent, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hiding:
        """Packs a file, and puts something behind it that whoever unpacks it never sees."""

        def __init__(self, *given: Any) -> None:
            self.real = pack(*given)

        def compress(self, data: bytes) -> bytes:
            return bytes(self.real.compress(data))

        def flush(self) -> bytes:
            return bytes(self.real.flush()) + b"hidden"

    pack = zipfile._get_compressor  # type: ignore[attr-defined]
    monkeypatch.setattr(zipfile, "_get_compressor", Hiding)
    path = together(sent.files, there)
    assert apart(path) == sent.files
    assert "can't be unpacked" in wrong(path)[1]
