"""The child process that decodes a photo from outside, with limits on memory, time and pixels.

Run as ``python -m app.core.photo SOURCE FOLDER SIZES``; writes FOLDER/<name>.jpg for each size and prints the
width and height of the largest.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path

MOST_PIXELS = 60_000_000


def main(source: str, folder: str, sizes: str) -> None:
    """Decode, turn upright, scale and write as JPEG; exit with 1 when that can't be done."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (15, 15))
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(source, formats=["JPEG", "PNG", "WEBP"]) as opened:
        opened.load()
        upright = ImageOps.exif_transpose(opened)
    if upright.mode in ("RGBA", "LA", "P"):
        layer = upright.convert("RGBA")
        upright = Image.new("RGB", layer.size, "white")
        upright.paste(layer, mask=layer.getchannel("A"))
    picture = upright.convert("RGB")
    shape = (0, 0)
    for name, side in json.loads(sizes).items():
        copy = picture.copy()
        copy.thumbnail((side, side))
        copy.info.clear()
        copy.save(Path(folder) / f"{name}.jpg", "JPEG", quality=80, optimize=True)
        shape = max(shape, copy.size)
    print(json.dumps(shape))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:4])
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
        sys.exit(1)
