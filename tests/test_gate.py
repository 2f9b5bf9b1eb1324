"""The quality gate: a figure that drops, or that nobody measured, fails it."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals import gate
from evals.gate import Limit, misses

LIMITS = gate.EXPLAIN | gate.REDACTION | gate.SEARCH


def _at_the_limit() -> dict[str, float]:
    return {name: limit.least if limit.least is not None else limit.most or 0.0 for name, limit in LIMITS.items()}


def test_figures_at_their_limits_pass() -> None:
    assert misses(_at_the_limit(), LIMITS) == []


@pytest.mark.parametrize("name", LIMITS)
def test_each_figure_fails_the_gate_once_it_is_worse(name: str) -> None:
    step = -0.001 if LIMITS[name].least is not None else 0.001
    figures = _at_the_limit()
    figures[name] += step
    (line,) = misses(figures, LIMITS)
    assert line.startswith(name)


@pytest.mark.parametrize("name", LIMITS)
def test_a_figure_that_was_not_measured_or_is_no_number_fails_the_gate(name: str) -> None:
    figures = _at_the_limit()
    figures[name] = float("nan")
    assert len(misses(figures, LIMITS)) == 1
    del figures[name]
    assert misses(figures, LIMITS) == [f"{name}: not measured"]


def test_the_goals_are_the_limits() -> None:
    assert gate.SEARCH["mutations: own group first"] == Limit(least=1.0)
    assert gate.SEARCH["mutations: events"] == Limit(least=10_000)
    assert gate.SEARCH["look-alikes: called exact or template"] == Limit(most=0)
    assert gate.SEARCH["unknown: called strong"] == Limit(most=0.02)


@pytest.mark.parametrize(("worse", "status"), [(0.0, 0), (0.001, 1)])
def test_the_command_exits_by_what_was_measured(
    worse: float, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def measured(data: Path | None, events: int) -> tuple[dict[str, float], dict[str, Limit]]:
        return _at_the_limit() | {"mutations: own group first": 1.0 - worse}, LIMITS

    monkeypatch.setattr(gate, "measured", measured)
    assert gate.main([]) == status
    assert ("mutations: own group first: 0.999, must be >= 1" in capsys.readouterr().out) == bool(status)


def test_missing_data_is_said_loudly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loghub").mkdir()
    assert gate._there(tmp_path, "loghub")
    assert not gate._there(tmp_path, "retrieval")
    assert not gate._there(None, "retrieval")
    assert capsys.readouterr().out.count("SKIPPED") == 2


@pytest.mark.slow
def test_the_parts_that_need_no_search_hold_their_limits() -> None:
    assert misses(gate.explained() | gate.redacted(), gate.EXPLAIN | gate.REDACTION) == []
