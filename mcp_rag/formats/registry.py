"""All formats, and the dispatch from a line to the few that may fit it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache

from mcp_rag import clock
from mcp_rag.errors import InputError
from mcp_rag.formats import generic
from mcp_rag.formats.base import MAX_HEAD_CHARS, OPENERS, LogFormat, TextFormat, find_stamp, opener_of
from mcp_rag.formats.builds import BUILD_FORMATS
from mcp_rag.formats.clusters import CLUSTER_FORMATS
from mcp_rag.formats.consoles import CONSOLE_FORMATS
from mcp_rag.formats.databases import DATABASE_FORMATS
from mcp_rag.formats.developer import DEVELOPER_FORMATS
from mcp_rag.formats.devices import DEVICE_FORMATS
from mcp_rag.formats.embedded import EMBEDDED_FORMATS
from mcp_rag.formats.envelopes import ENVELOPE_FORMATS, unwrap
from mcp_rag.formats.frameworks import FRAMEWORK_FORMATS
from mcp_rag.formats.games import GAME_FORMATS
from mcp_rag.formats.json import decode_json
from mcp_rag.formats.json_formats import JSON_FORMATS
from mcp_rag.formats.logfmt import LOGFMT, Logfmt
from mcp_rag.formats.platforms import PLATFORM_FORMATS
from mcp_rag.formats.runtimes import RUNTIME_FORMATS
from mcp_rag.formats.servers import SERVER_FORMATS
from mcp_rag.formats.stacks import STACK_FORMATS
from mcp_rag.formats.systems import SYSTEM_FORMATS
from mcp_rag.formats.telephony import TELEPHONY_FORMATS
from mcp_rag.formats.terminals import TERMINAL_FORMATS
from mcp_rag.formats.web import WEB_FORMATS
from mcp_rag.formats.webtools import WEB_TOOL_FORMATS
from mcp_rag.formats.wrappers import EnvelopeFormat
from mcp_rag.types import NO_SPAN, Header

MAX_VOTES = 200
MAX_ENVELOPES = 4
FORCED = "="
COMBINE_AFTER = 2_000
_NAMED_GROUP = re.compile(r"\(\?P<\w+>")


class _Generic(LogFormat):
    """The fallback as an entry of the registry."""

    __slots__ = ()

    def match(self, line: str) -> Header | None:
        head = line[:MAX_HEAD_CHARS]
        found = generic.match_generic(head, find_stamp(head), lambda *_: None)
        return found if found and found.format == self.name else None


_FALLBACKS = (
    _Generic(
        generic.NAME,
        "Any line with a known timestamp at its head and level, thread, logger or host in a usual style",
        "2026-11-23 19:20:37 worker-3 ERROR [billing] charge failed for invoice 1000",
    ),
    _Generic(
        generic.PREFIX_NAME,
        "Any line that begins with a level: `ERROR: message`, `[WARN] message`, `ERROR name - message`",
        "FATAL: could not open the journal",
    ),
)

FALLBACKS = frozenset(form.name for form in _FALLBACKS)

# Within a table the first that fits wins: the stricter of two formats that may fit one line comes first.
_TEXT: tuple[TextFormat | Logfmt, ...] = (
    *CONSOLE_FORMATS,
    *SERVER_FORMATS,
    *STACK_FORMATS,
    *FRAMEWORK_FORMATS,
    *RUNTIME_FORMATS,
    *CLUSTER_FORMATS,
    *DATABASE_FORMATS,
    *WEB_FORMATS,
    *DEVICE_FORMATS,
    *EMBEDDED_FORMATS,
    *GAME_FORMATS,
    *PLATFORM_FORMATS,
    *TELEPHONY_FORMATS,
    *TERMINAL_FORMATS,
    *DEVELOPER_FORMATS,
    *SYSTEM_FORMATS,
    *BUILD_FORMATS,
    *WEB_TOOL_FORMATS,
    LOGFMT,
)
FORMATS: tuple[LogFormat, ...] = (*_TEXT, *_FALLBACKS, *JSON_FORMATS, *ENVELOPE_FORMATS)
_NAMES: dict[str, LogFormat] = {form.name: form for form in FORMATS}

# Two formats whose header fills a line of its own: the line below belongs to the same record even if it has a header.
TWO_LINE_FORMATS = frozenset({"jul", "erlang", "aspnet", "aspnet-timed", "mysql-slow", "tinylog", "logcat-long"})

# Behind the header of these, a program's own header may stand: journald and syslog daemons take what it printed.
CARRIERS = frozenset({"syslog", "syslog-iso", "syslog-5424", "syslog-priority"})
# These say a level and nothing else, whatever prints them.
LEVEL_PREFIXES = frozenset({generic.PREFIX_NAME, "maven", "pip", "gitlab-job"})
GENERIC = generic.NAME
# What may stand there, besides those. A compiler's manner is chance in a program's message, and the second line of a
# record of two would have syslog's header again.
CARRIED = frozenset(
    form.name
    for form in (
        *CONSOLE_FORMATS,
        *SERVER_FORMATS,
        *STACK_FORMATS,
        *FRAMEWORK_FORMATS,
        *RUNTIME_FORMATS,
        *CLUSTER_FORMATS,
        *DATABASE_FORMATS,
        *WEB_FORMATS,
        *DEVICE_FORMATS,
        *EMBEDDED_FORMATS,
        *GAME_FORMATS,
        *PLATFORM_FORMATS,
        *TELEPHONY_FORMATS,
        *TERMINAL_FORMATS,
        *DEVELOPER_FORMATS,
        *SYSTEM_FORMATS,
        *WEB_TOOL_FORMATS,
        LOGFMT,
        *_FALLBACKS,
    )
    if form.name not in {"jul", "erlang", "mysql-slow", "aspnet-timed", "tinylog", "logcat-long"} | CARRIERS
).union(LEVEL_PREFIXES)

# What may stand behind a bare time: a build server stamps what its tools print.
TIMED = frozenset(form.name for form in (*BUILD_FORMATS, *WEB_TOOL_FORMATS, LOGFMT) if form.name != "shell") | {
    "cuda",
    "nccl",
    "slurm",
    "exit-code",
}

# log4j's `%5p` at the head of a pattern: a level of four letters has a blank before it.
_PADDED = frozenset({"INFO ", "WARN "})

_KINDS = {"a": str.islower, "A": str.isupper, "0": str.isdigit}


def _accepts(form: TextFormat | Logfmt, char: str) -> bool:
    return not form.first or any(_KINDS[key](char) if key in _KINDS else key == char for key in form.first)


_SHAPES = tuple(dict.fromkeys(name for name, _ in clock.SHAPES))
_FOLLOWERS = (*" ]|\t),:", "")


def _stamped(opener: str, shape: str, follower: str) -> tuple[TextFormat, ...]:
    """The formats that may fit behind a timestamp of this shape, those made for the shape first."""
    fit = [
        form
        for form in _TEXT
        if isinstance(form, TextFormat)
        and form.stamped
        and form.fits_behind(opener, shape)
        and form.follows in ("", follower)
    ]
    return tuple(sorted(fit, key=lambda form: not form.shapes))


class _Table:
    """Formats in the order they are tried. Once they were tried often, one expression finds the first that can match:
    a failing alternative costs a tenth of a failing call. Compiling it would not pay for a short text."""

    __slots__ = ("_find", "_forms", "_places", "_tries")

    def __init__(self, forms: Iterable[TextFormat | Logfmt]) -> None:
        self._forms = tuple(forms)
        self._places: dict[int | None, int] = {None: len(self._forms)}
        self._find: re.Pattern[str] | None = None
        self._tries = 0

    def match_at(self, head: str, stamp: clock.Stamp | None, pos: int) -> Header | None:
        """The header in the first format that fits; the expressions begin at `pos`."""
        start = 0
        if self._find is not None:
            first = self._find.match(head, pos)
            start = self._places[first.lastindex if first else None]
        else:
            self._tries += 1
            if self._tries > COMBINE_AFTER and len(self._forms) > 1:
                self._combine()
        for form in self._forms[start:]:
            found = form.match_at(head, stamp)
            if found is not None:
                return found
        return None

    def _combine(self) -> None:
        parts: list[str] = []
        group = 1
        for place, form in enumerate(self._forms):
            part = f"({_NAMED_GROUP.sub('(', form.pattern)})"
            parts.append(part)
            self._places[group] = place
            group += re.compile(part).groups
        self._find = re.compile("|".join(parts))


@cache
def _table(forms: tuple[TextFormat | Logfmt, ...]) -> _Table:
    return _Table(forms)


_STAMPED = {
    (opener, shape, follower): _table(_stamped(opener, shape, follower))
    for opener in ("", *OPENERS)
    for shape in _SHAPES
    for follower in _FOLLOWERS
}
_PLAIN = {chr(code): _table(tuple(f for f in _TEXT if not f.stamped and _accepts(f, chr(code)))) for code in range(128)}
_PLAIN_REST = _table(tuple(f for f in _TEXT if not f.stamped and _accepts(f, "│")))


def forced(name: str) -> str:
    """For `match`: only this format is to be recognised. A container's prefix hides no header of its own: with the name
    of one, every format is."""
    return "" if isinstance(_NAMES.get(name), EnvelopeFormat) else FORCED + name


def match(line: str, preferred: str = "") -> Header | None:
    """The header of one text line, or None if it has none. `preferred` is the name of the format to try first, or what
    `forced` made of the only one.

    Looks at the first 512 characters only. The result is the same for lines that differ only in digits, unless it
    says `digits_matter`.
    """
    if not line:
        return None
    head = line[:MAX_HEAD_CHARS]
    stamp = find_stamp(head)
    if preferred.startswith(FORCED):
        only = _NAMES.get(preferred[len(FORCED) :])
        return only.match(head) if isinstance(only, (TextFormat, Logfmt, _Generic)) else None
    # The fallbacks are never preferred: they would take lines of the other formats of a mixed file.
    first = _NAMES.get(preferred) if preferred else None
    sure = isinstance(first, (TextFormat, Logfmt)) and preferred not in CARRIERS  # whose lines may hold stricter ones
    if sure and isinstance(first, (TextFormat, Logfmt)) and (found := first.match_at(head, stamp)):
        return found
    if stamp is not None and (found := _behind_stamp(head, stamp)):
        return found
    if found := _PLAIN.get(head[0], _PLAIN_REST).match_at(head, stamp, 0):
        return found
    if head[1:6] in _PADDED and head[0] == " ":
        return _moved(match(line[1:], preferred))
    if isinstance(first, TextFormat) and first.stamped:
        chosen = first
        return generic.match_generic(head, stamp, lambda h, s: chosen.match_at(h, s) or _behind_stamp(h, s))
    return generic.match_generic(head, stamp, _behind_stamp)


def _moved(found: Header | None) -> Header | None:
    """The header of a line that a blank was taken off, where it says the level."""
    if found is None or not found.level:
        return None
    time, logger, service, stream = (
        (span[0] + 1, span[1] + 1) if span != NO_SPAN else span
        for span in (found.time, found.logger, found.service, found.stream)
    )
    return found._replace(body=found.body + 1, time=time, logger=logger, service=service, stream=stream)


def _behind_stamp(head: str, stamp: clock.Stamp) -> Header | None:
    follower = head[stamp.end : stamp.end + 1]
    key = (opener_of(head, stamp), stamp.shape, follower if follower in _FOLLOWERS else "")
    return _STAMPED[key].match_at(head, stamp, stamp.end)


def vote(lines: Sequence[str]) -> str:
    """The name of the format that most recognised lines of a file's head agree on; "" when none is recognised.

    Reads at most 200 lines. Envelopes are removed first. A tie goes to the format seen first.
    """
    votes: Counter[str] = Counter()
    for line in lines[:MAX_VOTES]:
        text = line
        for _ in range(MAX_ENVELOPES):
            inner = unwrap(text)
            if inner is None:
                break
            text = inner.text
        fields = decode_json(text) if text[:1] == "{" else None
        if fields is not None:
            votes[fields.format] += 1
        elif (header := match(text)) is not None:
            votes[header.format] += 1
    return votes.most_common(1)[0][0] if votes else ""


def by_name(name: str) -> LogFormat:
    """The format of that name. Raises InputError that lists close names."""
    form = _NAMES.get(name.strip().lower())
    if form is None:
        close = get_close_matches(name.strip().lower(), _NAMES, n=5, cutoff=0.4)
        shown = name if len(name) <= 60 else name[:60] + "..."
        raise InputError(
            f"There is no log format {shown!r}.",
            f"Close names: {', '.join(close)}." if close else "Use 'auto', or list the names with `mcp-rag formats`.",
        )
    return form
