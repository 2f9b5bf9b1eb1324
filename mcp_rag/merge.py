"""Joining distinct templates: two log messages that differ only where values stand are one error.

Only templates without a trace are joined, only for the same logger and the same codes, and only where every differing
word looks like a value or has proved to be one. Prose that differs, an exception type, a class name, an upper-case name
or a code keeps two errors apart however alike they read: a missed join costs one extra group that search still finds, a
wrong one hides an error behind the fix of another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from mcp_rag.mask import PLACEHOLDER, mask
from mcp_rag.routine import is_routine, said
from mcp_rag.types import Fingerprint, Level
from mcp_rag.wording import same_words

VERSION = "1"
MAX_TEMPLATE_CHARS = 2_000
MIN_FIXED_SHARE = 0.25
PROVEN_VALUES = 8
MAX_PROVEN_WORDS = 24
MIN_PROVEN_REST = 3

_RUN = re.compile(r"<\*>(?:[\s,;|:/#.@+&~-]{0,3}<\*>)+")
_BRACKETS = re.compile(r"([(\[{])\s?(?:<\*>)?\s?([)\]}])")
_ASIDE = re.compile(r" \(\)(?= |$)")
_MEASURE = re.compile(r"(?:<|~|> ?)?<\*> (?:sec|secs|seconds?|min|mins|minutes?|hours?|days?|millis|milliseconds?)\b")
_DOTS = re.compile(r"\.{3,}")
_EDGE = "\"'`()[]{},;:.!?"
_TYPE = re.compile(r"(?:Error|Exception|Throwable|Failure|Fault|Warning|Panic|Interrupt|Timeout)\b")
_NAME = re.compile(r"(?:^|[.$/:])(?:[A-Z][A-Z0-9_]{2,}|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z][a-z0-9]+)$")
_VALUE = re.compile(r"(?:^|\W)(?:com|org|net|io|edu|gov|android)\.[\w$-]+\.[\w.$-]|[\w$-][.@/\\][\w$-]*[@/\\]|\w@\w")
# What machines number in letters and digits: serials, hexadecimal numbers that no mask knew.
_MADE = re.compile(r"(?:[A-Z]{1,4}|[a-f]{1,6})<\*>(?:[A-Z]{1,4}|[a-f]{1,6})|[a-f]{1,2}<\*>|<\*>[a-f]{1,6}")
# What is called by a name with a number, and such a name.
_COUNTED = frozenset(
    "customer order client device sensor link partition slot drive disk port node host server tenant account session "
    "channel shard replica interface unit rack cabinet instance voucher parcel ticket invoice".split()
)
_NUMBERED = re.compile(r"[A-Za-z_][\w.-]{0,60}<\*>[\w<*>-]{0,40}")
# The name of a process beside its number.
_BESIDE = re.compile(r"(?<!\w)((?:pid|process|Process) <\*>) (?:\([^()\n]{1,60}\)|\[[^\[\]\n]{1,60}\])")
_PLAIN = re.compile(r"[A-Za-z][\w.$@-]*")


@lru_cache(maxsize=16_384)
def message_id(codes: tuple[str, ...], template: str, logger: str) -> str:
    """The fingerprint of an event without a trace: 32 hex digits over its codes, collapsed template and logger."""
    return digest("message", *codes, "", collapse(template), logger)


def digest(*parts: str) -> str:
    """32 hex digits that no two different lists of parts share; the version of the rules is part of it."""
    text = "\x00".join((VERSION, *parts))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def collapse(template: str) -> str:
    """The template with one kind of placeholder, no two in a row and the words that all reports share: what a
    fingerprint counts of a message."""
    template = template.replace("[<ip>]:<num>", "<ip>")  # an address of IPv6 with its port
    return same_words(_RUN.sub("<*>", PLACEHOLDER.sub("<*>", template)))


@lru_cache(maxsize=4_096)
def normal_logger(logger: str) -> str:
    """The logger without what numbers it: thread, worker and request ids."""
    return collapse(mask(logger)) if logger else ""


@lru_cache(maxsize=8_192)  # asked again for every block that holds the template
def skeleton(template: str) -> str:
    """What is left of a template when every word that looks like a value is taken for one; "" when too little is."""
    text = _BRACKETS.sub(r"\1\2", collapse(template[:MAX_TEMPLATE_CHARS])).replace("=<*>", "=")
    text = _MEASURE.sub("<*>", _ASIDE.sub("", _DOTS.sub(" ", text)))
    if is_routine(text) and (routine := said(text)):
        return _RUN.sub("<*>", routine)
    words = _BESIDE.sub(r"\1", text).split()
    kept = [_fixed(word, before=words[n - 1] if n else "") for n, word in enumerate(words)]
    fixed = sum(1 for word in kept if any(c.isalpha() for c in word))
    return _RUN.sub("<*>", " ".join(kept)) if fixed and fixed >= MIN_FIXED_SHARE * len(kept) else ""


@lru_cache(maxsize=50_000)
def _fixed(word: str, *, before: str) -> str:
    """The word itself, or a wildcard (its `key=` kept) when it looks like a value. The first word names the event."""
    first = not before
    core = word.strip(_EDGE)
    if core == "<*>" and not first:
        return core
    if not core or _TYPE.search(core) or _NAME.search(core):
        return word
    if "<*>" in core and (_MADE.fullmatch(core) or (before.lower() in _COUNTED and _NUMBERED.fullmatch(core))):
        return "<*>"
    key, sign, value = core.partition("=")
    if sign:
        return f"{key}=" if not value or _VALUE.search(value) else word
    return "<*>" if _VALUE.search(core) and not first else word


class MergeIndex:
    """Which group a template belongs to. The first template of a kind leads; the others get its id.

    Same calls in the same order give the same answers. Groups of an earlier run are put back with `add_leader`; of
    several that could lead, the smallest id does, so their order does not matter. Where eight groups already differ in
    one and the same word, that word is a value, whatever it looks like, and further ones join them.
    """

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._leaders: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}
        self._near: dict[int, tuple[int, str, str]] = {}  # all but one word -> groups, smallest id, its template

    def __len__(self) -> int:
        return len(self._ids)

    def copy(self) -> MergeIndex:
        """An index of its own that answers as this one does now."""
        other = MergeIndex()
        other._ids = set(self._ids)
        other._leaders = {key: list(leaders) for key, leaders in self._leaders.items()}
        other._near = dict(self._near)
        return other

    def add_leader(self, id: str, template: str, *, codes: tuple[str, ...] = (), has_trace: bool = False) -> None:  # noqa: A002 - the row's own word
        """Put back a stored group. Its logger need not be known: the id of a message tells it (see `message_id`)."""
        if id in self._ids:
            return
        self._ids.add(id)
        shape = "" if has_trace else skeleton(template)
        if not shape:
            return
        self._leaders.setdefault((shape, codes), []).append((id, template))
        for rest in _rests(shape, codes):
            count, least, text = self._near.get(rest, (0, id, template))
            self._near[rest] = (count + 1, id, template) if id <= least else (count + 1, least, text)

    def assign(self, fp: Fingerprint, *, level: Level, logger: str, has_trace: bool) -> str:  # noqa: ARG002 - a level change makes no other error, and callers must not have to know that
        """The id of the group for `fp`: its own when it is known or leads from now on, else its leader's."""
        found = self._find(fp, logger, has_trace=has_trace, any_logger=False)
        if found is None:
            self.add_leader(fp.id, fp.template, codes=fp.codes, has_trace=has_trace)
            return fp.id
        return found

    def lookup(self, fp: Fingerprint, *, level: Level, logger: str, has_trace: bool) -> str | None:  # noqa: ARG002 - as above
        """As `assign`, but None when nothing leads, and nothing is added. Text pasted without its header has no
        logger: then any logger's group of that template answers."""
        return self._find(fp, logger, has_trace=has_trace, any_logger=not logger)

    def _find(self, fp: Fingerprint, logger: str, *, has_trace: bool, any_logger: bool) -> str | None:
        if fp.id in self._ids:
            return fp.id
        shape = "" if has_trace else skeleton(fp.template)
        if not shape:
            return None
        candidates = list(self._leaders.get((shape, fp.codes), ()))
        if not candidates:
            near = [self._near.get(rest, (0, "", "")) for rest in _rests(shape, fp.codes)]
            candidates = [(id_, text) for count, id_, text in near if count >= PROVEN_VALUES]
        fitting = [id_ for id_, text in candidates if any_logger or _is_of(id_, text, fp.codes, logger)]
        return min(fitting, default=None)


def _rests(shape: str, codes: tuple[str, ...]) -> Iterator[int]:
    """One key per word that could be a value: everything but that word. Names and the first word are never values."""
    words = shape.split()
    if not MIN_PROVEN_REST < len(words) <= MAX_PROVEN_WORDS:
        return
    fixed = sum(1 for word in words if any(c.isalpha() for c in word))
    if fixed <= MIN_PROVEN_REST:
        return
    for n, word in enumerate(words):
        core = word.strip(_EDGE)
        if n and _PLAIN.fullmatch(core) and not _TYPE.search(core) and not _NAME.search(core):
            yield hash((n, *words[:n], *words[n + 1 :], "", *codes))


def _is_of(leader: str, template: str, codes: tuple[str, ...], logger: str) -> bool:
    """True when the leader's id was made with this logger, or with none (a group described by hand)."""
    name = normal_logger(logger)
    return leader in (message_id(codes, template, name), message_id(codes, template, ""))
