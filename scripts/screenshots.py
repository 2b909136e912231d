"""Pictures of the main pages of a running demonstration: ``screenshots.py FOLDER [BASE] [all]``.

Signs in with what var/demonstration.txt says. ``all`` takes every page at 390 and 1280 px in both languages; without
it, the few that the README shows.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}


def sign_ins(base: str) -> tuple[list[str], str]:
    """The households' codes and the staff's password of the demonstration."""
    text = (Path(sys.argv[4]) if len(sys.argv) > 4 else ROOT / "var" / "demonstration.txt").read_text(encoding="utf-8")
    codes = re.findall(r"^\s+([0-9A-Z]{5}-[0-9A-Z]{5})", text, re.M)
    password = re.search(r"password for all: (\S+)", text)
    assert password is not None, "no password in var/demonstration.txt"
    return codes, password[1]


def as_resident(page: Page, base: str, code: str) -> None:
    """Sign in with a household's code, as its first person."""
    page.goto(f"{base}/sign-in")
    page.fill("[name=code]", code)
    page.click("main form button[type=submit]")
    known = page.locator("main [name=person]")
    if known.count():
        known.first.check()
    else:
        page.fill("[name=name]", "小周")
    page.click("main form button[type=submit]")


def as_staff(page: Page, base: str, email: str, password: str) -> None:
    """Sign in with e-mail and password."""
    page.goto(f"{base}/sign-in/staff")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("main form button[type=submit]")


def first(page: Page, base: str, path: str, part: str, nth: int = 0) -> str:
    """The address of a link on a page, found by a part of it."""
    page.goto(base + path)
    links = page.locator(f"main a[href*='{part}']")
    return (links.nth(nth).get_attribute("href") or "/") if links.count() > nth else "/"


def pages(page: Page, base: str) -> dict[str, str]:
    """The main pages, found from the home page on as a reader would."""
    slug = "ziteng"
    home = f"/c/{slug}/"
    votes = first(page, base, "/", "/votes/")
    poll = first(page, base, votes, "/poll/")
    found = {
        "home": "/",
        "community": home,
        "poll": poll,
        "records": f"/c/{slug}/records",
        "communities": "/communities",
        "about": "/about",
        "help": "/help",
        "protection": "/protection",
        "sign-in": "/sign-in",
        "town": "/town",
    }
    found["record"] = first(page, base, f"/c/{slug}/records", "/record/")
    page.goto(base + home)
    projects = list(
        dict.fromkeys(a.get_attribute("href") or "" for a in page.locator("main a[href*='/project/']").all())
    )
    for n, href in enumerate(projects[:8]):
        found[f"project-{n}"] = href
        page.goto(base + href)
        for kind in ("talk", "proposals", "register", "notice", "votes", "step"):
            link = page.locator(f"main a[href*='/{kind}/']")
            if link.count() and f"{kind}" not in found:
                found[kind] = link.first.get_attribute("href") or ""
    if "proposals" in found:
        found["proposal"] = first(page, base, found["proposals"], "/proposal/")
    for href in projects:
        votes = first(page, base, f"{href}/step/plan", "/votes/")
        results = first(page, base, votes, "/result") if votes != "/" else "/"
        if results != "/":
            found["result"] = results
    return found


STAFF_PAGES = {
    "console": "/c/ziteng/console",
    "roll": "/c/ziteng/roll",
    "desk": "/c/ziteng/desk?find=5-403",
    "people": "/c/ziteng/people",
    "new-project": "/c/ziteng/project/new",
    "moderation": "/c/ziteng/moderation",
    "owners": "/c/ziteng/owners",
    "settings": "/c/ziteng/settings",
}
ADMIN_PAGES = {"admin": "/admin", "methods": "/admin/methods", "new-community": "/admin/communities/new"}
RESIDENT_PAGES = {"me": "/me", "messages": "/me/messages", "devices": "/me/devices"}


def shoot(
    browser: Browser, base: str, folder: Path, wanted: dict[str, str], state: object, lang: str, size: str, whole: bool
) -> None:
    """Take each page, or what one sees of it first, at one width in one language."""
    context = browser.new_context(viewport=SIZES[size], storage_state=state)  # type: ignore[arg-type]
    context.add_cookies([{"name": "lang", "value": lang, "url": base}])
    page = context.new_page()
    for name, path in wanted.items():
        page.goto(base + path)
        page.screenshot(path=folder / f"{name}-{size}-{lang}.png", full_page=whole)
    context.close()


def main() -> None:
    """Sign in, find the pages, take the pictures."""
    folder = Path(sys.argv[1])
    base = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000"
    everything = len(sys.argv) > 3 and sys.argv[3] == "all"
    folder.mkdir(parents=True, exist_ok=True)
    codes, password = sign_ins(base)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        states = {}
        for who in ("nobody", "resident", "lead", "town"):
            context = browser.new_context()
            page = context.new_page()
            if who == "resident":
                as_resident(page, base, codes[0])
            elif who != "nobody":
                as_staff(page, base, "chen@qingxi.example" if who == "lead" else "ding@qingxi.example", password)
            states[who] = context.storage_state()
            if who == "resident":
                public = pages(page, base)
            context.close()
        sets = {"nobody": public, "resident": {**RESIDENT_PAGES, "my-poll": public["poll"]}}
        if everything:
            sets |= {"lead": STAFF_PAGES | {"lead-project": public["project-0"]}, "town": ADMIN_PAGES}
        else:
            sets = {
                "nobody": {key: public[key] for key in ("home", "project-0", "record", "result") if key in public},
                "resident": {"ballot": public["poll"]},
                "lead": {"console": STAFF_PAGES["console"]},
            }
        for who, wanted in sets.items():
            for lang in ("zh_Hans", "en"):
                for size in SIZES:
                    shoot(browser, base, folder, wanted, states[who], lang, size, everything)
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main()
