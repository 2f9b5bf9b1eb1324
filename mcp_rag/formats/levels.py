"""Severity words of all kinds of logs, mapped to the six levels."""

from __future__ import annotations

import re

from mcp_rag.types import Level

_WORDS: dict[Level, str] = {
    Level.TRACE: "trace trc trce verbose vrb finest finer all spam silly t v vb verb",
    Level.DEBUG: "debug dbg dbug fine d db dd ddebug",
    Level.INFO: "info inf information informational notice note success ok config system log "
    "i in no n normal status audit level default basic http",
    Level.WARN: "warn wrn warning warnings w wa deprecated deprecation caution",
    Level.ERROR: "error err eror errors severe e er fail failed failure failures err! exception",
    Level.FATAL: "fatal ftl critical crit emerg emergency alert panic dpanic pnc f c a al cr em abort assert "
    "catastrophe",
}
# The same in the languages that systems are set to: PostgreSQL, java.util.logging and Windows print them.
_FOREIGN: dict[Level, str] = {
    Level.DEBUG: "fein fin détail détails 调试 デバッグ 디버그 отладка",
    Level.INFO: "hinweis meldung informationen infos informazioni información informação informação informatie "
    "信息 資訊 情報 通知 정보 инфо информация",
    Level.WARN: "warnung avertissement attention advertencia aviso avviso avvertenza waarschuwing ostrzeżenie 警告 "
    "경고 предупреждение внимание",
    Level.ERROR: "fehler schwerwiegend erreur grave errore erro fout błąd fel virhe 错误 錯誤 エラー 严重 오류 에러 "
    "ошибка",
    Level.FATAL: "fatale fatales fataler kritisch crítico 致命的 致命 重大 치명적 фатальная",
}
for _level, _names in _FOREIGN.items():
    _WORDS[_level] += f" {_names}"
_LEVELS: dict[str, Level] = {word: level for level, words in _WORDS.items() for word in words.split()}

# Words that are levels when a field says so, but too common in plain text to be taken for one at a line's head.
_PLAIN_TEXT = (
    "note success ok config system log status audit level default basic normal http all in no abort assert exception "
    "fail failed failure failures deprecated deprecation caution catastrophe errors warnings spam vb db dd wa er "
    "al cr em fein fin fel fout"
)
_PLAIN = frozenset(_PLAIN_TEXT.split())
_HEADER_WORDS = {word: level for word, level in _LEVELS.items() if word not in _PLAIN and len(word) > 1}
_LETTERS = {word.upper(): level for word, level in _LEVELS.items() if len(word) == 1 and word not in "acn"}
# A `C` may open a sentence (`C compiler`): it is a level where a delimiter or a bracket follows.
_MARKED_LETTERS = {**_LETTERS, "C": Level.FATAL, "N": Level.INFO}
# Levels that are ordinary words too: behind a timestamp they count only in capitals or when a delimiter follows.
SHOUTED = frozenset({"fine", "finer", "finest", "config", "severe", "alert", "panic"}).union(
    *map(str.split, _FOREIGN.values())
)

_SYSLOG = (Level.FATAL, Level.FATAL, Level.FATAL, Level.ERROR, Level.WARN, Level.INFO, Level.INFO, Level.DEBUG)


def syslog_level(severity: int) -> Level:
    """The level of a syslog severity, 0 (emergency) to 7 (debug)."""
    return _SYSLOG[severity & 7]


