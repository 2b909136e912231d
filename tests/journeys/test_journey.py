"""One project from an idea to a kept place, in a browser: in Chinese with scripts, in English without any."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.browser.conftest import Reader, Site
from tests.journeys.meetings import hold_a_hearing
from tests.journeys.people import Cast, drawing

TEXT = "一、建移动种植箱40只。\n二、概算38,600元，先试一年。"
CHANGED = TEXT + "\n三、开工前做48小时闭水试验，留出渗漏维修款6,000元。"
REASON = "种植箱压上去，防水层会坏，楼下三户去年就漏过水，修都没法修，请先做闭水试验。"


@pytest.mark.parametrize(("lang", "scripts"), [("zh_Hans", True), ("en", False)])
def test_a_project_walks_all_seven_steps(site: Site, lang: str, scripts: bool) -> None:
    people = Cast(site, lang, scripts)
    people.import_roll()
    codes = people.hand_out_slips()
    for name, room in (("张阿姨", "5-101"), ("李叔", "5-102"), ("小王", "5-201"), ("赵老师", "6-101")):
        people.move_in(name, codes[room])
    people.start_project()
    fix_the_topic(people)
    fix_the_team(people)
    fix_the_needs(people)
    fix_the_plan(people)
    fix_the_money(people)
    fix_the_delivery(people)
    fix_the_upkeep(people)
    look_back(people)


def propose(people: Cast, name: str, title: str, text: str, **more: str) -> str:
    """A resident writes a proposal, checks it and sends it; returns its address."""
    reader = people.residents[name]
    people.activity(reader, "proposals")
    reader.follow("/new")
    reader.fill(title=title, text=text, **more)
    if more:
        reader.page.set_input_files("[name=photo]", {"name": "图.jpg", "mimeType": "image/jpeg", "buffer": drawing()})
    reader.send()
    assert reader.path().endswith("/check")
    if not more:  # a tap on the plan sets the pin, with scripts and without
        reader.page.locator("input[type=image]").click(position={"x": 55, "y": 44})
        reader.page.wait_for_selector(".plan circle[cx='200'][cy='160']")
        reader.check()
    reader.send("main form button[type=submit]")
    assert title in reader.page.content()
    return reader.path()


def answer(people: Cast, proposal: str, status: str, reason: str) -> None:
    """The facilitator answers a proposal."""
    people.lead.go(proposal + "/answer")
    people.lead.fill(status=status, reason=reason)
    people.lead.send()


def fix_the_topic(people: Cast) -> None:
    """Two proposals, a support, answers with reasons, one chosen."""
    garden = propose(people, "张阿姨", "平台上种点花", "二层平台空了五年，大家一起种花，老人也有地方坐。")
    parking = propose(people, "小王", "平台改停车位", "小区最缺的是车位，平台能不能停车？")
    supporter = people.residents["李叔"]
    supporter.go(garden)
    supporter.send("form[action$='/support'] button")
    answer(people, parking, "declined", "平台承重不够停车，图纸已贴在议事角，谢谢您的提议。")
    answer(people, garden, "accepted", "是大家的事，地方也归全体业主，可以办。")
    people.lead.go(garden)
    people.lead.send("form[action$='/choose'] button")
    people.sign_off("居委会和业委会一起看过，地方是共有的。")
    people.close_step(1)


def fix_the_team(people: Cast) -> None:
    """A team with its interests declared, under notice for a week; a complaint answered."""
    people.say("赵老师", "我推荐张阿姨牵头，她认得每一家。", "suggestion")
    for name, ring, role in (
        ("陈老师", "lead", "主持"),
        ("张阿姨", "residents", "牵头"),
        ("林工", "experts", "规划师"),
    ):
        people.enter("members", name=name, ring=ring, role=role, conflict="none")
    people.give_notice()
    neighbour = people.residents["小王"]
    people.activity(neighbour, "notice")
    neighbour.follow("/complain")
    neighbour.fill(text="团队里没有租户，建议加一位租户代表。")
    neighbour.send()
    people.activity(people.lead, "notice")
    people.lead.follow("/answer")
    people.lead.fill(answer="已请小王作为租户代表列席，每次会议都通知。")
    people.lead.send()
    people.later(8)
    people.close_step(2)


def fix_the_needs(people: Cast) -> None:
    """Every building reached, a hearing whose minutes are confirmed."""
    people.say("李叔", "平台夏天太晒，先要有遮阴。", "concern")
    for building in ("5", "6"):
        people.enter("buildings", 0, building=building, screen="1", paper="1", door="1", by="楼组长")
    hold_a_hearing(people)
    people.close_step(3)


def announce(people: Cast, title: str, text: str, nth: int = 0) -> str:
    """Draft and announce a vote for the day after the day after tomorrow; returns the poll's address."""
    lead = people.lead
    people.activity(lead, "votes", nth)
    lead.fill(title=title, text=text)
    lead.send()
    lead.follow("/announce")
    lead.fill(opens=people.day(3), closes=people.day(10))
    lead.send()
    poll = lead.path()
    assert "/poll/" in poll, lead.page.locator("main").inner_text()
    people.at_hour(3, 9)
    return poll


