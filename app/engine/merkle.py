"""The tree of RFC 9162 over a list of byte strings: its root, and short proofs that an entry is in, that a list grew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY = hashlib.sha256().digest()


class Tree:
    """A tree that grows at its end and keeps only the roots of its whole subtrees: one for each 1 bit of its size."""

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        for entry in entries:
            self.append(entry)

    def append(self, entry: bytes) -> None:
        """Add an entry at the end."""
        self.add_node(leaf_hash(entry))

    def root(self) -> bytes:
        """The root of all that was added so far."""
        if not self._peaks:
            return EMPTY
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def frontier(self) -> bytes:
        """All that is needed to let it grow further, beside its size: the roots of its whole subtrees, the largest first."""
        return b"".join(self._peaks)

    @classmethod
    def restored(cls, size: int, frontier: bytes) -> Tree:
        """The tree of ``size`` entries from its frontier; ValueError when there are too few or too many hashes in it."""
        if size < 0 or len(frontier) != 32 * size.bit_count():
            raise ValueError(f"no frontier of a tree of {size}")
        tree = cls()
        tree.size, tree._peaks = size, [frontier[at : at + 32] for at in range(0, len(frontier), 32)]
        return tree

    def add_node(self, node: bytes) -> None:
        """Add the hash of an entry, or of a whole tile of them where the tree is one of tiles, at the end."""
        size = self.size
        while size & 1:
            node, size = node_hash(self._peaks.pop(), node), size >> 1
        self._peaks.append(node)
        self.size += 1


TILE = 256


class Tiles:
    """A tree that also tells the root of each whole run of ``TILE`` entries, so that proofs need not read all of them."""

    def __init__(self, size: int = 0, frontier: bytes = b"") -> None:
        self.tree = Tree.restored(size, frontier)
        rest = size % TILE
        # The last peaks of the whole tree are those of the tile that is still growing.
        self._tile = Tree.restored(rest, frontier[len(frontier) - 32 * rest.bit_count() :])

    def append(self, entry: bytes) -> bytes | None:
        """Add an entry at the end; the root of the tile that it makes whole, None when it makes none."""
        node = leaf_hash(entry)
        self.tree.add_node(node)
        self._tile.add_node(node)
        if self._tile.size < TILE:
            return None
        whole, self._tile = self._tile.root(), Tree()
        return whole


def tiled_proof(
    tile: Sequence[bytes], index: int, tiles: Sequence[bytes], size: int, last: Sequence[bytes]
) -> list[bytes]:
    """The inclusion proof for the entry at ``index`` of a list of ``size`` entries, most of them known by tiles.

    ``tile`` holds the entries beside it, ``tiles`` the roots of the whole tiles, ``last`` the entries after these.
    """
    nodes = [*tiles[: size // TILE]]
    if size % TILE:
        nodes.append(root(last[: size % TILE]))
    mine = index // TILE
    return inclusion_proof(tile, index % TILE) + node_proof(nodes, mine)


def node_proof(nodes: Sequence[bytes], index: int) -> list[bytes]:
    """The proof for one of the nodes of a tree over them."""
    if not 0 <= index < len(nodes):
        raise IndexError(f"no node {index} in a list of {len(nodes)}")
    proof, low, high = [], 0, len(nodes)
    while high - low > 1:
        middle = low + _split(high - low)
        first, past = (middle, high) if index < middle else (low, middle)
        part = Tree()
        for node in nodes[first:past]:
            part.add_node(node)
        proof.append(part.root())
        low, high = (low, middle) if index < middle else (middle, high)
    return proof[::-1]


def root(entries: Iterable[bytes]) -> bytes:
    """The root over ``entries``, read once and not kept."""
    return Tree(entries).root()


def inclusion_proof(entries: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the entry at ``index`` up to the root, the lowest first."""
    if not 0 <= index < len(entries):
        raise IndexError(f"no entry {index} in a list of {len(entries)}")
    return node_proof([leaf_hash(entry) for entry in entries], index)


def is_included(entry: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether ``proof`` shows that ``entry`` stands at ``index`` of the list of ``size`` entries with this root."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf_hash(entry)
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(other, node)
            place, last = _past_left(place, last)
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root_hash


def consistency_proof(entries: Sequence[bytes], old_size: int) -> list[bytes]:
    """The hashes that show that the list of the first ``old_size`` entries is the beginning of ``entries``."""
    if not 0 <= old_size <= len(entries):
        raise IndexError(f"no beginning of {old_size} in a list of {len(entries)}")
    if old_size in (0, len(entries)):
        return []
    proof, low, high = [], 0, len(entries)
    while old_size < high:
        middle = low + _split(high - low)
        if old_size <= middle:
            proof.append(root(entries[middle:high]))
            high = middle
        else:
            proof.append(root(entries[low:middle]))
            low = middle
    if low:  # otherwise the old root is itself the subtree to begin with, and need not be told
        proof.append(root(entries[low:high]))
    return proof[::-1]


def is_consistent(old_size: int, old_root: bytes, size: int, root_hash: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the list with the old root is the beginning of the one with this root."""
    if not 0 <= old_size <= size:
        return False
    if old_size == 0:
        return not proof and old_root == EMPTY
    if old_size == size:
        return not proof and old_root == root_hash
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_node = node = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_node, node = node_hash(other, old_node), node_hash(other, node)
            place, last = _past_left(place, last)
        else:
            node = node_hash(node, other)
        place, last = place >> 1, last >> 1
    return last == 0 and old_node == old_root and node == root_hash


def _split(size: int) -> int:
    """The largest power of two below ``size``: how many entries stand to the left."""
    return 1 << ((size - 1).bit_length() - 1)


def _past_left(place: int, last: int) -> tuple[int, int]:
    """Up to the lowest subtree that has a neighbour to its left, for one that stands alone at the right edge."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last
