"""Codes and links that let people in: made at random, kept as HMACs only; what must be read again is sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from app.core.ids import tidy_code
from app.engine.canonical import encode32


def mac(purpose: str, secret: str) -> str:
    """The HMAC of a code under the application's secret; ``purpose`` keeps one kind from passing as another."""
    key: str = current_app.config["QIDING"].secret
    return hmac.new(key.encode(), f"{purpose}\0{secret}".encode(), hashlib.sha256).hexdigest()


def new_code() -> str:
    """A household's code: 50 random bits as XXXXX-XXXXX."""
    code = encode32(secrets.randbits(50), 10)
    return f"{code[:5]}-{code[5:]}"


def code_mac(typed: str) -> str:
    """The HMAC of a household's code as somebody typed it."""
    return mac("household", tidy_code(typed))


def new_digits() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def new_link() -> str:
    """The secret part of a link for staff: 192 random bits."""
    return secrets.token_urlsafe(24)


def _box() -> Fernet:
    key: str = current_app.config["QIDING"].secret
    derived = HKDF(SHA256(), 32, salt=None, info=b"qiding/second-factor/v1").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def sealed(text: str) -> str:
    """A secret as it is kept: encrypted under a key that comes from the application's secret, which no backup holds."""
    return _box().encrypt(text.encode()).decode()


def unsealed(kept: str) -> str | None:
    """What was sealed, or None when the application's secret is another one now."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        return None
