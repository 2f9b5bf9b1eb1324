"""Numbers and names that are codes because of the word beside them: `status 503`, `exit code 137`, `rc=1`, `ret=-5`.

One expression per word, run only on texts that hold the word: most texts hold few of them. What one matches may depend
on where digits stand, never on which: `judged` asks for their values afterwards, so that a text can be asked whether it
would hold a code if its digits were others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mcp_rag.system_errors import linux_number

# C library, then npm, then nodemailer and other Node packages.
_ERRNO = (
    "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD "
    "ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN "
    "EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE "
    "ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOMEM "
    "ENOMSG ENOPROTOOPT ENOSPC ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTFOUND ENOTSOCK ENOTSUP ENOTTY ENXIO "
    "EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMOTE "
    "EREMOTEIO EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN "
    "EUSERS EWOULDBLOCK EXDEV EHWPOISON ERESOLVE EINTEGRITY EUSAGE ETARGET ENEEDAUTH EBADENGINE EBADPLATFORM EOTP "
    "EJSONPARSE ELIFECYCLE EINVALIDTAGNAME ENOVERSIONS ENOLOCK EOVERRIDE EPUBLISHCONFLICT ENOAUDIT EENVIRONMENT "
    "EINVALIDPACKAGENAME EMISSINGARG ESOCKETTIMEDOUT ECONNECTION EAUTH EENVELOPE ESOCKET ETLS ESTREAM"
)
ERRNO_NAMES = frozenset(_ERRNO.split())


class Word(NamedTuple):
    """A word beside which codes stand, and what may follow it: one group for each kind of code. `near`: words of which
    the text must hold one besides."""

    word: str
    kinds: tuple[str, ...]
    pattern: re.Pattern[str]
    near: tuple[str, ...] = ()


_HTTP_PHRASES = (
    "bad request|unauthorized|payment required|forbidden|not found|method not allowed|not acceptable|"
    "request time-?out|length required|precondition failed|payload too large|request entity too large|"
    "uri too long|unsupported media type|unprocessable|too many requests|internal server error|internal error|"
    "not implemented|bad gateway|service unavailable|gateway time-?out|insufficient storage|client error|server error"
)
_GRPC = (
    "canceled|unknown|invalidargument|deadlineexceeded|notfound|alreadyexists|permissiondenied|resourceexhausted|"
    "failedprecondition|aborted|outofrange|unimplemented|internal|unavailable|dataloss|unauthenticated"
)
_HRESULT = r"8000(?:ffff|4[0-9a-f]{3})|80(?:0[1-9a-f]|[1-3][0-9a-f])[0-9a-f]{4}"
_NTSTATUS = r"c0000(?:005|006|01d|08e|094|096|0fd|135|139|142|17d|225|374|409|41d|417|420)"
_DATABASE = (
    "sql", "duplicate", "constraint", "deadlock", "insert", "postgres", "jdbc", "relation ", "database", "query",
    "statement", "transaction", "column",
)  # fmt: skip
# Of five digits only these; a process id in brackets looks the same.
_SQLSTATES = frozenset(
    "01000 02000 08000 08001 08003 08004 08006 08007 08501 22000 22001 22002 22003 22004 22005 22007 22008 22011 22012 "
    "22018 22019 22023 22025 22026 22501 23000 23001 23502 23503 23504 23505 23506 23507 23511 23513 23514 24000 25000 "
    "25001 25006 26000 28000 28501 34000 38000 40001 40002 40003 42000 42501 42601 42602 42611 42622 42701 42702 42703 "
    "42704 42710 42712 42723 42725 42803 42804 42809 42818 42830 42846 42883 42884 42939 44000 51002 53000 53100 53200 "
    "53300 53400 54000 54001 54011 54023 55000 55006 57000 57011 57014 57033 58000 58004 58030 90001 90007".split()
)
_SQLSTATE_CLASSES = frozenset(
    "0a 0b 0f 0l 0p 0z 08 20 21 22 23 24 25 26 27 28 2b 2d 2f 34 38 39 3b 3d 3f 40 42 44 53 54 55 57 58 70 72 f0 hv hy "
    "im p0 s0 s1 xx".split()
)

# What may stand between the word and its number, and behind the number.
_IS = r"[\"']?(?: of| is| was)?[ :=(]{1,3}[\"']?"
_END = r"(?![0-9a-z_]|\.[0-9])"
_STATUS_END = r"(?![0-9/]|\.[0-9])"
_NUMBER = rf"([0-9]x[0-9a-f]{{1,8}}|-?[0-9]{{1,10}}){_END}"
_NEGATIVE = rf"(-[0-9]{{1,5}}){_END}(?! ?[<>=!])"
# How many of something: `exited with 3 failed tests`, `returned 404 rows`.
_NOT_COUNTING = (
    r"(?! (?:[a-z-]{2,20} )?(?:errors?|warnings?|fail(?:ures?|ed)|items?|tests?|jobs?|tasks?|files?|lines?|seconds?|"
    r"secs?|minutes?|ms|times?|retries|attempts?|workers?|process(?:es)?|threads?|pods?|nodes?|records?|rows?|results?|"
    r"messages?|requests?|others?|of|out|pending|more|bytes|entries)(?![a-z]))"
)
# A field of a record ends like a text: its quote or the sign behind it is there where many events are told apart.
_STOP = (
    r"(?=\Z|[,;:!?)\]\"'\0]|\.(?![0-9])|"
    r" (?:from|for|on|after|to|at|in|when|while|by|and|but|instead|received|\(|-)(?![a-z]))"
)
_SERVER = "(?:upstream|server|gateway|origin|backend|proxy|remote|api)(?![a-z])"
_BEFORE_CODE = ("with", "result", "reason", "close", "closed", "failed", "native", "vendor", "return", "fault")
_CODE = "|".join(
    [
        r"(?<![a-z0-9_ -]code)",
        *(rf"(?<={word} code)" for word in _BEFORE_CODE),
        r"(?<=[:,;({] code)",
        r"(?<=closecode)",
        r"(?<=close_code)",
    ]
)


def _word(word: str, **tails: str) -> Word:
    """The word and what follows it; where two follow the same, the first counts. A digit behind a kind's name tells
    tails of one kind apart."""
    kinds = tuple(name.rstrip("0123456789") for name in tails)
    return Word(word, kinds, re.compile(f"{re.escape(word)}(?:{'|'.join(tails.values())})"))


def _whole(word: str, kind: str, pattern: str, *near: str) -> Word:
    """An expression that begins with something else, or whose word is part of the code."""
    return Word(word, (kind,), re.compile(pattern), near)


# Read on lower-cased text.
WORDS = (
    _word(
        "http",
        http1=r"/[0-9](?:\.[0-9])?\"? ([0-9]{3})(?![0-9]|\.[0-9])",
        http2=rf"(?:[ _-]?(?:error|status|code|response))?(?:[ _-]?code)?[ :=]{{1,3}}([0-9]{{3}}){_STATUS_END}",
    ),
    _word(
        "status",
        exit=r"(?<=code=exited, status)=([0-9]{1,3})(?![0-9/])",
        signal=r"(?:(?<=code=killed, status)|(?<=code=dumped, status))=([0-9]{1,2})(?![0-9/])",
        unit=r"=([0-9]{1,3}/(?:[a-z_]{2,16}|n/a))",
        status1=rf"(?:[ _-]?code)?(?:\.?value)?{_IS}([0-9]{{3}}){_STATUS_END}",
        status2=rf"(?:[ _-]?code)?(?:\.?value)?{_IS}([0-9]{{1,2}})(?![0-9a-z_/-]|\.[0-9]){_NOT_COUNTING}",
        code=rf"[ :=(]{{1,3}}{_NEGATIVE}",
        grpc1=r"code\.([a-z_]{5,20})(?![a-z])",
        grpc2=r"(?:runtime)?exception: ([a-z_]{5,20})(?![a-z])",
    ),
    _word(
        "respon",
        http1=rf"se[ _-]?code{_IS}([0-9]{{3}}){_STATUS_END}",
        http2=rf"(?:se|d(?:ed)?)(?: with)?(?: an?)?[ :=]{{1,2}}([0-9]{{3}}){_STATUS_END}{_STOP}",
    ),
    _whole("", "http", rf"([0-9](?<![\w.:/-].)[0-9]{{2}}):? (?={_HTTP_PHRASES})"),
    _word("received ", http=rf"(?:an? )?([0-9]{{3}})(?= from (?:the )?{_SERVER})"),
    _word("replied", http=rf"(?: with)?(?: an?)?[ :]{{1,2}}([0-9]{{3}}){_STATUS_END}{_STOP}"),
    _word("answered", http=rf"(?: with)?(?: an?)?[ :]{{1,2}}([0-9]{{3}}){_STATUS_END}{_STOP}"),
    _word("got ", http=rf"(?:an? )?([0-9]{{3}})(?= from (?:the )?{_SERVER})"),
    _word(
        "sql",
        sqlstate=r" ?state[\[ :=(\"']{1,4}((?=[a-z]{0,4}[0-9])[0-9a-z]{5})(?![0-9a-z])",
        sqlerror=rf" error(?: code)?[ :=#(\[]{{1,3}}(-?[0-9]{{1,6}}){_END}",
        sqlcode=rf"code{_IS}(-?[0-9]{{1,6}}){_END}",
    ),
    _whole("", "sqlbare", r"[(\[](?<![\w)\]].)((?=[a-z]{0,4}[0-9])[0-9a-z]{5})[)\]](?![\w(])", *_DATABASE),
    _whole(
        "state",
        "sqlbare",
        r"state(?<![a-z]state)[ :=]{1,2}((?=[a-z]{0,4}[0-9])[0-9a-z]{5})(?![0-9a-z])",
        *_DATABASE,
    ),
    _word(
        "errno",
        errno=rf"[\]\"']?[ :=]{{1,3}}(-?[0-9]{{1,5}}){_END}",
    ),
    _word("os error ", errno=rf"([0-9]{{1,5}}){_END}"),
    _word(
        "fail",
        errno=r"ed \(([0-9]{1,3}): (?=[a-z])",
        code=rf"(?:ed|ure|s)?(?: with)?[ :=(]{{1,3}}{_NEGATIVE}",
        status=rf"ed with ([0-9]{{1,5}}){_END}{_NOT_COUNTING}",
    ),
    _word(
        "exit",
        exit1=rf"(?:ed with|ed)?(?: an?)?(?: non-?zero)?(?:[ _-]?(?:code|status|value)){_IS}{_NUMBER}",
        exit2=rf"[\"']?[ :=(]{{1,3}}(-?[0-9]{{1,3}}){_END}{_NOT_COUNTING}",
        exit3=rf"(?:ed|s)(?: [a-z]{{2,14}}ly)?(?: with)?[ :=(]{{1,2}}{_NUMBER}{_NOT_COUNTING}",
    ),
    _word(
        "ret",
        exit1=rf"(?:urn(?:ed)?[ _-]?(?:code|value)|code)[\"']?[ :=(]{{1,3}}(-?[0-9]{{1,3}}){_END}",
        http=rf"urned(?: an?)?[ :]{{1,2}}([0-9]{{3}}){_STATUS_END}{_STOP}",
        code1=rf"urn(?:ed|s|ing)?(?: value)?[ :=(]{{1,3}}{_NEGATIVE}",
        code2=rf"(?<![a-z_]ret)(?:val)?[\"']?[ :=(]{{1,3}}{_NEGATIVE}",
    ),
    _word(
        "rc",
        exit=r"(?<![\w$.-]rc)[\"']?(?: is | was |[:=] ?\(?| [:=] |(?:(?<=[(\[]rc)|(?<=[,:] rc)|(?<=with rc)|(?<!.rc)) )"
        rf"(-?[0-9]{{1,10}}){_END}",
    ),
    _word("signal", signal=rf"[ :=(]{{1,3}}([0-9]{{1,2}}){_END}"),
    _word(
        "xid",
        xid1=rf" \((?:[^()\n]{{1,60}})\): ([0-9]{{1,3}}){_END}",
        xid2=rf"[ :=]{{1,2}}([0-9]{{1,3}}){_END}",
    ),
    _word("msg ", msg=r"([0-9]{2,5}), level"),
    _word(
        "err",
        mssql=r"or:? ([0-9]{2,6}), severity",
        mysql1=r"or ([0-9]{4}) \([0-9a-z]{5}\)",
        mysql2=r"or: \(([0-9]{4}), ?[\"']",
        mysql3=rf"or ([0-9]{{3,6}}):(?! ?(?:{_HTTP_PHRASES}))",
        code1=r"(?:or)?[ _-]?(?:code|no|number|num)[\"']?(?: is| was)?[ :=#(]{1,3}"
        r"(-?(?:[0-9]x[0-9a-f]{1,8}|[0-9]{1,10}))(?![0-9a-f]|\.[0-9])",
        code2=rf"or[ :=(]{{1,2}}(-[0-9]{{1,8}}|[0-9]x[0-9a-f]{{1,8}}){_END}",
        code3=r"(?:or)? ?#([0-9]{1,6})(?![0-9]|\.[0-9])",
        code4=rf"(?<![a-z_]err) ?[:=] ?(-?[0-9]{{1,5}}){_END}",
        code5=rf"(?<![a-z_]err) {_NEGATIVE}",
        code6=rf"or(?: | ?= ?)([0-9]{{1,6}})(?![/:-]?[0-9a-z_]|\.[0-9]){_NOT_COUNTING}(?! (?:{_HTTP_PHRASES}))",
        code7=rf"or: ([0-9]{{4,6}}){_END}{_NOT_COUNTING}",
        code8=r"or \(([0-9]{3,6})\)",
        openssl=r"or:([0-9a-f]{8}):",
        aws=r"or occurred \(([a-z0-9.]{3,60})\)",
    ),
    _word("winerror", code=rf"[ :=]{{1,2}}([0-9]{{1,5}}){_END}"),
    _word("lasterror", code=rf"(?:\(\))?(?: is| was| returned)?[ :=(]{{1,3}}{_NUMBER}"),
    _word("win", code=rf"[0-9]{{2}} error(?: code)?[ :=#(]{{1,3}}{_NUMBER}"),
    _word("exception", code=r" \(([0-9]x[0-9a-f]{8}|-?[0-9]{1,10})\):"),
    _word("result", code=rf"[ :=(]{{1,3}}{_NEGATIVE}"),
    _word(
        "code",
        grpc=rf" ?= ?({_GRPC})(?![a-z])",
        mongo=r"name[\"']?[ :=]{1,2}[\"']?([a-z]{4,40})",
        said=rf"(?:{_CODE}){_IS}(-?[0-9]{{1,5}})(?![0-9a-z_/-]|\.[0-9])",
        named=r"(?:(?<![a-z0-9_]code)|(?<=error.code)|(?<=errorcode))[\"']?[ :=]{1,3}[\"']"
        r"([0-9a-z][0-9a-z_]{1,40})[\"']",
    ),
    _word("mqrc", code=rf"[ :=(]{{1,2}}([0-9]{{4}}){_END}"),
    _word("curl: (", curl=r"([0-9]{1,2})\)"),
    _word("cuda", cuda=rf" ?(?:runtime |driver )?(?:err(?:or)?|failure)[ :=#(]{{1,3}}([0-9]{{1,4}}){_END}"),
    _word("sense key", sense=rf"[ :=]{{1,3}}([0-9]x[0-9a-f]{{1,2}}){_END}"),
    _word(
        "grpc",
        grpcnumber=rf"[ _-]?(?:status|code)(?:[ _-]?code)?{_IS}([0-9]{{1,2}}){_END}",
        grpc=r"[ _-]status[ :=]{1,2}([a-z_]{5,20})(?![a-z])",
    ),
    _word("tp", reply=rf"(?<=[fm]tp)[:;]?(?: error| reply| response)?(?: code)?[ :=]{{1,2}}([0-9]{{3}}){_STATUS_END}"),
    _word("said: ", reply=r"([0-9]{3})(?=[ -])"),
    _whole("close", "said", rf"closed?[ :=(]{{1,2}}([0-9]{{4}}){_END}", "websocket", "ws "),
    _whole("alert", "code", rf"alert(?: number)?[ :=]{{1,2}}([0-9]{{1,3}}){_END}", "tls", "ssl"),
    _word("rcode", code=rf"{_IS}([0-9]{{1,2}}){_END}"),
    _whole(": -", "code", r": (-[0-9]{1,3})(?=\Z|[;)\"'\0])", "fail", "error", "unable", "could not", "cannot"),
    _whole(
        "",
        "enhanced",
        r"([0-9](?<![\w.:/-].)[0-9]{2}[ -][0-9]\.[0-9]{1,3}\.[0-9]{1,3})(?![\w.])",
        *("smtp", "mail", "dsn", "said", "rcpt", "user", "recipient", "relay"),
    ),
    _word("dsn=", dsn=r"([0-9]\.[0-9]{1,3}\.[0-9]{1,3})(?![\w.])"),
    _word("hresult", win=r"[ :=(]{1,3}(0x[0-9a-f]{8})(?![0-9a-f])"),
    _whole("0x", "win", rf"(0x(?<![0-9a-z]0x)(?:{_HRESULT}|{_NTSTATUS}))(?![0-9a-f])"),
    _whole(
        "0xc0",
        "win",
        r"(?:exception|error|status|code|fail(?:ed|ure)? with)[ :=(]{1,2}(0xc0[0-9a-f]{6})(?![0-9a-f])",
    ),
    _whole("cudaerror", "", r"(cudaerror[a-z_]{4,40})(?![a-z0-9])"),
    _whole("hiperror", "", r"(hiperror[a-z_]{4,40})(?![a-z0-9])"),
    _whole("nccl", "", r"(nccl[a-z_]{4,40})(?![a-z0-9])"),
    _whole("cufft_", "", r"(cufft_[a-z_]{4,40})(?![a-z0-9])"),
    _whole("cublas_", "", r"(cublas_[a-z_]{4,40})(?![a-z0-9])"),
    # The header that a compiler misses and the symbol that Apple's linker does: what to install or to link.
    _whole(".h", "", r"(?<![\w./\\-])(\w[\w.+/-]{0,200}\.h(?:pp|h|xx)?)['>\"]?:? (?=no such file|file not found)"),
    _whole("symbols for arch", "", r"symbols for architecture \w{1,20}: \"([^\"\n]{1,300})\""),
    _whole("clippy::", "", r"(clippy::[a-z_]{3,50})"),
    _whole("[-w", "", r"\[(-w[a-z0-9=+-]{2,50})\]"),
    _word("error,", atom=r"(?<=\{error,) ?:?([a-z_]{3,40})\}", atom2=r"(?<=\{:error,) ?:?([a-z_]{3,40})\}"),
)

# As read for every event: plain pairs, the word first.
_READ = [(found.word, (order, found.kinds, found.pattern, found.near)) for order, found in enumerate(WORDS)]
_NAMES = {
    "http": "HTTP ", "sqlstate": "SQLSTATE ", "sqlbare": "SQLSTATE ", "sqlerror": "SQL error ", "sqlcode": "SQLCODE ",
    "errno": "errno ", "exit": "exit code ", "signal": "signal ", "unit": "status ",
    "status": "status ", "xid": "Xid ", "msg": "Msg ",
    "mssql": "Error ", "mysql": "ERROR ", "code": "error code ", "said": "error code ", "curl": "curl ",
    "cuda": "CUDA error ", "sense": "sense key ", "grpcnumber": "gRPC status ", "reply": "reply ",
    "enhanced": "reply ", "dsn": "DSN ", "openssl": "error:", "atom": "error ",
}  # fmt: skip
# Kinds of which zero is success.
_ZERO = frozenset("errno exit signal xid code said curl cuda grpcnumber sqlerror sqlcode mysql".split())
_UPPER = frozenset("sqlstate sqlbare win openssl".split())
_NAMED = re.compile(r"[A-Z_]{3,41}|[A-Z]{1,12}_?[0-9]{1,6}|[0-9]{2}[A-Z0-9]{3}")
_DIGIT = re.compile(r"[0-9]")


def found(text: str, low: str) -> list[tuple[str, int, int]]:
    """Name and span of each code; `low` is `text` in lower case, letter by letter. Of two that overlap, with the words
    that make them codes, the one that begins first counts."""
    hits = [hit for hit in _hits(low) if judged(hit[3], text[hit[4] : hit[5]])]
    if len(hits) > 1:
        hits.sort()
    named: list[tuple[str, int, int]] = []
    at = 0
    for start, _, stop, kind, first, last in hits:
        if start >= at:
            at = stop
            value = text[first:last]
            named.append(
                (_name(kind, linux_number(value, low, first, last) if kind == "errno" else value), first, last)
            )
    return named


def has_number(low: str) -> bool:
    """Whether there would be a code with a digit in it, were the digits of `low` others."""
    return any(_DIGIT.search(low, first, last) for _, _, _, _, first, last in _hits(low))


def _hits(low: str) -> Iterator[tuple[int, int, int, str, int, int]]:
    """Where codes may stand: start, rank and end of the match, kind and span of the code."""
    for order, kinds, pattern, near in [told for word, told in _READ if word in low]:
        if near and not any(map(low.__contains__, near)):
            continue
        for match in pattern.finditer(low):
            group = match.lastindex or 1
            yield match.start(), order, match.end(), kinds[group - 1], *match.span(group)


def judged(kind: str, value: str) -> bool:
    """Whether a value that stands where a code may stand is one."""
    if kind == "http":
        return 400 <= int(value) <= 599
    if value[1:2] in {"x", "X"} and value[0] != "0":
        return False
    if kind in _ZERO and value.strip("-0xX") == "":
        return False
    if kind == "status":  # of a process, a protocol or HTTP; other numbers of three digits are no failures
        number = int(value)
        return 0 < number < 100 or 126 <= number <= 165 or number == 255 or 400 <= number <= 599 or number > 999
    if kind == "said":
        return not (len(value) == 3 and value[0] == "2")
    if kind in {"reply", "enhanced", "dsn"}:
        return value[0] in "45" and (kind != "enhanced" or value[4] == value[0])
    if kind == "sqlbare":
        return value in _SQLSTATES or (not value.isdigit() and value[:2].lower() in _SQLSTATE_CLASSES)
    return kind != "named" or _NAMED.fullmatch(value) is not None


def _name(kind: str, value: str) -> str:
    if kind == "atom" and value.upper() in ERRNO_NAMES:
        return value.upper()
    if kind == "status" and len(value) == 3 and value[0] in "45":
        kind = "http"
    if kind in _UPPER or value[:2] in {"0x", "0X"}:
        value = value.upper().replace("0X", "0x")
    return _NAMES.get(kind, "") + value
