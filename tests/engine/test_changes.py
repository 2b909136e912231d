"""What a changed text changes: both texts can be read out of it, and nothing else."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.changes import Line, changes

texts = st.lists(
    st.text("一二三四花园箱8 0.", min_size=1, max_size=12).map(str.strip).filter(bool), min_size=1, max_size=6
)


def read(lines: tuple[Line, ...], but: str) -> list[str]:
    """The lines without what is of one kind."""
    kept = [[piece.text for piece in line if piece.kind != but] for line in lines]
    return ["".join(pieces) for line, pieces in zip(lines, kept, strict=True) if any(p.kind != but for p in line)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts, texts)
def test_both_texts_can_be_read_out_of_the_changes(old: list[str], new: list[str]) -> None:
    lines = changes("\n".join(old), "\n".join(new))
    assert read(lines, "out") == new
    assert sorted(read(lines, "in")) == sorted(old)


def test_a_text_that_stayed_has_no_change() -> None:
    assert {
        piece.kind for line in changes("一、花园。\n二、先试一年。", "一、花园。\n二、先试一年。") for piece in line
    } == {"same"}


def test_a_number_is_replaced_as_a_whole_within_its_line() -> None:
    (line,) = changes("概算38,600元，先试一年。", "概算41,200元，先试一年。")
    assert [(piece.kind, piece.text) for piece in line] == [
        ("same", "概算"),
        ("out", "38,600"),
        ("in", "41,200"),
        ("same", "元，先试一年。"),
    ]


def test_a_new_article_stands_whole() -> None:
    lines = changes("一、花园。", "一、花园。\n二、开工前做48小时闭水试验。")
    assert [[piece.kind for piece in line] for line in lines] == [["same"], ["in"]]
