"""Reports of failed tests and of tools that print a failure as a block: a title, what failed below it, a summary.

The exception inside is printed as its language does. These tables only say where one report begins and that the
summary behind the last one is none of it: several failures of one run would else be one event.
"""

from __future__ import annotations

from mcp_rag.stacktrace.parts import Part, Pattern, Table

TITLE = "report"
RULE = "report-rule"
SUMMARY = "report-summary"
LANGUAGES = frozenset({TITLE, RULE, SUMMARY})

# What names the failed test, or begins a block that a tool prints about one error. A number and a parenthesis may be
# any list: `events.reports` asks whether a failure follows.
TITLES: Table = (
    Pattern(Part.PRELUDE, r"\d{1,4}\) \S", ") "),  # mocha, Playwright, RSpec, ExUnit, PHPUnit
    Pattern(Part.PRELUDE, r"● [^\n]{1,300} › "),  # Jest
    Pattern(Part.PRELUDE, r"Failed [\w.+`<>,]{1,300}(?:\([^\n()]{0,300}\))? \[(?:< )?\d[\d.]* m?s\]$"),  # dotnet test
    Pattern(Part.PRELUDE, r"-{4} [\w:]{1,200} std(?:out|err) -{4}$"),  # cargo test
    Pattern(Part.PRELUDE, r"ERROR: \w{1,200} \([\w.]{1,300}\)|FAIL: \w{1,200} \([\w.]{1,300}\)"),  # unittest
    Pattern(Part.CRASH, r"[^\s:]{1,300}\.(?:cc|cpp|cxx|c|h|hpp):\d+: Failure$", ": Failure"),  # GoogleTest
    Pattern(Part.CRASH, r"ERROR in (?:\.{0,2}/|[\w@\-]{1,100}/)\S{1,300}(?: \d+:\d+(?:-\d+)?)?$"),  # webpack
    Pattern(Part.CRASH, r"Msg \d+, Level \d+, State \d+"),  # sqlcmd
)
RULES: Table = (
    Pattern(Part.PRELUDE, r"={70}$|-{70}$"),  # unittest, above and below its title
    Pattern(Part.NONE, r"={60}$"),  # torchrun, below its table
)
SUMMARIES: Table = (
    Pattern(Part.NONE, r"\d{1,6} (?:passing|failing|pending|passed|failed|flaky|skipped)(?: \(\S{1,20}\))?$"),
    Pattern(Part.NONE, r"PLAY RECAP \*"),
    Pattern(Part.NONE, r"Test Suites: +\d|Tests: +\d|FAILURES!$|Finished in \d|Ran \d+ tests? in \d"),
    Pattern(Part.NONE, r"test result: (?:ok|FAILED)\."),
    Pattern(Part.NONE, r"\[ (?: FAILED |      OK) \] |\[ RUN {6}\] |\[[-=]{10}\] "),
    Pattern(Part.NONE, r"={3,60} short test summary info ={3,60}$"),
    Pattern(Part.NONE, r"\(\d+ rows? affected\)$"),
)
