"""Simple drawings of the places, made when the demonstration is loaded and received like anybody's photo."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from app.core.media import Upload, receive_photo

WIDTH, HEIGHT = 1440, 900
SKY, FAR, GROUND, JOINT = "#e9e9df", "#c9cdc1", "#c8bfae", "#b7ad9a"
WALLS, ROOFS, GLASS, LIT = ("#d8cdb6", "#cfc3ab"), ("#8d8371", "#857a67"), "#8d9a98", "#f3dda6"
GREENS = ("#0f4427", "#145a32", "#1f6e40", "#3c8453", "#5e9a62")
WOOD, WOOD_LIGHT, WOOD_DARK, IRON = "#7c5f43", "#95775a", "#63492f", "#5d564b"

Draw = ImageDraw.ImageDraw


def scenery(draw: Draw, dice: random.Random, *, dusk: bool = False) -> None:
    """The sky, two buildings at the sides, others far away, and the paved ground."""
    draw.rectangle((0, 0, WIDTH, HEIGHT), fill="#58616a" if dusk else SKY)
    for x, top in ((480, 240), (640, 190), (820, 260)):
        draw.rectangle((x, top, x + 150, 560), fill="#4d565c" if dusk else FAR)
    for side, (x0, x1) in enumerate(((-20, 370), (1050, 1460))):
        draw.rectangle((x0, 60 - 20 * side, x1, 560), fill="#6a675f" if dusk else WALLS[side])
        draw.rectangle((x0 - 10, 42 - 20 * side, x1 + 10, 62 - 20 * side), fill=ROOFS[side])
        for row in range(6):
            for x in range(x0 + 30, x1 - 60, 106):
                lit = dice.random() < (0.45 if dusk else 0.12)
                draw.rectangle((x, 84 + row * 80, x + 64, 128 + row * 80), fill=LIT if lit else GLASS)
    draw.polygon(((0, 900), (250, 540), (1190, 540), (1440, 900)), fill="#7d776b" if dusk else GROUND)
    draw.rectangle((0, 556, WIDTH, HEIGHT), fill="#7d776b" if dusk else GROUND)
    for y in (600, 670, 780):
        draw.line((0, y, WIDTH, y), fill="#6d675c" if dusk else JOINT, width=3)


def leaves(draw: Draw, dice: random.Random, x: int, y: int, width: int, height: int, n: int = 60) -> None:
    """A bush in a box."""
    for _ in range(n):
        cx, cy = x + dice.randrange(width), y + dice.randrange(height)
        rx, ry = dice.randint(14, 30), dice.randint(8, 16)
        draw.ellipse((cx - rx, cy - ry, cx + rx, cy + ry), fill=dice.choice(GREENS))
    for _ in range(n // 8):
        cx, cy = x + dice.randrange(width), y + dice.randrange(height)
        draw.ellipse((cx - 6, cy - 6, cx + 6, cy + 6), fill=dice.choice(("#f6edd6", "#e3b65b", "#b9a6cf")))


def tree(draw: Draw, dice: random.Random, x: int, y: int, size: int) -> None:
    """A tree that stands at (x, y)."""
    draw.rectangle((x - size // 14, y - size, x + size // 14, y), fill=WOOD_DARK)
    leaves(draw, dice, x - size // 2, y - size - size // 2, size, size * 3 // 4, size * size // 500)


def bench_at(draw: Draw, x: int, y: int, width: int) -> None:
    """A bench with a back."""
    for k in range(3):
        draw.rectangle((x, y - 80 + k * 22, x + width, y - 66 + k * 22), fill=WOOD_LIGHT)
    draw.rectangle((x - 8, y, x + width + 8, y + 18), fill=WOOD)
    for leg in (x + 12, x + width - 26):
        draw.rectangle((leg, y + 18, leg + 14, y + 72), fill=IRON)


def pergola(draw: Draw, dice: random.Random, x: int, width: int) -> None:
    """A pergola with wisteria on it."""
    for k in range(4):
        px = x + k * width // 3
        draw.rectangle((px, 330, px + 22, 690), fill=WOOD)
    draw.rectangle((x - 40, 316, x + width + 60, 340), fill=WOOD_DARK)
    leaves(draw, dice, x - 30, 290, width + 60, 70, 110)
    for _ in range(22):
        cx, top = x + dice.randrange(width), 350 + dice.randrange(30)
        for k in range(6):
            r = 13 - 2 * k
            draw.ellipse((cx - r, top + k * 15, cx + r, top + k * 15 + 18), fill=dice.choice(("#8f7fb4", "#b9a6cf")))


def beds(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    pergola(draw, dice, 330, 420)
    for x, y, width in ((60, 700, 520), (860, 700, 520), (420, 790, 600)):
        leaves(draw, dice, x + 20, y - 70, width - 40, 70)
        draw.rectangle((x, y, x + width, y + 74), fill="#a4937c")
        for k in range(x, x + width, 60):
            draw.line((k, y, k, y + 74), fill="#8d7d68", width=3)


def boxes(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    pergola(draw, dice, 330, 420)
    for x, y in ((70, 700), (330, 760), (610, 730), (890, 770), (1150, 700)):
        leaves(draw, dice, x + 14, y - 70, 180, 70, 46)
        draw.rectangle((x, y, x + 210, y + 90), fill=WOOD)
        draw.rectangle((x, y, x + 210, y + 16), fill=WOOD_LIGHT)
        for k in (x + 70, x + 140):
            draw.line((k, y + 16, k, y + 90), fill=WOOD_DARK, width=4)
        for wheel in (x + 30, x + 180):
            draw.ellipse((wheel - 16, y + 84, wheel + 16, y + 116), fill=IRON)


def bench(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    tree(draw, dice, 300, 700, 260)
    for x, y in ((420, 690), (800, 690), (590, 800)):
        bench_at(draw, x, y, 260)


def lights(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice, dusk=True)
    pergola(draw, dice, 470, 460)
    for x, y in ((400, 610), (340, 690), (270, 790), (1010, 610), (1080, 690), (1160, 790)):
        draw.ellipse((x - 90, y + 20, x + 90, y + 70), fill="#c9b06f")
        draw.ellipse((x - 46, y + 30, x + 46, y + 60), fill=LIT)
        draw.rectangle((x - 10, y - 30, x + 10, y + 44), fill="#2f2c27")
    bench_at(draw, 590, 700, 260)


def racks(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    tree(draw, dice, 1180, 720, 240)
    for x in (180, 660):
        for px in (x, x + 380):
            draw.rectangle((px, 420, px + 16, 760), fill=IRON)
        draw.rectangle((x, 430, x + 396, 440), fill=IRON)
        for k, colour in enumerate(("#b5532f", "#e3b65b", "#6f8aa3", "#efe8d9")):
            left = x + 30 + k * 88
            draw.rectangle((left, 440, left + 76, 600 + dice.randrange(60)), fill=colour)
    bench_at(draw, 570, 800, 240)


def canopy(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    draw.rectangle((480, 400, 980, 720), fill="#b9ae98")
    for k, colour in enumerate(("#4f6f52", "#6b6357", "#7f5a45", "#56697c")):
        draw.rectangle((520 + k * 110, 520, 600 + k * 110, 660), fill="#4a443b")
        draw.rectangle((540 + k * 110, 660, 620 + k * 110, 780), fill=colour)
    draw.polygon(((430, 380), (1030, 380), (1110, 470), (350, 470)), fill="#dfe8e4", outline=IRON, width=8)
    for x in (480, 980):
        draw.line((x, 380, x + (70 if x > 700 else -70), 466), fill=IRON, width=8)
    for _ in range(70):
        x, y = dice.randrange(WIDTH), dice.randrange(60, 860)
        if not (340 < x < 1120 and y > 360):
            draw.line((x, y, x - 8, y + 36), fill="#9fb0b4", width=3)


def tables(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    for x, size in ((320, 330), (760, 380), (1150, 320)):
        tree(draw, dice, x, 680, size)
    for x in (430, 850):
        draw.rectangle((x + 80, 720, x + 130, 810), fill="#8f8c84")
        draw.ellipse((x, 680, x + 210, 760), fill="#b5b2a8")
        for seat in (x - 90, x + 230):
            draw.rectangle((seat, 750, seat + 70, 820), fill="#9d9a91")
            draw.ellipse((seat - 4, 734, seat + 74, 766), fill="#b5b2a8")
    for k in range(5):
        draw.line((470 + k * 32, 700, 470 + k * 32, 740), fill="#6d675c", width=2)


def sandpit(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    draw.ellipse((330, 640, 1110, 850), fill="#ead9b0", outline=JOINT, width=10)
    draw.polygon(((560, 470), (600, 470), (860, 760), (800, 770)), fill="#b5532f")
    for x in (552, 640):
        draw.rectangle((x, 470, x + 14, 740), fill=IRON)
    draw.rectangle((530, 462, 662, 478), fill="#e3b65b")
    draw.ellipse((1180, 90, 1330, 240), fill="#f0cd74")


def shed(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    draw.polygon(((180, 440), (1260, 400), (1300, 450), (160, 500)), fill="#6f8a7a")
    for x in (220, 560, 900, 1230):
        draw.rectangle((x, 460, x + 18, 760), fill=IRON)
    for k in range(9):
        x = 260 + k * 108
        colour = dice.choice(("#b5532f", "#56697c", "#4f6f52", "#211e1a", "#e3b65b"))
        for wheel in (x, x + 72):
            draw.ellipse((wheel - 30, 700, wheel + 30, 760), outline="#211e1a", width=8)
        draw.line((x, 730, x + 26, 660, x + 60, 690, x + 72, 730), fill=colour, width=14)
        draw.line((x + 56, 690, x + 66, 630, x + 84, 626), fill="#211e1a", width=8)


def lift(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    draw.rectangle((340, 120, 1100, 700), fill="#d3c6ac")
    for row in range(6):
        for x in (380, 500, 890, 1010):
            lit = dice.random() < 0.2
            draw.rectangle((x, 150 + row * 90, x + 70, 200 + row * 90), fill=LIT if lit else GLASS)
    draw.rectangle((640, 70, 800, 700), fill="#c5d3d0", outline=IRON, width=8)
    for row in range(7):
        draw.line((640, 110 + row * 92, 800, 110 + row * 92), fill=IRON, width=5)
    draw.rectangle((660, 390, 780, 480), fill="#f6edd6", outline=IRON, width=5)
    draw.rectangle((660, 600, 780, 700), fill="#8d9a98")
    tree(draw, dice, 240, 740, 220)


def open_space(draw: Draw, dice: random.Random) -> None:
    scenery(draw, dice)
    for x in (150, 330, 980, 1180):
        draw.rounded_rectangle((x, 650, x + 150, 710), 24, fill=dice.choice(("#56697c", "#efe8d9", "#b5532f")))
        draw.rounded_rectangle((x + 24, 606, x + 124, 660), 20, fill="#c5d3d0")
        for wheel in (x + 34, x + 116):
            draw.ellipse((wheel - 20, 694, wheel + 20, 734), fill="#2f2c27")
    draw.ellipse((560, 690, 900, 840), fill="#d3cab8", outline=JOINT, width=8)
    for k in range(3):
        bench_at(draw, 590 + k * 100, 740, 60)


DRAWINGS: dict[str, Callable[[Draw, random.Random], None]] = {
    "beds": beds,
    "boxes": boxes,
    "bench": bench,
    "lights": lights,
    "racks": racks,
    "canopy": canopy,
    "tables": tables,
    "sandpit": sandpit,
    "shed": shed,
    "lift": lift,
    "open": open_space,
}


def draw_all() -> dict[str, Upload]:
    """Every drawing, received as a photo."""
    return {name: receive_photo(drawn(name)) for name in DRAWINGS}


def drawn(name: str) -> bytes:
    """A drawing as a JPEG, smoothed from twice its size."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    DRAWINGS[name](ImageDraw.Draw(image), random.Random(f"drawing of {name}"))
    sent = io.BytesIO()
    image.resize((WIDTH * 2 // 3, HEIGHT * 2 // 3), Image.Resampling.LANCZOS).save(sent, "JPEG", quality=88)
    return sent.getvalue()
