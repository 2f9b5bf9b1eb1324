"""Python: tracebacks with causes, exception groups, syntax errors, faulthandler, loguru notes, rich boxes, pytest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mcp_rag.stacktrace.parts import Part, Pattern, Table
from mcp_rag.stacktrace.python_pages import graph_error, graph_places, pages
from mcp_rag.stacktrace.python_tools import EXCEPTION, in_app, number, poetry, pytest, warning
from mcp_rag.types import ExceptionInfo, Frame, StackTrace

LANGUAGE = "python"
PARTS: Table = (
    Pattern(Part.START, r"Traceback \(most recent call last\)"),
    Pattern(Part.START, r"\^C{1,3}Traceback \(most"),  # the terminal echoes the keys that stopped the program
    Pattern(Part.START, r"\+ Exception Group Traceback"),
    Pattern(Part.START, r"[╭┌][─━]+ ?Traceback"),
    Pattern(Part.START, r"[A-Z]\w{1,80} {2,}Traceback \(most recent call last\)", "Traceback ("),
    Pattern(Part.CRASH, r"Fatal Python error: "),
    Pattern(Part.PRELUDE, r"Exception in (?:thread|callback) [^\n\"]*:?$"),
    Pattern(Part.PRELUDE, r"Exception ignored in:? "),
    Pattern(Part.PRELUDE, r"Process [\w.:-]{1,80}:$"),
    Pattern(Part.PRELUDE, r"(?:Task|Future) exception was never retrieved"),
    Pattern(Part.PRELUDE, r"Unhandled exception in (?:thread|event loop)"),
    Pattern(Part.PRELUDE, r"Error in sys\.excepthook:"),
    Pattern(Part.PRELUDE, r"--- Logging error ---"),
    Pattern(Part.LINK, r"The above exception was the direct cause of"),
    Pattern(Part.LINK, r"During handling of the above exception"),
    Pattern(Part.FRAME, r"(?:> |, {1,2})?File \"[^\"\n]+\", line \d+(?!\d|, characters )"),
    Pattern(Part.FRAME, r"Cell In ?\[\d+\], line \d|File [^\s\":]{1,300}:\d+, in |<ipython-input-[\w\-]{1,40}> in "),
    # IPython before 8, and Colab, whose paths are links once they are copied.
    Pattern(Part.FRAME, r"(?:[A-Za-z]:)?[^\s\":\[\]]{1,300}\.py in [\w<>.$]{1,160}\(", ".py in "),
    Pattern(Part.FRAME, r"[^\s\":\[\]]{1,300}\.pyx in [\w<>.$]{1,160}\(", ".pyx in "),
    Pattern(Part.FRAME, r"\[(?:<ipython-input-|[^\]\s]{1,300}\.pyx?\]\(https?:)[^\s)]{1,120}\) in "),
    Pattern(Part.DETAIL, r"\d{1,3} frames$", " frames"),
    Pattern(Part.DETAIL, r"-> \d{4} |--+> \d+ "),
    Pattern(Part.DETAIL, r"Stack \(most recent call last\):$"),
    Pattern(Part.DETAIL, r"\[Previous line repeated \d"),
    Pattern(Part.DETAIL, r"(?:Current thread|Thread) 0x[0-9a-f]+ .*most recent call first"),
    Pattern(Part.DETAIL, r"<\d+ (?:more )?lines? omitted>|\.\.\.<\d+ lines>\.\.\."),
    Pattern(Part.DETAIL, r"[~^][~^ ]*$"),
    Pattern(Part.DETAIL, r"╵$"),
    Pattern(Part.DETAIL, r"[│╰└├╭❱][ ─│]|┌[ ─│](?!(?:Error|Warning|Info|Debug): )"),
    Pattern(Part.DETAIL, r"\+(?:-\+)?-{4,}"),
    Pattern(Part.DETAIL, r"\| {1,6}\S.*|\|$"),
    Pattern(Part.DETAIL, r"\"\"\"$"),
    Pattern(Part.DETAIL, r"Extension modules: "),
    Pattern(Part.FRAME, r"at (?:[A-Za-z]:)?[^\s:]{1,300}\.py:\d+ in [\w<>.]{1,80}$"),  # Poetry
    Pattern(Part.LINK, r"The following error occurred when trying to handle this error:"),
    # What PostgreSQL's client adds for the next address it tried, and what Pydantic, SQLAlchemy,
    # CUDA, NCCL, torchrun and logging add to a message, line by line.
    Pattern(Part.DETAIL, r"[A-Z][^\n]{1,400} \[type=\w{1,60}, input_", " [type="),
    Pattern(Part.DETAIL, r"[a-z][^\n]{1,400} \(type=(?:value|type|assertion)_error", " (type="),
    Pattern(Part.DETAIL, r"For further information visit https://errors\.pydantic\.dev/"),
    Pattern(Part.DETAIL, r"connection to server (?:at|on socket) \"|Multiple connection attempts failed\. All "),
    Pattern(Part.DETAIL, r"\[SQL: |\[parameters: |\(Background on this error at: |DETAIL: {2}\S"),
    Pattern(Part.DETAIL, r"CUDA kernel errors might be |For debugging consider passing CUDA_LAUNCH_BLOCKING"),
    Pattern(Part.DETAIL, r"Compile with `TORCH_USE_CUDA_DSA`|Device-side assertion tracking was not enabled"),
    Pattern(Part.DETAIL, r"Last error:$|Failures:$|Root Cause \(first observed failure\):$"),
    Pattern(Part.DETAIL, r"\[\d+\]:$|Set the environment variable HYDRA_FULL_ERROR="),
    Pattern(Part.DETAIL, r"(?:_ ){10,60}_?$"),  # pytest, between the functions of a failure
    Pattern(Part.DETAIL, r"Call stack:$|Message: ['\"<]|Arguments: [(\[{]"),
    Pattern(Part.PRELUDE, r"_{3,60} [^\s_][^\n]{0,200} _{3,60}$"),
    Pattern(Part.DETAIL, r"E {3,12}\S|E$"),
    Pattern(Part.DETAIL, r"> {4,16}\S"),
    Pattern(Part.FRAME, r"[\w./\-]{1,200}\.py:\d+: (?:[A-Z]\w{1,80}|in [\w<>]{1,80})?$", ".py:"),
)

IPYTHON: Table = (Pattern(Part.PRELUDE, r"-{75}$"),)  # a rule above its traceback

_FRAME = re.compile(r'\s*(?:> ?|, {1,2})?File "([^"]+)", line (\d+)(?:,? in (.+))?')
_BOX_FRAME = re.compile(r"[^│|]*[│|] (\S.*?):(\d+) in (\S+)\s+[│|]?$")
_BOX_LINE = re.compile(r"\s*[╭╰│┌└├]")
_BOX_SOURCE = re.compile(r"[^❱]*│ ❱ +\d+ (.*)│$")
_HEADER = re.compile(
    r"\s*(?:\+ |\^C{1,3}|[A-Z]\w{1,80} {2,})?(?:Exception Group )?Traceback \(most recent call last\):?"
    r"|\s*[╭┌][─━]+ ?Traceback"
)
# IPython names the cell, or file and line, and prints the type once more above all; before version 8 the file alone.
_CELL = re.compile(
    r"\s*(?:Cell In ?\[\d+\], line (\d+)|File ([^\s\":]{1,300}):(\d+)|\[?(?:<ipython-input-[\w\-]{1,40}>"
    r"|((?:[A-Za-z]:)?[^\s\":\[\]]{1,300}\.pyx?)(?=\]\(http| in [\w<>.$]{1,160}\())(?:\]\(https?:[^\s)]{1,120}\))?)"
    r"(?:,? in ([^\n(]{1,200}))?"
)
# Logging shows where it was called from, below the exception.
_CALLED = frozenset({"Call stack:", "Stack (most recent call last):"})
_LINK = re.compile(r"\s*(?:The above exception was the direct cause|During handling of the above exception)")
_IGNORED = re.compile(
    r"\s*(?:[~^][~^\s]*$|\[Previous line repeated|\.\.\.<\d+ lines|<\d+ (?:more )?lines? omitted|\"\"\"$)"
)
_RULE = re.compile(r"\s*[=\-─━]{8,}\s*$")
_NOTE = re.compile(r"\s*[│└├]")
_KNOWN = re.compile(
    r"(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Timeout|Full|Empty|Group|Fault|Failure|Abort|DoesNotExist)"
    r"(?:\(\w+\))?$|\w\.[A-Z]\w+$"
)
_GOES_ON = re.compile(r"^\d+ validation errors? for \S{1,200}$| raised:$")
_FATAL = re.compile(r"\s*Fatal Python error: (.*)")
_THREAD = re.compile(r"(?>.*?(?:Current thread|Thread) 0x)[0-9a-fA-F]++.*most recent call first")
_REMOTE = re.compile(r"\s*[\w.]{0,80}RemoteTraceback:")
_MARGIN = re.compile(r"( *)(?:\||\+(?:-\+)?-{4,}(?: (\d+) -{2,})?|\+ (?=Exception Group))")
_SUBS = re.compile(r" \(\d+ sub-exceptions?\)$")


@dataclass(slots=True)
class _Segment:
    """One exception under construction; frames in printed order (most recent last)."""

    type: str = ""
    message: str = ""
    frames: list[Frame] = field(default_factory=list)
    nested: bool = False

    def done(self) -> ExceptionInfo:
        return ExceptionInfo(self.type, self.message, tuple(reversed(self.frames)))


def parse(lines: Sequence[str]) -> StackTrace | None:
    """The trace in `lines`, or None when they hold no Python frame, header or fatal error."""
    for n, line in enumerate(lines):
        if fatal := _FATAL.match(line):
            return StackTrace(LANGUAGE, (_faulthandler(fatal[1].strip(), lines[n + 1 :]),))
    if reported := pages(lines):
        return reported
    called = next((n for n, line in enumerate(lines) if line.strip() in _CALLED), graph_places(lines))
    chain = _exceptions(lines[:called] if any(map(_HEADER.match, lines[:called])) else lines, _Reader([]))
    if chain:
        outer = chain[0]
        chain[0] = ExceptionInfo(outer.type, graph_error(outer.message, lines), outer.frames)
        return StackTrace(LANGUAGE, tuple(chain))
    return poetry(lines) or pytest(lines) or warning(lines)


def _exceptions(lines: Sequence[str], reader: _Reader) -> list[ExceptionInfo]:
    outer, inner = _split_group(lines)
    for line in outer:
        reader.feed(line)
    segments = [s for s in reader.found if s.type or s.frames]
    if inner and not segments and (titled := _unraised(outer)):  # nor had the group itself
        segments = [titled]
    if not segments:
        return []
    chain = _chain(segments, remote=any(_REMOTE.match(line) for line in lines))
    if inner:
        # A sub-exception that was never raised has no header of its own: its box opens it.
        chain.extend(_exceptions(inner, _Reader([_Segment()], open=True, indent=1)))
    return chain


def _unraised(lines: Sequence[str]) -> _Segment | None:
    """A group that was printed without ever being raised: its own line stands above the boxes."""
    for line in lines:
        if (found := EXCEPTION.match(line.strip())) and _SUBS.search(line):
            return _Segment(found[1], (found[2] or "").strip())
    return None


def _faulthandler(message: str, lines: Sequence[str]) -> ExceptionInfo:
    """faulthandler prints the most recent call first; the current thread's block is the one that failed."""
    blocks: list[list[Frame]] = [[]]
    chosen = 0
    for line in lines:
        if _THREAD.match(line):
            blocks.append([])
            if line.lstrip().startswith("Current"):
                chosen = len(blocks) - 1
        elif found := _FRAME.match(line):
            blocks[-1].append(_frame(found))
    frames = blocks[chosen] or next((b for b in blocks if b), [])
    return ExceptionInfo("Fatal Python error", message, tuple(frames))


