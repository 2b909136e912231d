"""Resolve the dependencies of setup.cfg into requirements/{run,town,test,dev}.txt, with hashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {
    "run": (),
    "town": ("postgresql", "redis", "metrics", "security"),
    "test": ("test", "postgresql"),
    "dev": ("test", "postgresql", "dev"),
}

for name, extras in EXTRAS.items():
    command = [
        *(str(Path(sys.executable).parent / "pip-compile"), "--quiet", "--strip-extras", "--generate-hashes"),
        *("--allow-unsafe", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--upgrade"),
        *(part for extra in extras for part in ("--extra", extra)),
        *("-o", f"requirements/{name}.txt", "setup.cfg"),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"requirements/{name}.txt")
