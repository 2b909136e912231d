"""Templates: they compile, hold no style or script of their own, and no sentence that the catalogues don't know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "app" / "templates"
sys.path.insert(0, str(ROOT))

from app.config import Config  # noqa: E402
from app.factory import create_app  # noqa: E402

RULES = (
    (re.compile(r"<(script(?![^>]*\bsrc=)|style)\b"), "a script or style inside a page, which the policy forbids"),
    (re.compile(r"\s(style|on[a-z]+)=[\"']"), "an inline style or handler, which the policy forbids"),
    (re.compile(r"\|\s*safe\b"), "text marked safe"),
    (re.compile(r"target=[\"']_blank"), "a link that opens a window"),
    (re.compile(r"[\u4e00-\u9fff]"), "Chinese in a template, past the catalogues"),
)
BROKEN = re.compile(r"<p\b[^>]*>(?:(?!</p>).)*?(?:<form|post_button\()", re.S)  # a form ends the paragraph it stands in
PLAIN = re.compile(r">[^<>{}]*[A-Za-z]{3,}[^<>{}]*<")


def faults() -> list[str]:
    """One line for each fault."""
    found: list[str] = []
    environment = create_app(Config("sqlite:///unused.db", ROOT / "var", "check", testing=True)).jinja_env
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        source = path.read_text(encoding="utf-8")
        try:
            environment.compile(source, name)
        except Exception as error:
            found.append(f"{name}: {error}")
        for hit in BROKEN.finditer(source):
            found.append(f"{name}:{source.count(chr(10), 0, hit.end()) + 1}: a form within a paragraph")
        bare = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<pre\b.*?</pre>",
            lambda hit: "\n" * hit[0].count("\n"),
            source,
            flags=re.S,
        )
        for number, line in enumerate(bare.splitlines(), 1):
            found += [f"{name}:{number}: {what}" for rule, what in RULES if rule.search(line)]
            if PLAIN.search(re.sub(r"&[a-z]+;|SHA-256|\b(QR|CSV|JSON)\b", "", line)):
                found.append(f"{name}:{number}: words past the catalogues: {line.strip()[:80]}")
    return found


sentences = faults()
for sentence in sentences:
    print(sentence)
lint = [str(Path(sys.executable).parent / "djlint"), "app/templates", "--lint", "--quiet"]
done = subprocess.run(lint, cwd=ROOT, check=False, capture_output=True, text=True)
if done.returncode:
    print(done.stdout[-4000:], done.stderr[-2000:])
sys.exit(1 if sentences or done.returncode else 0)
