"""Which exact tokens are codes, and which look like one and are not."""

from __future__ import annotations

import time

import pytest

from mcp_rag.codes import codes, find, has_pattern

FOUND = [
    ("ORA-00942: table or view does not exist", "ORA-00942"),
    ("[MY-012592] [InnoDB] Operating system error", "MY-012592"),
    ("deadlock detected (SQLSTATE 40P01)", "SQLSTATE 40P01"),
    ("SQLSTATE[HY000]: General error", "SQLSTATE HY000"),
    ("SQLSTATE[42S02]: Base table not found", "SQLSTATE 42S02"),
    ("error[E0308]: mismatched types", "E0308"),
    ("src/a.ts(3,4): error TS2345: Argument", "TS2345"),
    ("Cart.cs(3,4): error CS0246: The type", "CS0246"),
    ("error MSB3644: assemblies", "MSB3644"),
    ("error LNK2019: unresolved", "LNK2019"),
    ("a.c(3): error C2065: undeclared identifier", "C2065"),
    ("C1083: cannot open include file", "C1083"),
    ("app.py:3:1: F401 imported but unused", "F401"),
    ("app.py:3:0: C0114: Missing docstring", "C0114"),
    ("npm ERR! code E404", "E404"),
    ("npm error code ERESOLVE", "ERESOLVE"),
    ("MongoServerError: E11000 duplicate key", "E11000"),
    ("WFLYCTL0013: Operation failed", "WFLYCTL0013"),
    ("HHH000342: Could not obtain connection", "HHH000342"),
    ("SRVE0255E: A WebGroup has not been defined", "SRVE0255E"),
    ("AADSTS700016: Application not found", "AADSTS700016"),
    ("upstream answered with status 503", "HTTP 503"),
    ("status=404 path=/x", "HTTP 404"),
    ('{"statusCode": 500}', "HTTP 500"),
    ('"GET /x HTTP/1.1" 502 120', "HTTP 502"),
    ("HTTP error 429", "HTTP 429"),
    ("Request failed with status code 401", "HTTP 401"),
    ("got 504 Gateway Timeout from upstream", "HTTP 504"),
    ("OSError: [Errno 13] Permission denied", "errno 13"),
    ("write failed: errno=28", "errno 28"),
    ("No such file or directory (os error 2)", "errno 2"),
    ("connect ECONNREFUSED to db", "ECONNREFUSED"),
    ("open failed: ENOENT", "ENOENT"),
    ("process exited with code 137", "exit code 137"),
    ("command returned non-zero exit status 1.", "exit code 1"),
    ("exit_code=139", "exit code 139"),
    ("killed by signal 11", "signal 11"),
    ("received SIGSEGV", "SIGSEGV"),
    ("NVRM: Xid (PCI:0000:3b:00): 79, pid=1", "Xid 79"),
    ("Msg 208, Level 16, State 1", "Msg 208"),
    ("Error: 18456, Severity: 14", "Error 18456"),
    ("ERROR 1045 (28000): Access denied", "ERROR 1045"),
    ('OperationalError: (2003, "Can\'t connect")', "ERROR 2003"),
    ("LDAP: error code 49 - invalid", "error code 49"),
    ("ioctl failed with error -22", "error code -22"),
    ("CUDA_ERROR_OUT_OF_MEMORY", "CUDA_ERROR_OUT_OF_MEMORY"),
    ("cudaErrorIllegalAddress: an illegal access", "cudaErrorIllegalAddress"),
    ("NCCL error: ncclSystemError", "ncclSystemError"),
    ("pod is in CrashLoopBackOff", "CrashLoopBackOff"),
    ("reason: OOMKilled", "OOMKilled"),
    ("rpc error: code = Unavailable desc = x", "Unavailable"),
    ("StatusCode.NOT_FOUND", "NOT_FOUND"),
    ("DEADLINE_EXCEEDED: after 5 s", "DEADLINE_EXCEEDED"),
    ("failed with 0x80070005", "0x80070005"),
    ("exception 0xC0000005 in module", "0xC0000005"),
    ("HRESULT: 0x800F0831", "0x800F0831"),
    ("ERR_MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"),
    ("An error occurred (AccessDenied) when calling PutObject", "AccessDenied"),
    ("error:0A000086:SSL routines::certificate verify failed", "error:0A000086"),
    ("warning: unused [-Wunused-variable]", "-Wunused-variable"),
    ("warning: clippy::needless_return", "clippy::needless_return"),
    ("unit failed: status=203/EXEC", "status 203/EXEC"),
    ("tar failed with rc=2", "exit code 2"),
    ("restore ended (rc 4)", "exit code 4"),
    ('{"rc": 3, "stderr": "no host"}', "exit code 3"),
    ("hook gave rc: -9", "exit code -9"),
    ("indexer exited with 70", "exit code 70"),
    ("indexer exited (78)", "exit code 78"),
    ("viewer died, exit code 0xc0000135", "exit code 0xC0000135"),
    ("Main process exited, code=exited, status=4", "exit code 4"),
    ("Main process exited, code=dumped, status=6", "signal 6"),
    ("trailer grpc-status: 8", "gRPC status 8"),
    ("call ended with grpc_status=13", "gRPC status 13"),
    ("SQL Error: 1205, SQLState: 41000", "SQL error 1205"),
    ("SQL Error [1054] in report", "SQL error 1054"),
    ("load failed, SQLCODE=-911", "SQLCODE -911"),
    ("update of a column failed (42703)", "SQLSTATE 42703"),
    ("query was cancelled [57014]", "SQLSTATE 57014"),
    ("bind: WSAGetLastError() = 10048", "error code 10048"),
    ("CreateFile: GetLastError: 32", "error code 32"),
    ("Win32 error 1450 while mapping", "error code 1450"),
    ("[WinError 32] in use", "error code 32"),
    ("nfs4: reclaim failed, err -116", "error code -116"),
    ("probe: ret=-19", "error code -19"),
    ("spi transfer failed: -110", "error code -110"),
    ("regulator init returned -22", "error code -22"),
    ("rsync error: some files vanished (code 24)", "error code 24"),
    ("socket closed with code 1011", "error code 1011"),
    ("bind refused, ldap result code 53", "error code 53"),
    ('{"error":{"code":409,"status":"ABORTED"}}', "error code 409"),
    ("{ name: 'x', code: 'P2025' }", "P2025"),
    ("Error 1146: no such table", "ERROR 1146"),
    ("DPI-1047: cannot locate a client library", "DPI-1047"),
    ("CUDA error 719 in reduce.cu", "CUDA error 719"),
    ("sense key 0xb on sdc", "sense key 0xB"),
    ("push: curl: (35) handshake failed", "curl 35"),
    ("net.c:12:10: fatal error: grid/view.h: No such file or directory", "grid/view.h"),
    ("net.c:12:10: fatal error: 'grid/view.hpp' file not found", "grid/view.hpp"),
    ("fatal error C1083: Cannot open include file: 'grid/view.h': No such file", "grid/view.h"),
    ('Undefined symbols for architecture arm64:\n  "_GridView", referenced from:', "_GridView"),
    ("backend responded with 503", "HTTP 503"),
    ("billing returned 429, backing off", "HTTP 429"),
    ("got 502 from the upstream", "HTTP 502"),
    ("rejected by mail server: 552 5.2.2 over quota", "reply 552 5.2.2"),
    ("FTP 425 no data connection", "reply 425"),
    ("recv() failed (104: reset by peer)", "errno 104"),
    ("Shop.NetException (10060): gone", "error code 10060"),
    ("reindex ended with status 3", "status 3"),
    ("a burst of status 502 errors", "HTTP 502"),
    ("GATT status 133", "status 133"),
    ("retry gave StatusCode=13", "status 13"),
    ("probe done: http_code=418", "HTTP 418"),
    ("render failed with 74", "status 74"),
    ("seek failed with 416", "HTTP 416"),
    ("relay error 10060 on send", "error code 10060"),
    ("link error: 10065", "error code 10065"),
    ("quota error (4291)", "error code 4291"),
    ("could not map the window: -12", "error code -12"),
    ('{"error_code": "PAY_07"}', "PAY_07"),
    ("ws close 1009", "error code 1009"),
    ("tls alert number 48", "error code 48"),
    ("resolver said rcode=2", "error code 2"),
    ("{badmatch,{error,enospc}}", "ENOSPC"),
    ("** (MatchError) {:error, :closed}", "error closed"),
]
NOT_FOUND = [
    "order ORDER-12345 shipped",
    "rack R07 node J18 slot U11",
    "part C2065 in stock",
    "status: 200 len: 1893",
    '"GET /x HTTP/1.1" 304 0',
    "exited with code 0",
    "errno 0",
    "signal 0",
    "took 503 ms",
    "port 404",
    "user 500 logged in",
    "ERROR EVENT EXECUTE EMPTY",
    "address 0xc00045a4",
    "utf-8 codec, sha256 digest, HTTP/2",
    "version 1.2.3 of http 1.1",
    "the exit was 3 metres wide",
    "linter exited with 3 warnings",
    "helper did not exit 6 seconds after it was told to",
    "suite exited with 12 failed tests",
    "search returned 404 rows",
    "response 512 bytes too short",
    "src=5 dst=7",
    "area code 415",
    "zip code: 12345",
    "barcode=12345",
    "verification code 123456",
    "error 12 of 30 shown",
    "error in line 12",
    "rc=0 and ret=0 and code: 0",
    "reply code: 200",
    "postgres[23505]: fork",
    "statement by pid (23817) cancelled",
    "check failed: -5 < 0",
    "release 2.0 rc 1",
    "sent 250 2.1.5 to mail relay",
    "got 500 from queue",
    "status 3 of 5 steps",
    "status: 250 or status=302",
    "upload failed with 3 warnings",
    "error 5 minutes ago",
    "an error 2024-05-01 noon",
    "drift is now: -12",
    "cannot read /srv/grid/view.h: No such file or directory",
    "GET /socket.io/?EIO=4&ERANGE=7",
]


