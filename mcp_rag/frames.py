"""One name per call of a stacktrace, the same after a rebuild, a redeploy, another host or another run.

A name is `place:function`; the place is the module, else the file's base name. Line numbers, addresses, versions, build
and closure numbers are dropped: they change without the fault changing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mcp_rag.elements import MINIFIED
from mcp_rag.types import Frame, StackTrace

MAX_KEYS = 8
MAX_FRAMES_READ = 200
MAX_NAME_CHARS = 400

# The same call repeats until the stack is full: where the cut falls in the cycle says nothing.
ENDLESS = re.compile(r"RecursionError|StackOverflow|SystemStackError|stack overflow|too much recursion|call stack size")

_HEX_PIECE = re.compile(r"[.\-_](?=[0-9A-Za-z]*[0-9])[0-9A-Za-z_]{6,40}(?=\.)|[.\-_][0-9a-f]{8,64}(?=\.)")
_VERSION = re.compile(
    r"[@\-_]v?[0-9]+(?:\.[0-9]+){1,4}[\w.+-]{0,40}?(?=/|$|\.[A-Za-z])|@[\w.+-]{1,60}(?=/)|/v[0-9]+(?=/|$)"
)
# A notebook's cell, `/tmp/ipykernel_8812/1234567890.py`, and a bundler's piece, `/app/.next/server/chunks/743.js`.
_NUMBERED_FILE = re.compile(r"[0-9]{5,40}\.|[0-9]{1,4}[.-](?:[0-9a-f]{8,40}\.)?[cm]?js$")
# A bundler's hash of eight letters and digits, which may all be letters: `index-BxQzfLkA.js`.
_BUNDLE_HASH = re.compile(r"-(?=[^A-Z]{0,7}[A-Z])(?=[^a-z]{0,7}[a-z])(?![A-Z]?[a-z]+\.)[A-Za-z0-9_]{8}(?=\.[cm]?js$)")
# Node's own modules: which of them stand above a call changes with its version.
_RUNTIME_FILE = re.compile(
    r"node:|internal/|(?:_stream_\w{1,20}|_http_\w{1,20}|_tls_\w{1,20}|assert|bootstrap_node|child_process|cluster|dgram|"
    r"dns|domain|events|fs|https?|module|net|node|stream|timers|tls|vm|zlib)\.js$"
)
# Where every Go program begins: alone among a library's calls it tells no fault from another.
_ENTRY = "main:main"
_EVALUATED = ("<stdin>", "<string>", "<frozen ")  # Python's: typed, passed to `-c`, its own import system
_ADDRESS = re.compile(
    r"\(0x[0-9a-f]+[^)]*\)|\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?|\(\.\.\.\)$|\{0x[0-9a-f, x.]+\}|@0x[0-9a-f]+"
)
_BLANK = frozenset(
    (
        "?",
        "??",
        "???",
        "<unknown>",
        "<anonymous>",
        "<redacted>",
        "anonymous",
        "eval",
        "[native code]",
        "native",
        "unknown",
    )
)


def keys(trace: StackTrace) -> tuple[tuple[str, ...], bool]:
    """Up to 8 names nearest the throw, each once, and whether they are the application's own. Of a chain the root
    cause comes first; library frames stand in when there are no others."""
    frames = [f for e in reversed(trace.exceptions) for f in e.frames[:MAX_FRAMES_READ]]
    own = _names([f for f in frames if f.in_app], trace.language)
    if own == [_ENTRY]:
        own = []
    names = own or _names(frames, trace.language)
    if any(ENDLESS.search(f"{e.type} {e.message[:200]}") for e in trace.exceptions):
        names = sorted(names)
    return tuple(names[:MAX_KEYS]), bool(own)


def _names(frames: list[Frame], language: str) -> list[str]:
    found: dict[str, None] = {}
    for frame in frames:
        name = frame_key(frame, language)
        if name:
            found[name] = None
    return list(found)


def frame_key(frame: Frame, language: str) -> str:
    """`place:function` of one call, or "" when generated code leaves nothing that would be the same next time."""
    if _says_nothing(frame, language):
        return ""
    place, function = frame.module[:MAX_NAME_CHARS], _ADDRESS.sub("", frame.function[:MAX_NAME_CHARS]).strip()
    normalise = _LANGUAGES.get(language)
    if normalise is not None:
        normal = normalise(place, function)
        if normal is None:
            return ""
        place, function = normal
    if not place:
        place = _base_name(frame.file)
    place = _VERSION.sub("", place)
    if function.strip("<>() ").lower() in _BLANK or function in _BLANK:
        function = ""
    if not function and not place:
        return ""
    return f"{place}:{function}"


def _says_nothing(frame: Frame, language: str) -> bool:
    """Whether a call is the runtime's machinery or text without a file, so that another version or run has another."""
    if language == "javascript":
        return _RUNTIME_FILE.match(frame.file) is not None
    return (
        language == "python" and frame.function in {"<module>", "_find_and_load"} and frame.file.startswith(_EVALUATED)
    )


