"""Which passwords are refused."""

from __future__ import annotations

from app.engine.phrase import Phrase, phrase

COMMON = frozenset(
    {
        "password",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "88888888",
        "66666666",
        "qwertyui",
        "qwerty123",
        "password1",
        "abcd1234",
        "a1234567",
        "iloveyou",
        "00000000",
        "woaini1314",
        "1qaz2wsx",
        "admin123",
        "passw0rd",
        "87654321",
        "xinjing123",
        "qiding123",
    }
)


def check_password(password: str) -> Phrase | None:
    """What is wrong with a password, if anything."""
    if "\0" in password:
        return phrase("This password has a character that can't be typed again.")
    if len(password) < 8:
        return phrase("Please use at least 8 characters.")
    if len(password) > 128:
        return phrase("Please use at most 128 characters.")
    if password.lower() in COMMON or len(set(password)) < 3:
        return phrase("This password is among the first that others would try. Choose another one.")
    return None
