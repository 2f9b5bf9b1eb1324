"""Reports of the Linux kernel: what went wrong, where, and what is chance in them."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import Part, parse, role

HEADS = {
    "watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [shopd:4711]": (Part.CRASH, True),
    "NMI watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [shopd:4711]": (Part.CRASH, True),
    "NMI watchdog: Watchdog detected hard LOCKUP on cpu 7": (Part.CRASH, True),
    "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI": (Part.CRASH, True),
    "general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP": (
        Part.CRASH,
        True,
    ),
    "Internal error: synchronous external abort: 96000210 [#1] SMP": (Part.CRASH, True),
    "rcu: INFO: rcu_sched self-detected stall on CPU": (Part.START, False),
    "INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-... }": (Part.START, False),
    "WARNING: CPU: 1 PID: 4711 at net/core/shop.c:41 shop_xmit+0x4f/0x90": (Part.START, False),
    "shopd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0": (Part.START, False),
    "------------[ cut here ]------------": (Part.PRELUDE, False),
    "VERIFY3(till_end(t) >= end) failed (498 >= 4987)": (Part.CRASH, True),
    "PANIC at till.c:503:till_remove()": (Part.DETAIL, False),
    "Showing stack for process 4711": (Part.DETAIL, False),
    "[<ffffffff810a9105>] ? shop_dump+0x25/0x110": (Part.FRAME, False),
    "? __shop_warn+0x89/0x130": (Part.FRAME, False),
    "shop_free from shop_close+0x54/0x1fc": (Part.FRAME, False),
    "Code: 48 8b 0d 81 bd 0b 00 f7": (Part.DETAIL, False),
    "Hardware name: Acme Server/Board, BIOS 1.0 11/23/2026": (Part.DETAIL, False),
    "</TASK>": (Part.DETAIL, False),
}
NO_PARTS = ("Code: 404 not found", "CPU usage is high", "Stack: billing", "watchdog: shop is alive", "Node 3 joined")

OLD = """\
BUG: soft lockup - CPU#5 stuck for 23s! [shopd:4711]
Modules linked in: shop(O) acme
RIP: 0010:[<ffffffff81088847>]  [<ffffffff81088847>] shop_wait.isra.1+0x4/0xa
Call Trace:
 [<ffffffff81088c5b>] ? shop_chance+0x1b2/0x1f3
 [<ffffffff8104a1a0>] shop_each+0x1c/0x47 [shop]
"""
ARM = """\
Unable to handle kernel paging request at virtual address 12005456
pgd = 8cab8000
PC is at shop_unlink+0xbc/0x1f4
LR is at 0x12005452
"""
KILLED = """\
shopd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0
Call Trace:
 dump_header+0x4a/0x201
 alloc_for_shop+0x13a/0x150
Memory cgroup out of memory: Killed process 4711 (billing) total-vm:69644kB, anon-rss:50288kB
"""


@pytest.mark.parametrize("line", HEADS)
def test_kernel_roles(line: str) -> None:
    """Each kind of report is known by its first line, and what only occurs inside one by itself."""
    part, fatal = HEADS[line]
    found = role(line)
    assert (found.part, found.fatal, found.language) == (part, fatal, "cpp")


@pytest.mark.parametrize("line", NO_PARTS)
def test_kernel_roles_are_not_ordinary_text(line: str) -> None:
    """Words that the kernel uses too play no part in a program's own lines."""
    assert role(line).part is Part.NONE


def test_frames_with_addresses() -> None:
    """Kernels before 4.10 print an address before each call; what they are unsure of does not count."""
    trace = parse(OLD)
    assert trace is not None
    assert trace.root.type == "BUG"
    assert [(f.function, f.file) for f in trace.root.frames] == [("shop_wait.isra.1", ""), ("shop_each", "shop")]


def test_arm_report() -> None:
    """ARM says where it was in words of its own, and what went wrong even where the oops was cut off."""
    trace = parse(ARM)
    assert trace is not None
    assert (trace.root.type, trace.root.message) == (
        "Unable to handle kernel",
        "paging request at virtual address 12005456",
    )
    assert [f.function for f in trace.root.frames] == ["shop_unlink"]


def test_killed_for_its_memory() -> None:
    """The process that was killed names the report: the calls say only who happened to ask for memory."""
    trace = parse(KILLED)
    assert trace is not None
    assert (trace.root.type, trace.root.message, trace.root.frames) == (
        "oom-killer",
        "Killed process 4711 (billing)",
        (),
    )
