"""The signature check of the one-file program against RFC 8032's vectors, and against another implementation."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from app.proof.verify import L, ed25519
from tests.engine.laws import law

pytestmark = pytest.mark.pure

# RFC 8032, section 7.1: tests 1, 2 and 3.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(key: str, message: str, signature: str) -> None:
    public, said, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519(public, signed, said)
    assert not ed25519(public, signed, said + b"x")
    assert not ed25519(public[::-1], signed, said)
    # The same number plus the group's order is the same point; the RFC asks to refuse it.
    again = int.from_bytes(signed[32:], "little") + L
    assert not ed25519(public, signed[:32] + again.to_bytes(32, "little"), said)


@law
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.integers(0, 8 * 64 - 1))
def test_it_agrees_with_another_implementation(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519(public, signature, message)
    other = bytearray(signature)
    other[bit // 8] ^= 1 << bit % 8
    assert not ed25519(public, bytes(other), message)


def test_what_is_no_key_or_no_signature() -> None:
    public, signature = bytes.fromhex(VECTORS[0][0]), bytes.fromhex(VECTORS[0][2])
    for key in (b"", public[:31], b"\xff" * 32, bytes([2]) + bytes(31)):
        assert not ed25519(key, signature, b"")
    for signed in (b"", signature[:63], signature + b"x", bytes(64), b"\xff" * 64):
        assert not ed25519(public, signed, b"")
