"""What machines read: the Atom feed and the calendar of a community."""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.etree import ElementTree as Xml

import icalendar
import pytest
from sqlalchemy import select, update

from app.archive import index
from app.ballots.models import Poll
from app.comments import service as comments
from app.core.clock import DAY, HOUR
from app.core.i18n import local
from app.core.transaction import transaction
from app.notices.models import Notice
from app.projects.models import Project
from tests.archive.papers import Papers
from tests.site.world import counted

A = "{http://www.w3.org/2005/Atom}"


def feed(papers: Papers, slug: str = "ziteng", lang: str = "en") -> Xml.Element:
    browser = papers.garden.browser()
    browser.set_cookie("lang", lang)
    answer = browser.get(f"/c/{slug}/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return Xml.fromstring(answer.data)


def days(papers: Papers) -> dict[str, icalendar.Event]:
    answer = papers.garden.browser().get("/c/ziteng/calendar.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    sheet = icalendar.Calendar.from_ical(answer.data)
    return {str(event["summary"]): event for event in sheet.walk("VEVENT")}


def test_the_feed_is_what_the_standard_asks_for(papers: Papers) -> None:
    found = feed(papers)
    assert found.tag == f"{A}feed"
    assert [len(found.findall(f"{A}{name}")) for name in ("id", "title", "updated", "author")] == [1, 1, 1, 1]
    links = {link.get("rel"): link.get("href") for link in found.findall(f"{A}link")}
    assert links == {"self": "http://localhost/c/ziteng/feed.atom", "alternate": "http://localhost/c/ziteng/search"}
    entries = found.findall(f"{A}entry")
    ids = [entry.findtext(f"{A}id") for entry in entries]
    assert len(set(ids)) == len(ids) == 3
    for entry in entries:
        for name in ("id", "title", "updated", "published", "content"):
            assert len(entry.findall(f"{A}{name}")) == 1, name
        assert str(entry.findtext(f"{A}id")).startswith("urn:uuid:")
        assert datetime.fromisoformat(str(entry.findtext(f"{A}updated"))).utcoffset() == timedelta(hours=8)
        assert entry.find(f"{A}content").get("type") == "html"
    times = [str(entry.findtext(f"{A}updated")) for entry in entries]
    assert times == sorted(times, reverse=True)
    assert found.findtext(f"{A}updated") == times[0]


def test_the_feed_holds_official_papers_only_in_the_readers_language_with_the_same_ids(papers: Papers) -> None:
    english, chinese = feed(papers), feed(papers, lang="zh_Hans")
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert (english.get(language), chinese.get(language)) == ("en", "zh-Hans")
    kinds = [entry.find(f"{A}category").get("term") for entry in english.findall(f"{A}entry")]
    assert kinds == ["record", "vote", "notice"]
    titles = [entry.findtext(f"{A}title") for entry in chinese.findall(f"{A}entry")]
    assert titles == ["楼前的亭：聚的清单", "加装方案", "团队名单公示"]
    assert "李叔、王阿婆负责看护亭子。" in str(english.findall(f"{A}entry")[2].findtext(f"{A}content"))
    for left, right in zip(english.findall(f"{A}entry"), chinese.findall(f"{A}entry"), strict=True):
        assert left.findtext(f"{A}id") == right.findtext(f"{A}id")
    assert feed(papers, "guixiang").findall(f"{A}entry") == []
    assert papers.garden.browser().get("/c/nowhere/feed.atom").status_code == 404


def test_words_that_are_markup_or_no_xml_stay_words(papers: Papers) -> None:
    garden = papers.garden

    def written(words: str) -> str:
        """A notice that hangs can't be changed but by hand: as by hand, it is put into the index."""
        with garden.here(), transaction() as tx:
            notice_id, before = tx.session.execute(select(Notice.public_id, Notice.text)).one()
            tx.session.execute(update(Notice).values(text=words))
            index.renew("notice", [notice_id])
            return str(before)

    before = written("<script>亭</script> & \x0b\ufffe完")
    entry = feed(papers).findall(f"{A}entry")[2]
    assert "&lt;script&gt;亭&lt;/script&gt; &amp; 完" in str(entry.findtext(f"{A}content"))
    written(before)


@pytest.mark.parametrize("path", ["feed.atom", "calendar.ics"])
def test_what_did_not_change_is_not_sent_again(papers: Papers, path: str) -> None:
    browser = papers.garden.browser()
    first = browser.get(f"/c/ziteng/{path}")
    assert first.headers["X-Robots-Tag"] == "noindex"
    papers.garden.clock.advance(HOUR)
    again = browser.get(f"/c/ziteng/{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with counted(papers.garden.town.app) as statements:
        browser.get(f"/c/ziteng/{path}")
    assert len(statements) <= 12


def test_a_page_of_a_community_names_its_feed(papers: Papers) -> None:
    browser = papers.garden.browser()
    for path in ("/c/ziteng/", "/c/ziteng/search"):
        assert 'rel="alternate" type="application/atom+xml"' in browser.get(path).text, path
    assert "atom+xml" not in browser.get("/").text


def test_the_calendar_has_votes_notices_and_what_is_open_in_the_towns_time(papers: Papers) -> None:
    garden, found = papers.garden, days(papers)
    poll, notice = garden.scalar(select(Poll)), garden.scalar(select(Notice))
    vote = found["Vote: “加装方案”"]
    assert vote["dtstart"].params["TZID"] == "Asia/Shanghai"
    with garden.here():
        assert (vote.start, vote.end) == (local(poll.opens_at), local(poll.closes_at))
        assert found["Public notice: “团队名单公示”"].end == local(notice.until_at)
    assert vote["dtstamp"].dt.timestamp() == poll.announced_at // 1000
    assert vote["url"] == f"http://localhost/c/ziteng/poll/{papers.ids['poll']}"
    assert vote["description"] == garden.scalar(select(Project.title).where(Project.public_id == garden.project))
    assert [name for name in found if name.startswith("The options")], "proposing is open for 14 days"


def test_an_entry_keeps_its_name_when_its_hours_change_and_what_is_void_is_cancelled(papers: Papers) -> None:
    garden, before = papers.garden, days(papers)["Vote: “加装方案”"]
    poll = garden.scalar(select(Poll))
    late, void = poll.closes_at + 3 * DAY, poll.closes_at + 4 * DAY
    with garden.here(), transaction() as tx:
        tx.session.execute(update(Poll).values(prolonged_until=late))
    longer = days(papers)["Vote: “加装方案”"]
    with garden.here():
        assert longer.end == local(late)
    assert (longer["uid"], longer["status"]) == (before["uid"], "CONFIRMED")
    assert longer["dtstamp"].dt > before["dtstamp"].dt
    with garden.here(), transaction() as tx:
        tx.session.execute(update(Poll).values(voided_at=void))
    assert days(papers)["Vote: “加装方案”"]["status"] == "CANCELLED"
    garden.clock.set(void + 91 * DAY)
    assert "Vote: “加装方案”" not in days(papers)


def test_no_feed_tells_what_was_hidden(papers: Papers) -> None:
    garden = papers.garden
    said = papers.say("不该进订阅的话")
    garden.do(comments.hide, garden.lead, said, "点了名，请改成不点名的说法。")
    for path in ("feed.atom", "calendar.ics"):
        assert "不该进订阅" not in garden.browser().get(f"/c/ziteng/{path}").text
        assert "秘密的电梯草稿" not in garden.browser().get(f"/c/ziteng/{path}").text