@pytest.mark.parametrize(("text", "code"), FOUND)
def test_codes_are_found(text: str, code: str) -> None:
    """Codes of compilers, databases, runtimes, kernels and clusters are named in one spelling."""
    assert code in codes(text)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_no_codes(text: str) -> None:
    """Ids, part numbers, success values and plain numbers are not codes."""
    assert codes(text) == ()


@pytest.mark.parametrize(("text", "code"), FOUND)
def test_spans_lie_on_the_code(text: str, code: str) -> None:
    """The span of a code is what must survive masking: it holds the code's last word or number."""
    for found in find(text):
        span = text[found.start : found.end]
        assert span
        assert found.name.lower().endswith(span.lower())


@pytest.mark.parametrize(("text", "code"), FOUND)
def test_numbered_codes_are_seen_with_other_digits(text: str, code: str) -> None:
    """A text with a numbered code is recognised from its digit-blind form: the memo must not swallow it."""
    blind = "".join("0" if c.isdigit() else c for c in text)
    if any(c.isdigit() for c in code):
        assert has_pattern(blind)


def test_a_code_may_stand_a_line_behind_its_word() -> None:
    """Codes are read on one line, as masking reads them: else the digits of such a number would be lost to both."""
    assert codes("worker ended, exit code\n   137") == ("exit code 137",)
    assert has_pattern("worker ended, exit code\n   000")


