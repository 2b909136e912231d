"""Pictures and papers as people send them, and as they should not."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, PngImagePlugin

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>31,14.5N</exif:GPSLatitude></x:xmpmeta>'


def photo(width: int = 800, height: int = 400, *, form: str = "JPEG", colour: str = "green") -> bytes:
    """A plain picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form)
    return out.getvalue()


def telling_photo() -> bytes:
    """A photo that lies on its side, and that tells where it was taken, in three ways."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it to the right
    exif[0x010F] = "Secret phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 14.0, 30.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    out = io.BytesIO()
    Image.new("RGB", (800, 400), "green").save(out, "JPEG", exif=exif, comment=b"Secret words", xmp=XMP)
    return out.getvalue()


def telling_png() -> bytes:
    """A PNG whose text chunks and EXIF tell who made it."""
    exif = Image.Exif()
    exif[0x010F] = "Secret phone"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "Secret words")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 128, 0, 128)).save(out, "PNG", exif=exif, pnginfo=text)
    return out.getvalue()


def wide_png(side: int) -> bytes:
    """A valid black PNG of ``side`` by ``side`` one-bit pixels, in few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    squeeze, row = zlib.compressobj(1), bytes(1 + (side + 7) // 8) * 100
    body = b"".join(squeeze.compress(row) for _ in range(side // 100)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def long_gif(frames: int) -> bytes:
    """An animated GIF of many tiny frames."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    return head + frame * frames + b"\x3b"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><title>x</title><script>alert(1)</script>"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
