"""Messages that report no fault: which of their words are values.

Of two faults that differ in a name the wrong one may get the fix of the other, so there a name keeps them apart. A
message that says what a program is doing has no fix: what tells two of them apart is the sentence, and whatever is
written like a name that people or machines gave (a dash, a dot, a digit, quotes, brackets) stands where the programmer
put a value. Names of the program's own (`TaskAttempt`, `NEW`) are as often a part of the sentence: they stay.
"""

from __future__ import annotations

import re

# Parts of words that say that something went wrong, lower-cased.
_FAULT = re.compile(
    r"fail|(?<!mi)rror|errno|exception|(?<!de)fault|refus|reject|den(?:y|ied)|time[ds]?[ -]?out|can(?:no|')t|"
    r"could ?n[o']t|unable|invalid|illegal|(?<!dis)missing|(?<![a-z])not? |mismatch|unexpected|abort|crash|panic|"
    r"fatal|corrupt|lost|broke(?!r)|bad |unreach|unavail|unauthor|unsupp|unknown|undefined|unresponsive|"
    r"unhealth|exceed|expire|drop|kill|violat|conflict|duplicate|overflow|overr[iu]n|deadlock|leak|forbidden|"
    r"wrong|interrupt|stale|evict|(?<![a-z])reset|(?<![a-z])down(?![a-z])|read.?only|out of|too (?:many|large|"
    r"long|old|small|few|big)|warn|stuck|(?<![a-z])hung|(?<!in)stall|throttl|(?<![a-z])lack|insufficient|deprecat|"
    r"alert|critical|emerg|segfault|(?<![a-z])oom(?![a-z])|degrad|flapp|suspect|g[ai]v(?:e|ing) up|blocked|"
    r"n't(?![a-z])|malform|danger|problem|trouble|damage|orphan|defunct|(?<![a-z])dead|oops|declin|restrict|"
    r"prevent|terminated|exited"
)
_DIGIT = re.compile(r"[0-9]")
# In quotes neither upper-case words (`"GET <*>"`) nor names as programs have them.
_QUOTED = re.compile(
    r"(?<=[ (\[])(?:\"(?![^\"\n]{0,120}(?:[A-Z]{2}|[a-z][A-Z]))[^\"\n]{0,120}\"|"
    r"'(?![^'\n]{0,120}(?:[A-Z]{2}|[a-z][A-Z]))[^'\n]{0,120}'(?!\w))"
)
# What a name is called with, and an aside of one word.
_CALLED = re.compile(r"(?<=[\w>])(?:\([^()\n]{0,400}\)|\[[^\[\]\n]{0,400}\])")
_ASIDE = re.compile(r"(?<= )[(\[][^\s()\[\]]{0,80}[)\]](?=[ ,;:.]|$)")
_EDGE = "\"'`()[]{},;:.!?"
_KEYED = re.compile(r"([A-Za-z][\w-]{0,40}):(?=[^\s:/\\]).{1,400}")
_JOINED = re.compile(r"[A-Za-z0-9][-.@/\\][A-Za-z]")
# What a line begins with that says whose it is.
_UNIT = re.compile(r"(?=[a-z0-9@_]{1,40}[.-])[a-z0-9@_.-]{3,80}:")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_TITLE = re.compile(r"[A-Z][a-z]{1,40}(?<!ed)(?<!ing)")
_PLAIN = re.compile(r"[a-z][a-z0-9_-]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
_ARROWS = frozenset(("->", "=>", "-->", "==>"))
_ENDS = (".", ":", "!", "?", "]", "|", ";", "-", "*")
_ARTICLES = frozenset("the a an this that these those its their your our any no each every".split())
# What has a name that people gave.
_NOUNS = frozenset(
    "group topic queue table keyspace cache tenant customer plan category warehouse model policy partition "
    "cluster pool provider job task service process volume device interface channel database bucket namespace "
    "feature index shard via product vhost realm zone link share account profile dataset collection rule stage "
    "mode region broker by".split()
)
_GOES_ON = frozenset(
    "is was has had not does did do can may must should will with without and or in on at to of for by from as "
    "the a an are be been being into after before when while until that this its it all any each new old now "
    "already again only started starting stopped stopping created creating deleted removed added updated changed "
    "loaded loading opened closed enabled disabled registered unregistered completed complete finished running "
    "ready active inactive idle found set up via using named called id name names ids type types count size list "
    "state status info data manager update updates lookup creation deletion startup directory path file files "
    "level mode process processes service services thread threads pool group groups queue request requests "
    "response event events peer client server user remote signal default kernel admin administrator design "
    "scheduled restart start stop version number limit key keys cache table rebuild usage worker workers leader "
    "node nodes master slave host hosts timer handler".split()
)


def is_routine(text: str) -> bool:
    """Whether a masked message reports no fault: no word for one, and no code (codes keep their digits)."""
    return _DIGIT.search(text) is None and _FAULT.search(text.lower()) is None


def said(text: str) -> str:
    """A routine message, collapsed, with `<*>` for every word that is written like a value; "" when no word of
    it is left."""
    if '\\"' in text:
        text = text.replace('\\"', '"')
    if '"' in text or "'" in text:
        text = _QUOTED.sub("<*>", text)
    if "(" in text or "[" in text:
        text = _ASIDE.sub("", _CALLED.sub("()", text))
    words = text.split()
    last = len(words) - 1
    kept: list[str] = []
    plain = 0
    for n, word in enumerate(words):
        before = words[n - 1] if n else ""
        if n and (before in _ARROWS or (n < last and words[n + 1] in _ARROWS)) and not _is_constant(word):
            new = "<*>"
        else:
            new = _said(word, before, ends=n == last or word[-1] in ",;)]")
        kept.append(new)
        plain += _WORD.fullmatch(new.strip(_EDGE)) is not None
    return " ".join(filter(None, kept)) if plain else ""


def _is_constant(word: str) -> bool:
    return _CONSTANT.fullmatch(word.strip(_EDGE).replace(":", ".").rpartition(".")[2]) is not None


def _said(word: str, before: str, *, ends: bool) -> str:
    """One word, or `<*>`, or nothing; `ends`: the sentence or an entry of a list ends with it."""
    core = word.strip(_EDGE)
    if not core:
        return "" if word[0] in "([" else word
    if "=" in core:
        return _pair(word)
    if _is_constant(core):
        return word
    if "<*>" in core:
        keyed = _KEYED.fullmatch(core)
        return f"{keyed[1]}:" if keyed else "<*>"
    if not before:
        return "<*>" if _UNIT.fullmatch(word) else word
    if (keyed := _KEYED.fullmatch(core)) is not None:
        return f"{keyed[1]}:"
    return "<*>" if _is_named(core, before, ends=ends) else word


def _pair(word: str) -> str:
    """A key and its value: the key alone where the value is a list, or masked in part."""
    key, _, value = word.partition("=")
    return f"{key}=" if "," in value or "<*>" in value else word


def _is_named(core: str, before: str, *, ends: bool) -> bool:
    """Whether a word is written like a name, or stands behind what has one."""
    if _JOINED.search(core):
        return before.lower() not in _ARTICLES
    if before.endswith(":"):
        return ends
    if before.endswith(_ENDS):
        return False
    if _TITLE.fullmatch(core):
        return True
    return before.lstrip(_EDGE).lower() in _NOUNS and _PLAIN.fullmatch(core) is not None and core not in _GOES_ON
