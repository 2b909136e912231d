"""Words: what a text and a question are taken for."""

from __future__ import annotations

import pytest

from app.archive.words import Question, excerpt, marks, read_question, spaced, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("加装电梯", "加 装 电 梯"),
        ("亭", "亭"),
        ("５号楼３０２室", "5 号 楼 302 室"),
        ("Lift LIFT ｌｉｆｔ", "lift lift lift"),
        ("第1条：不得占用（消防）通道。", "第 1 条 不 得 占 用 消 防 通 道"),
        ("30㎡", "30m2"),
        ("cafe\u0301 café", "café café"),
        ("吴𠮷", "吴 u20bb7"),
        ("〇五年，人人", "〇 五 年 人 人"),
        ("。，！ -- *", ""),
        ("a" * 50, f"{'a' * 40} {'a' * 10}"),
    ],
)
def test_a_text_is_its_han_characters_and_its_runs_of_other_letters(text: str, words: str) -> None:
    assert spaced(text).split() == words.split()
    assert spaced(text) == (f" {words} " if words else " ")


@pytest.mark.parametrize(
    ("said", "phrases"),
    [
        ("电梯", [("电", "梯")]),
        ("电梯 12号", [("电", "梯"), ("12", "号")]),
        ("电梯　１２", [("电", "梯"), ("12",)]),
        ('"roof garden" 亭', [("roof", "garden"), ("亭",)]),
        ("“空中 花园”", [("空", "中", "花", "园")]),
        ("' OR 1=1--", [("or",), ("1", "1")]),
        ('"unclosed 亭', [("unclosed",), ("亭",)]),
        ("* AND NEAR(a b) - ^x {y}:", [("and",), ("near", "a"), ("b",), ("x",), ("y",)]),
        ("亭 亭", [("亭",)]),
        ("%_\\", []),
        ("", []),
    ],
)
def test_a_question_is_phrases_and_signs_are_gaps(said: str, phrases: list[tuple[str, ...]]) -> None:
    assert list(read_question(said).phrases) == phrases


def test_a_long_question_is_cut() -> None:
    question = read_question("亭" * 10_000)
    assert len(question.said) == 100
    assert sum(map(len, question.phrases)) == 100
    assert len(read_question(" ".join("天地人和日月星辰风雨")).phrases) == 8


def test_the_place_is_found_in_the_text_as_it_was_written() -> None:
    text = "大家说：３０㎡的ＡＢＣ亭子，放在ﬁne处"
    for said in ("30m2", "abc", "亭子", "fine处"):
        question = read_question(said)
        ((start, end),) = marks(text, question)
        assert read_question(text[start:end]).phrases == question.phrases
    assert marks(text, read_question("子亭")) == []
    assert marks("亭亭亭", read_question("亭亭")) == [(0, 3)]


def test_an_excerpt_shows_the_place_and_says_that_it_is_cut() -> None:
    text = "前" * 300 + "装\n电梯" + "后" * 300
    found = excerpt(text, read_question("电梯"))
    assert found[0] == ("…", False) == found[-1]
    assert [words for words, marked in found if marked] == ["电梯"]
    assert sum(len(words) for words, _ in found) <= 122
    assert excerpt("短", Question()) == [("短", False)]


def test_every_word_knows_where_it_stands() -> None:
    text = "Aㄅ12，電梯①½x"
    for word in words_of(text):
        assert word.word in spaced(text[word.start : word.end]).split()
