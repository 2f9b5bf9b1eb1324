"""Hard-wrapped pastes: put together where frames are seen to be broken, left alone otherwise."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from mcp_rag import samples
from mcp_rag.query import clean, understand
from mcp_rag.redact import Redactor
from mcp_rag.unwrapping import unwrapped

JAVA = """com.shop.common.ServiceException: could not complete the order job c9557158-492b-e637-14c8-7386b2860b68
\tat com.shop.session.ReportRepository.runLedgerForEveryTenantOfTheRegion(ReportRepository.java:171)
\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897)
\tat java.base/java.lang.Thread.run(Thread.java:833)
Caused by: com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException: Unrecognized field "user_10521"
\tat com.shop.ledger.ExportService.syncWebhookOfAnotherTenantInTheBackground(ExportService.java:46)
\t... 9 more"""
PYTHON = """Traceback (most recent call last):
  File "/var/www/token/current/shipping/service.py", line 261, in run_invoice_of_the_month_v2
    result = fetch_billing_v2(*a, **k)
  File "/var/www/token/current/order/service.py", line 271, in build_cart_for_every_customer
    raise ConnectionRefusedError(111, 'Connection refused')
ConnectionRefusedError: [Errno 111] Connection refused by the payment service of the region, attempt 3 of 5"""
NODE = """TypeError: Cannot read properties of undefined (reading 'quantity of the order')
    at applyDiscountToEveryLineOfTheOrder (/srv/shop/packages/checkout/src/discounts/apply-discount.js:88:17)
    at processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async handleCheckoutRequest (/srv/shop/packages/checkout/src/http/handlers/checkout.js:41:3)"""


def wrapped(text: str, width: int, *, blanks: bool) -> str:
    """As a mail client does it: `blanks` says whether it keeps the blank where it breaks."""
    made = [textwrap.wrap(line.expandtabs(4), width, drop_whitespace=not blanks) or [""] for line in text.split("\n")]
    if not blanks:  # the indentation of a line is no blank where it breaks
        for line, parts in zip(text.expandtabs(4).split("\n"), made, strict=True):
            parts[0] = line[: len(line) - len(line.lstrip())] * (not parts[0].startswith(" ")) + parts[0]
    return "\n".join(part for parts in made for part in parts)


@pytest.mark.parametrize("blanks", [True, False])
@pytest.mark.parametrize("width", [60, 68, 72, 76, 80])
@pytest.mark.parametrize("trace", [JAVA, PYTHON, NODE])
def test_a_wrapped_trace_is_the_trace(trace: str, width: int, blanks: bool) -> None:
    """Same fingerprint, so the same group is found first."""
    damaged = wrapped(trace, width, blanks=blanks)
    assert damaged.count("\n") > trace.count("\n")
    assert understand(damaged, Redactor()).fingerprints == understand(trace, Redactor()).fingerprints


@pytest.mark.parametrize("trace", [JAVA, PYTHON, NODE])
def test_a_whole_trace_stays_as_it_is(trace: str) -> None:
    """Without a broken frame nothing is joined, however long the lines."""
    assert unwrapped(trace.split("\n")) == trace.split("\n")


def test_sample_logs_stay_as_they_are(tmp_path: Path) -> None:
    """Thousands of lines of all kinds hold nothing that looks wrapped."""
    lines = [line for file in _texts(samples.write(tmp_path, 1_764_000_000_000)) for line in _lines(file)]
    assert len(lines) > 1_000
    for start in range(0, len(lines), 40):
        assert unwrapped(lines[start : start + 40]) == lines[start : start + 40]


def _texts(paths: list[Path]) -> list[Path]:
    """The files that are not compressed."""
    return [path for path in paths if path.suffix != ".gz"]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_an_exception_line_never_goes_on_a_source_line() -> None:
    """A long name at the margin begins the message, wrapped or not."""
    text = clean(
        'Traceback (most recent call last):\n  File "/srv/app/metrics/token/worker.py", line 32, in \n'
        "validate_profile_v2\n    raise sqlite3.OperationalError('database is locked')\n"
        "sqlite3.OperationalError: database is locked"
    )
    assert text.endswith("\nsqlite3.OperationalError: database is locked")
    assert "line 32, in validate_profile_v2\n" in text


@pytest.mark.parametrize(
    "paste",
    [
        "TypeError: x is not a function\n    at load (/srv/a.js:10:5)\n    at <anonymous>\n"
        '{"level":50,"time":1700000000000,"msg":"request-failed"}\n'
        '{"level":50,"time":1700000000001,"msg":"payment-refused"}',
        "Error: boom\n    at Profile\nhttps://shop.example/static/js/main.4711.chunk.js:2:100\n    at App\nend",
    ],
)
def test_frames_without_brackets_are_whole(paste: str) -> None:
    """`at name` is a frame of React or of Node: what follows stays a line of its own."""
    assert unwrapped(paste.split("\n")) == paste.split("\n")


def test_records_behind_a_full_line_stay_apart() -> None:
    """In a wrapped paste a new record of a log begins a line, however full the one before."""
    text = (
        "2026-01-01T10:00:00.123Z ERROR connection refused by db-1\n"
        "2026-01-01T10:00:01.456Z ERROR payment 17 failed with code 42\n"
        "java.lang.IllegalStateException: no\n    at com.shop.order.OrderDispatcher.dispatch(\n"
        "OrderDispatcherOfTheRegion.java:17)"
    )
    lines = unwrapped(text.split("\n"))
    assert lines[:3] == text.split("\n")[:3]
    assert lines[3] == "    at com.shop.order.OrderDispatcher.dispatch(OrderDispatcherOfTheRegion.java:17)"


def test_a_prompt_at_the_end_takes_no_gap_away() -> None:
    """One line that ends in a blank says nothing about the others."""
    damaged = wrapped(JAVA, 72, blanks=False) + "\nuser@host:~$ "
    assert "could not complete the order job" in clean(damaged)


def test_a_megabyte_of_wrapped_lines_is_read_once() -> None:
    """Joining costs the length of the text: every line is kept, none is copied for each one behind it."""
    lines = ["    at a.b(", "x" * 40] + ["x" * 40] * 25_000
    (joined,) = unwrapped(lines)
    assert joined.replace(" ", "") == "".join(lines).replace(" ", "")