def otel_level(number: int) -> Level:
    """The level of an OpenTelemetry SeverityNumber, 1 to 24; UNSET outside."""
    return Level((number - 1) // 4 * 4 + 1) if 1 <= number <= 24 else Level.UNSET


def status_level(status: str) -> Level:
    """The level of an HTTP status: 5xx is the server's error, 4xx the client's and only worth a warning."""
    return {"5": Level.ERROR, "4": Level.WARN}.get(status[:1], Level.INFO)


def level_of(word: str) -> Level:
    """The level a field's value names, in any case: `WARNING`, `WRN`, `E`, `crit`, `SEVERE`, `emerg`.

    Numbers: multiples of ten up to 60 are pino and bunyan, hundreds up to 600 monolog, 700 to 1000 Java, ten thousands
    logback, 0 to 7 syslog, the rest up to 24 OpenTelemetry. UNSET for everything else.
    """
    word = word.strip(" \t[]()<>:|*\"'").lower()
    if word.isascii() and word.isdigit() and len(word) < 6:
        return _of_number(int(word))
    if word in _LEVELS:
        return _LEVELS[word]
    stem = word.rstrip("0123456789")  # debug1 to debug5, trace1 to trace8, warn2
    if stem == "d" and len(word) == 2:
        return Level.DEBUG  # MongoDB's D1 to D5
    if stem[-1:] in ("+", "-"):
        stem = stem[:-1]  # Go's slog: ERROR+2, DEBUG-4
    return _LEVELS.get(stem, Level.UNSET) if len(stem) > 3 else Level.UNSET


def _of_number(number: int) -> Level:
    if number <= 7:
        return syslog_level(number)
    for step, top in ((10_000, 50_000), (10, 60)):
        if number % step == 0 and number <= top:
            place = number // step
            if step == 10_000:
                place = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6}[place]
            return (Level.TRACE, Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR, Level.FATAL)[place - 1]
    if number <= 24:
        return otel_level(number)
    if 700 <= number <= 1000:
        return Level.ERROR if number == 1000 else Level.WARN if number == 900 else Level.INFO
    if 100 <= number <= 600:
        bounds = ((500, Level.FATAL), (400, Level.ERROR), (300, Level.WARN), (200, Level.INFO), (100, Level.DEBUG))
        return next(level for bound, level in bounds if number >= bound)
    return Level.UNSET


def header_level(word: str, *, bracketed: bool = True, marked: bool = False) -> Level:
    """The level of a word at the head of a line: stricter than `level_of`, since a message may begin with any word.

    Lower case counts only where brackets or a delimiter mark it (`bracketed`); single letters only in upper case, and
    those that begin sentences only where what follows shows that one ends here (`marked`).
    """
    if len(word) == 1 and word.isascii():
        return (_MARKED_LETTERS if marked else _LETTERS).get(word, Level.UNSET)
    lower = word.lower()
    level = _HEADER_WORDS.get(lower, Level.UNSET)
    if level is Level.UNSET or word == word.upper():
        return level
    if lower in SHOUTED and not bracketed:
        return Level.UNSET
    return level if bracketed or word[0] != lower[0] else Level.UNSET


