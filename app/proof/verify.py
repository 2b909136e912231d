#!/usr/bin/env python3
"""Checks the bundle of a vote. Needs Python 3.8 or newer and nothing else; shares no code with the server that made it.

    python3 verify.py BUNDLE.zip [--receipt CODE] [--since CHECKPOINT] [--key KEY] [--lang zh|en]

Exit status 0: everything holds. 1: a check failed; it is named, with the entry. 2: it could not be run.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import re
import sys
import unicodedata
import zipfile
from typing import Any, Iterator, NamedTuple, Tuple  # noqa: UP035 - for Python 3.8

FORMAT = "qiding/bundle/v1"
CHECKS = tuple(
    "files log keys checkpoints since announcement batches ballots close count rule record receipt".split()  # noqa: SIM905
)
MOST = 2**53 - 1
HEX = re.compile(r"[0-9a-f]{64}")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# An objection that was answered otherwise is met by another text, in another round: in this one it stands.
ENDED = ("withdrawn", "concern")
# The rules that are known here, with the shares that the law fixes for some: quorum and threshold.
RULES = {"consent": "", "majority": "", "majority_voting": "", "owners": "2/3 1/2", "owners_special": "2/3 3/4"}


class Failed(Exception):
    """What is wrong, by a key of SAYS and the values in its sentence."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Step(NamedTuple):
    """One check: ok, failed, skipped (does not apply, or was not asked for) or unreached; with what to say of it."""

    name: str
    state: str
    key: str
    values: dict[str, Any]


