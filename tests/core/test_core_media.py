"""Photos and documents: made safe, named by content, refused with a message when they can't be read."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.core import media
from app.core.database import db
from app.core.media import MOST_BYTES, Media, keep, name_upload, path_of, receive_document, receive_photo
from app.core.transaction import transaction
from app.engine.errors import Invalid, NotFound
from tests.core import pictures
from tests.core.pictures import HTML, PDF, SVG, long_gif, photo, telling_photo, telling_png, wide_png


@pytest.fixture
def here(app: Flask) -> Iterator[None]:
    """The application's context."""
    with app.app_context():
        yield


pytestmark = pytest.mark.usefixtures("here")


def files() -> set[str]:
    """All that is kept in the media folder."""
    folder = path_of("0" * 64).parent.parent
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def opened(sha256: str) -> Image.Image:
    """A kept picture, decoded."""
    return Image.open(io.BytesIO(media.read(sha256)))


def test_a_photo_is_turned_upright_and_tells_nothing() -> None:
    sent = telling_photo()
    assert b"Secret phone" in sent
    assert b"Secret words" in sent
    assert b"GPSLatitude" in sent
    upload = receive_photo(sent)
    assert (upload.kind, upload.mime, upload.width, upload.height) == ("photo", "image/jpeg", 400, 800)
    for sha256 in (upload.sha256, upload.small_sha256 or ""):
        picture = opened(sha256)
        assert picture.format == "JPEG"
        assert dict(picture.getexif()) == {}
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        kept = media.read(sha256)
        assert not any(word in kept for word in (b"Secret", b"GPS", b"Exif", b"xmpmeta"))


def test_a_png_is_a_jpeg_on_white_that_tells_nothing() -> None:
    upload = receive_photo(telling_png())
    kept = media.read(upload.sha256)
    assert kept.startswith(b"\xff\xd8\xff")
    assert b"Secret" not in kept
    red, green, blue = opened(upload.sha256).getpixel((150, 150))  # type: ignore[misc]
    assert abs(red - 127) < 6
    assert abs(green - 191) < 6
    assert abs(blue - 127) < 6


def test_a_photo_comes_in_two_sizes() -> None:
    upload = receive_photo(photo(4000, 1000, form="WEBP"))
    assert (upload.width, upload.height) == (1600, 400)
    assert opened(upload.sha256).size == (1600, 400)
    assert opened(upload.small_sha256 or "").size == (480, 120)
    assert upload.size == len(media.read(upload.sha256))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(photo()[:-200], id="cut short"),
        pytest.param(photo()[:20], id="only a head"),
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(4000), id="wrong magic"),
        pytest.param(SVG, id="svg"),
        pytest.param(HTML, id="html"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + HTML, id="html as png"),
        pytest.param(long_gif(10_000), id="endless gif"),
        pytest.param(photo(form="TIFF"), id="tiff"),
        pytest.param(photo(form="BMP"), id="bmp"),
        pytest.param(PDF, id="pdf"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_message(data: bytes) -> None:
    before = files()
    with pytest.raises(Invalid, match="Choose another one|JPEG, PNG or WebP"):
        receive_photo(data)
    assert files() == before


@pytest.mark.parametrize("side", [9_000, 50_000])
def test_a_picture_of_too_many_pixels_is_refused_before_it_bursts(side: int) -> None:
    bomb = wide_png(side)
    assert len(bomb) < MOST_BYTES
    start, before = time.monotonic(), files()
    with pytest.raises(Invalid, match="JPEG, PNG or WebP"):
        receive_photo(bomb)
    assert time.monotonic() - start < 10
    assert files() == before


def test_a_large_picture_of_allowed_pixels_is_taken() -> None:
    upload = receive_photo(wide_png(6_000))
    assert (upload.width, upload.height) == (1600, 1600)


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(Invalid, match="larger than 10 MB"):
        receive_photo(photo() + bytes(MOST_BYTES))
    with pytest.raises(Invalid, match="larger than 10 MB"):
        receive_document(PDF + bytes(MOST_BYTES), "a.pdf")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("章程.pdf", "章程.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\图纸.pdf", "图纸.pdf"),
        ("a.php.jpg", "a.php.jpg"),
        ("con", "con"),
        ("a\r\nSet-Cookie: b=c.pdf", "aSet-Cookie: b=c.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("fdp.\u202eexe", "fdp.exe"),
        ('"quoted".pdf', "quoted.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("", ""),
        ("..", ""),
        ("/", ""),
    ],
)
def test_the_name_of_a_document_is_tidied(sent: str, kept: str) -> None:
    upload = receive_document(PDF, sent)
    assert (upload.kind, upload.mime, upload.name) == ("document", "application/pdf", kept)
    assert path_of(upload.sha256).name == upload.sha256[2:]  # whatever it is called, its place is its content's


def test_a_photo_of_a_paper_is_a_document_too_and_other_files_are_none() -> None:
    assert receive_document(photo(), "paper.jpg").mime == "image/jpeg"
    for data in (HTML, SVG, b"MZ\x90\x00", b" %PDF-1.7"):
        with pytest.raises(Invalid):
            receive_document(data, "paper.pdf")


def test_files_are_named_by_their_content_and_kept_once() -> None:
    data = pictures.PDF + b"only here"
    sha256 = keep(data)
    before = files()
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert path_of(sha256).read_bytes() == data
    assert keep(data) == sha256
    assert files() == before
    assert media.read(sha256) == data
    with pytest.raises(NotFound):
        media.read("0" * 64)


def test_a_file_is_on_the_disk_before_it_is_named_and_its_name_falls_with_the_command() -> None:
    upload = receive_document(PDF, "章程.pdf")

    def fails() -> None:
        with transaction() as tx:
            name_upload(tx, upload, community_id=None, person_id=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert db.session.scalar(select(func.count()).select_from(Media)) == 0
    assert path_of(upload.sha256).exists()
    with transaction() as tx:
        row = name_upload(tx, upload, community_id=None, person_id=None, visibility="members")
        public_id = row.public_id
    found = media.find(public_id)
    assert (found.sha256, found.name, found.visibility, found.size) == (upload.sha256, "章程.pdf", "members", len(PDF))
    with pytest.raises(NotFound):
        media.find("NOTHERE")


def test_only_known_circles_may_see_a_file() -> None:
    upload = receive_document(PDF, "章程.pdf")
    with transaction() as tx, pytest.raises(ValueError, match="everybody"):
        name_upload(tx, upload, community_id=None, person_id=None, visibility="everybody")
