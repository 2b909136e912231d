"""The child process that sets a form: JSON in, PDF out, within limits of memory and time.

Run as ``python -m app.printing.child``. What people wrote reaches typst as data only, never as part of a program.
"""

from __future__ import annotations

import json
import resource
import sys
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import typst

FORMS = Path(__file__).parent / "forms"
STANDARDS: typst.PDFStandards = ["a-2a", "ua-1"]  # archival, and readable aloud
MEMORY = 2 << 30
SECONDS = 30


def main() -> None:
    """Read what to set from stdin, write the PDF to stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    order = json.load(sys.stdin.buffer)
    # Only texts reach typst from outside, so a picture goes as the numbers of its bytes.
    pictures = {name: list(b64decode(file)) for name, file in order.get("pictures", {}).items()}
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[order["fonts"]])
    compiler = typst.Compiler(
        str(FORMS / f"{order['form']}.typ"),
        root=str(FORMS),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({**order["data"], "pictures": pictures}, ensure_ascii=False)},
    )
    made = datetime.fromtimestamp(order["at"] // 1000, UTC)
    pdf = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=made)
    assert isinstance(pdf, bytes)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        print(f"{type(error).__name__}: {str(error)[:2000]}", file=sys.stderr)
        sys.exit(1)
