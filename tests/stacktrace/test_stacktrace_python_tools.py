"""Python's exceptions in the layouts of IPython before 8, Colab, Poetry, and across the border to the JVM."""

from __future__ import annotations

import pytest

from mcp_rag import stacktrace

IPYTHON_7 = r"""---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
<ipython-input-5-8d7b2f2c1a11> in <cell line: 0>()
      1 from shop import till
----> 2 till.open("north")

8 frames
/usr/local/lib/python3.11/dist-packages/shop/till.py in open(self, name, **options)
   1159         if True:
   1160     pass
-> 1161             return self._open(name)
   1162     pass
   1163         return None

shop/_fast.pyx in shop._fast.Till._open()

ValueError: no till has this name
"""
LINK = "](https://localhost:8080/#) in"
LINKED = IPYTHON_7.replace("<ipython", "[<ipython").replace("1a11> in", f"1a11>{LINK}")
LINKED = LINKED.replace("/till.py in", f"/till.py{LINK}").replace("\n/usr", "\n[/usr")


@pytest.mark.parametrize("text", [IPYTHON_7, LINKED])
def test_ipython_before_8_names_the_file_alone(text: str) -> None:
    """Each frame is `FILE in NAME(ARGUMENTS)`, on Colab as a link; the compiled module's too."""
    trace = stacktrace.parse(text)
    assert trace is not None
    assert (trace.language, trace.chain, trace.root.message) == ("python", ("ValueError",), "no till has this name")
    assert [f.function for f in trace.root.frames] == ["shop._fast.Till._open", "open", "<cell line: 0>"][-3:]
    assert [f.in_app for f in trace.root.frames] == [True, False, True]


POETRY = """
  SolverProblemError

  Because shop depends on till (^2.0) which doesn't match any versions, version solving failed.

  at ~/.local/lib/python3.11/site-packages/poetry/puzzle/solver.py:241 in _solve
      239│             return self.again()
      240│         except SolveFailure as e:
    → 241│             raise SolverProblemError(e)
"""


def test_poetry_prints_type_message_and_place() -> None:
    """The type stands alone, the message below it, the place below that; an error on the way is the cause."""
    first = POETRY.replace("SolverProblemError\n\n", "SolveFailure\n\n").replace("_solve", "_run")
    between = "\nThe following error occurred when trying to handle this error:\n"
    trace = stacktrace.parse(first + between + POETRY)
    assert trace is not None
    assert trace.chain == ("SolverProblemError", "SolveFailure")
    assert trace.root.message.startswith("Because shop depends on till")
    assert [(f.function, f.line) for f in trace.root.frames] == [("_run", 241)]


PY4J = """Traceback (most recent call last):
  File "/srv/shop/job.py", line 20, in <module>
    frame.show()
  File "/opt/spark/python/lib/py4j-0.10.9.5-src.zip/py4j/protocol.py", line 326, in get_return_value
    raise Py4JJavaError(
py4j.protocol.Py4JJavaError: An error occurred while calling o71.showString.
: com.acme.JobException: the job was given up
\tat com.acme.Scheduler.run(Scheduler.java:28)
Caused by: CAUSE
\tat com.acme.Till.copy(Till.java:37)
\t... 1 more
"""


def test_what_py4j_reports_is_caused_by_the_exception_of_the_jvm() -> None:
    """Python's own exception says only that a call failed: the chain goes on with Java's, so that two causes differ."""
    trace = stacktrace.parse(PY4J.replace("CAUSE", "java.lang.OutOfMemoryError: heap"))
    assert trace is not None
    assert trace.language == "python"
    assert trace.chain == ("py4j.protocol.Py4JJavaError", "com.acme.JobException", "java.lang.OutOfMemoryError")


def test_a_loggers_uncaught_exception_is_no_javascript() -> None:
    """`Uncaught exception GET /x` is how Tornado announces a traceback of Python."""
    trace = stacktrace.parse(
        "Uncaught exception DELETE /cart (10.9.0.4)\n"
        "    HTTPServerRequest(protocol='http', host='shop')\n"
        "    Traceback (most recent call last):\n"
        '      File "/srv/shop/web.py", line 7, in delete\n'
        "        unlink(path)\n"
        "    OSError: [Errno 18] Invalid cross-device link\n"
    )
    assert trace is not None
    assert (trace.language, trace.chain) == ("python", ("OSError",))
