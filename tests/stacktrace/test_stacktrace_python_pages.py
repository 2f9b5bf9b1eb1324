"""Python's exceptions as Django, Dagster and TensorFlow print them."""

from __future__ import annotations

from mcp_rag import stacktrace
from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

DAGSTER = (
    '2026-11-23 19:20:37 +0000 - dagster - ERROR - nightly - 4711 - open_till - Step "open_till" failed.\n\n'
    'dagster._core.errors.StepError: Error occurred while executing op "open_till"::\n\n'
    "shop.errors.DrawerError: (driver) no drawer\n\n"
    "Stack Trace:\n"
    '  File "/opt/lib/python3.11/site-packages/dagster/utils.py", line 54, in boundary\n    yield\n'
    ',  File "/srv/till.py", line 41, in open_till\n    drawer.open()\n\n'
    "The above exception was caused by the following exception:\n"
    "driver.ConnectionError: no drawer\n\n"
    "Stack Trace:\n"
    '  File "/srv/driver.py", line 7, in connect\n    raise ConnectionError\n'
)
MAIL = (
    "Internal Server Error: /till/7/\n\nDoesNotExist at /till/7/\nNo till matches.\n\nPython Version: 3.11.2\n\n"
    "Traceback (most recent call last):\n"
    '  File "/srv/shop/views.py", line 21, in till\n    Till.objects.get(pk=pk)\n\n'
    "Exception Type: DoesNotExist at /till/7/\nException Value: No till matches.\nRequest information:\n"
    "wsgi.errors = <_io.TextIOWrapper name='<stderr>' mode='w' encoding='utf-8'>\n"
)
PAGE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/lib/python3.11/site-packages/django/db/utils.py", line 84, in _execute\n    return run(sql)\n\n'
    "The above exception (null value in column\nDETAIL:  Failing row contains (1, null).\n"
    ") was the direct cause of the following exception:\n"
    '  File "/srv/shop/views.py", line 17, in new\n    till.save()\n\n'
    "Exception Type: IntegrityError at /till/new\n"
    "Exception Value: null value in column\nDETAIL:  Failing row contains (1, null).\n"
)
GRAPH = (
    "Traceback (most recent call last):\n"
    '  File "/srv/fit.py", line 12, in <module>\n    till.fit(x)\n'
    "tensorflow.python.framework.errors_impl.ResourceExhaustedError: Graph execution error:\n\n"
    "Detected at node till/MatMul defined at (most recent call last):\n"
    '  File "/srv/fit.py", line 12, in <module>\n\n'
    "OOM when allocating tensor with shape[4096]\n\t [[{{node till/MatMul}}]]\n"
    "Hint: If you want to see a list of allocated tensors, add it. [Op:__inference_till_41]\n"
)


def test_dagster_chain_is_outermost_first() -> None:
    """Each exception stands above its calls; its log line, its step and its cause are one event."""
    (record,) = parse_block(DAGSTER.encode(), ParseSettings(min_level=Level.WARN))[0]
    trace = record.stacktrace
    assert trace is not None
    assert trace.chain == ("dagster._core.errors.StepError", "shop.errors.DrawerError", "driver.ConnectionError")
    assert (trace.root.message, [f.function for f in trace.root.frames]) == ("no drawer", ["connect"])
    assert [f.function for f in trace.exceptions[1].frames] == ["open_till", "boundary"]


def test_dagster_chain_without_a_logger_is_one_event() -> None:
    """A pasted chain begins with the exception."""
    text = DAGSTER.partition("\n\n")[2].replace("shop.errors.DrawerError: (driver) no drawer\n\n", "")
    (record,) = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))[0]
    assert record.stacktrace is not None
    assert record.stacktrace.chain == ("dagster._core.errors.StepError", "driver.ConnectionError")


def test_django_mail_names_the_exception_below_its_traceback() -> None:
    """The mail's traceback ends without the exception; what it lists of the request below is no error."""
    said, crash = parse_block(MAIL.encode(), ParseSettings(min_level=Level.WARN))[0]
    assert said.message == "Internal Server Error: /till/7/"
    assert crash.stacktrace is not None
    assert (crash.stacktrace.chain, crash.stacktrace.root.message) == (("DoesNotExist",), "No till matches.")
    assert [f.function for f in crash.stacktrace.root.frames] == ["till"]


def test_django_page_copied_as_text() -> None:
    """A value of several lines is quoted within the chain: its lines name no exceptions."""
    trace = stacktrace.parse(PAGE)
    assert trace is not None
    assert (trace.chain, trace.root.message) == (("IntegrityError",), "null value in column")
    assert [f.function for f in trace.root.frames] == ["new"]


def test_graph_error_says_what_failed() -> None:
    """TensorFlow prints where a node came from between the announcement and the error."""
    (record,) = parse_block(GRAPH.encode(), ParseSettings(min_level=Level.UNSET))[0]
    trace = record.stacktrace
    assert trace is not None
    assert trace.chain == ("tensorflow.python.framework.errors_impl.ResourceExhaustedError",)
    assert trace.root.message == "Graph execution error: OOM when allocating tensor with shape[4096]"
