"""What people are told is what the program declares: the public page and both documents."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import ROOT
from app.core.i18n import force_locale, say
from app.privacy.document import LANGUAGES, document
from app.privacy.kept import keeps, kinds


def shape(text: str) -> list[str]:
    """Headings, rows of tables and points of a document, without their words."""
    return [re.match(r"#+|\||- |\d+\.", line)[0] for line in text.splitlines() if re.match(r"#+|\||- |\d+\.", line)]  # type: ignore[index]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_documents_say_what_the_program_declares(app: Flask, language: str) -> None:
    kept = (ROOT / "docs" / LANGUAGES[language]).read_text(encoding="utf-8")
    with app.test_request_context():
        assert kept == document(language), (
            f"run: flask --app wsgi privacy-notice {language} > docs/{LANGUAGES[language]}"
        )


def test_both_documents_have_one_shape(app: Flask) -> None:
    texts = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in LANGUAGES.values()]
    assert shape(texts[0]) == shape(texts[1])
    for text in texts:
        for keep in keys(app):
            assert f"`QIDING_KEEP_{keep.upper()}`" in text


def keys(app: Flask) -> list[str]:
    with app.app_context():
        return [keep.key for keep in keeps()]


def test_the_public_page_names_each_kind_and_is_linked_from_every_page(app: Flask, client: FlaskClient) -> None:
    client.set_cookie("lang", "en")
    page = client.get("/privacy").text
    with app.test_request_context(), force_locale("en"):
        for kind in kinds():
            assert say(kind.title) in page.replace("&#39;", "'")
        assert all(say(sentence) for kind in kinds() for sentence in (kind.what, kind.why, kind.how_long, kind.seen_by))
    assert 'href="/privacy"' in client.get("/about").text
