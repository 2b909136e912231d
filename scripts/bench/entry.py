"""How quick the entry desk is by keyboard: ``.venv/bin/python -m scripts.bench.entry [SHEETS] [FOLDER]``.

Types sheets (50) through in a browser, by keys alone: number, Enter, household, Enter, key of the choice, Enter. First one
person, then a second one, who types the same again; without any pause, so what is left of an hour is the reader's time. Prints
the seconds a sheet, and what 200 sheets an hour leave for taking up and reading one. FOLDER gets pictures of the pages.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import BrowserContext, sync_playwright
from werkzeug.serving import make_server

from app.config import Config
from app.core.clock import FixedClock
from app.factory import create_app
from app.paper import service
from tests.conftest import NOON
from tests.paper.desk import Desk, build_desk

HOUR = 3600


def make(folder: Path) -> Flask:
    """An application with an empty database of its own."""
    url = f"sqlite:///{folder / 'entry.db'}"
    config = Config(database_url=url, media_dir=folder, secret="for-this-run", environment="test", testing=True)
    app = create_app(config, FixedClock(NOON))
    with app.app_context():
        upgrade()
    return app


def signed_in(desk: Desk, context: BrowserContext, base: str, who: int) -> None:
    """Give a browser the session of one of the desk's staff."""
    client = desk.world.app.test_client()
    desk.world.sign_in(client, desk.staff[who])
    name = desk.world.app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    context.add_cookies([{"name": name, "value": cookie.value, "url": base}])


def type_through(context: BrowserContext, url: str, desk: Desk, sheets: int, rooms: list[str]) -> float:
    """Type all sheets once; the seconds it took."""
    page = context.new_page()
    page.goto(url)
    begun = time.perf_counter()
    for number in range(1, sheets + 1):
        _, digits, letter = desk.serial(number).split("-")
        keys = page.keyboard
        keys.type(f"{int(digits)}{letter.lower()}")
        keys.press("Enter")
        keys.type(rooms[number - 1])
        keys.press("Enter")
        keys.type("1" if number % 4 else "4")
        with page.expect_navigation(wait_until="domcontentloaded"):
            keys.press("Enter")
        if page.locator(".errs").count():
            raise SystemExit(f"sheet {number} was refused: {page.locator('.errs').inner_text()}")
        assert page.evaluate("document.activeElement.name") == "serial", "the focus isn't at the number"
    return time.perf_counter() - begun


def pictures(context: BrowserContext, base: str, desk: Desk, folder: Path, lang: str) -> None:
    """The desk's pages on a phone and on a desk."""
    root = f"/c/ziteng/poll/{desk.poll}/paper"
    context.add_cookies([{"name": "lang", "value": lang, "url": base}])
    for width in (360, 1280):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        for name in (
            "",
            "/entry",
            "/box",
            "/sheets",
            "/helped",
            "/helpers",
            "/sample",
            "/account",
            "/print?first=51&last=54&each=4",
        ):
            page.goto(f"{base}{root}{name}")
            page.screenshot(
                path=folder / f"{name.strip('/').split('?')[0] or 'desk'}-{width}-{lang}.png", full_page=True
            )


def main() -> None:
    """Build the place, type, print."""
    sheets = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    shots = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as name:
        app = make(Path(name))
        desk = build_desk(app, app.extensions["qiding.clock"], sheets_issued=0, households=sheets)
        rooms = [f"6-1-{1000 + 6 + n}" for n in range(sheets)]
        with desk.world.here():
            service.issue(desk.staff[0], desk.poll, count=sheets + 4)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        url = f"{base}/c/ziteng/poll/{desk.poll}/paper/entry"
        with sync_playwright() as run:
            browser = run.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for who, word in ((0, "first"), (1, "second")):
                context = browser.new_context()
                signed_in(desk, context, base, who)
                took = type_through(context, url, desk, sheets, rooms)
                each = took / sheets
                print(
                    f"{word} entry: {sheets} sheets in {took:.1f} s, {each:.2f} s each; "
                    f"200 an hour leave {HOUR / 200 - each:.1f} s for each sheet"
                )
                if who == 1 and shots is not None:
                    shots.mkdir(parents=True, exist_ok=True)
                    for lang in ("en", "zh_Hans"):
                        pictures(context, base, desk, shots, lang)
            browser.close()
        print(f"counted: {desk.account().valid} of {sheets}")
        server.shutdown()


if __name__ == "__main__":
    main()