# ---- hashes, the tree, signatures: RFC 9162, RFC 8032, and the tagged hash of the documentation --------------------


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tagged(tag: str, *parts: bytes) -> bytes:
    return sha(sha(tag.encode()) + b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def is_plain(value: Any) -> bool:
    """Whether a value may stand in the log: text in NFC, whole numbers within 2**53, keys in ASCII."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value) == value
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= MOST
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    return isinstance(value, dict) and all(
        all(char < "\x80" for char in key) and is_plain(item) for key, item in value.items()
    )


def read_canonical(data: bytes) -> Any:
    """A JSON value that is written in its one form; ValueError otherwise."""
    try:
        value = json.loads(data.decode())
        if is_plain(value) and canonical(value) == data:
            return value
    except RecursionError:
        pass
    raise ValueError("not canonical")


class Tree:
    """The tree over the entries so far, by the roots of its whole subtrees."""

    def __init__(self) -> None:
        self.size, self.peaks = 0, []  # type: int, list[bytes]

    def add(self, entry: bytes) -> None:
        node, size = sha(b"\x00" + entry), self.size
        while size & 1:
            node, size = sha(b"\x01" + self.peaks.pop() + node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        node = b""
        for peak in reversed(self.peaks):
            node = sha(b"\x01" + peak + node) if node else peak
        return node or sha(b"")


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = Tuple[int, int, int, int]  # noqa: UP006 - evaluated, also by Python 3.8


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, h, f, g = f - e, f + e, h - g, h + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(n: int, point: Point) -> Point:
    total = (0, 1, 1, 0)  # type: Point
    while n:
        if n & 1:
            total = _add(total, point)
        point, n = _add(point, point), n >> 1
    return total


def _point(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or (0, 1, 1, 0)


def ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is that of a message: RFC 8032, section 5.1.7."""
    key = _point(public) if len(public) == 32 and len(signature) == 64 else None
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    x, y, z, _ = _add(_times(s, BASE), _times(L - k, key))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def read_note(note: str, keys: dict[str, bytes]) -> str:
    """The text of a signed note (C2SP) that one of the keys signed, by their names; ValueError otherwise."""
    text, _, lines = note.rpartition("\n\n")
    for line in lines.split("\n"):
        parts = line.split(" ")
        if len(parts) == 3 and parts[0] == "\u2014" and parts[1] in keys:
            data, key = base64.b64decode(parts[2]), keys[parts[1]]
            if data[:4] == sha(parts[1].encode() + b"\n\x01" + key)[:4]:
                if ed25519(key, data[4:], (text + "\n").encode()):
                    return text + "\n"
                raise ValueError("the signature is not of this text")
    raise ValueError("no signature by this key")


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint's text."""
    origin, size, root = text.split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def receipt_code(commitment: str) -> str:
    """What a voter has in hand: the first 60 bits of the commitment."""
    number = int(commitment[:15], 16)
    code = "".join(ALPHABET[number >> (5 * place) & 31] for place in range(11, -1, -1))
    return "-".join((code[:4], code[4:8], code[8:]))


# ---- the checks, in their order -------------------------------------------------------------------------------------


def hashed(commitments: list[str]) -> str:
    """What binds the ballots of a count."""
    return tagged("qiding/ballots/v1", *(bytes.fromhex(item) for item in commitments)).hex()


class Bundle:
    """A bundle under check; each check keeps what those after it need."""

    def __init__(self, file: Any, receipt: str = "", since: str = "", key: str = "") -> None:
        self.zip = zipfile.ZipFile(file)
        self.receipt, self.since, self.key = receipt, since, key
        self.size = 0
        self.told = []  # type: list[dict[str, Any]]  # the entries that speak of this poll, of keys, of the record
        self.keys = []  # type: list[tuple[int, bytes, bool]]  # from which entry on, which key, signed by the one before
        self.sealed = {}  # type: dict[str, tuple[int, int]]  # commitment: its batch, and the batch's entry
        self.ballots = {}  # type: dict[str, dict[str, Any]]

    def read(self, name: str) -> bytes:
        return self.zip.read(name)

    def json(self, name: str) -> Any:
        try:
            return read_canonical(self.read(name).rstrip(b"\n"))
        except ValueError:
            raise Failed("not_canonical", file=name, entry=1) from None

    def rows(self, name: str) -> Iterator[tuple[int, bytes, Any]]:
        with self.zip.open(name) as file:
            for number, line in enumerate(file):
                try:
                    value = read_canonical(line[:-1])
                    if line[-1:] != b"\n":
                        raise ValueError("no newline")
                except ValueError:
                    raise Failed("not_canonical", file=name, entry=number) from None
                yield number, line[:-1], value

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for body in self.told if body["kind"] == kind and body.get("poll") == self.poll]

    def one(self, kind: str) -> dict[str, Any]:
        found = self.of(kind)
        if len(found) != 1:
            raise Failed("not_one", kind=kind, n=len(found))
        return found[0]

    def check_files(self) -> dict[str, Any]:
        listed, names = self.json("bundle.json"), self.zip.namelist()
        if listed.get("format") != FORMAT:
            raise Failed("format", format=listed.get("format"))
        self.poll, self.origin, hashes = listed["poll"], listed["origin"], listed["files"]
        extra = sorted((set(names) ^ set(hashes)) - {"bundle.json"})
        if extra or len(names) != len(set(names)):
            raise Failed("file_set", file=extra[0] if extra else "?")
        for name in sorted(hashes):
            digest = hashlib.sha256()
            with self.zip.open(name) as file:
                for part in iter(lambda: file.read(1 << 16), b""):
                    digest.update(part)
            if digest.hexdigest() != hashes[name]:
                raise Failed("file", file=name)
        return {"n": len(names)}

    def check_log(self) -> dict[str, Any]:
        tree, self.roots = Tree(), {0: sha(b"")}
        wanted = {read_checkpoint(note)[1] for note in self.json("checkpoints.json")}
        if self.since:
            wanted.add(read_checkpoint(self.since)[1])
        for number, line, body in self.rows("log.jsonl"):
            if not isinstance(body, dict) or body.get("seq") != number:
                raise Failed("number", entry=number)
            if not isinstance(body.get("kind"), str) or not HEX.fullmatch(str(body.get("event"))) or "at" not in body:
                raise Failed("entry", entry=number)
            tree.add(line)
            if tree.size in wanted:
                self.roots[tree.size] = tree.root()
            if body.get("poll") == self.poll or body["kind"].startswith(("key.", "record.")):
                self.told.append(body)
        self.size = tree.size
        return {"n": self.size}

    def check_keys(self) -> dict[str, Any]:
        for body in self.told:
            if body["kind"] not in ("key.introduced", "key.rotated"):
                continue
            new, signed = bytes.fromhex(body["key"]), False
            if body["kind"] == "key.rotated":
                old = self.keys[-1][1] if self.keys else b""
                message = tagged("qiding/key-rotation/v1", self.origin.encode(), old, new)
                signed = bytes.fromhex(body["before"]) == old and ed25519(
                    old, bytes.fromhex(body["signature"]), message
                )
                if not signed:
                    raise Failed("rotation", entry=body["seq"])
            self.keys.append((body["seq"], new, signed))
        if not self.keys:
            raise Failed("no_key")
        if self.key:
            at = [n for n, (_, key, _) in enumerate(self.keys) if self.key in (key.hex(), self.written(key))]
            if not at:
                raise Failed("other_key", found=self.written(self.keys[-1][1]))
            for seq, _, signed in self.keys[at[-1] + 1 :]:
                if not signed:
                    raise Failed("unsigned_key", entry=seq)
        return {"n": len(self.keys), "key": self.written(self.keys[-1][1])}

    def written(self, key: bytes) -> str:
        name_id = sha(self.origin.encode() + b"\n\x01" + key)[:4].hex()
        return "+".join((self.origin, name_id, base64.b64encode(b"\x01" + key).decode()))

    def in_force(self, size: int) -> dict[str, bytes]:
        """The key that signs a checkpoint of this size."""
        known = [key for seq, key, _ in self.keys if seq < size]
        return {self.origin: known[-1]} if known else {}

    def note(self, note: str) -> tuple[int, bytes]:
        """Size and root of a checkpoint, its signature and its root compared with this log."""
        size = -1
        try:
            size = read_checkpoint(note)[1]
            origin, size, root = read_checkpoint(read_note(note, self.in_force(size)))
        except ValueError:
            raise Failed("signature", size=size) from None
        if origin != self.origin:
            raise Failed("origin", size=size)
        if size > self.size:
            raise Failed("shorter", size=size, n=self.size)
        if self.roots.get(size) != root:
            raise Failed("root", size=size, entry=max(0, size - 1))
        return size, root

    def check_checkpoints(self) -> dict[str, Any]:
        sizes = [self.note(note)[0] for note in self.json("checkpoints.json")]
        if sizes != sorted(set(sizes)) or not sizes or sizes[-1] != self.size:
            raise Failed("last_checkpoint", n=self.size)
        return {"n": len(sizes), "size": sizes[-1], "root": base64.b64encode(self.roots[self.size]).decode()}

    def check_since(self) -> dict[str, Any]:
        size, _ = self.note(self.since)
        return {"size": size, "n": self.size}

    def check_announcement(self) -> dict[str, Any]:
        self.announced, self.facts = self.one("poll.announced"), self.json("poll.json")
        seq, told = self.announced["seq"], dict(self.announced)
        for name in ("kind", "event", "seq", "at"):
            told.pop(name)
        said = dict(self.facts)
        if "title" not in told:
            said.pop("title", None)  # an announcement of before did not bind it
        for name in ("text", "title")[: 1 + ("title" in told)]:
            said[name] = tagged("qiding/text/v1", str(said.get(name)).encode()).hex()
        for name in sorted(set(told) | set(said)):
            if name not in told or name not in said or told[name] != said[name]:
                raise Failed("announced", field=name, entry=seq)
        return {"entry": seq, "n": self.facts["roll_size"], "root": self.facts["roll_root"]}

    def check_batches(self) -> dict[str, Any]:
        ends = self.one("poll.closed")["seq"]
        # A count of owners under notice is corrected by sheets that are read anew: so many ballots are sealed after it.
        again, late = len(self.of("paper.reopened")), 0
        for number, body in enumerate(self.of("ballots.sealed"), start=1):
            seq, commitments = body["seq"], body["commitments"]
            # Before there were batches a vote was closed without; its ballots were sealed all at once, later.
            ends = ends if "mode" in self.announced else self.size
            late += len(commitments) if seq > ends else 0
            last = self.size if late and late <= again and self.facts.get("electorate") == "owner" else ends
            if body.get("batch") != number or not self.announced["seq"] < seq < last:
                raise Failed("batch", entry=seq)
            if commitments != sorted(set(commitments)) or not all(HEX.fullmatch(item) for item in commitments):
                raise Failed("batch", entry=seq)
            for item in commitments:
                if item in self.sealed:
                    raise Failed("twice", entry=seq, code=receipt_code(item))
                self.sealed[item] = (number, seq)
        return {"n": len(self.of("ballots.sealed")), "ballots": len(self.sealed)}

    def check_ballots(self) -> dict[str, Any]:
        slots, chain, opened = set(), 0, 0
        for number, _, row in self.rows("ballots.jsonl"):
            bound = row["commitment"]
            if bound not in self.sealed or bound in self.ballots:
                raise Failed("unsealed", entry=number, code=receipt_code(bound))
            self.ballots[bound] = row
            if "ballot" not in row:
                continue
            body, opened = row["ballot"], opened + 1
            if tagged("qiding/ballot/v1", canonical(body), bytes.fromhex(row["nonce"])).hex() != bound:
                raise Failed("opening", entry=number, code=receipt_code(bound))
            place = body.get("slot", body.get("row"))
            if body.get("poll") != self.poll or not place:
                raise Failed("opening", entry=number, code=receipt_code(bound))
            if not row["counts"] or place in slots:
                raise Failed("slot", entry=number, code=receipt_code(bound))
            slots.add(place)
            chain += body.get("seq", 1) - 1
        missing = sorted(set(self.sealed) - set(self.ballots))
        if missing:
            raise Failed("missing", entry=self.sealed[missing[0]][1], code=receipt_code(missing[0]))
        self.live = sorted(bound for bound, row in self.ballots.items() if row["counts"])
        ends = self.one("poll.closed")["seq"] if self.of("paper.reopened") else self.size
        early = [(bound, row) for bound, row in self.ballots.items() if self.sealed[bound][1] < ends]
        self.counted = sorted(bound for bound, row in early if row.get("counted", row["counts"]))  # at the close
        self.open = opened == len(self.live) > 0
        if opened and not self.open:
            raise Failed("half_open", n=opened, live=len(self.live))
        if len(self.live) > self.facts["roll_size"]:
            raise Failed("more", n=len(self.live), size=self.facts["roll_size"])
        if opened and chain != len(self.ballots) - len(self.live):
            raise Failed("chain", n=len(self.ballots) - len(self.live), chain=chain)
        return {"n": len(self.live), "replaced": len(self.ballots) - len(self.live), "opened": opened}

    def check_close(self) -> dict[str, Any]:
        self.closed = self.one("poll.closed")
        seq = self.closed["seq"]
        until = [body.get("until") for body in self.of("poll.prolonged")] or [self.facts["closes"]]
        if self.closed["cast"] != len(self.counted) or self.closed["ballots"] != hashed(self.counted):
            raise Failed("close", entry=seq, n=len(self.counted))
        if sum(self.closed["counts"].values()) != len(self.counted) or self.closed["closed"] != until[-1]:
            raise Failed("close", entry=seq, n=len(self.counted))
        if self.of("count.final"):
            self.check_final()
        return {"entry": seq, "n": len(self.counted)}

    @property
    def final(self) -> dict[str, Any]:
        """What tells the count that holds: that of the close, unless another one was made final after it."""
        return self.one("count.final") if self.of("count.final") else self.closed

    def check_final(self) -> None:
        """A final count: of the ballots that count now; where none was corrected, it is that of the close."""
        told, seq = self.final, self.final["seq"]
        if told["cast"] != len(self.live) or told.get("ballots", hashed(self.live)) != hashed(self.live):
            raise Failed("final", entry=seq)
        if sum(told["counts"].values()) != len(self.live):
            raise Failed("final", entry=seq)
        areas = self.closed.get("areas", {})
        same = told["counts"] == self.closed["counts"] and (told["areas"] or areas) == areas
        if self.live == self.counted and not same:
            raise Failed("final", entry=seq)

    def check_count(self) -> dict[str, Any]:
        self.result = self.json("result.json")
        if self.open:
            counts = dict.fromkeys(self.closed["counts"], 0)
            for bound in self.live:
                stance = self.ballots[bound]["ballot"]["choice"]["stance"]
                if stance not in counts:
                    raise Failed("stance", code=receipt_code(bound))
                counts[stance] += 1
            if counts != self.closed["counts"]:
                raise Failed("counts", entry=self.closed["seq"])
        if self.result["counts"] != self.final["counts"] or self.result["cast"] != self.final["cast"]:
            raise Failed("result", field="counts")
        return {"counts": self.final["counts"], "n": self.final["cast"], "opened": self.open}

    def check_rule(self) -> dict[str, Any]:
        """The rule's arithmetic in whole numbers: by heads, and where the law asks for it by floor area too."""
        rule, cast, size = self.facts["rule"], self.final["cast"], self.facts["roll_size"]
        if rule not in RULES:
            raise Failed("unknown_rule", rule=rule)
        if RULES[rule] not in ("", self.facts["quorum"] + " " + self.facts["threshold"]):
            raise Failed("other_share", rule=rule)
        holds = all(held for _, held in self.conditions())
        if rule == "consent":
            standing = self.closed["counts"]["objection"] - self.ended()
            if self.result["standing"] != standing:
                raise Failed("standing", n=self.closed["counts"]["objection"], ended=self.ended())
            holds = holds and standing == 0
        rings = self.closed.get("rings", {})
        if set(rings) != set(self.facts.get("rings", {})):
            raise Failed("result", field="rings")
        if self.result["passed"] != (holds and all(rings.values())):
            raise Failed("result", field="passed")
        holds = self.result["passed"]
        if self.final.get("passed", holds) != holds:
            raise Failed("final", entry=self.final["seq"])
        return {"cast": cast, "size": size, "quorum": self.facts["quorum"], "passed": holds}

    def conditions(self) -> list[tuple[str, bool]]:
        """What the rule asks of heads, and where the law asks for it of floor area; each with whether it holds."""
        rule, found = self.facts["rule"], []
        bases = [("", self.final["counts"], self.facts["roll_size"])]
        if rule.startswith("owners"):
            bases.append(("_area", self.final["areas"], self.facts["roll_area"]))
        for of_what, counts, everybody in bases:
            part = sum(counts.values())
            top, bottom = fraction(self.facts["quorum"])
            found.append(("quorum" + of_what, 0 < part <= everybody and part * bottom >= everybody * top))
            if rule != "consent":
                of = part - counts["abstain"] if rule == "majority_voting" else part
                top, bottom = fraction(self.facts["threshold"])
                yes, need = counts["yes"] * bottom, of * top
                found.append(("approval" + of_what, yes > 0 and (yes > need if 2 * top == bottom else yes >= need)))
        return found

    def ended(self) -> int:
        """How many objections came to an end, by the last that the log says of each."""
        states = {}
        for body in self.told:
            if body["kind"].startswith("objection.") and body.get("poll") == self.poll:
                states[body["objection"]] = body.get("state", body["kind"].partition(".")[2])
        return sum(1 for state in states.values() if state in ENDED)

    def check_record(self) -> dict[str, Any]:
        bodies = {body["sha256"]: body["seq"] for body in self.told if body["kind"] == "record.published"}
        hashed = hashlib.sha256(self.read("record.json")).hexdigest()
        if hashed not in bodies:
            raise Failed("record")
        return {"entry": bodies[hashed], "hash": hashed}

    def check_receipt(self) -> dict[str, Any]:
        code = tidy(self.receipt)
        if self.receipt.startswith("qiding/receipt/v1\n"):
            code = self.signed_receipt()
        found = [bound for bound in self.ballots if receipt_code(bound) == code]
        if not found:
            raise Failed("no_receipt", code=code)
        batch, entry = self.sealed[found[0]]
        return {"code": code, "batch": batch, "entry": entry, "counts": self.ballots[found[0]]["counts"]}

    def signed_receipt(self) -> str:
        """The code of a receipt that was saved as a signed file; any key that this log ever had may have signed it."""
        for _, key, _ in reversed(self.keys):
            try:
                _, origin, poll, commitment, _ = read_note(self.receipt, {self.origin: key}).split("\n")
            except ValueError:
                continue
            if (origin, poll) == (self.origin, self.poll):
                return receipt_code(commitment)
        raise Failed("receipt")