# A count ("3 errors") says nothing: the digit may be a zero, and lines that differ in digits share one verdict. An id
# that happens to end in a digit counts nothing.
# What is numbered itself: "disk 3 failed" is no count.
_NOUNS = (
    "attempt build cpu device dimm disk drive fan gpu job node port process rank replica shard slot stage step task"
)
_NOT_NUMBERED = "".join(f"(?<!{noun} )" for noun in f"{_NOUNS} test unit worker".split())
_COUNTED = re.compile(
    rf"\b(?<![#:]){_NOT_NUMBERED}\d+ (?:\w+ )?(?:errors?|warnings?|failures?|failed|exceptions?)\b"
    r"|\b(?:no|zero|without|any) (?:\w+ )?(?:errors?|warnings?|failures?|exceptions?)\b"
    r"|\b(?:errors?|warnings?|failures?|failed|exceptions?|unreachable(?==))(?:[_-]?(?:count|rate|total|s))?[ =:]{1,3}"
    r"(?:\d+\b(?! \[[a-z]{1,30}-)|none\b|null\b|false\b|detector\b|summary: \d+ errors\b|no known data errors\b)"
    r"|\bwarn=\d+\b",
    re.IGNORECASE,
)
_FATAL = re.compile(
    r"^\W{0,4}(?:fatal|panic|emerg"
    r"(?:ency)?|alert)\b[ :!\[(]|\bFATAL\b|\bPANIC\b|\bkernel panic\b|\bsegmentation fault\b"
    r"|\bdumped core\b|\bgeneral protection fault\b|\btrap (?:invalid opcode|divide error)\b"
    r"|\bsegfault\b|\bcore dumped\b|\bout of memory\b|\boom-kill|\bcritical error\b|\bfatal "
    r"(?:error|signal|exception)\b"
    r"|\bpanicked at\b|^terminate called\b",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\berrors?\b(?!\.log\b| = <)"
    r"|\bERR!|\b(?-i:ERR_[A-Z])|\berror\[|\b(?-i:\w{0,80}(?:Error|Exception))\b|\bexception\b|\bTraceback\b"
    # The JVM's own word for a full young generation says why it collects: nothing failed.
    r"|(?<!\(Allocation )\bfail(?:ed|ure|ures)?\b|\bunhandled\b|\buncaught\b|\bcrash(?:ed)?\b"
    r"|\babort(?:ed(?! login)|ing)?\b|\bcorrupt(?:ed|ion)?\b"
    r"|\bassertion\b|\b(?-i:E\d{4})\b|\bdied signal=\d|\b(?-i:SQL\d{4,5}N)\b"
    r"|\bkilled\b|\bcommand not found\b|\bundefined (?:reference|symbols?)\b|\bcurl: \(\d|^\s{0,6}× \w"
    r"|\b(?-i:[A-Z]{2,12}_ASSERT)\b(?=[:( ])|\b(?-i:HARAKIRI ON)\b|^DAMN ! worker|\bMPI_ABORT was"
    r"|^Unclosed (?:client session|connect(?:or|ion))\b|^Task was destroyed but it is pending\b"
    r"|\b(?-i:(?!ON_)[A-Z]{2,20}(?:_[A-Z]{2,20}){0,4}_FAIL(?:ED|URE))\b(?!=)|\bgiving up after \d|, giving up[.!]?$"
    r"|\bNVRM: Xid\b|\bremounting (?:filesystem )?read-only\b|\bRTNETLINK answers: (?!File exists)"
    r"|\bhas died\b|\bexited unexpectedly\b|\bunexpectedly closed\b|^❌ "
    r"|\bis not recognized as (?:an internal|the name of)\b"
    r"|^! (?:Undefined control sequence|Missing \S{1,12} inserted|Emergency stop|Extra |Misplaced |Paragraph ended"
    r"|File ended|Illegal )|^CONFLICT \(|\bwas \d{1,3} instead of 0\b"
    r"|\bmemory access fault\b|\bMCU '[\w-]{1,40}' shutdown: |\blost communication with ",
    re.IGNORECASE,
)
_WARN = re.compile(
    r"\bwarn(?:ing)?s?\b|\bdeprecat|\bdenied\b|\brefused\b|\btime[d-]?[ -]?out\b|\bunable to\b|\bcan(?:not|'t)\b"
    r"|\bcould not\b|\bcouldn't\b|\binvalid\b|\bunreachable\b|\bretry(?:ing)?\b|\bunauthorized\b|\bforbidden\b"
    r"|\bblocked by\b|\bNO_PROPOSAL_CHOSEN\b|\bunacceptable\b|^No DHCPOFFERS received|\bFAULTED\b"
    r"|\bCTRL-EVENT-(?:ASSOC-REJECT|AUTH-REJECT|SSID-TEMP-DISABLED|EAP-FAILURE)\b|\bunreadable \(pending\) sectors\b"
    r"|\bSELinux is preventing\b|\brequest repeated too quickly\b|\bdeadline exceeded\b",
    re.IGNORECASE,
)