def vote(people: Cast, name: str, poll: str, stance: str, **more: str) -> str:
    """Cast a ballot; returns the receipt's number."""
    reader = people.residents[name]
    reader.go(poll)
    if not people.scripts:  # the reasons stand open below the choice either way
        reader.page.locator(f"[name=stance][value={stance}][type=radio]").check(force=True)
    else:
        reader.fill(stance=stance)
    reader.fill(**more)
    reader.send()
    assert reader.path() == poll + "/done", reader.page.locator("main").inner_text()
    code = reader.page.locator(".codeword").inner_text()
    assert len(code) == 14
    return code


def answer_objection(people: Cast, poll: str) -> None:
    """Two days later the objection stands; the draft answers it, and the one who objected says that it does."""
    people.at_hour(2, 9)
    lead, objector = people.lead, people.residents["小王"]
    people.activity(lead, "votes", 0)
    lead.fill(title="空中花园方案，第二版", text=CHANGED)
    lead.send()
    for reader in (lead, objector):
        reader.go(poll + "/result")
        reader.follow("/objection/")
    lead.follow("/offer")
    lead.fill(words=CHANGED.splitlines()[-1], answer="开工前先试水，渗漏维修款留好。")
    lead.send()
    objector.go(objector.path())
    objector.follow("/reply")
    objector.fill(accepts="yes")
    objector.send()
    assert "/objection/" in objector.path()


def fix_the_plan(people: Cast) -> None:
    """An objection stops the first text; the second answers it and passes; a week of notice."""
    option = propose(people, "张阿姨", "移动种植箱", "46只移动种植箱，不碰防水层，留出消防通道。", cost="38600")
    answer(people, option, "accepted", "造价和承重都核过，可以拿来表态。")
    people.lead.go(people.project)
    people.lead.follow("/dates")  # the vote comes after the options, so these end first
    people.lead.fill(closes=people.day(0))
    people.lead.send()
    poll = announce(people, "空中花园方案", TEXT)
    code = vote(people, "张阿姨", poll, "consent")
    vote(people, "李叔", poll, "concern", concern="浇水的声音夜里请小一点。")
    vote(people, "小王", poll, "objection", kind="harm", passage="第一条", reason=REASON, grounds="去年漏过")
    vote(people, "赵老师", poll, "abstain")
    early = people.residents["张阿姨"].go(poll + "/result")
    assert REASON not in early.content()
    people.at_hour(8, 9)
    result = people.residents["张阿姨"].go(poll + "/result")
    assert REASON in result.content()
    assert result.locator(".chop").count() == 0
    checked = people.residents["张阿姨"].go(f"{poll}/check?code={code}")
    assert checked.locator("#mine + form + [role=status]").count() == 1
    answer_objection(people, poll)
    second = announce(people, "空中花园方案，第二版", CHANGED)
    again = people.residents["张阿姨"]
    again.go(second)
    assert "闭水试验" in again.page.locator(".diff ins").last.inner_text()
    again.send("main form:not(.form) button[type=submit]", at=0)  # one press says the same again
    assert again.path() == second + "/done"
    code = again.page.locator(".codeword").inner_text()
    for name in ("李叔", "小王", "赵老师"):
        vote(people, name, second, "consent")
    people.at_hour(8, 9)
    passed = people.lead.go(second + "/result")
    assert passed.locator(".chop").count() == 1
    check_at_home(people, second, code)
    people.give_notice()
    people.later(8)
    people.adopt()
    people.close_step(4)


