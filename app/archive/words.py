"""Words as the search knows them: every Han character is one, and so is every run of other letters and digits.

Both databases get the words with one space around each, so that a phrase is a run of words, in SQLite's index as in a plain
LIKE. Width and case are folded (１２ is 12), marks and signs are left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 100  # of a question
MOST_PHRASES = 8
MOST_INDEXED = 100_000  # characters of one document: PostgreSQL takes a megabyte of words
LONGEST = 40  # of one word

HAN = "々〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{HAN}]|(?:(?![{HAN}])[^\W_])+")
_SIGN = re.compile(r"[\W_]+")
_QUOTES = str.maketrans("“”„＂「」『』", '""""""""')
_CHUNK = re.compile(r'"([^"]*)"|([^\s"]+)')


class _Folded(dict[int, str]):
    """Each character without its width and its case, worked out once."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", chr(code)).casefold())
        self[code] = folded if any(map(str.isalnum, folded)) else " "
        return self[code]


_FOLDED = _Folded()


@dataclass(frozen=True)
class Word:
    """A word, and from where to where it stands in the text."""

    word: str
    start: int
    end: int


def tidy(text: str) -> str:
    """A text with its accents joined to their letters, as it is stored and searched."""
    return unicodedata.normalize("NFC", text)


def words_of(text: str) -> list[Word]:
    """The words of a tidied text in their order."""
    folded = text.translate(_FOLDED)
    if len(folded) == len(text):
        places: Sequence[int] = range(len(text) + 1)
    else:  # some character became several: remember where each came from
        places = [place for place, char in enumerate(text) for _ in _FOLDED[ord(char)]] + [len(text)]
    found = []
    for match in _WORD.finditer(folded):
        for start in range(match.start(), match.end(), LONGEST):
            end = min(start + LONGEST, match.end())
            found.append(Word(_plain(folded[start:end]), places[start], places[end - 1] + 1))
    return found


def _plain(word: str) -> str:
    # SQLite's list of letters ends with Unicode 6.1: a rarer character, as in a name, is written by its number.
    return "".join(char if ord(char) < 0x10000 else f"u{ord(char):x}" for char in word)


def spaced(text: str) -> str:
    """The words of a text, a space around each, for the index."""
    return " ".join(["", *(word.word for word in words_of(tidy(text[:MOST_INDEXED]))), ""])


def facets(community_id: int | None = None, kind: str = "", step: str = "", year: int | None = None) -> str:
    """Filters as words that nobody types, a space around each."""
    named = {"c": community_id, "k": kind, "s": step, "y": year}
    words = [f"zq{letter}{_SIGN.sub('', str(value))}" for letter, value in named.items() if value not in (None, "")]
    return " ".join(["", *words, ""])


@dataclass(frozen=True)
class Question:
    """What is searched: phrases, each a run of words, all of which a document has to hold."""

    said: str = ""
    phrases: tuple[tuple[str, ...], ...] = ()

    @property
    def looser(self) -> str:
        """The same question with its Han words apart, in any order; empty when that asks nothing else."""
        parts = dict.fromkeys(word for phrase in self.phrases for word in phrase)
        return " ".join(parts) if len(parts) > max(1, len(self.phrases)) else ""


def read_question(text: str) -> Question:
    """A question as somebody typed it. Quotes hold a phrase together; every other sign is only a gap."""
    said = " ".join(tidy(text).split())[:MOST_CHARACTERS]
    phrases = []
    for quoted, plain in _CHUNK.findall(said.translate(_QUOTES)):
        phrase = tuple(word.word for word in words_of(quoted or plain))
        if phrase and phrase not in phrases:
            phrases.append(phrase)
    return Question(said, tuple(phrases[:MOST_PHRASES]))


def marks(text: str, question: Question) -> list[tuple[int, int]]:
    """Where the phrases of a question stand in a tidied text, from start to end, in order and apart from each other."""
    found = words_of(text)
    words = [word.word for word in found]
    places = []
    for phrase in question.phrases:
        for first in range(len(words) - len(phrase) + 1):
            if words[first] == phrase[0] and tuple(words[first : first + len(phrase)]) == phrase:
                places.append((found[first].start, found[first + len(phrase) - 1].end))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def excerpt(text: str, question: Question, around: int = 24, most: int = 80) -> list[tuple[str, bool]]:
    """The place of a text that answers a question, in pieces that are said to be marked or not."""
    text = " ".join(text.split())
    places = marks(text, question)
    first = max(0, places[0][0] - around) if places else 0
    last = min(len(text), first + most)
    return [
        *([("…", False)] if first else []),
        *pieces(text, places, first, last),
        *([("…", False)] if last < len(text) else []),
    ]


def pieces(
    text: str, places: Sequence[tuple[int, int]], first: int = 0, last: int | None = None
) -> list[tuple[str, bool]]:
    """A part of a text cut at its marked places."""
    last = len(text) if last is None else last
    found: list[tuple[str, bool]] = []
    at = first
    for start, end in places:
        start, end = max(start, at), min(end, last)
        if start >= end:
            continue
        if start > at:
            found.append((text[at:start], False))
        found.append((text[start:end], True))
        at = end
    if at < last:
        found.append((text[at:last], False))
    return found
