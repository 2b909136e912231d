"""Where a project reaches: the community, some buildings or entrances, or several communities by parent and children."""

from __future__ import annotations

import pytest

from app.core.transaction import transaction
from app.engine.errors import Invalid
from app.people.models import RoleGrant
from app.people.session import actor_of
from app.projects import service
from app.projects.queries import find_project
from tests.projects.world import Garden


def scope_of(garden: Garden, project: str) -> dict[str, list[int]]:
    with garden.here():
        return dict(find_project(project)[0].scope)


def test_a_project_reaches_the_whole_community_unless_buildings_are_named(garden: Garden) -> None:
    one, two = garden.building("8", 1), garden.building("9", 2)
    assert scope_of(garden, garden.start(scope={"buildings": []})) == {}
    assert scope_of(garden, garden.start(scope={"buildings": [two, one, two]})) == {"buildings": [one, two]}


@pytest.mark.parametrize("other", ["missing", "elsewhere", "both", "unknown"])
def test_places_that_are_not_here_are_refused(garden: Garden, other: str) -> None:
    here, elsewhere = garden.building("8", 1), garden.town.entrances["guixiang"]
    scopes: dict[str, dict[str, list[int]]] = {
        "missing": {"buildings": [here, 10_000]},
        "elsewhere": {"entrances": [elsewhere]},
        "both": {"buildings": [here], "entrances": [garden.town.entrances["ziteng"]]},
        "unknown": {"rooms": [here]},
    }
    with pytest.raises(Invalid) as refused:
        garden.start(scope=scopes[other])
    assert set(refused.value.fields) == {"scope"}


def test_a_parent_shows_its_children_of_other_communities_with_the_way_to_them(garden: Garden) -> None:
    with garden.here(), transaction() as tx:
        where = garden.town.communities["guixiang"]
        tx.session.add(RoleGrant(person_id=garden.lead.person(), community_id=where, role="facilitator", at=tx.now))
    lead = garden.do(actor_of, garden.lead.person())
    child = garden.do(
        service.start_project,
        lead,
        where,
        title="桂香苑的一段河岸",
        place="河边",
        summary="走得通。",
        method_public_id=garden.town.method,
        parent_public_id=garden.project,
    )
    page = garden.browser().get(f"/c/ziteng/project/{garden.project}").text
    assert "桂香苑的一段河岸" in page
    assert f'href="/c/guixiang/project/{child}"' in page
    assert f'href="/c/ziteng/project/{child}"' not in page


def test_a_child_has_no_children_and_a_parent_must_be_there(garden: Garden) -> None:
    child = garden.start("子项目", parent_public_id=garden.project)
    for parent in (child, "0" * 16):
        with pytest.raises(Invalid) as refused:
            garden.start("孙项目", parent_public_id=parent)
        assert set(refused.value.fields) == {"parent"}


def test_a_project_is_found_in_its_own_community_only(garden: Garden) -> None:
    browser = garden.browser()
    assert browser.get(f"/c/ziteng/project/{garden.project}").status_code == 200
    assert browser.get(f"/c/guixiang/project/{garden.project}").status_code == 404
    assert browser.get(f"/c/ziteng/project/{garden.project}/step/nowhere").status_code == 404