def check_at_home(people: Cast, poll: str, code: str) -> None:
    """A resident compares the printed receipt with the check, and runs the program on the bundle at home."""
    for _ in range(2):  # the close is written down and signed, then its bundle is built
        assert people.site.app.test_cli_runner().invoke(args=["tick"]).exit_code == 0
    people.site.run_jobs()
    resident = people.residents["张阿姨"]
    printed = resident.go(poll + "/receipt")
    assert printed.locator(".a4 .codeword").inner_text() == code
    checked = resident.go(f"{poll}/check?code={code}")
    assert checked.locator("#mine + form + [role=status]").count() == 1
    assert checked.locator(".gates .bad").count() == 0
    with tempfile.TemporaryDirectory() as home:
        for name, link in (("bundle.zip", "a[href$='/bundle.zip']"), ("verify.py", "a[href='/verify.py']")):
            address = checked.locator(link).first.get_attribute("href") or ""
            Path(home, name).write_bytes(resident.page.request.get(resident.base + address).body())
        command = [sys.executable, "-I", "verify.py", "bundle.zip", "--lang", "zh", "--receipt"]
        for asked, status, says in ((code, 0, f"{code}在第1批"), ("0000-0000-0000", 1, "没有0000-0000-0000")):
            done = subprocess.run([*command, asked], cwd=home, capture_output=True, text=True, check=False)
            assert (done.returncode, says in done.stdout) == (status, True), done.stdout + done.stderr


def fix_the_money(people: Cast) -> None:
    """Costs and sources equal to the fen, permits noted, the price reviewed."""
    people.enter("costs", 0, what="种植箱和滴灌", amount="38600.50", basis="三家比价")
    people.enter("sources", 0, kind="grant", **{"from": "镇微更新补助", "amount": "30000", "state": "received"})
    people.enter(
        "sources",
        0,
        kind="self_raised",
        **{"from": "5、6号楼住户", "amount": "8600.50", "state": "promised"},
    )
    permit = {
        "what": "消防通道",
        "state": "not_needed",
        "authority": "镇城建办",
        "number": "不占通道",
        "day": people.day(0),
    }
    people.enter("permits", 1, **permit)
    people.sign_off("请隔壁小区的造价师看过三份报价。")
    people.close_step(5)


def fix_the_delivery(people: Cast) -> None:
    """The works are done and accepted by three residents."""
    people.enter(
        "milestones",
        0,
        what="闭水试验和安装",
        due=people.day(1),
        done=people.day(0),
        by="施工队",
        seen_by="张阿姨",
    )
    for name in ("张阿姨", "李叔", "赵老师"):
        people.enter("acceptances", 1, name=name, day=people.day(0), result="accepted")
    people.close_step(6)


def fix_the_upkeep(people: Cast) -> None:
    """A convention by consent, stewards, a day for the review."""
    people.enter("articles", 0, reader=people.residents["张阿姨"], title="浇水", text="每天早晚各一次，轮流。")
    poll = announce(people, "空中花园公约", "一、每天早晚浇水。\n二、谁家的箱子谁家管。")
    for name in ("张阿姨", "李叔", "小王"):
        vote(people, name, poll, "consent")
    people.at_hour(8, 9)
    for name in ("张阿姨", "李叔"):
        people.enter("stewards", 1, name=name, duty="浇水", when="单双日")
    people.enter("reviews", 2, day=people.day(180), place="议事角", about="花活得怎么样，声音吵不吵。")
    people.adopt()
    people.close_step(7)


def take_the_dossier(people: Cast, anybody: Reader) -> None:
    """Anybody asks for the dossier, waits for it, takes it home, and checks it there."""
    anybody.go(people.project + "/dossier")
    anybody.send()
    people.site.run_jobs()
    anybody.go(people.project + "/dossier")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dossier.zip"
        file.write_bytes(anybody.page.request.get(people.project + "/dossier.zip").body())
        checked = people.site.app.test_cli_runner().invoke(args=["dossier", "check", str(file)])
    assert checked.exit_code == 0, checked.output


def look_back(people: Cast) -> None:
    """Anybody finds the seven records, and each agrees with its fingerprint."""
    anybody = people.site.reader(people.lang, scripts=people.scripts)
    anybody.go(people.project)
    assert anybody.page.locator(".stone.done").count() == 7
    anybody.go("/c/ziteng/records")
    links = [a.get_attribute("href") or "" for a in anybody.page.locator("main a[href*='/record/']").all()]
    records = list(dict.fromkeys(link for link in links if link.count("/") == 4))
    assert len(records) == 7
    for record in records:
        anybody.go(record)
        anybody.go(record + "/check")
    take_the_dossier(people, anybody)
    resident = people.residents["张阿姨"]
    for path in ("/me", "/me/messages", "/me/devices", "/help", "/about", "/", "/c/ziteng/", "/communities"):
        resident.go(path)
