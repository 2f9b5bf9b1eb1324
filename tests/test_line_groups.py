"""The invented lines that grouping is measured on are what their documentation says."""

from __future__ import annotations

from evals import line_groups


def test_lines_are_the_same_for_a_seed_and_hold_every_statement() -> None:
    """One seed gives one log; each statement comes at least once, no field is left in the text."""
    first, again = (line_groups.systems(3, 200, "sshd")[0] for _ in range(2))
    assert first == again
    assert first != line_groups.systems(4, 200, "sshd")[0]
    statements = line_groups.read_statements((line_groups.DATA / "line_statements.txt").read_text("utf-8"))
    assert len(set(first.labels)) == len(statements["sshd", "syslog"])
    assert not any(line_groups.FIELD.search(line) for line in first.content)


def test_a_fault_is_part_of_the_label() -> None:
    """Values of a field marked as the fault are labels of their own; those of other fields are not."""
    writer = line_groups.Writer({"why": ["late", "lost"], "who": ["ann", "bob"]}, "1")
    system = writer.write("post", "slurm", [("INFO", "", "{who}: parcel {!why}")], 60)
    assert set(system.labels) == {" {who}: parcel late", " {who}: parcel lost"}
    assert all(raw.endswith(content) for raw, content in zip(system.raw, system.content, strict=True))
