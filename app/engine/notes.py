"""Signed notes after C2SP: a text, a blank line, and one line for each signature; a checkpoint is such a note.

A checkpoint's text has three lines: the log's origin, its size, and the root of its tree in base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.engine.canonical import tagged

ED25519 = b"\x01"
MOST = 1024 * 1024
MOST_SIGNATURES = 100
DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class BadNote(ValueError):
    """A note that isn't one, or that its key did not sign."""


@dataclass(frozen=True)
class Signature:
    """One signature line: whose key it says it is, by name and id, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Note:
    """A text, with its last newline, and the signatures under it; nothing is known of them before :func:`verify`."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Checkpoint:
    """The size and the root of a log at some moment."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name under which it signs."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before its signatures."""
        return tagged_id(self.name, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


class Signer:
    """A private key with the name under which it signs."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not _is_name(name):
            raise BadNote("a key's name has no spaces and no plus sign")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """``text`` as a note with this key's signature; it ends in a newline."""
        if not text.endswith("\n") or _CONTROL.search(text):
            raise BadNote("a note's text ends in a newline and has no other control characters")
        value = self._private.sign(text.encode())
        line = base64.b64encode(self.key.key_id + value).decode()
        return f"{text}\n{DASH}{self.key.name} {line}\n"


def tagged_id(name: str, public: bytes) -> bytes:
    """A key's id: the beginning of SHA-256 over its name, a newline, the kind of signature and the public key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def public_of(seed: bytes) -> bytes:
    """The public key of a private one."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def read_key(written: str) -> VerifierKey:
    """A public key as it is written: name+id+base64. BadNote when its parts don't belong together."""
    name, _, rest = written.partition("+")
    digits, _, encoded = rest.partition("+")
    data = _decode(encoded)
    if not _is_name(name) or len(data) != 33 or data[:1] != ED25519:
        raise BadNote("not a public key of this kind")
    key = VerifierKey(name, data[1:])
    if digits != key.key_id.hex():
        raise BadNote("the key's id is not that of its name and value")
    return key


def parse(note: str) -> Note:
    """A note's text and signatures; BadNote when it isn't written as one."""
    if len(note.encode(errors="replace")) > MOST or _CONTROL.search(note) or not note.endswith("\n"):
        raise BadNote("too long, or characters that a note can't have, or no newline at its end")
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines:
        raise BadNote("no signature")
    found = lines[:-1].split("\n")
    if len(found) > MOST_SIGNATURES:
        raise BadNote("too many signatures")
    return Note(text + "\n", tuple(_signature(line) for line in found))


def _signature(line: str) -> Signature:
    name, space, encoded = line[len(DASH) :].partition(" ")
    data = _decode(encoded)
    if not line.startswith(DASH) or not space or not _is_name(name) or len(data) < 5:
        raise BadNote("a signature line is a dash, a name and a signature in base64")
    return Signature(name, data[:4], data[4:])


def verify(note: str, key: VerifierKey) -> str:
    """The text of a note that ``key`` signed; BadNote otherwise. Lines of other keys are passed over."""
    parsed = parse(note)
    for signature in parsed.signatures:
        if (signature.name, signature.key_id) == (key.name, key.key_id):
            if not signed(key.public, signature.value, parsed.text.encode()):
                raise BadNote("the signature is not of this text")
            return parsed.text
    raise BadNote("no signature by this key")


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is that of ``message``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The text that a checkpoint's note signs."""
    if not checkpoint.origin or "\n" in checkpoint.origin:
        raise BadNote("an origin is one line")
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint from its text; lines beyond the third are left to those who know them."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or _SIZE.fullmatch(lines[1]) is None or "" in lines[2:-1]:
        raise BadNote("a checkpoint is an origin, a size and a root, each on a line")
    root = _decode(lines[2])
    if len(root) != 32:
        raise BadNote("a root is 32 bytes in base64")
    return Checkpoint(lines[0], int(lines[1]), root)


def rotation(origin: str, before: bytes, after: bytes) -> bytes:
    """What an old key signs when a new one takes its place."""
    return tagged("qiding/key-rotation/v1", origin.encode(), before, after)


def rotation_signature(seed: bytes, origin: str, after: bytes) -> bytes:
    """The old key's signature, from its seed, under the new key."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(rotation(origin, public_of(seed), after))


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def _decode(encoded: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == encoded else b""
