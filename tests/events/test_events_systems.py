"""Events of operating systems, databases, clusters and tools, cut as their own printing has it."""

from __future__ import annotations

import pytest

from mcp_rag.events import parse_block
from mcp_rag.types import Level, ParseSettings

Expected = list[tuple[int, int, Level, str, str]]

CASES: dict[str, tuple[str, Expected]] = {
    "kernel report behind syslog": (
        "Nov 23 19:20:37 web1 kernel: usb 1-1: new device\n"
        "Nov 23 19:20:38 web1 kernel: ------------[ cut here ]------------\n"
        "Nov 23 19:20:38 web1 kernel: kernel BUG at mm/shop.c:41!\n"
        "Nov 23 19:20:38 web1 kernel: invalid opcode: 0000 [#1] SMP\n"
        "Nov 23 19:20:38 web1 kernel: CPU: 1 PID: 4711 Comm: shopd Not tainted 5.14.0 #1\n"
        "Nov 23 19:20:38 web1 kernel: Hardware name: Acme Server\n"
        "Nov 23 19:20:38 web1 kernel: RIP: 0010:shop_put+0x9/0x10\n"
        "Nov 23 19:20:38 web1 kernel: Code: c1 e9 03 40\n"
        "Nov 23 19:20:38 web1 kernel: Call Trace:\n"
        "Nov 23 19:20:38 web1 kernel:  <TASK>\n"
        "Nov 23 19:20:38 web1 kernel:  shop_run+0x1c7/0x380\n"
        "Nov 23 19:20:38 web1 kernel:  </TASK>\n"
        "Nov 23 19:20:38 web1 kernel: ---[ end trace 0000000000000000 ]---\n"
        "Nov 23 19:20:39 web1 kernel: usb 1-1: device gone\n",
        [
            (0, 0, Level.UNSET, "", "usb 1-1: new device"),
            (1, 12, Level.FATAL, "kernel BUG at", "mm/shop.c:41!"),
            (13, 13, Level.UNSET, "", "usb 1-1: device gone"),
        ],
    ),
    "kernel report behind a collector's time": (
        "2026-11-23T19:20:37+00:00 [    6.159190] watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [shopd:4711]\n"
        "2026-11-23T19:20:37+00:00 [    6.159403] CPU: 3 PID: 4711 Comm: shopd Tainted: G  L 6.1.0 #8\n"
        "2026-11-23T19:20:37+00:00 [    6.160302] Call Trace:\n"
        "2026-11-23T19:20:37+00:00 [    6.160304]  shop_run+0x1c7/0x380\n"
        "2026-11-23T19:20:38+00:00 [    7.099148] usb 1-3: new device\n",
        [
            (0, 3, Level.FATAL, "BUG", "soft lockup - CPU#3 stuck for 23s! [shopd:4711]"),
            (4, 4, Level.UNSET, "", "usb 1-3: new device"),
        ],
    ),
    "stall": (
        "[  150.896261] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n"
        "[  150.896262] rcu: \t0-...!: (1 GPs behind) idle=5fe/1/0x4000 softirq=123/124 fqs=0\n",
        [(0, 1, Level.ERROR, "stall", "rcu_sched detected stalls on CPUs/tasks:")],
    ),
    "trace of oslo.log": (
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute [req-38101a0b-2096 - - - - -] Message failed: KeyError: 'x'\n"
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute Traceback (most recent call last):\n"
        '2026-11-23 19:20:37.690 4711 ERROR acme.compute   File "/srv/acme/server.py", line 165, in process\n'
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute     dispatch(message)\n"
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute KeyError: 'x'\n"
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute \n"
        "2026-11-23 19:20:38.000 4711 INFO acme.compute [req-38101a0b-2096 - - - - -] next\n",
        [
            (0, 5, Level.ERROR, "KeyError", "Message failed: KeyError: 'x'"),
            (6, 6, Level.INFO, "", "next"),
        ],
    ),
    "trace of oslo.log about an instance": (
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] Traceback "
        "(most recent call last):\n"
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d]   File "
        '"/srv/acme/m.py", line 26, in build\n'
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] "
        "acme.NoVolume: gone\n"
        "2026-11-23 19:20:37.690 4711 ERROR acme.compute [instance: b9000564-fe1a-409b-b8cc-1e88b294cd1d] \n",
        [(0, 3, Level.ERROR, "acme.NoVolume", "gone")],
    ),
    "words of MySQL between the signal and the calls": (
        "19:20:37 UTC - mysqld got signal 11 ;\n"
        "This could be because you hit a bug. It is also possible that this binary\n"
        "or one of the libraries it was linked against is corrupt, improperly built,\n"
        "or misconfigured. This error can also be caused by malfunctioning hardware.\n"
        "Attempting to collect some information that could help diagnose the problem.\n"
        "As this is a crash and something is definitely wrong, the information\n"
        "collection process might fail.\n"
        "\n"
        "key_buffer_size=8388608\n"
        "read_buffer_size=131072\n"
        "max_used_connections=1\n"
        "max_threads=151\n"
        "thread_count=1\n"
        "connection_count=1\n"
        "It is possible that mysqld could use up to\n"
        "key_buffer_size + (read_buffer_size + sort_buffer_size)*max_threads = 68255 K bytes of memory\n"
        "Hope that's ok; if not, decrease some variables in the equation.\n"
        "\n"
        "Thread pointer: 0x7f2a28276d20\n"
        "stack_bottom = 7f2a940afdc0 thread_stack 0x40000\n"
        "/srv/acme/mysqld(my_print_stacktrace+0x35)[0x18b9272]\n"
        "/srv/acme/mysqld(shop_query+0x407)[0xebbd4e]\n",
        [(0, 21, Level.FATAL, "SIGSEGV", "mysqld got signal 11 ;")],
    ),
    "PowerShell 5": (
        "Deploying\n"
        "Get-Plan : Cannot find plan 'gold' because it does not exist.\n"
        "At C:\\acme\\deploy.ps1:12 char:5\n"
        "+     Get-Plan gold\n"
        "+     ~~~~~~~~~~~~~\n"
        "    + CategoryInfo          : ObjectNotFound: (gold:String) [Get-Plan], ItemNotFoundException\n"
        "    + FullyQualifiedErrorId : PlanNotFound,Acme.Plans.GetPlanCommand\n"
        " \n"
        "Deploying again\n",
        [
            (0, 0, Level.UNSET, "", "Deploying"),
            (1, 6, Level.ERROR, "PlanNotFound", "Cannot find plan 'gold' because it does not exist."),
            (8, 8, Level.UNSET, "", "Deploying again"),
        ],
    ),
    "PowerShell 7": (
        "Deploying\n"
        "Exception: /srv/acme/deploy.ps1:2\n"
        "Line |\n"
        '   2 |  throw "no plan"\n'
        "     |  ~~~~~~~~~~~~~~~\n"
        "     | no plan\n"
        "Done\n",
        [
            (0, 0, Level.UNSET, "", "Deploying"),
            (1, 5, Level.ERROR, "", "no plan"),
            (6, 6, Level.UNSET, "", "Done"),
        ],
    ),
    "PostgreSQL without a prefix": (
        "LOG:  database system is ready to accept connections\n"
        'ERROR:  relation "orders" does not exist at character 15\n'
        "STATEMENT:  select * from orders\n"
        "ERROR: deadlock detected\n"
        "DETAIL: Process 4711 waits for ShareLock on transaction 809; blocked by process 4712.\n"
        "HINT: See server log for query details.\n",
        [
            (0, 0, Level.UNSET, "", "LOG:  database system is ready to accept connections"),
            (1, 2, Level.ERROR, "", 'relation "orders" does not exist at character 15'),
            (3, 5, Level.ERROR, "", "deadlock detected"),
        ],
    ),
    "leak that valgrind found": (
        "==4711== Memcheck, a memory error detector\n"
        "==4711== 8,032 (16 direct, 8,016 indirect) bytes in 1 blocks are definitely lost in loss record 2 of 2\n"
        "==4711==    at 0x4C29BE3: malloc (vg_replace_malloc.c:299)\n"
        "==4711==    by 0x4013C8: add_plan (plans.c:66)\n"
        "==4711==\n"
        "==4711== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)\n",
        [
            (0, 0, Level.UNSET, "", "==4711== Memcheck, a memory error detector"),
            (1, 3, Level.ERROR, "leak", "definitely lost"),
            (4, 4, Level.UNSET, "", "==4711=="),
            (5, 5, Level.UNSET, "", "==4711== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)"),
        ],
    ),
    "crash that Windows reports": (
        "Faulting application name: shop.exe, version: 1.0.0.0, time stamp: 0x62cf0990\n"
        "Faulting module name: acme.dll, version: 6.0.822.36306, time stamp: 0x62cf0045\n"
        "Exception code: 0xc0000005\n"
        "Fault offset: 0x00000000001d1fdd\n"
        "Faulting process id: 0x3ed8\n"
        "Report Id: 525e6274-83f7-4540-8f3a-471a6655e70a\n",
        [(0, 5, Level.FATAL, "Faulting application", "shop.exe, acme.dll, Exception code: 0xc0000005")],
    ),
    "core dump in one line": (
        "Nov 23 19:20:37 web1 systemd-coredump[4711]: Process 4712 (shopd) of user 1000 dumped core.#012#012Stack "
        "trace of thread 4712:#012#0  0x00007f488ab0c08f shop_poll (libshop.so.6 + 0x10708f)\n",
        [(0, 0, Level.FATAL, "", "Process 4712 (shopd) of user 1000 dumped core.")],
    ),
    "events of kubectl describe that name the node": (
        "  Normal   Pulled     36s                kubelet, node-7.acme  Container image already present\n"
        "  Warning  BackOff    12s (x2 over 25s)  kubelet, node-7.acme  Back-off restarting failed container\n",
        [
            (0, 0, Level.INFO, "", "Container image already present"),
            (1, 1, Level.WARN, "", "Back-off restarting failed container"),
        ],
    ),
    "container with capitals and digits": (
        "2Acme-mysql-JhRU  | 2026-11-23T19:20:37.123456Z 0 [ERROR] [MY-010119] [Server] Aborting\n",
        [(0, 0, Level.ERROR, "", "[MY-010119] [Server] Aborting")],
    ),
    "zap with its first encoder": (
        '1.796325637123e+09\tERROR\tReconciler error\t{"controller": "plans", "error": "no plan"}\n'
        "acme.io/plans.(*Controller).Reconcile\n"
        "\t/srv/acme/plans/controller.go:273\n",
        [(0, 2, Level.ERROR, "", 'Reconciler error\t{"controller": "plans", "error": "no plan"}')],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_systems_events(name: str) -> None:
    """Events begin and end where a reader would cut them, with the level and exception a reader would name."""
    text, expected = CASES[name]
    records, _ = parse_block(text.encode(), ParseSettings(min_level=Level.UNSET))
    found = []
    for record in records:
        outer = record.stacktrace.outermost if record.stacktrace else None
        message = record.message or (outer.message if outer else "")
        found.append((record.first_line, record.last_line, record.level, outer.type if outer else "", message))
    assert found == expected
