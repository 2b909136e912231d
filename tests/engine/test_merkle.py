"""The tree against known roots, against a second way to compute it, and against whoever would deceive it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.merkle import (
    EMPTY,
    Tree,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root,
)
from tests.engine.laws import law

# The eight entries, and the roots of the first 0 to 8 of them, of the reference tests of Certificate Transparency.
ENTRIES = [
    bytes.fromhex(digits)
    for digits in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
some = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def naive(entries: list[bytes]) -> bytes:
    """The definition in the RFC's words, which shares no code with the tree."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    left = 1
    while left * 2 < len(entries):
        left *= 2
    return hashlib.sha256(b"\x01" + naive(entries[:left]) + naive(entries[left:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_known_roots(size: int) -> None:
    assert root(ENTRIES[:size]).hex() == naive(ENTRIES[:size]).hex() == ROOTS[size]


def test_known_proofs() -> None:
    """Of the same reference tests: the way up from the first and the last but two of eight, and from six to eight."""
    first = (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    )
    sixth = (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    )
    grown = (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    )
    assert tuple(part.hex() for part in inclusion_proof(ENTRIES, 0)) == first
    assert tuple(part.hex() for part in inclusion_proof(ENTRIES, 5)) == sixth
    assert tuple(part.hex() for part in consistency_proof(ENTRIES, 6)) == grown


def test_a_tree_that_grows_has_each_root_on_its_way_and_keeps_little() -> None:
    tree, entries = Tree(), []
    for n in range(300):
        assert (tree.size, tree.root()) == (n, naive(entries))
        assert len(tree._peaks) == n.bit_count()
        entries.append(b"%d" % n)
        tree.append(entries[-1])


def test_every_entry_is_shown_to_be_in_and_every_beginning_to_be_one() -> None:
    entries = [b"%d" % n for n in range(34)]
    for size in range(len(entries)):
        now, top = entries[:size], naive(entries[:size])
        for index in range(size):
            proof = inclusion_proof(now, index)
            assert is_included(now[index], index, size, proof, top)
            assert [other for other in range(size + 1) if is_included(now[index], other, size, proof, top)] == [index]
            assert len(proof) <= (size - 1).bit_length()
        for old in range(size + 1):
            proof = consistency_proof(now, old)
            assert is_consistent(old, naive(now[:old]), size, top, proof)
            assert len(proof) <= (size - 1).bit_length() + 1 if size else not proof


@law
@given(some, st.data())
def test_what_was_altered_is_not_in(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    size, proof, top = len(entries), inclusion_proof(entries, index), root(entries)
    assert is_included(entries[index], index, size, proof, top)
    assert not is_included(entries[index] + b"!", index, size, proof, top)
    assert not is_included(entries[index], index, size, proof, leaf_hash(top))
    assert not is_included(entries[index], index, size, [*proof, top], top)
    assert not is_included(entries[index], -1, size, proof, top)
    assert not is_included(entries[index], size, size, proof, top)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        assert not is_included(entries[index], index, size, [*proof[:at], flipped, *proof[at + 1 :]], top)
        assert not is_included(entries[index], index, size, proof[:at] + proof[at + 1 :], top)


@law
@given(some, st.data())
def test_an_old_list_that_was_changed_is_no_beginning(entries: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(entries)))
    at = data.draw(st.integers(0, old - 1))
    before = root(entries[:old])
    assert is_consistent(old, before, len(entries), root(entries), consistency_proof(entries, old))
    changed = [*entries[:at], entries[at] + b"!", *entries[at + 1 :]]
    assert not is_consistent(old, before, len(entries), root(changed), consistency_proof(changed, old))
    without = entries[:at] + entries[at + 1 :]
    if len(without) >= old and without[:old] != entries[:old]:
        assert not is_consistent(old, before, len(without), root(without), consistency_proof(without, old))


@law
@given(some, st.data())
def test_a_proof_of_growth_that_was_altered_proves_nothing(entries: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(0, len(entries)))
    size, before, top, proof = len(entries), root(entries[:old]), root(entries), consistency_proof(entries, old)
    assert is_consistent(old, before, size, top, proof)
    assert not is_consistent(old, leaf_hash(before), size, top, proof)
    assert not is_consistent(old, before, size, top, [*proof, top])
    assert not is_consistent(size + 1, before, size, top, proof)
    assert not is_consistent(-1, before, size, top, proof)
    if old:
        assert not is_consistent(old, before, size, leaf_hash(top), proof)
    for at in range(len(proof)):
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        assert not is_consistent(old, before, size, top, [*proof[:at], flipped, *proof[at + 1 :]])
        assert not is_consistent(old, before, size, top, proof[:at] + proof[at + 1 :])


def test_nothing_is_told_of_what_is_not_there() -> None:
    assert root([]) == EMPTY
    for index in (-1, 8):
        with pytest.raises(IndexError):
            inclusion_proof(ENTRIES, index)
    for size in (-1, 9):
        with pytest.raises(IndexError):
            consistency_proof(ENTRIES, size)


def test_a_node_is_no_leaf() -> None:
    """Without the byte in front, the two hashes of a pair would be an entry with the root of both."""
    pair = leaf_hash(b"a") + leaf_hash(b"b")
    assert root([b"a", b"b"]) == node_hash(pair[:32], pair[32:]) != root([pair])
