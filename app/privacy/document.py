"""docs/privacy.md and its Chinese twin, made from what the program declares: a test compares them."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.i18n import force_locale, gettext, ngettext, say
from app.core.personal import Personal
from app.engine.phrase import Phrase, phrase
from app.privacy import notice
from app.privacy.kept import keeps, kinds

LANGUAGES = {"en": "privacy.md", "zh_Hans": "privacy.zh.md"}
OPERATOR: tuple[Phrase, ...] = (
    phrase(
        "The town runs the server and is responsible for the data (art. 20). Nobody else gets it: no advertising, no counting "
        "of visitors, nothing from other servers in the pages."
    ),
    phrase(
        "E-mail goes through the server named in QIDING_SMTP_URL, which reads what it carries. Groups’ robots are told "
        "only what is public."
    ),
    phrase(
        "Floor area and ownership may be sensitive (art. 28); an assessment of their effects is due before a town starts "
        "(arts. 55, 56). None was made here."
    ),
    phrase(
        "var/erasures.jsonl lists whose data was erased, by ids only. Keep it with the backups; after an old copy was "
        "restored, run flask --app wsgi erase-again."
    ),
    phrase(
        "Backups, prints, exported files and the web server’s own logs are outside the program: set how long you keep them."
    ),
)


def document(language: str) -> str:
    """The whole document in one language, as Markdown."""
    with force_locale(language):
        return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# " + gettext("What is kept about people")
    yield ""
    yield gettext(
        "Made by “flask --app wsgi privacy-notice” from what each part of the program declares: what the export gives, what an "
        "erasure takes, and this list are one."
    )
    yield say(notice.MEMORY)
    yield ""
    yield "## " + gettext("What, why, how long, who sees it")
    for kind in kinds():
        yield from _kind(kind)
    yield ""
    yield "## " + gettext("How long, by setting")
    yield ""
    yield gettext("Days are set by the variables named; the server forgets every night, in small steps.")
    yield ""
    yield _row(gettext("What"), gettext("Days"), gettext("Variable"), gettext("Ground"))
    yield "|---|---|---|---|"
    for keep in keeps():
        least = ngettext("at least %(num)s", "at least %(num)s", keep.least)
        days = str(keep.days) + (gettext(", ") + least if keep.least > 1 else "")
        yield _row(say(keep.title), days, f"`QIDING_KEEP_{keep.key.upper()}`", say(keep.ground))
    yield _row(
        gettext("Who cast which ballot in an owners’ vote, and pictures of paper ballots"),
        "1095",
        "`QIDING_EVIDENCE_DAYS`",
        gettext("Until it can’t be contested any more."),
    )
    for title, sentences in (
        (gettext("What people can do"), notice.RIGHTS),
        (gettext("What an erasure does"), notice.ERASED),
        (gettext("What an erasure leaves"), notice.STAYS),
        (gettext("Children"), notice.CHILDREN),
        (gettext("Logs"), notice.LOGS),
        (gettext("For whoever runs the server"), OPERATOR),
        (gettext("When data got out"), notice.BREACH),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        for number, sentence in enumerate(sentences, start=1):
            yield (f"{number}. " if sentences is notice.BREACH else "- ") + say(sentence)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _kind(kind: Personal) -> Iterator[str]:
    yield ""
    yield f"### {say(kind.title)}"
    yield ""
    yield say(kind.what)
    yield ""
    colon = gettext(": ")
    for label, text in (
        (gettext("Why"), say(kind.why)),
        (gettext("How long"), say(kind.how_long)),
        (gettext("Who sees it"), say(kind.seen_by)),
        (gettext("Rests on (from memory)"), kind.law),
        (gettext("Erased on request"), gettext("yes") if kind.erase else gettext("kept, without the name")),
        (gettext("Columns about the person"), ", ".join(f"`{column}`" for column in kind.columns)),
        (gettext("Columns that say who did it"), ", ".join(f"`{column}`" for column in kind.deeds)),
    ):
        if text:
            yield f"- {label}{colon}{text}"
