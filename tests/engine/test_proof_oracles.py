"""The tree and the canonical form against other people's programs, which share no code with ours."""

from __future__ import annotations

import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from app.engine.canonical import MOST, canon
from app.engine.merkle import (
    TILE,
    Tiles,
    Tree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    node_hash,
    root,
    tiled_proof,
)
from tests.engine.laws import law

pytestmark = pytest.mark.pure

ENTRIES = [bytes([n, n * 7 % 256]) for n in range(70)]


def oracle(entries: list[bytes]) -> InmemoryTree:
    return InmemoryTree.init_from_entries(entries, algorithm="sha256")


def test_roots_and_proofs_agree_with_pymerkle() -> None:
    for size in range(1, len(ENTRIES) + 1):
        tree = oracle(ENTRIES[:size])
        assert tree.get_root() == root(ENTRIES[:size])
        for index in range(size):
            theirs = tree.prove_inclusion(index + 1)
            verify_inclusion(tree.get_leaf(index + 1), root(ENTRIES[:size]), theirs)
            # pymerkle's path begins with the leaf itself, and ours doesn't tell what the reader has.
            assert theirs.path[1:] == inclusion_proof(ENTRIES[:size], index)
        for old in range(1, size + 1):
            theirs = tree.prove_consistency(old, size)
            verify_consistency(root(ENTRIES[:old]), root(ENTRIES[:size]), theirs)
            mine = consistency_proof(ENTRIES[:size], old)
            assert is_consistent(old, oracle(ENTRIES[:old]).get_root(), size, tree.get_root(), mine)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MOST, MOST)
    | st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text)),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)


@law
@given(values)
def test_canonical_json_agrees_with_rfc8785(value: object) -> None:
    assert canon(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@law
@given(st.lists(st.binary(max_size=6), max_size=40), st.integers(0, 40))
def test_a_tree_grows_on_from_its_frontier(entries: list[bytes], cut: int) -> None:
    first = Tree(entries[:cut])
    again = Tree.restored(first.size, first.frontier())
    assert again.root() == first.root()
    for entry in entries[cut:]:
        again.append(entry)
    assert (again.size, again.root()) == (len(entries), root(entries))


@pytest.mark.parametrize("size", [1, 3, 7, 255])
def test_a_frontier_of_another_size_is_refused(size: int) -> None:
    frontier = Tree([b"x"] * size).frontier()
    for other in (0, 2 * size + 1, -1):
        with pytest.raises(ValueError, match="no frontier"):
            Tree.restored(other, frontier)


@pytest.mark.parametrize("size", [1, 5, 255, 256, 257, 511, 512, 600, 1025, 1300])
def test_proofs_by_tiles_are_the_same(size: int) -> None:
    entries = [n.to_bytes(3, "big") for n in range(size)]
    tiles, grown = [], Tiles()
    for at, entry in enumerate(entries):
        if at in (3, 254, 256, 300, 700):
            grown = Tiles(grown.tree.size, grown.tree.frontier())
        whole = grown.append(entry)
        if whole is not None:
            tiles.append(whole)
    assert grown.tree.root() == root(entries)
    assert len(tiles) == size // TILE
    last = entries[len(tiles) * TILE :]
    for index in {0, size // 2, size - 1, min(256, size - 1), min(513, size - 1)}:
        start = index // TILE * TILE
        proof = tiled_proof(entries[start : start + TILE], index, tiles, size, last)
        assert proof == inclusion_proof(entries, index)
        assert is_included(entries[index], index, size, proof, root(entries))
        assert not is_included(entries[index], index, size, [*proof[:-1], node_hash(b"", b"")], root(entries))