def fraction(written: str) -> tuple[int, int]:
    top, _, bottom = written.partition("/")
    return int(top), int(bottom or 1)


def tidy(code: str) -> str:
    """A receipt code as typed by hand, in its written form."""
    kept = [char for char in code.upper() if char not in "- \u3000"]
    text = "".join({"O": "0", "I": "1", "L": "1"}.get(char, char) for char in kept)
    return "-".join((text[:4], text[4:8], text[8:]))


def check(file: Any, receipt: str = "", since: str = "", key: str = "") -> list[Step]:
    """All checks of a bundle (a path, or an open file), in their order; those after the first that fails are unreached."""
    steps = []  # type: list[Step]
    failed = False
    bundle = None  # type: Bundle | None
    for name in CHECKS:
        try:
            bundle = bundle or Bundle(file, receipt, since, key)
            why = "unreached" if failed else skipped(bundle, name)
            if why:
                steps.append(Step(name, "unreached" if failed else "skipped", why, {}))
                continue
            act = getattr(bundle, "check_" + name)
            steps.append(Step(name, "ok", "ok_" + name, act()))
        except Failed as wrong:
            failed = True
            steps.append(Step(name, "failed", wrong.key, wrong.values))
        except Exception as wrong:  # whatever stands in a bundle, it is named and not a crash
            failed = True
            steps.append(Step(name, "failed", "unreadable", {"what": str(wrong)[:80]}))
        if bundle is None:
            return [*steps, *(Step(later, "unreached", "unreached", {}) for later in CHECKS[1:])]
    if bundle is not None:
        bundle.zip.close()
    return steps


