"""The process that starts the children of this lane, and what a test needs to follow and kill one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Child:
    """One child: what it said so far, its end, and its death. Every wait is bounded."""

    def __init__(self, pid: int, report: Path) -> None:
        self.pid = pid
        self._report = report
        self._handle = os.pidfd_open(pid)
        self._pause = threading.Event()

    def said(self) -> list[list[Any]]:
        """All whole lines of its report. Raises AssertionError when it says that something went wrong."""
        text = self._report.read_text(encoding="utf-8") if self._report.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        assert not [line for line in lines if line[0] in ("error", "defect", "wrong")], lines[-1]
        return lines

    def wait_for(self, word: str, timeout_s: float) -> list[Any]:
        """The first line that starts with this word, once it is there. Raises AssertionError after the timeout."""
        deadline = time.monotonic() + timeout_s
        while True:
            gone = self.gone(0.0)
            for line in self.said():
                if line[0] == word:
                    return line
            assert not gone, f"child {self.pid} ended without saying {word}"
            assert time.monotonic() < deadline, f"child {self.pid} did not say {word} within {timeout_s:g} s"
            self._pause.wait(0.01)

    def gone(self, timeout_s: float) -> bool:
        """True when it has ended, which is waited for so long."""
        return bool(select.select([self._handle], [], [], timeout_s)[0])

    def kill(self) -> None:
        """SIGKILL, and wait for the end; harmless when it has ended."""
        if not self.gone(0.0):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            assert self.gone(10.0)

    def forget(self) -> None:
        """Kill it if need be, and free its handle."""
        self.kill()
        os.close(self._handle)


class Starter:
    """The process that forks the children."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/crash/children.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._children: list[Child] = []

    def start(self, report: Path, **task: Any) -> Child:
        """A child with a task; `report` is the file it writes to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"report": str(report), **task}) + "\n")
        self._process.stdin.flush()
        assert select.select([self._process.stdout], [], [], 60.0)[0], "the starter does not answer"
        child = Child(int(self._process.stdout.readline()), report)
        self._children.append(child)
        return child

    def forget_children(self) -> None:
        """End every child that still runs."""
        for child in self._children:
            child.forget()
        self._children.clear()

    def close(self) -> None:
        """End the children, then the starter."""
        self.forget_children()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(10)


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    """One starter for a file of tests."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("children are followed by pidfd (Linux)")
    made = Starter()
    yield made
    made.close()


@pytest.fixture
def start(starter: Starter, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts a child that dies with the test at the latest: `start("name", kind=..., ...)`."""

    def make(name: str, **task: Any) -> Child:
        return starter.start(tmp_path / f"{name}.report", name=name, **task)

    yield make
    starter.forget_children()
