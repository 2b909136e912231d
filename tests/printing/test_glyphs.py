"""What is drawn on a printed sheet is what was written: each sign of the rasterised PDF beside the same sign of the font."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import pytest
from flask import Flask
from PIL import Image, ImageChops, ImageDraw, ImageFont

from app.core.i18n import init_i18n
from app.printing import fonts, words
from app.printing.paper import Paper, code, render

pdfium = pytest.importorskip("pypdfium2")
pytestmark = pytest.mark.pure
SCALE = 10  # 720 dots an inch
SIDE = 40  # of the square in which two signs are laid on each other
NEAR = 0.2  # as much as two drawings of one sign may differ, bold ones among them: 0 the same, 1 black on white
SAID = (
    "紫藤里的镕、堃、㛃三户和大家议定：加一张长椅，先试一年。",
    "未末己已巳戊戌戍土士干千鸟乌人入日曰侯候拔拨",
    "“两点”到《八点》——不放音乐；#import 1:12，¥38,600.50（含运费）",
)


@dataclass(frozen=True)
class Drawn:
    """A sign as the PDF's own words name it, and its picture."""

    sign: str
    picture: Image.Image


@pytest.fixture(scope="module")
def drawn() -> list[Drawn]:
    """The signs of a sheet, cut out of its first page one by one."""
    app = Flask("app")
    init_i18n(app)
    with app.test_request_context("/"):
        address = "https://example.org/c/ziteng/notice/1"
        data = {
            **{"head": "公示", "line": ["紫藤里", "2026年3月8日"], "heading": "加一张长椅"},
            "blocks": [{"b": "p", "runs": [[text, ""]]} for text in SAID],
            "sign": {"place": "盖章处", "by": "陈老师", "on": "2026年3月8日"},
            "verify": {"code": code(address), "alt": "码", "says": "扫码", "address": address, "lines": []},
        }
        made = render(Paper(form="sheet", title="公示：加一张长椅", at=1_772_942_400_000, data=data))
    return list(cut(made))


def cut(data: bytes) -> Iterator[Drawn]:
    """Every sign of the first page with its picture; blanks are left out."""
    document = pdfium.PdfDocument(data)
    page = document[0]
    picture = page.render(scale=SCALE, grayscale=True).to_pil()
    text = page.get_textpage()
    for at in range(text.count_chars()):
        sign = text.get_text_range(at, 1)
        left, bottom, right, top = text.get_charbox(at)
        if sign.strip() and right > left:
            height = picture.height
            box = (int(left * SCALE) - 1, int(height - top * SCALE) - 1, int(right * SCALE) + 2)
            yield Drawn(sign, picture.crop((*box, int(height - bottom * SCALE) + 2)))
    document.close()


def laid(picture: Image.Image) -> Image.Image | None:
    """The ink alone, in the middle of a square, at one size; None where there is none."""
    ink = ImageChops.invert(picture)
    box = ink.point(lambda dark: 255 if dark > 70 else 0).getbbox()
    if box is None:
        return None
    inside = ink.crop(box)
    side = max(inside.size)
    square = Image.new("L", (side, side), 0)
    square.paste(inside, ((side - inside.width) // 2, (side - inside.height) // 2))
    return square.resize((SIDE, SIDE), Image.Resampling.BOX)


@lru_cache(maxsize=2048)
def reference(sign: str, font: str) -> Image.Image | None:
    """The sign as the font has it, drawn by another program than the one that prints."""
    picture = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(picture).text((90, 50), sign, font=ImageFont.truetype(font, 200), fill=0)
    return laid(picture)


def apart(one: Image.Image, other: Image.Image) -> float:
    """How different two signs are: 0 the same, 1 black on white."""
    counts = ImageChops.difference(one, other).histogram()
    return sum(value * n for value, n in enumerate(counts)) / (255 * SIDE * SIDE)


def nearest(picture: Image.Image, sign: str) -> float:
    """How far a picture is from a sign, in the nearer of the faces."""
    found = [reference(sign, str(path)) for path in sorted(fonts.folder().glob("*.otf"))]
    return min(apart(picture, face) for face in found if face is not None)


def test_every_sign_on_the_sheet_is_drawn_as_the_font_has_it(drawn: list[Drawn]) -> None:
    said = "".join(item.sign for item in drawn)
    for line in SAID:
        assert line.replace(" ", "") in said, line
    far = []
    for item in drawn:
        picture = laid(item.picture)
        assert picture is not None, f"{item.sign} is blank"
        if (distance := nearest(picture, item.sign)) > NEAR:
            far.append((item.sign, round(distance, 3)))
    assert not far
    assert len(drawn) > 150


def test_a_sign_that_looks_much_like_another_is_told_apart(drawn: list[Drawn]) -> None:
    twins = ["未末", "己已", "已巳", "戊戌", "戌戍", "土士", "干千", "鸟乌", "人入", "日曰", "侯候", "拔拨"]
    first = {item.sign: laid(item.picture) for item in reversed(drawn)}
    for one, other in twins:
        for mine, its in ((one, other), (other, one)):
            picture = first[mine]
            assert picture is not None
            assert nearest(picture, mine) < nearest(picture, its), f"{mine} reads like {its}"
    assert words.SPACE not in first
    shown = [item for item in drawn if not item.sign.isascii() and item.sign.isalnum()]
    wrong = [nearest(first[item.sign], then.sign) > NEAR for item, then in zip(shown, shown[1:], strict=False)]
    assert sum(wrong) > 0.7 * len(wrong)  # any other sign in its place would be seen