def _base_name(file: str) -> str:
    """File name without directories, query, bundler hash; a name that is nothing but generated gives ""."""
    name = re.split(r"[?#]", file.replace("\\", "/").rstrip("/"), maxsplit=1)[0].rsplit("/", 1)[-1]
    if name.startswith("<") or not re.search(r"[A-Za-z]", name) or _NUMBERED_FILE.match(name):
        return ""
    if name.endswith("js"):
        name = _BUNDLE_HASH.sub("", name)
    return _HEX_PIECE.sub("", name).lower()


# ---------------------------------------------------------------- per language
_JVM_SUFFIX = re.compile(
    r"\$\$(?:Enhancer|FastClass|Lambda|ExternalSynthetic|javassist|SpringCGLIB|_|Proxy|Spring).*$|_\$\$_(?:jvst|javassist).*$|"
    r"\$(?:HibernateProxy|ByteBuddy|MockitoMock)\$.*$"
)
_JVM_NUMBER = re.compile(
    r"(Generated(?:Method|Constructor|SerializationConstructor)Accessor|\$Proxy|Script|eval|fn__|__)[0-9]+"
)
_JVM_INNER = re.compile(r"\$[0-9]+(?=\$|$)")
_JVM_LAMBDA = re.compile(r"^lambda\$(?:null|new|static|(\w+?))(?:\$\w+)?\$[0-9a-f]+$|^lambda\$([\w-]+)(?:\$[0-9]+)?$")
# What R8 and ProGuard leave of a class, and of its method: another build has another name.
_JVM_SHORT = re.compile(
    r"(?:[a-z]{1,3}[0-9]?|[A-Za-z]{1,2}[0-9]{0,2})(?:[.$](?:[a-z]{1,3}[0-9]?|[A-Za-z]{1,2}[0-9]{0,2})){0,8}"
)
_JVM_SHORT_CALL = re.compile(r"[A-Za-z]{1,2}[0-9]?")
_SCALA = re.compile(r"^\$anonfun\$([\w$]*?)(?:\$[0-9]+)*(?:\$adapted)?$")


def _jvm(place: str, function: str) -> tuple[str, str] | None:
    hidden = any(mark in place for mark in ("$$Lambda", "$$ExternalSyntheticLambda", "$$FastClass"))
    place = place.rsplit("/", 1)[-1] if "$$Lambda" not in place else place.split("/", 1)[0]
    place = _JVM_INNER.sub("$", _JVM_NUMBER.sub(r"\1", _JVM_SUFFIX.sub("", place))).rstrip("$")
    if hidden:
        return None  # the call inside the lambda has a frame of its own
    if _JVM_SHORT_CALL.fullmatch(function) and _JVM_SHORT.fullmatch(place):
        return None
    if found := _JVM_LAMBDA.match(function):
        function = found[1] or found[2] or "lambda"
    elif found := _SCALA.match(function):
        function = found[1].strip("$") or "lambda"
    function = _JVM_NUMBER.sub(r"\1", re.sub(r"(access)\$[0-9]+$", r"\1", function))
    return place, re.sub(r"\$(?:default|suspendImpl|lambda)?(?:\$?[0-9]+)?$", "", function)


_CS_ASYNC = re.compile(r"\.?<(\w*)>(?:d__\d*|[a-z]__[\w|]*)")
_CS_COMPILED = re.compile(r"^(lambda_method)[0-9]+$")
_CS_CLOSURE = re.compile(r"[.+/]?<>c(?:__DisplayClass[\w`]*)?")
_ARITY = re.compile(r"`\d+|\[[^\[\]]*\]|<[^<>]*>")


def _dotnet(place: str, function: str) -> tuple[str, str]:
    name = f"{place}.{function}" if place else function
    name = _CS_CLOSURE.sub("", name)
    local = re.search(r"<(\w*)>g__(\w+)\|", name)
    name = re.sub(r"<(\w*)>g__(\w+)\|[0-9_]*", r"\2", name) if local else name
    name = _CS_ASYNC.sub(lambda m: f".{m[1]}" if m[1] else "", name)
    name = name.removesuffix(".MoveNext").replace("..ctor", ".ctor#").replace("..cctor", ".cctor#")
    place, _, function = _ARITY.sub("", _ARITY.sub("", name)).replace("+", ".").rpartition(".")
    return place.rstrip("."), _CS_COMPILED.sub(r"\1", function.removesuffix("#"))