def skipped(bundle: Bundle, name: str) -> str:
    """Why a check does not apply, by a key of SAYS; "" when it does."""
    if name == "since" and not bundle.since:
        return "not_asked_since"
    if name == "receipt" and not bundle.receipt:
        return "not_asked_receipt"
    return "no_record" if name == "record" and "record.json" not in bundle.zip.namelist() else ""


# ---- words ----------------------------------------------------------------------------------------------------------

NAMES = {
    "files": ("The files of the bundle", "文件包里的文件"),
    "log": ("The log", "日志"),
    "keys": ("The signing keys", "签名密钥"),
    "checkpoints": ("The signed checkpoints", "签名存证点"),
    "since": ("Nothing disappeared since your checkpoint", "您手里的存证点之后没有少东西"),
    "announcement": ("What was announced", "公布的内容"),
    "batches": ("The sealed batches", "封存的批次"),
    "ballots": ("The ballots", "选票"),
    "close": ("The close", "截止"),
    "count": ("The count", "计票"),
    "rule": ("The rule", "规则"),
    "record": ("The record", "记录"),
    "receipt": ("Your receipt", "您的回执"),
}
SAYS = {
    "ok_files": ("{n} files, each as listed.", "共{n}个文件，都和清单一致。"),
    "ok_log": ("{n} entries, numbered without a gap.", "共{n}条，编号连续，没有缺漏。"),
    "ok_keys": ("{n} in this log. The present one: {key}", "这本日志用过{n}个密钥。现用的是：{key}"),
    "ok_checkpoints": (
        "{n} checkpoints: signatures and roots are right. The last one: {size} entries, root {root}",
        "共{n}个存证点，签名和根值都对。最后一个：{size}条，根值 {root}",
    ),
    "ok_since": (
        "The first {size} of the {n} entries are those that you have a checkpoint of.",
        "现有{n}条，前{size}条和您存证点里的一模一样。",
    ),
    "ok_announcement": (
        "Text, rule, times and the roll of {n} are those of entry {entry}.",
        "文本、规则、时间和{n}户（人）的名册，都和日志第{entry}条一致。",
    ),
    "ok_batches": ("{ballots} ballots in {n} batches, each once.", "{ballots}张选票，分{n}批封存，没有一张重复。"),
    "ok_ballots": (
        "{n} count and {replaced} were replaced; {opened} are published, and each is what was sealed.",
        "{n}张有效，{replaced}张被改投替换；公开了{opened}张，张张和封存时一致。",
    ),
    "ok_close": ("Entry {entry} closed the vote on these {n} ballots.", "日志第{entry}条截止，计入的就是这{n}张。"),
    "ok_count": ("Counted again: {counts}", "重新数过：{counts}"),
    "ok_count_closed": (
        "{n} ballots were counted: {counts}. This vote does not publish them one by one, so nobody can count again here.",
        "计入{n}张：{counts}。这次表决不逐张公开，所以这里不能重新数。",
    ),
    "ok_rule_passed": (
        "{cast} of {size} took part; the quorum is {quorum}. It passed, by the rule announced.",
        "{size}中有{cast}参加，要求不少于{quorum}。按公布的规则，通过。",
    ),
    "ok_rule_failed": (
        "{cast} of {size} took part; the quorum is {quorum}. It did not pass, by the rule announced.",
        "{size}中有{cast}参加，要求不少于{quorum}。按公布的规则，没有通过。",
    ),
    "ok_record": ("It is the one that entry {entry} published.", "就是日志第{entry}条发布的那一份。"),
    "ok_receipt_counts": (
        "{code} is in batch {batch} (entry {entry}), and counts.",
        "{code}在第{batch}批（日志第{entry}条），计入了结果。",
    ),
    "ok_receipt_replaced": (
        "{code} is in batch {batch} (entry {entry}), and was replaced by a later one.",
        "{code}在第{batch}批（日志第{entry}条），后来被改投替换。",
    ),
    "unreached": ("Not looked at, since a check before it failed.", "前面有一项不对，这一项没有查。"),
    "not_asked_since": ("You gave no older checkpoint (--since).", "您没有提供以前的存证点（--since）。"),
    "not_asked_receipt": ("You gave no receipt (--receipt).", "您没有提供回执（--receipt）。"),
    "no_record": ("The step's record was not published yet.", "这一步的记录还没有发布。"),
    "unreadable": ("Can't be read: {what}", "读不出来：{what}"),
    "format": ("Another format: {format}", "格式不同：{format}"),
    "file_set": ("{file} is missing, is there twice, or is not on the list.", "{file}缺失、重复，或不在清单上。"),
    "file": ("{file} is not what the list says.", "{file}和清单不一致。"),
    "not_canonical": ("{file}, entry {entry}: not written in its one form.", "{file}第{entry}条：写法不合规定。"),
    "number": ("Entry {entry}: another number stands there.", "第{entry}条：编号不对。"),
    "entry": ("Entry {entry}: kind, time or event is missing.", "第{entry}条：缺少类别、时间或事件。"),
    "rotation": (
        "Entry {entry}: the new key is not signed by the old one.",
        "第{entry}条：新密钥没有旧密钥的签名。",
    ),
    "no_key": ("The log names no key.", "日志里没有密钥。"),
    "other_key": ("Not the key you expect. The log has {found}", "不是您给的密钥。日志里的是 {found}"),
    "unsigned_key": (
        "Entry {entry}: a key came in that yours did not sign.",
        "第{entry}条：换上的密钥没有您那个密钥的签名。",
    ),
    "signature": ("The checkpoint of {size} entries is not signed by the key.", "{size}条的存证点，签名不对。"),
    "origin": ("The checkpoint of {size} entries is of another log.", "{size}条的存证点是另一本日志的。"),
    "shorter": ("The log has {n} entries; the checkpoint is of {size}.", "日志只有{n}条，存证点却有{size}条。"),
    "root": (
        "The checkpoint of {size} entries has another root: something in entries 0 to {entry} was changed.",
        "{size}条的存证点根值不同：第0到{entry}条里有改动。",
    ),
    "last_checkpoint": ("The last checkpoint is not of these {n} entries.", "最后一个存证点不是这{n}条的。"),
    "not_one": ("Expected one entry {kind}; there are {n}.", "应有一条{kind}，实际有{n}条。"),
    "announced": ("“{field}” is not what entry {entry} announced.", "“{field}”和日志第{entry}条公布的不一致。"),
    "batch": ("Entry {entry}: the batch is out of place or order.", "第{entry}条：这一批的位置或顺序不对。"),
    "twice": ("Entry {entry}: ballot {code} was sealed before.", "第{entry}条：选票{code}之前已经封存过。"),
    "unsealed": (
        "Ballot {code} (line {entry}) is sealed in no batch, or is here twice.",
        "选票{code}（第{entry}行）没有封存，或出现两次。",
    ),
    "opening": ("Ballot {code} (line {entry}) is not what was sealed.", "选票{code}（第{entry}行）和封存时不一样。"),
    "slot": (
        "Ballot {code} (line {entry}): a second one of its number, or a replaced one that is open.",
        "选票{code}（第{entry}行）：同一编号有两张，或公开了已被替换的一张。",
    ),
    "missing": (
        "Ballot {code} was sealed by entry {entry} and is not here.",
        "选票{code}由第{entry}条封存，这里却没有。",
    ),
    "half_open": (
        "{n} of the {live} ballots that count are published; all or none must be.",
        "{live}张有效选票只公开了{n}张，应全部公开或全不公开。",
    ),
    "more": ("{n} ballots count, and the roll has {size}.", "有效选票{n}张，名册只有{size}。"),
    "chain": (
        "{n} were replaced; by the numbers on the ballots it is {chain}.",
        "被替换的有{n}张，按选票编号应是{chain}张。",
    ),
    "close": (
        "Entry {entry} closed on other ballots, numbers or times than these {n}.",
        "第{entry}条截止时的选票、数目或时间，和这{n}张不一致。",
    ),
    "stance": ("Ballot {code} says what this vote does not know.", "选票{code}的选择不在选项里。"),
    "counts": ("Counted again, it is not what entry {entry} says.", "重新数的结果和第{entry}条不一致。"),
    "result": ("“{field}” in the result does not follow.", "结果里的“{field}”推不出来。"),
    "final": (
        "Entry {entry} made another count final than what was closed on.",
        "第{entry}条宣布的最终计票，和截止时的不一致。",
    ),
    "standing": (
        "{n} objections, {ended} ended by the log: another number stands.",
        "反对意见{n}条，日志里已了结{ended}条，和所说的不符。",
    ),
    "other_share": ("The rule {rule} has other shares by the law.", "按法律，规则{rule}的比例不是这样。"),
    "unknown_rule": ("The rule {rule} is not known here.", "不认识规则{rule}。"),
    "record": ("The record is not one that the log published.", "这份记录不是日志里发布的。"),
    "receipt": (
        "This receipt is not signed by the key of this log, or is of another vote.",
        "这份回执没有这本日志的密钥签名，或是另一次表决的。",
    ),
    "no_receipt": ("{code} is not among the ballots of this vote.", "这次表决里没有{code}。"),
}
STATES = {"ok": ("OK", "对"), "failed": ("WRONG", "不对"), "skipped": ("–", "未查"), "unreached": ("–", "未查")}
BAD = {
    "no": ("All checks hold.", "全部通过。"),
    "yes": (
        "A check failed. Keep this bundle and show it to others.",
        "有一项没有通过。请留好这个文件包，给别人也看看。",
    ),
}