# Node names its warnings; what they warn of may be named after errors.
_NODE_WARNS = re.compile(r"\(node:\d+\) (?:\[[\w ]{1,40}\] )?(?!UnhandledPromiseRejection)\w{0,60}Warning: ")
# systemd on a process that ended, Postfix on mail that it could not hand over: fields, in lower case.
_ENDED = re.compile(r"\bcode=(?:exited|dumped), status=\d+/(?!success)|\bstatus=(?:bounced|deferred)\b")

# Parts of every word above in lower case: most lines hold none, and then the expressions need not be tried.
_FATAL_HINT = re.compile(
    r"fatal|panic|emerg|alert|segmentation|segfault|dumped|memory|oom-|critical|terminate|protection f|trap [id]"
)
_ERROR_HINT = re.compile(
    r"err|exception|traceback|fail|unhandled|uncaught|crash|abort|corrupt|assert|killed|not found|undefined [rs]"
    r"|e\d{4}|died s|sql\d{4}|curl: |×|❌|harakiri|damn|mpi_abort|unclosed|destroyed but"
    r"|giving up|: xid|mounting |answers: |has died|exited unexp|unexpectedly c|recognized as|access fault|' shutdown"
    r"|communication w|^! [a-z]|^conflict \(|instead of 0"
)
_WARN_HINT = re.compile(
    r"warn|deprecat|denied|refused|time[d-]?[ -]?out|unable|can(?:not|'t)|could|invalid|unreach|retry|unauth|forbidden"
    r"|blocked by|=dumped|=exited|=bounced|=deferred|no_proposal|unaccept|no dhcpo|faulted|ctrl-event|unreadable"
    r"|selinux is|too quickly|deadline ex"
)
_COUNTED_HINT = re.compile(r"err|warn|fail|except|unreach")
_ANY_HINT = re.compile(f"{_FATAL_HINT.pattern}|{_ERROR_HINT.pattern}|{_WARN_HINT.pattern}")


# cron names the command that it starts: what its options are called says nothing of how it went.
_CRON = re.compile(r"\([\w.@-]{1,64}\) CMD \(")
# pytest's titles of what follows, and those of cargo, RSpec and others.
_TITLE = re.compile(r"={3,120} (?:ERRORS|FAILURES) ={3,120}$")
_TITLES = frozenset({"failures:", "Failures:", "Failed examples:", "Failed tests:"})
# What a shell is about to run: its trace, or a command behind a prompt. What its arguments are called says nothing.
_COMMAND = re.compile(r"\+{1,8} \S|\$ \S|(?:PS )?[A-Z]:\\[^<>|:*?\"\n]{0,200}> ?\S")


def level_from_words(text: str) -> Level:
    """A guess from the words of a line whose header names no level; UNSET if nothing points to trouble.

    Looks at the first 512 characters. The same for lines that differ only in digits.
    """
    text = text[:512]
    if text[:6] == "(node:" and _NODE_WARNS.match(text):
        return Level.WARN
    if (text.startswith("===") and _TITLE.match(text)) or (text[:1] == "(" and _CRON.match(text)) or text in _TITLES:
        return Level.UNSET
    if (text[:1] in "+$" or text[1:3] == ":\\" or text[:3] == "PS ") and _COMMAND.match(text):
        return Level.UNSET
    low = text.lower()
    if not _ANY_HINT.search(low):
        return Level.UNSET
    if _COUNTED_HINT.search(low):
        text = _COUNTED.sub("", text)
    if _FATAL_HINT.search(low) and _FATAL.search(text):
        return Level.FATAL
    if _ERROR_HINT.search(low) and _ERROR.search(text):
        # What is to be given up may be named after errors.
        return Level.WARN if "deprecated and will be removed" in low else Level.ERROR
    if not _WARN_HINT.search(low):
        return Level.UNSET
    return Level.WARN if _WARN.search(text) or ("status=" in low and _ENDED.search(low)) else Level.UNSET
