"""Codes and links that let people in: made at random, kept as HMACs only."""

from __future__ import annotations

import hashlib
import hmac
import secrets

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
