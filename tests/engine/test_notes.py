"""Signed notes against the example of their specification's first implementation, and against whoever would forge one."""

from __future__ import annotations

import base64

import pytest

from app.engine.notes import (
    BadNote,
    Checkpoint,
    Signer,
    checkpoint_text,
    parse,
    read_checkpoint,
    read_key,
    rotation,
    rotation_signature,
    signed,
    verify,
)

pytestmark = pytest.mark.pure

# The published example: a key, its seed, a text and the note made of them.
KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
NOTE = f"{TEXT}\n{LINE}\n"


def test_the_published_example() -> None:
    signer = Signer("PeterNeumann", SEED)
    assert str(signer.key) == KEY
    assert signer.sign(TEXT) == NOTE
    assert verify(NOTE, read_key(KEY)) == TEXT


@pytest.mark.parametrize("at", range(0, len(NOTE), 3))
def test_any_change_is_seen(at: int) -> None:
    other = NOTE[:at] + ("x" if NOTE[at] != "x" else "y") + NOTE[at + 1 :]
    with pytest.raises(BadNote):
        verify(other, read_key(KEY))


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        TEXT,
        TEXT + "\n",
        TEXT + LINE + "\n",
        f"{TEXT}\n{LINE}",
        f"{TEXT}\n{LINE}\n\n",
        f"{TEXT}\n- {LINE[2:]}\n",
        f"{TEXT}\n\u2014 Peter+Neumann {LINE.split()[2]}\n",
        f"{TEXT}\n\u2014 PeterNeumann AAAA\n",
        f"{TEXT}\n\u2014 PeterNeumann {LINE.split()[2]} \n",
        f"a\tb\n\n{LINE}\n",
        f"{TEXT}\n" + f"{LINE}\n" * 101,
    ],
)
def test_what_is_no_note(note: str) -> None:
    with pytest.raises(BadNote):
        parse(note)


def test_signatures_of_others_are_passed_over() -> None:
    other = Signer("witness.example", bytes(32)).sign(TEXT).split("\n")[-2]
    both = f"{TEXT}\n{other}\n{LINE}\n"
    assert verify(both, read_key(KEY)) == TEXT
    assert [item.name for item in parse(both).signatures] == ["witness.example", "PeterNeumann"]
    with pytest.raises(BadNote, match="no signature by this key"):
        verify(f"{TEXT}\n{other}\n", read_key(KEY))


@pytest.mark.parametrize(
    "key", ["", "PeterNeumann", KEY.replace("c74f", "c74e"), KEY.replace("Peter", "Paul"), KEY[:-4], "a+b+AAAA"]
)
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(BadNote):
        read_key(key)


def test_a_checkpoint_there_and_back() -> None:
    checkpoint = Checkpoint("qiding/c/0123456789ABCDEF", 8, bytes(range(32)))
    text = checkpoint_text(checkpoint)
    assert text.split("\n")[:2] == ["qiding/c/0123456789ABCDEF", "8"]
    assert read_checkpoint(text) == checkpoint
    assert read_checkpoint(text + "an extension\n") == checkpoint
    for bad in ("", "a\n", text.replace("\n8\n", "\n08\n"), text.replace("\n8\n", "\n-8\n"), text.replace("=", "")):
        with pytest.raises(BadNote):
            read_checkpoint(bad)
    with pytest.raises(BadNote):
        checkpoint_text(Checkpoint("two\nlines", 1, bytes(32)))


def test_a_new_key_is_signed_by_the_old_one_for_one_log_only() -> None:
    old, new = Signer("a", bytes(32)).key.public, Signer("a", bytes([1] * 32)).key.public
    signature = rotation_signature(bytes(32), "qiding/c/A", new)
    assert signed(old, signature, rotation("qiding/c/A", old, new))
    assert not signed(old, signature, rotation("qiding/c/B", old, new))
    assert not signed(new, signature, rotation("qiding/c/A", old, new))


@pytest.mark.parametrize("text", ["no newline", "a\tb\n", "a\x00b\n"])
def test_what_can_not_be_signed(text: str) -> None:
    with pytest.raises(BadNote):
        Signer("a", bytes(32)).sign(text)
    with pytest.raises(BadNote):
        Signer("a b", bytes(32))
