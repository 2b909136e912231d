"""A passkey without a browser: it answers what a page asks as a browser's would, or as a thief's."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Passkey:
    """One key pair for one site. ``count`` rises with each signature, as a plugged-in key's does."""

    origin: str = "http://localhost"
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _about(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _sent(self, **response: bytes) -> str:
        made: dict[str, Any] = {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key"}
        return json.dumps({**made, "response": {name: _text(value) for name, value in response.items()}})

    def create(self, asked: str) -> str:
        """The answer to what a page asks in order to make this passkey."""
        options = json.loads(asked)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        data = self._about(options["rp"]["id"], 0x45)
        data += bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options["challenge"])
        return self._sent(clientDataJSON=said, attestationObject=attested)

    def get(self, asked: str) -> str:
        """The answer to what a page asks in order to know its person again."""
        options = json.loads(asked)
        self.count += 1
        data = self._about(options["rpId"], 0x05)
        said = self._said("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._sent(clientDataJSON=said, authenticatorData=data, signature=signed)