def test_order_repetition_and_bound() -> None:
    """Codes come in order, each once, sixteen at most."""
    assert codes("E0308 then ENOENT then E0308 again, status 500") == ("E0308", "ENOENT", "HTTP 500")
    assert len(codes(" ".join(f"E{n:04}" for n in range(100, 200)))) == 16


def test_only_the_beginning_is_read() -> None:
    """A huge text costs no more than its first 16,000 characters."""
    assert codes("x " * 10_000 + "E0308") == ()


def test_text_that_grows_in_lower_case_keeps_its_spans() -> None:
    """Spans point into the text itself even when lower-casing would change its length."""
    text = "İİ failed with status 503"
    (found,) = find(text)
    assert text[found.start : found.end] == "503"


@pytest.mark.parametrize(
    "unit",
    ["A", "A1-", "status ", "error: ", "0x", "exit code ", "http/1.1", "[-w", "code=", "(", "xid (", "rc=",
     "ret -", "code: '", "sql ", "[1", "{error,", "550 ", "failed (", "exited with "],
)  # fmt: skip
def test_linear_on_hostile_text(unit: str) -> None:
    """Repetition of any pattern's beginning stays fast: 16,000 characters in well under a second."""
    text = unit * (16_000 // len(unit))
    start = time.process_time()
    codes(text)
    has_pattern(text)
    assert time.process_time() - start < 1.0
