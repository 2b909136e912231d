"""Those who walk a journey, each in a browser of their own, and what they know how to do there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

from PIL import Image

from app.core.clock import DAY
from app.core.i18n import at_local, local_date
from app.people.commands import setup_town
from tests.browser.conftest import Reader, Site

EMAIL, PASSWORD = "chen@example.org", "three words in a row"
ROLL = "楼号,室号,户主,建筑面积,居住情况\n" + "".join(
    f"{building}号楼,{room},{name},{area},自住\n"
    for building, room, name, area in (
        ("5", "101", "张桂芳", "89.50"),
        ("5", "102", "李国华", "62.18"),
        ("5", "201", "王小红", "73.45"),
        ("6", "101", "赵永康", "98.74"),
        ("6", "102", "周雅琴", "56.32"),
        ("6", "201", "吴文斌", "112.06"),
    )
)


def drawing() -> bytes:
    """A small picture to upload."""
    out = BytesIO()
    Image.new("RGB", (640, 400), "#cfe3c0").save(out, "JPEG")
    return out.getvalue()


@dataclass
class Cast:
    """The facilitator and the residents of a journey, in one language, with or without scripts."""

    site: Site
    lang: str
    scripts: bool
    lead: Reader = field(init=False)
    residents: dict[str, Reader] = field(default_factory=dict)
    project: str = ""

    def __post_init__(self) -> None:
        with self.site.app.app_context():
            from app.cli import store_shipped_methods

            setup_town("清溪镇", "ziteng", "紫藤里", EMAIL, "陈老师", PASSWORD)
            store_shipped_methods()
        self.lead = self.site.reader(self.lang, scripts=self.scripts)
        self.sign_lead_in()

    def sign_lead_in(self) -> None:
        """The facilitator signs in by e-mail; a session of the staff lasts half a day."""
        self.lead.page.context.clear_cookies(name="qiding")
        self.lead.go("/sign-in/staff")
        self.lead.fill(email=EMAIL, password=PASSWORD)
        self.lead.send()
        assert self.lead.path() == "/me"

    def later(self, days: float) -> None:
        """Let days go by."""
        self.site.clock.advance(int(days * DAY))
        self.site.run_jobs()
        self.sign_lead_in()

    def day(self, days: int) -> str:
        """A day from now as a date field takes it."""
        with self.site.app.app_context():
            return (local_date(self.site.clock.now()) + timedelta(days=days)).isoformat()

    def at_hour(self, days: int, hour: int) -> None:
        """Let the clock stand at an hour of a day from now."""
        with self.site.app.app_context():
            self.site.clock.set(at_local(local_date(self.site.clock.now()) + timedelta(days=days), hour))
        self.site.run_jobs()
        self.sign_lead_in()

    def import_roll(self) -> None:
        """Bring in the property company's file, look at it, confirm it."""
        lead = self.lead
        lead.go("/c/ziteng/roll")
        lead.page.set_input_files(
            "[name=file]", {"name": "名册.csv", "mimeType": "text/csv", "buffer": ROLL.encode("gb18030")}
        )
        lead.send()
        self.site.run_jobs()
        lead.go(lead.path())
        assert "6" in lead.page.locator(".tiles").inner_text()
        lead.send()
        assert lead.path() == "/c/ziteng/roll"

    def hand_out_slips(self) -> dict[str, str]:
        """Make slips and read them: the code of each household by building and room."""
        lead = self.lead
        lead.go("/c/ziteng/desk")
        lead.send("form[action$='/desk/codes'] button", at=0)
        slips = lead.page.locator(".stub").all_inner_texts()
        codes = {}
        for slip in slips:
            found = re.search(r"(\d)\D+(\d{3}).*?([0-9A-Z]{5}-[0-9A-Z]{5})", slip, re.S)
            assert found, slip
            codes[f"{found[1]}-{found[2]}"] = found[3]
        assert len(codes) == 6
        return codes

    def move_in(self, name: str, code: str) -> Reader:
        """A resident signs in with the code on the slip."""
        reader = self.site.reader(self.lang, scripts=self.scripts, axe=False)
        reader.go("/sign-in")
        reader.fill(code=code.lower())
        reader.send()
        assert reader.path() == "/sign-in/who"
        reader.fill(name=name)
        reader.send()
        assert reader.path() == "/me"
        self.residents[name] = reader
        return reader

    def start_project(self) -> None:
        """The facilitator starts a project by the seven steps."""
        lead = self.lead
        lead.go("/c/ziteng/console")
        lead.follow("/project/new")
        lead.fill(title="空中花园", place="5、6号楼之间二层平台", summary="把闲置的平台变成大家的花园。")
        lead.page.locator("label", has_text="四环三段七定" if self.lang == "zh_Hans" else "Four rings").click()
        lead.send()
        assert "/project/" in lead.path()
        self.project = lead.path()

    def activity(self, reader: Reader, kind: str, nth: int = 0) -> None:
        """Go to an activity of the open step, by the beginning of its address."""
        reader.go(self.project)
        links = reader.page.locator(f"main .rows a[href*='/c/ziteng/{kind}/']")
        reader.go(links.nth(nth).get_attribute("href") or "")

    def enter(self, section: str, nth: int = 0, /, *, reader: Reader | None = None, **values: str) -> None:
        """Add an entry to the register that stands at a place among those of the step."""
        reader = reader or self.lead
        self.activity(reader, "register", nth)
        reader.follow(f"/{section}/add")
        reader.fill(**values)
        reader.send()
        assert "/register/" in reader.path()

    def say(self, name: str, text: str, kind: str, nth: int = 0) -> None:
        """A resident says something in a discussion."""
        reader = self.residents[name]
        self.activity(reader, "talk", nth)
        reader.fill(kind=kind, text=text)
        reader.send()
        assert text in reader.page.content()

    def sign_off(self, note: str) -> None:
        """The facilitator answers the question of a gate."""
        self.lead.go(self.project)
        self.lead.follow("/sign-off")
        self.lead.fill(answer="yes", note=note)
        self.lead.send()

    def give_notice(self) -> None:
        """Write and post a public notice."""
        lead = self.lead
        self.activity(lead, "notice")
        lead.fill(title="公示", basis="议事会决定", text="以下内容公示七天，有异议请提出。")
        lead.send()
        lead.follow("/post")
        lead.send()

    def adopt(self) -> None:
        """Adopt what passed: who sees to it, what is to be done, when it is looked at again."""
        lead = self.lead
        self.activity(lead, "votes")
        lead.follow("/adopt")
        lead.fill(owner="张阿姨", tasks="按方案落实。", review=self.day(180))
        lead.send()
        assert lead.path().startswith("/c/ziteng/votes/")
        assert "张阿姨" in lead.page.locator("#outcome").locator("xpath=..").inner_text()

    def close_step(self, number: int) -> None:
        """Preview the record and seal the step; its record is there at once."""
        lead = self.lead
        lead.go(self.project)
        lead.follow("/close")
        lead.send()
        lead.go(self.project)
        assert lead.page.locator(".stone.done").count() == number, lead.page.locator(".gates").inner_text()
