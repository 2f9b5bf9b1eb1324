"""Linux kernel reports: oopses, lockups, stalls, warnings, hung tasks and the killing of a process for its memory."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcp_rag.stacktrace.parts import Part, Pattern, Table

_TRAPS = ("general protection fault", "divide error", "invalid opcode", "stack segment", "double fault", "int3")

PARTS: Table = (
    # What went wrong.
    Pattern(Part.CRASH, r"(?:BUG|Oops|general protection fault|Kernel panic - not syncing)(?:: | at )"),
    Pattern(Part.CRASH, "|".join(rf"{trap}[^\n]{{0,80}}: [0-9a-f]{{4}} \[#\d+\]" for trap in _TRAPS)),
    Pattern(Part.CRASH, r"kernel BUG at |Unable to handle kernel |Internal error: [^\n]{1,80} \[#\d+\]"),
    Pattern(Part.CRASH, r"watchdog: (?:BUG: |Watchdog detected )|NMI watchdog: (?:BUG: |Watchdog detected )"),
    Pattern(Part.CRASH, r"VERIFY[A-Z\d]{0,3}\([^\n]{1,300}\) failed", ") failed"),
    Pattern(Part.CRASH, r"ASSERT[A-Z\d]{0,3}\([^\n]{1,300}\) failed", ") failed"),
    Pattern(Part.DETAIL, r"PANIC at [\w./\-]{1,100}:\d+:\w{1,100}\(\)|Showing stack for process \d"),
    Pattern(Part.START, r"INFO: task [^\n]{1,100} blocked for more than \d+ seconds"),
    Pattern(Part.START, r"INFO: \w{1,40} (?:self-)?detected (?:expedited )?stalls? on CPU"),
    Pattern(Part.START, r"rcu: INFO: \w{1,40} (?:self-)?detected (?:expedited )?stalls? on CPU"),
    Pattern(Part.START, r"WARNING: CPU: \d+ PID: \d+ at |WARNING: [\w./\-]{1,120}\.[chS]:\d+ at "),
    Pattern(Part.START, r"[\w.:/()\-]{1,40}(?: [\w.:/()\-]{1,20}){0,3} invoked oom-killer: ", "invoked oom-killer: "),
    Pattern(Part.PRELUDE, r"------------\[ cut here \]-{12}$"),
    # The calls: as x86 prints them, with addresses as before 4.10, and as 32-bit ARM does.
    Pattern(Part.FRAME, r"\? [\w.]{1,120}\+0x[0-9a-f]+/0x[0-9a-f]+"),
    Pattern(Part.FRAME, r"\[<[0-9a-f]{8,16}>\] (?:\? |\()?[\w.]{1,120}(?:\+0x[0-9a-f]+/0x[0-9a-f]+|\) from )"),
    Pattern(Part.FRAME, r"[\w.]{1,120} from [\w.]{1,120}\+0x[0-9a-f]+/0x[0-9a-f]+", "+0x"),
    Pattern(Part.FRAME, r"[\w.]{1,120}\+0x[0-9a-f]+/0x[0-9a-f]+", "+0x"),
    # Where and in which state.
    Pattern(Part.DETAIL, r"Call [Tt]race:|Modules linked in:|Unloaded tainted modules:|Hardware name: |---\[ end "),
    Pattern(Part.DETAIL, r"CPU: \d+ (?:UID: \d+ )?PID: |CPU \d+ *$|Pid: \d+, comm: |Tainted: |Workqueue: \w"),
    Pattern(Part.DETAIL, r"</?(?:TASK|IRQ|NMI|SOFTIRQ|EOI|#DF|#DB|ENTRY_TRAMPOLINE)>$"),
    Pattern(Part.DETAIL, r"note: \S{1,40}\[\d+\] exited with"),
    Pattern(Part.DETAIL, r"RIP: |RSP: |R[ABCD]X: |R[SD]I: |RBP: |R\d\d: |EIP: |E[ABCD]X: |PKRU: |DR\d: [0-9a-f]{8}"),
    Pattern(Part.DETAIL, r"FS: +[0-9a-f]{8}|CS: +[0-9a-f]{4} DS: |CR2: [0-9a-f]{8}|CR3: [0-9a-f]{8}|ORIG_RAX: "),
    Pattern(Part.DETAIL, r"Code: (?:[0-9a-f]{2} |[0-9a-f]{8} |\(?[0-9a-f]{8}\)? |Bad |Unable to access )"),
    Pattern(Part.DETAIL, r"pc : [\[\w]|lr : [\[\w]|sp : [0-9a-f]{8}|pstate: [0-9a-f]{8}"),
    Pattern(Part.DETAIL, r"PC is at |LR is at |x\d{1,2}: ?[0-9a-f]{16}"),
    Pattern(Part.DETAIL, r"r\d{1,2} ?: [0-9a-f]{8} |Flags: [nN][zZ][cC][vV] "),
    Pattern(Part.DETAIL, r"Exception stack\(0x"),
    Pattern(Part.DETAIL, r"pgd = [0-9a-f]{8}|\[[0-9a-f]{8,16}\] \*?p[gum4]d|ESR = 0x"),
    Pattern(Part.DETAIL, r"Data abort info:|Mem abort info:"),
    Pattern(Part.DETAIL, r"Stack:(?: \(0x|$)|ffff[0-9a-f]{12} [0-9a-f]{16}|0000[0-9a-f]{12} [0-9a-f]{16}"),
    Pattern(Part.DETAIL, r"Process \S{1,40} \(pid: \d+|task: [0-9a-f]{8}"),
    Pattern(Part.DETAIL, r"#PF: |PGD [0-9a-f]|task:\S{1,60} +state:|\"echo \d+ > /proc/sys/kernel/"),
    Pattern(Part.DETAIL, r"Kernel Offset: |Dumping ftrace buffer:|Sending NMI from CPU"),
    Pattern(Part.DETAIL, r"NMI backtrace for cpu|Task dump for CPU"),
    Pattern(Part.DETAIL, r"rcu:? [ \t]*(?:\d{1,4}-|\(|rcu_\w{1,20} kthread|Unless |RCU grace-period|Possible timer)"),
    # Of the memory, when a process is killed for it.
    Pattern(Part.DETAIL, r"Mem-Info:$|active_anon:\d|inactive_anon:\d|Tasks state \(memory values|\[ +pid +\] +uid "),
    Pattern(Part.DETAIL, r"\[ *\d+\] +\d+ +\d+ +\d+ +\d+ +\d+ |oom-kill:constraint=|cpuset=\S{1,80},? mems_allowed="),
    Pattern(Part.DETAIL, r"memory: usage \d|memory\+swap: usage \d|swap: usage \d"),
    Pattern(Part.DETAIL, r"kmem: usage \d|Memory cgroup stats for "),
    Pattern(Part.DETAIL, r"Node \d+ (?:active_anon|Normal|DMA|Movable|hugepages)|lowmem_reserve\[\]: |anon \d{1,20}$"),
    Pattern(Part.DETAIL, r"Swap cache stats: |Free swap +=|Total swap =|(?:Normal|DMA|DMA32|Movable) free:\d"),
    Pattern(Part.TYPE, r"Out of memory: Kill(?:ed)? process \d|Memory cgroup out of memory: Kill(?:ed)? process \d"),
)  # fmt: skip

_HEAD = re.compile(
    r".*?((?:BUG|kernel BUG|Oops|Kernel panic - not syncing|general protection fault"
    r"|Internal error(?!: Oops))(?::| at)) ?(.*)$"
)
_TRAP = re.compile(rf".*?({'|'.join(_TRAPS)})([^\n]{{0,80}}): [0-9a-f]{{4}} \[#\d+\]")
_HUNG = re.compile(r".*?\b(task \S{1,100} blocked for more than \d+ seconds)")
_UNABLE = re.compile(r".*?Unable to handle kernel (.*)$")
_STALL = re.compile(r".*?INFO: (\w{1,40} (?:self-)?detected (?:expedited )?stalls? on CPU\S*)")
_LOCKUP = re.compile(r".*?Watchdog detected (hard LOCKUP) on (.*)$")
_WARNED = re.compile(r".*?WARNING: (?:CPU: \d{1,5} PID: \d{1,10} at |(?=[\w./-]{1,120}:\d{1,9} at ))(\S.*)$")
_VERIFIED = re.compile(r"\s*((?:VERIFY|ASSERT)[A-Z\d]{0,3}\([^\n]{1,300}\)) failed")  # ZFS
_KILLED = re.compile(r".*?(Killed? process \d{1,10} \([^()\n]{1,40}\))")
# Where the kernel itself was: x86 and ARM. A process's own address has no name.
AT = re.compile(
    r"(?:.*?\s)?(?:RIP: [0-9a-f]{4}:(?:\[<[0-9a-f]{8,16}>\] {1,4}\[<[0-9a-f]{8,16}>\] )?|EIP: |pc : |PC is at )"
    r"(?P<f>[A-Za-z_][\w.]{0,119})\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(?P<p>\w+)\])?"
)
FRAMES = (
    re.compile(
        r"\s*(?:\[<[0-9a-f]{8,16}>\] )?(?:\? {1,4})?"
        r"(?P<f>[\w.]{1,120})\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(?P<p>\w+)\])?"
    ),
    re.compile(
        r"\s*(?:\[<[0-9a-f]{8,16}>\] )?\(?(?P<f>[\w.]{1,120})\)? from (?:\[<[0-9a-f]{8,16}>\] )?"
        r"\(?[\w.]{1,120}\+0x[0-9a-f]+/"
    ),
)
# What the stack held by chance, as far as the kernel can tell: another in every report.
UNSURE = re.compile(r"\s*(?:\[<[0-9a-f]{8,16}>\] )?\? ")
MACHINERY = (
    r"dump_stack|dump_backtrace|show_(?:stack|trace|regs)|panic|die|oops_|no_context|bad_area|__bad_area|do_(?:trap|error)"
    r"|__warn|report_bug|handle_bug|warn_slowpath|watchdog_timer_fn|__hrtimer|hrtimer_|__sysvec|sysvec_|sched_show_task"
    r"|do_syscall|entry_SYSCALL|asm_|exc_|ret_from|kthread|error_entry|page_fault|async_page_fault|el[01][ht_]"
)


def head(line: str) -> tuple[str, str] | None:
    """Kind and message of the report that `line` begins."""
    if "[#" in line and (found := _TRAP.match(line)):
        return found[1], f"{found[1]}{found[2]}"
    if found := _HEAD.match(line):
        return found[1].rstrip(": "), (found[2].strip(" *:") or found[1])
    if found := _HUNG.match(line):
        return "hung task", found[1]
    if ") failed" in line and (found := _VERIFIED.match(line)):
        return "VERIFY", f"{found[1]} failed"
    if "stall" in line and (found := _STALL.match(line)):
        return "stall", found[1]
    if "LOCKUP" in line and (found := _LOCKUP.match(line)):
        return found[1], f"{found[1]} on {found[2]}"
    if "WARNING: " in line and (found := _WARNED.match(line)):
        return "WARNING", found[1]
    return None


def unable(line: str) -> tuple[str, str] | None:
    """What ARM says above its "Internal error", which names the fault better where it was printed too."""
    found = _UNABLE.match(line) if "Unable to handle" in line else None
    return ("Unable to handle kernel", found[1]) if found else None


def killed(lines: Sequence[str]) -> tuple[str, str] | None:
    """Which process was killed for its memory; the calls above say only who asked for more."""
    if not any("invoked oom-killer" in line for line in lines):
        return None
    found = next((m for line in reversed(lines) if "process" in line and (m := _KILLED.match(line))), None)
    said = next(line for line in lines if "invoked oom-killer" in line)
    return "oom-killer", found[1] if found else said.strip().partition(":")[0]
