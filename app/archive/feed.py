"""The Atom feed of a community (RFC 4287): records, notices and votes as they are published."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Xml

from app.archive.queries import Hit
from app.core import i18n
from app.core.i18n import gettext, say
from app.core.web import paragraphs, site_url
from app.people.places import Community
from app.projects.published import lasting_id

ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Xml.register_namespace("", ATOM)


def atom(here: Community, hits: tuple[Hit, ...]) -> bytes:
    """The feed of a community's newest papers."""
    feed = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": "en" if i18n.language() == "en" else "zh-Hans"})
    newest = max((hit.document.at for hit in hits), default=here.created_at)
    _add(feed, "id", f"urn:uuid:{lasting_id(here, 'feed')}")
    _add(feed, "title", gettext("%(name)s: archive", name=here.name))
    _add(feed, "updated", _instant(newest))
    _add(_add(feed, "author"), "name", here.name)
    _link(feed, "self", site_url("archive.feed", slug=here.slug), "application/atom+xml")
    _link(feed, "alternate", site_url("archive.community", slug=here.slug), "text/html")
    for hit in hits:
        _entry(feed, hit)
    body: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _entry(feed: Xml.Element, hit: Hit) -> None:
    document, kind = hit.document, hit.searchable
    entry = _add(feed, "entry")
    said = [say(kind.one), document.number, hit.project.title]
    title = document.title
    if hit.step is not None:
        said.append(gettext("Step %(n)s, %(title)s", n=hit.step.number, title=say(hit.step.title)))
        if kind.leaves:
            title = f"{title}{gettext(': ')}{say(hit.step.record)}"
    _add(entry, "id", f"urn:uuid:{lasting_id(hit.community, kind.kind, document.public_id)}")
    _add(entry, "title", title)
    _add(entry, "published", _instant(document.at))
    _add(entry, "updated", _instant(document.at))  # what was published stays as it was
    address = site_url(kind.endpoint, slug=hit.community.slug, public_id=document.target)
    _link(entry, "alternate", address, "text/html")
    Xml.SubElement(entry, f"{{{ATOM}}}category", {"term": kind.kind, "label": say(kind.one)})
    line = gettext(", ").join(part for part in said if part)
    _add(entry, "content", str(paragraphs(line) + ("" if kind.leaves else paragraphs(document.text)))).set(
        "type", "html"
    )


def _add(parent: Xml.Element, name: str, text: str | None = None) -> Xml.Element:
    element = Xml.SubElement(parent, f"{{{ATOM}}}{name}")
    if text is not None:
        element.text = _NO_XML.sub("", text)  # XML has no way to write the others
    return element


def _link(parent: Xml.Element, rel: str, href: str, kind: str) -> None:
    Xml.SubElement(parent, f"{{{ATOM}}}link", {"rel": rel, "type": kind, "href": href})


def _instant(at: int) -> str:
    return i18n.iso(at)
