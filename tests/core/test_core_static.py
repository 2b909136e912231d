"""Static files: one address a content, kept for good, compressed where the browser can unpack it."""

from __future__ import annotations

import gzip
from pathlib import Path

from flask import Flask, url_for
from flask.testing import FlaskClient


def address(app: Flask, filename: str) -> str:
    """Where a page links a static file."""
    with app.test_request_context():
        return url_for("static", filename=filename)


def test_a_linked_file_is_kept_for_good_and_a_bare_address_is_not(app: Flask, client: FlaskClient) -> None:
    linked = address(app, "qiding.css")
    assert "?v=" in linked
    assert "immutable" in client.get(linked, buffered=True).headers["Cache-Control"]
    for other in ("/static/qiding.css", "/static/qiding.css?v=0123456789"):
        assert "immutable" not in client.get(other, buffered=True).headers.get("Cache-Control", "")


def test_styles_come_compressed_and_whole(app: Flask, client: FlaskClient) -> None:
    plain = client.get(address(app, "qiding.css"), headers={"Accept-Encoding": "identity"}, buffered=True)
    packed = client.get(address(app, "qiding.css"), headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == (Path(app.static_folder or "") / "qiding.css").read_bytes()
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_pictures_and_pages_of_one_reader_are_sent_as_they_are(app: Flask, client: FlaskClient) -> None:
    for path in (address(app, "og.png"), "/sign-in"):
        assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True).headers
    assert client.get("/static/nothing.css").status_code == 404
