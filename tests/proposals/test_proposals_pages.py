"""Pages of proposals: the list, what is like one's own, the form, and who is named how."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from app.core.media import Media
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.proposals.service import Words
from app.proposals.similar import likeness, most_alike
from tests.ballots.world import send
from tests.projects.world import Garden


def sent(garden: Garden, title: str, text: str = "说明。") -> str:
    made = garden.do(service.save_draft, garden.neighbour, garden.activity("ideas"), Words(title, text))
    garden.do(service.submit, garden.neighbour, made)
    return made


def test_before_one_more_is_sent_those_like_it_are_shown(garden: Garden) -> None:
    like = sent(garden, "修长椅", "二层平台的长椅坏了，请修一修。")
    sent(garden, "晚上太暗", "路灯不亮。")
    browser = garden.browser(garden.neighbour)
    new = f"/c/ziteng/proposals/{garden.activity('ideas')}/new"
    answer = send(browser, new, {"title": "长椅坏了", "text": "二层平台的长椅要修。"})
    page = browser.get(answer.location).text
    assert f'href="/c/ziteng/proposal/{like}"' in page
    assert "晚上太暗" not in page
    answer = send(browser, answer.location, {})
    assert answer.status_code == 303
    assert garden.scalar(select(Proposal.state).where(Proposal.title == "长椅坏了")) == "submitted"


def test_likeness_counts_shared_pairs_and_nothing_else() -> None:
    assert likeness("长椅坏了", "长椅坏了") == 1
    assert likeness("长椅", "路灯") == 0
    assert likeness("", "路灯") == 0
    assert likeness("长椅 坏了", "长椅，坏了！") == 1
    others = [(n, "长椅坏了要修") for n in range(5)] + [(9, "路灯")]
    assert most_alike("长椅坏了", others) == [0, 1, 2]


def test_what_was_typed_is_kept_when_the_form_is_refused(garden: Garden) -> None:
    browser = garden.browser(garden.neighbour)
    page = f"/c/ziteng/proposals/{garden.activity('options')}/new"
    answer = send(browser, page, {"title": "木箱花园", "text": "用木箱种花。"})
    assert answer.status_code == 422
    assert "Say roughly what it costs." in answer.text
    assert "Add a photo or a drawing." in answer.text
    assert 'value="木箱花园"' in answer.text
    assert "用木箱种花。" in answer.text
    assert garden.count(Proposal) == 0


def test_a_photo_is_made_anew_and_belongs_to_the_proposal(garden: Garden) -> None:
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    Image.new("RGB", (2000, 1000), "green").save(picture, "JPEG", exif=exif)
    picture.seek(0)
    browser = garden.browser(garden.neighbour)
    path = f"/c/ziteng/proposals/{garden.activity('options')}/new"
    hidden = dict(re.findall(r'name="(csrf_token|once)"[^>]*value="([^"]*)"', browser.get(path).text))
    data = {**hidden, "title": "木箱", "text": "种花", "cost": "1,200.50", "photo": (picture, "a.jpg")}
    answer = browser.post(path, data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    row = garden.scalar(select(Proposal))
    assert (row.cost, row.state) == (120_050, "draft")
    media = garden.scalar(select(Media).where(Media.public_id == row.photo))
    assert (media.width, media.height, media.community_id) == (1600, 800, garden.community)
    got = browser.get(f"/media/{row.photo}.jpg")
    assert got.status_code == 200
    assert b"SecretCamera" not in got.data


def test_the_list_is_in_order_of_support_and_pages_by_twenty(garden: Garden) -> None:
    made = [sent(garden, f"提议{n:02}") for n in range(21)]
    garden.do(service.support, garden.neighbour, made[3], on=True)
    ref = garden.ref("ideas")
    with garden.here():
        first = queries.list_page(ref.id, garden.community, garden.neighbour, sort="support", status="", page=1)
        last = queries.list_page(ref.id, garden.community, garden.neighbour, sort="new", status="", page=99)
    assert first.rows[0].proposal.title == "提议03"
    assert (len(first.rows), first.total, first.pages) == (20, 21, 2)
    assert [(r.proposal.title, r.number) for r in last.rows] == [("提议00", 21)]
    address = f"/c/ziteng/proposals/{garden.activity('ideas')}"
    for odd in ("?page=-1", "?page=99999999999999999999", "?page=x", "?sort=;&status='"):
        assert garden.browser().get(address + odd).status_code == 200, odd


def test_the_public_sees_a_resident_and_neighbours_see_a_family_name_and_a_building(garden: Garden) -> None:
    made = sent(garden, "长椅")
    path = f"/c/ziteng/proposal/{made}"
    for reader in (None, garden.town.stranger):
        page = garden.browser(reader).get(path).text
        assert "张" not in page.replace("张阿姨主持", "")
        assert "A resident" in page
    assert "张**, building 5" in garden.browser(garden.resident()).get(path).text


@pytest.mark.parametrize("path", ["check", "edit", "withdraw"])
def test_the_authors_pages_are_the_authors_own(garden: Garden, path: str) -> None:
    made = sent(garden, "长椅")
    assert garden.browser(garden.neighbour).get(f"/c/ziteng/proposal/{made}/{path}").status_code == 200
    assert garden.browser(garden.lead).get(f"/c/ziteng/proposal/{made}/{path}").status_code == 404
    assert garden.browser(garden.neighbour).get(f"/c/guixiang/proposal/{made}/{path}").status_code == 404