def _split_group(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Lines of the outer traceback with margins removed, and those of the first sub-exception of a group."""
    if not any("+-+---" in line for line in lines):
        return list(lines), []
    outer: list[str] = []
    inner: list[str] = []
    box = -1  # column of the sub-exceptions' margin; -1 outside
    number = 0
    for line in lines:
        found = _MARGIN.match(line)
        indent = len(found[1]) if found else len(line)
        opens = found is not None and "+-+" in found[0]
        if found is None or (box < 0 and not opens):
            outer.append(line[found.end() :].removeprefix(" ") if found and found[0].endswith("|") else line)
        elif opens and box < 0:
            box, number = indent + 2, 1
        elif indent == box and "----" in found[0] and not opens:
            number = int(found[2] or 0)
            box = box if number else -1
        elif number == 1:
            # A nested group keeps its margin, moved to where an outermost group has it.
            own = indent == box and found[0].endswith("|")
            inner.append(line[found.end() :].removeprefix(" ") if own else line[2:])
    return outer, inner


@dataclass(slots=True)
class _Reader:
    """Walks the lines of a traceback. `open` says that frames or a header were seen and the final line is due."""

    found: list[_Segment]
    open: bool = False
    indent: int = 0
    after_frame: bool = False
    dedented: bool = False
    want_message: bool = False
    linked: bool = False

    def feed(self, line: str) -> None:
        if not line.strip():
            return
        if _HEADER.match(line):
            self._begin(line)
        elif _LINK.match(line):
            self.open, self.want_message, self.linked = False, False, True
        elif _IGNORED.match(line):
            self.want_message = False
        elif frame := _FRAME.match(line):
            self._add_frame(_frame(frame), line)
        elif cell := _CELL.match(line):
            function = (cell[5] or ("<module>" if cell[1] else "")).strip()
            file = cell[2] or cell[4] or "<cell>"
            self._add_frame(Frame(function, "", file, number(cell[1] or cell[3] or "0"), in_app(file)), line)
        elif _BOX_LINE.match(line):
            self._feed_box(line)
        elif self.open:
            self._feed_text(line)
        elif self.want_message and not _RULE.match(line):
            self._go_on(line)

    def _go_on(self, line: str) -> None:
        """The line below one that announces it: the message, the field of Pydantic's, or the exception that was caught
        (`backend='inductor' raised:`)."""
        last, self.want_message = self.found[-1], False
        caught = EXCEPTION.match(line) if last.message.endswith(":") else None
        if caught is not None and _KNOWN.search(caught[1]):
            self.found.append(_Segment(caught[1], (caught[2] or "").strip(), nested=True))
        elif not last.message:
            last.message = line.strip()
        elif not last.message.endswith(":"):
            last.message += f": {line.strip()}"

    def _begin(self, line: str) -> None:
        self.found.append(_Segment())
        self.open, self.after_frame, self.want_message, self.linked = True, False, False, False
        self.indent = 0 if _BOX_LINE.match(line) else len(line) - len(line.lstrip())
        self.dedented = False

    def _add_frame(self, frame: Frame, line: str) -> None:
        if not self.open:
            # Frames straight after a finished exception belong to a wrapped one printed inside its message (Ray).
            nested = bool(self.found and self.found[-1].type and not self.linked)
            self.found.append(_Segment(nested=nested))
            self.open, self.indent = True, 0
        self.found[-1].frames.append(frame)
        self.after_frame = True
        self.dedented = not line[:1].isspace() and not line.startswith(">")
        self.want_message = False

    def _feed_box(self, line: str) -> None:
        if not self.open or not self.found:
            return
        segment = self.found[-1]
        if frame := _BOX_FRAME.match(line):
            segment.frames.append(
                Frame(function=frame[3], file=frame[1], line=number(frame[2]), in_app=in_app(frame[1]))
            )
        elif segment.frames and (source := _BOX_SOURCE.match(line)):
            segment.frames[-1] = _with_source(segment.frames[-1], source[1].strip())

    def _feed_text(self, line: str) -> None:
        segment = self.found[-1]
        found = EXCEPTION.match(line)
        depth = len(line) - len(line.lstrip())
        sure = found is not None and _KNOWN.search(found[1]) is not None
        if self.after_frame and segment.frames and not (sure and (depth <= self.indent)):
            self.after_frame = False
            if depth > self.indent or self.dedented:
                segment.frames[-1] = _with_source(segment.frames[-1], line.strip())
                return
        if found and depth <= self.indent and (sure or not self.dedented):
            segment.type, segment.message = found[1], (found[2] or "").strip()
            self.open = False
            due = line.rstrip().endswith(":") and not segment.message
            self.want_message = due or _GOES_ON.search(segment.message) is not None


def _chain(segments: list[_Segment], *, remote: bool) -> list[ExceptionInfo]:
    """Outermost first. A pool's RemoteTraceback carries the text of the same exception from another process: the two
    become one, the worker's frames nearest the throw."""
    kept: list[_Segment] = []
    for segment in segments:
        if remote and kept and (kept[-1].type, kept[-1].message) == (segment.type, segment.message):
            kept[-1].frames = segment.frames + kept[-1].frames
        elif segment.nested and kept:
            kept.insert(len(kept) - 1, segment)
        else:
            kept.append(segment)
    return [segment.done() for segment in reversed(kept)]


def _frame(found: re.Match[str]) -> Frame:
    function = (found[3] or "").strip()
    return Frame(function=function, file=found[1], line=number(found[2]), in_app=in_app(found[1]))


def _with_source(frame: Frame, source: str) -> Frame:
    return Frame(frame.function, frame.module, frame.file, frame.line, frame.in_app, source)