def _python(place: str, function: str) -> tuple[str, str] | None:
    original = function
    function = re.sub(r"<(?:locals|listcomp|dictcomp|setcomp)>\.?", "", function)  # Python 3.12 inlines comprehensions
    if function.startswith("<cell line"):
        return place, "<module>"
    function = function.rsplit(".", 1)[-1]
    return (place, function) if function or "<" not in original else None


def _javascript(place: str, function: str) -> tuple[str, str]:
    function = re.sub(r"^(?:async |new |get |set |global code|module code|eval code)+", "", function)
    function = re.split(r"[/<\[ (]", function.replace("Object.<anonymous>", ""), maxsplit=1)[0].rstrip("/<")
    function = function.rsplit(".", 1)[-1].removesuffix("$1")
    if function.isdigit() or MINIFIED.fullmatch(function):
        function = ""  # a bundler's number or a minifier's name: another build has another one
    return place, function


def _go(place: str, function: str) -> tuple[str, str]:
    function = re.sub(r"\[[^\[\]]*\]", "", function)
    function = re.sub(r"(?:\.(?:func|gowrap|deferwrap)?[0-9]+|-fm|-range[0-9]+|\.\.\.$)+$", "", function)
    return place, function.replace("(*", "").replace(")", "")


_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$|\[[0-9a-f]{8,16}\]")


def _rust(place: str, function: str) -> tuple[str, str]:
    name = _RUST_HASH.sub("", f"{place}::{function}" if place else function)
    name = re.sub(r"::\{\{?(?:closure|async_fn|impl|shim)[^{}]*\}?\}", "", name)
    name = re.sub(r"::<[^<>]{0,200}>", "", name)
    place, _, function = name.rpartition("::")
    return place, function


def _ruby(place: str, function: str) -> tuple[str, str]:
    function = re.sub(r"^(?:(?:block|rescue|ensure|else)(?: \([0-9]+ levels?\))? in )+", "", function)
    function = re.sub(r"_+[0-9]{3,}(?:_[0-9]+)?$", "", function)  # compiled ERB templates
    return place, re.split(r"[#.]", function)[-1].strip("'`\"")  # Ruby 3.4 began to print the class


def _php(place: str, function: str) -> tuple[str, str]:
    function = re.sub(r"\{closure[^}]*\}", "{closure}", function)
    return re.sub(r"@anonymous.*$", "@anonymous", place), function.rsplit("\\", 1)[-1]


_CPP_CLONE = re.compile(
    r"(?: \[clone [^\]]{1,60}\]|\.(?:cold|isra|part|constprop|llvm|lto_priv|actor)(?:\.[0-9]+)?|\[abi:\w+\]|"
    r"@@?[A-Z]+_[0-9.]+)+"
)


def _cpp(place: str, function: str) -> tuple[str, str]:
    function = _CPP_CLONE.sub("", function)
    function = re.sub(r"\{lambda\([^{}]*\)#?[0-9]*\}|\$_[0-9]+|'lambda[0-9]*'", "{lambda}", function)
    function = function.replace("(anonymous namespace)::", "").replace("`anonymous namespace'::", "")
    return place, _outside(function)


def _outside(name: str) -> str:
    """C++ name without template arguments and parameter list; operators keep theirs."""
    if "operator" in name:
        return name
    kept, depth = [], 0
    for c in name:
        if c in "<(":
            depth += 1
        elif c in ">)":
            depth -= 1
        elif depth <= 0:
            kept.append(c)
    return "".join(kept).strip().rsplit(" ", 1)[-1]


def _beam(place: str, function: str) -> tuple[str, str]:
    if "(" in place or "(" in function:  # Elixir shows the arguments that no clause matched
        name = f"{place}.{function}" if place else function
        name = name.rpartition(") in ")[2] if name.startswith("anonymous fn(") else name.split("(", 1)[0]
        named, _, function = name.rpartition(".")
        place, function = (named, function) if place else (place, name)
    function = re.sub(r"^anonymous fn/[0-9]+ in ", "", function)
    function = re.sub(r"^-(.*?)(?:/[0-9]+)?-(?:fun|lc\$\^|lc|blc)[-0-9/]*-?.*$", r"\1", function)
    return place, re.sub(r"/[0-9]+$", "", function)


def _dart(place: str, function: str) -> tuple[str, str]:
    return place, re.sub(r"(?:\.?<(?:anonymous closure|fn|async)>)+", "", function)


_LANGUAGES: dict[str, Callable[[str, str], tuple[str, str] | None]] = {
    "java": _jvm, "csharp": _dotnet, "python": _python, "javascript": _javascript, "go": _go, "rust": _rust,
    "ruby": _ruby, "php": _php, "cpp": _cpp, "elixir": _beam, "erlang": _beam, "dart": _dart,
}  # fmt: skip
