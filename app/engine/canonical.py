"""One way to write a value down, and the hashes made of it.

Canonical JSON here is equal to RFC 8785 for what it accepts: text in NFC, whole numbers within 2**53, no floats.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MOST = 2**53 - 1
# What is left to ``default`` after the check is a mapping that isn't a dict.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=dict)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u3000": None})


def canon(value: object) -> bytes:
    """``value`` as canonical JSON in UTF-8; ValueError, naming the place, for what has no one way to be written."""
    _check(value, "$")
    return _ENCODER.encode(value).encode()


def _check(value: object, place: str) -> None:
    if isinstance(value, str):
        check_text(value, place)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > MOST:
            raise ValueError(f"{place}: a whole number beyond 2**53")
    elif isinstance(value, (list, tuple)):
        for n, item in enumerate(value):
            _check(item, f"{place}[{n}]")
    elif isinstance(value, (dict, Mapping)):  # a dict is known at once, other mappings only by their class's bases
        for key, item in value.items():
            # ASCII keys sort the same by characters, by code units and by bytes.
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"{place}: the key {key!r} is not ASCII text")
            _check(item, f"{place}.{key}")
    else:
        raise ValueError(f"{place}: {type(value).__name__} has no canonical form")


def check_text(value: str, place: str) -> None:
    """ValueError, naming the place, for text that has no one way to be written."""
    if value.isascii():
        return
    if _SURROGATE.search(value):
        raise ValueError(f"{place}: a lone surrogate")
    if not unicodedata.is_normalized("NFC", value):
        raise ValueError(f"{place}: text that is not NFC")


def tagged(tag: str, *parts: bytes) -> bytes:
    """SHA-256 over a tag's hash and each part with its length (8 bytes, big-endian): no two lists of parts collide."""
    digest = hashlib.sha256(hashlib.sha256(tag.encode()).digest())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def text_hash(text: str) -> str:
    """The hash of a text people vote on; ValueError unless it is NFC."""
    check_text(text, "$")
    return tagged("qiding/text/v1", text.encode()).hex()


def commitment(ballot: Mapping[str, object], nonce: bytes) -> bytes:
    """What is published of a ballot before its content may be: 32 bytes that bind it, and hide it behind ``nonce``."""
    return tagged("qiding/ballot/v1", canon(ballot), nonce)


def opening(secret: bytes) -> bytes:
    """The nonce of a ballot's commitment, as it is published with its content: from the secret kept beside it."""
    return tagged("qiding/opening/v1", secret)


def channel_mark(channel: str, serial: str, helper: str, secret: bytes) -> str:
    """How a ballot came, bound in it and hidden: an opened one tells neither its sheet's number nor who helped."""
    inner = tagged("qiding/channel-nonce/v1", secret)
    return tagged("qiding/channel/v1", canon([channel, serial, helper]), inner).hex()


def encode32(number: int, length: int) -> str:
    """``number`` as ``length`` Crockford characters, most significant first."""
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(length - 1, -1, -1))


def receipt_code(bound: bytes) -> str:
    """The first 60 bits of a commitment as XXXX-XXXX-XXXX, for people to keep and compare."""
    code = encode32(int.from_bytes(bound[:8], "big") >> 4, 12)
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def parse_code(typed: str) -> str | None:
    """A receipt code as typed by hand in its written form; None when it can't be one."""
    code = typed.strip().upper().translate(_FORGIVEN)
    if len(code) != 12 or any(char not in ALPHABET for char in code):
        return None
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"