def words(step: Step, lang: str) -> tuple[str, str, str]:
    """A check's name, its outcome in a word, and a sentence; ``lang`` is "zh" or "en"."""
    which, key, values = int(lang.startswith("zh")), step.key, step.values
    if key in ("ok_receipt", "ok_rule"):
        pair = ("_counts", "_replaced") if key == "ok_receipt" else ("_passed", "_failed")
        key += pair[0] if values["counts" if key == "ok_receipt" else "passed"] else pair[1]
    if key == "ok_count" and not values["opened"]:
        key = "ok_count_closed"
    shown = {name: tell(value, CHOICES if which else {}) for name, value in values.items()}
    return NAMES[step.name][which], STATES[step.state][which], SAYS[key][which].format(**shown)


CHOICES = {
    "consent": "同意",
    "concern": "有保留地同意",
    "objection": "反对",
    "abstain": "弃权",
    "yes": "赞成",
    "no": "反对",
}


def tell(value: Any, names: dict[str, str]) -> str:
    """A value as it stands in a sentence; counts by the choice's name, where there is one."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{names.get(name, name)} {n}" for name, n in sorted(value.items()))


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Checks the bundle of a vote.")
    parser.add_argument("bundle", help="the zip file that the result's page gives")
    parser.add_argument(
        "--receipt", metavar="CODE", default="", help="is my ballot in, and does it count? A code, or a saved file"
    )
    parser.add_argument("--since", metavar="FILE", help="a checkpoint noted earlier: did anything disappear?")
    parser.add_argument("--key", metavar="KEY", default="", help="the public key that you expect")
    parser.add_argument("--lang", choices=("zh", "en"), help="the language of the answer")
    given = parser.parse_args(arguments)
    lang = given.lang or ("zh" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en")
    try:
        since = ""
        if given.since:
            with open(given.since, encoding="utf-8") as file:
                since = file.read()
            read_checkpoint(since)
        if given.receipt and os.path.exists(given.receipt):
            with open(given.receipt, encoding="utf-8") as file:
                given.receipt = file.read()
        with open(given.bundle, "rb") as file:
            data = io.BytesIO(file.read())
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    steps = check(data, given.receipt, since, given.key)
    for step in steps:
        name, state, sentence = words(step, lang)
        print(f"{state:<5} {name}: {sentence}")
    failed = any(step.state == "failed" for step in steps)
    print(BAD["yes" if failed else "no"][int(lang == "zh")])
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
