"""JVM traces: causes, suppressed exceptions, module prefixes, root-cause-first order."""

from __future__ import annotations

import pytest

from mcp_rag.stacktrace import parse

# name: text, language, (type, message) outermost first, (function, file, line, in_app) of the root's first frames
CASES: dict[str, tuple[str, str, list[tuple[str, str]], list[tuple[str, str, int, bool]]]] = {
    "clojure command line": (
        "Execution error (ArityException) at till.core/open (core.clj:7).\n"
        "Wrong number of args (2) passed to: till.core/drawer\n\nFull report at:\n/tmp/clojure-12.txt\n",
        "java",
        [("ArityException", "Wrong number of args (2) passed to: till.core/drawer")],
        [("open", "core.clj", 7, True)],
    ),
    "java wrapped": (
        "2024-01-02 10:00:00 ERROR [main] c.a.Pay - failed: com.acme.PayException: card 12 declined\n"
        "\tat com.acme.Pay.charge(Pay.java:71) ~[app.jar:1.2]\n"
        "\tat app//com.acme.Pay.lambda$run$0(Pay.java:31)\n"
        "Caused by: java.net.SocketTimeoutException: Read timed out\n"
        "\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:283) ~[na:na]\n"
        "\t... 23 common frames omitted\n"
        "Caused by: java.io.EOFException\n"
        "\tat com.acme.Wire.read(Wire.kt)\n"
        "",
        "java",
        [
            ("com.acme.PayException", "card 12 declined"),
            ("java.net.SocketTimeoutException", "Read timed out"),
            ("java.io.EOFException", ""),
        ],
        [("read", "Wire.kt", 0, True)],
    ),
    "java multi": (
        "java.lang.IllegalStateException: Failed to load ApplicationContext for\n"
        "[WebMergedContextConfiguration@1 testClass = x]\n"
        "\tat org.springframework.test.A.b(A.java:1)\n"
        "Caused by: org.springframework.beans.factory.BeanCreationException: Error creating bean with "
        "name 'a': x; nested exception is y\n"
        "\tat com.acme.X.<init>(X.java:4)",
        "java",
        [
            ("java.lang.IllegalStateException", "Failed to load ApplicationContext for"),
            (
                "org.springframework.beans.factory.BeanCreationException",
                "Error creating bean with name 'a': x; nested exception is y",
            ),
        ],
        [("<init>", "X.java", 4, True)],
    ),
    "rootfirst": (
        "java.io.IOException: disk\n"
        "\tat com.acme.Disk.w(Disk.java:3)\n"
        "\t... 2 common frames omitted\n"
        "Wrapped by: java.lang.RuntimeException: save\n"
        "\tat com.acme.App.main(App.java:9)",
        "java",
        [("java.lang.RuntimeException", "save"), ("java.io.IOException", "disk")],
        [("w", "Disk.java", 3, True)],
    ),
    "android": (
        "FATAL EXCEPTION: main\n"
        "Process: com.acme.shop, PID: 4711\n"
        "java.lang.NullPointerException: Attempt to invoke virtual method 'int "
        "java.lang.String.length()' on a null object reference\n"
        "\tat com.acme.shop.Main.onCreate(Main.kt:42)\n"
        "\tat android.app.Activity.performCreate(Activity.java:8000)",
        "java",
        [
            (
                "java.lang.NullPointerException",
                "Attempt to invoke virtual method 'int java.lang.String.length()' on a null object reference",
            )
        ],
        [("onCreate", "Main.kt", 42, True), ("performCreate", "Activity.java", 8000, False)],
    ),
    "supp-cause": (
        'Exception in thread "main" java.lang.Exception: Main block\n'
        "\tat Foo3.main(Foo3.java:7)\n"
        "\tSuppressed: Resource$CloseFailException: Resource ID = 2\n"
        "\t\tat Resource.close(Resource.java:26)\n"
        "\t\tat Foo3.main(Foo3.java:5)\n"
        "\tCaused by: java.lang.Exception: Rats, you caught me\n"
        "\t\tat Resource.close(Resource.java:27)\n"
        "\t\t... 1 more\n"
        "Caused by: java.lang.Exception: I did it\n"
        "\tat Foo3.main(Foo3.java:8)",
        "java",
        [("java.lang.Exception", "Main block"), ("java.lang.Exception", "I did it")],
        [("main", "Foo3.java", 8, True)],
    ),
    "scala": (
        'Exception in thread "main" scala.MatchError: 7 (of class java.lang.Integer)\n'
        "\tat com.acme.Pick$.pick(Pick.scala:9)\n"
        "\tat com.acme.Main$.$anonfun$main$1(Main.scala:4)\n"
        "\tat scala.collection.immutable.List.foreach(List.scala:333)",
        "java",
        [("scala.MatchError", "7 (of class java.lang.Integer)")],
        [
            ("pick", "Pick.scala", 9, True),
            ("$anonfun$main$1", "Main.scala", 4, True),
            ("foreach", "List.scala", 333, False),
        ],
    ),
    "clojure": (
        "java.lang.ArithmeticException: Divide by zero\n"
        "\tat clojure.lang.Numbers.divide(Numbers.java:190)\n"
        "\tat acme.core$ratio.invokeStatic(core.clj:12)",
        "java",
        [("java.lang.ArithmeticException", "Divide by zero")],
        [("divide", "Numbers.java", 190, False), ("invokeStatic", "core.clj", 12, True)],
    ),
    "java circular": (
        "java.lang.RuntimeException: loop\n"
        "\tat com.acme.A.f(A.java:3)\n"
        "Caused by: java.lang.IllegalStateException: inner\n"
        "\tat com.acme.A.g(A.java:9)\n"
        "\t[CIRCULAR REFERENCE: java.lang.RuntimeException: loop]",
        "java",
        [("java.lang.RuntimeException", "loop"), ("java.lang.IllegalStateException", "inner")],
        [("g", "A.java", 9, True)],
    ),
    "jboss": (
        "javax.ejb.EJBException: java.sql.SQLException: ORA-00942: table or view does not exist\n"
        "\tat deployment.shop.war//com.acme.shop.Repo.find(Repo.java:31)\n"
        "\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor"
        ".java:103)\n"
        "Caused by: java.sql.SQLException: ORA-00942: table or view does not exist\n"
        "\tat oracle.jdbc.driver.T4CTTIoer11.processError(T4CTTIoer11.java:509)",
        "java",
        [
            ("javax.ejb.EJBException", "java.sql.SQLException: ORA-00942: table or view does not exist"),
            ("java.sql.SQLException", "ORA-00942: table or view does not exist"),
        ],
        [("processError", "T4CTTIoer11.java", 509, False)],
    ),
    "kotlin lone thread": (
        'Exception in thread "main" kotlin.NotImplementedError: An operation is not implemented.',
        "java",
        [("kotlin.NotImplementedError", "An operation is not implemented.")],
        [],
    ),
    "two java traces": (
        "java.lang.IllegalStateException: a\n"
        "\tat com.acme.A.f(A.java:1)\n"
        "java.lang.IllegalArgumentException: b\n"
        "\tat com.acme.B.f(B.java:1)",
        "java",
        [("java.lang.IllegalStateException", "a")],
        [("f", "A.java", 1, True)],
    ),
    "places of a shortened build": (
        "java.lang.IllegalStateException: a\n"
        "\tat xj2.c(r8-map-id-90bb1ded3030e8c0e75a4e12663ab912:3)\n"
        "\tat com.acme.A.f(SourceFile:1)",
        "java",
        [("java.lang.IllegalStateException", "a")],
        [("c", "r8-map-id-90bb1ded3030e8c0e75a4e12663ab912", 3, True), ("f", "SourceFile", 1, True)],
    ),
    "hotspot in compiled code": (
        "# A fatal error has been detected by the Java Runtime Environment:\n"
        "#  SIGSEGV (0xb) at pc=0x00007f8a, pid=1, tid=57\n"
        "# Problematic frame:\n"
        "# J 4711 c2 com.acme.Pay.charge(I)V (12 bytes) @ 0x00007f8a",
        "java",
        [("SIGSEGV", "SIGSEGV (0xb) at pc=0x00007f8a")],
        [("com.acme.Pay.charge", "", 0, True)],
    ),
    "hotspot without memory": (
        "# There is insufficient memory for the Java Runtime Environment to continue.\n"
        "# Native memory allocation (mmap) failed to map 262144 bytes",
        "java",
        [("Native memory allocation", "Native memory allocation (mmap) failed to map 262144 bytes")],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_jvm_traces(name: str) -> None:
    """Exceptions come outermost first with type and message as printed, frames nearest the throw first."""
    text, language, chain, frames = CASES[name]
    trace = parse(text)
    assert trace is not None
    assert trace.language == language
    assert [(e.type, e.message) for e in trace.exceptions] == chain
    assert [(f.function, f.file, f.line, f.in_app) for f in trace.root.frames[: len(frames)]] == frames


@pytest.mark.parametrize("number", ["", "$88/7654321", "$9/0x0000000801b2c3d4", "/0x00007f22aa11bb33"])
def test_a_lambda_has_one_name_in_every_run(number: str) -> None:
    """The number of a lambda's class, and its address behind a slash, are drawn anew by every JVM."""
    trace = parse(f"a.b.JobException: x\n\tat a.b.Job.go(Job.java:4)\n\tat a.b.Job$$Lambda{number}.run(Unknown Source)")
    assert trace is not None
    assert [frame.module for frame in trace.root.frames] == ["a.b.Job", "a.b.Job$$Lambda"]
