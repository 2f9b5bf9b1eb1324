"""The element of a program that an exception says is missing or misused: a module, an attribute, a method, a service.

One line of code can fail for want of two modules or of two properties, and each is a fault with a fix of its own; their
type and calls are the same. Only phrases of runtimes and frameworks count whose name is one in the source: what is read
at run time (a key, an id, a value) says nothing about which fault it is.
"""

from __future__ import annotations

import re

from mcp_rag.mask import PLACEHOLDER, mask

MAX_SAID_CHARS = 1_000

_Q = "[\"'`\u2018\u2019]"
_NAME = r"([A-Za-z_$@][\w.$:/@#\\-]{0,200}[?!=]?)"
_QUOTED = rf"{_Q}{_NAME}{_Q}"
_WORD = rf"{_Q}([A-Za-z_$][\w$]{{0,100}}[?!=]?){_Q}"
_MODULE = rf"{_Q}([\w.$:/@\\-]{{1,300}}){_Q}"
_CALLED = r"(?:^|[\s(\"'`]|[)\]]\.)([A-Za-z_$][\w.$]{0,200})"
# A word of the phrase, for which the text is asked first; then the phrase, with a group for each name.
_PHRASES = (
    # Python
    ("No module named", rf"No module named {_Q}?{_NAME}{_Q}?"),
    ("cannot import name", rf"cannot import name {_WORD}"),
    ("has no attribute", rf"has no attribute {_WORD}"),
    ("is not defined", rf"name {_WORD} is not defined"),
    ("local variable", rf"local variable (?:or method )?{_WORD}"),
    ("required positional argument", rf"required positional arguments?: {_WORD}"),
    ("unexpected keyword argument", rf"unexpected keyword argument {_WORD}"),
    ("validation error", r"validation errors? for [^\s:]{1,200}: ([A-Za-z_][\w.]{0,200})"),
    # JavaScript
    ("(reading ", rf"\(reading {_WORD}\)"),
    ("(setting ", rf"\(setting {_WORD}\)"),
    ("Cannot read property", rf"Cannot read property {_WORD} of (?:undefined|null)"),
    ("Cannot set property", rf"Cannot set property {_WORD} of (?:undefined|null)"),
    ("Cannot find ", rf"Cannot find (?:module|package) {_MODULE}"),
    ("does not provide an export", rf"does not provide an export named {_WORD}"),
    # Ruby, Perl
    ("undefined method", rf"undefined method {_Q}([A-Za-z_]\w{{0,100}}[?!=]?|[^\w\s]{{1,3}}){_Q}"),
    ("private method", rf"private method {_WORD} called"),
    ("uninitialized constant", rf"uninitialized constant {_NAME}"),
    ("cannot load such file", rf"cannot load such file -- {_NAME}"),
    ("Couldn't find ", r"Couldn't find (?:all )?([A-Z][\w:]{0,100}) with"),
    ("Can't locate ", rf"Can't locate (?:object method )?{_Q}?{_NAME}"),
    ("Undefined subroutine", r"Undefined subroutine &?([\w:]{1,200})"),
    # Java, Kotlin
    ("qualifying bean of type", rf"qualifying bean of type {_Q}?\[?{_NAME}"),
    ("No bean named", rf"No bean named {_QUOTED}"),
    ("required a bean", rf"required a bean (?:of type|named) {_QUOTED}"),
    ("Cannot invoke ", r"Cannot invoke [\"']([\w.$]{1,300})\("),
    ("Cannot read field", rf"Cannot read field {_QUOTED}"),
    ("Cannot assign field", rf"Cannot assign field {_QUOTED}"),
    ("lateinit property", rf"lateinit property {_NAME} has not"),
    # .NET
    ("resolve service for type", rf"resolve service for type {_QUOTED}"),
    ("No service for type", rf"No service for type {_QUOTED}"),
    ("Could not load file or assembly", r"Could not load file or assembly '([\w.-]{1,200})"),
    ("Could not load type", r"Could not load type '([\w.+`-]{1,200})"),
    ("Method not found:", r"Method not found: '([^'\n]{1,300})'"),
    ("does not contain a definition", rf"does not contain a definition for {_QUOTED}"),
    # PHP
    ("Call to undefined", r"Call to undefined (?:function|method) ([\w:\\$@]{1,200})"),
    ("Call to a member function", r"Call to a member function (\w{1,100})\("),
    ("Attempt to read property", rf"Attempt to read property {_QUOTED}"),
    ("Undefined variable", r"Undefined variable:? \$?(\w{1,100})"),
    ("Undefined property", r"Undefined property: ([\w:\\$]{1,200})"),
    ("not found", r"(?:Class|Interface|Trait) [\"']([\w\\]{1,200})[\"'] not found"),
    ("must be ", r"Argument #[0-9]{1,3} \(\$(\w{1,100})\) must be "),
    # Databases: what a schema names
    ("null value in column", rf"null value in column {_QUOTED}"),
    ("UNIQUE constraint failed", rf"constraint failed: {_NAME}"),
    ("NOT NULL constraint failed", rf"constraint failed: {_NAME}"),
    ("CONSTRAINT `", r"CONSTRAINT `([\w$-]{1,100})` FOREIGN KEY"),
    ("constraint", r"constraint (?:[\"'`\u00ab]|\((?=[\w$#.]{1,200}\) violated))([\w$#.-]{1,200})[\"'`\u00bb)]"),
    ("constraint failed on the ", r"failed on the (?:fields?|constraint): \(?(`[\w`,. ]{1,200}`)"),
    ("unique index", rf"unique index {_QUOTED}"),
    ("duplicate key error", r"duplicate key error [^\n]{0,200}? index: ([\w.$-]{1,200}) dup key"),
    ("Duplicate entry", r"for key '(?:[\w$]{1,100}\.)?([\w$-]{1,100})'"),
    ("does not exist", rf"(?:relation|column|function|type|sequence|index|view|extension) {_QUOTED} (?:of |does)"),
    ("doesn't exist", r"Table '(?:[\w$-]{1,100}\.)?([\w$-]{1,100})' doesn't exist"),
    ("no such ", rf"no such (?:table|column|function|index|view): {_NAME}"),
    ("olumn '", r"(?:Unknown column|Invalid column name|for column|Column) '([\w$.-]{1,200})'"),
    ("Invalid object name", r"Invalid object name '([\w$.#-]{1,200})'"),
    ("have a default value", rf"Field {_QUOTED} doesn't have a default value"),
    # Linkers and loaders
    ("undefined symbol", r"undefined symbol: ?[\"'`]?([\w$?@.]{1,300})"),
    ("undefined reference", r"undefined reference to [\"'`]([\w$?@.:~]{1,300})"),
    ("Symbol not found", r"Symbol not found: \(?[\"'`]?([\w$?@.]{1,300})"),
    ("cannot open shared object", r"([\w.+-]{1,100}\.so[\w.]{0,20}): cannot open shared object"),
    ("Library not loaded", r"Library not loaded: \S{0,300}?([\w.+-]{1,100})(?=\s|$)"),
    ("DLL load failed while importing", r"DLL load failed while importing ([\w.]{1,100})"),
    ("' not found", r"version [`']([A-Za-z]\w{1,30}_[0-9.]{1,20})' not found"),
    # Elixir, Lua, R, Dart
    ("is undefined", r"function ([\w.:]{1,200}/[0-9]{1,2}) is undefined"),
    ("attempt to ", rf"attempt to (?:call|index) [^\n]{{0,60}}\((?:global|field|method|local) {_WORD}\)"),
    ("could not find function", r"could not find function [\"']([\w.]{1,100})"),
    ("there is no package", rf"there is no package called {_QUOTED}"),
    ("was called on null", rf"The (?:method|getter|setter) {_QUOTED} was called on null"),
)  # fmt: skip
_READ = [(hint, re.compile(pattern)) for hint, pattern in _PHRASES]
# JavaScript prints what was called as the build names it.
_BUILT = (
    ("is not a function", rf"{_CALLED} is not a function"),
    ("is not a constructor", rf"{_CALLED} is not a constructor"),
    ("(evaluating ", r"is not an? (?:object|function|constructor)[^\n(]{0,80}\(evaluating '([\w.$]{1,200})"),
    ("is not defined", r"^([A-Za-z_$][\w$]{0,100}) is not defined$"),
)
_READ_BUILT = [(hint, re.compile(pattern)) for hint, pattern in _BUILT]

# Types whose whole message is the name of a class, or of a member and its signature.
_NAMED_BY_MESSAGE = re.compile(
    r"(?:^|[.$])(?:ClassNotFoundException|NoClassDefFoundError|NoSuchMethodError|NoSuchFieldError|NoSuchMethodException|"
    r"NoSuchFieldException|AbstractMethodError|UnsatisfiedLinkError)$"
)
# From Java 11 on a member stands behind its type, without it before: `int shop.Cart.sum(long)`, `shop.Cart.sum(J)I`.
_MEMBER = re.compile(r"([\w.$/<>\[\]-]{1,300})(?: (?:static )?([\w.$/<>\[\]-]{1,300})(?=\())?")
# How newer ones say the same in a sentence.
_SENTENCE = re.compile(
    r"(no [\w.-]{1,100}) in java\.library\.path|have member field '[^'\n]{1,200} ([\w$]{1,100})'|"
    r"resolved method '[^'(\n]{1,300} ([\w.$<>]{1,200})\("
)
_INITIALIZE = "Could not initialize class "
# What ran out, each with a remedy of its own.
_MEMORY = re.compile(
    r"Java heap space|GC overhead limit exceeded|Metaspace|PermGen space|Compressed class space|[Dd]irect buffer "
    r"memory|unable to create (?:new )?native thread|Requested array size exceeds VM limit|Out of swap space"
)
_DIGITS = re.compile(r"[0-9]+")
_PLACE = re.compile(r"[./:\\]")
# A minifier's name: another build has another one.
MINIFIED = re.compile(r"[A-Za-z_$]{1,2}[0-9]?|[A-Za-z_$][0-9][\w$]?")


def element(kind: str, message: str) -> str:
    """The program's element that an exception of type `kind` names in a known phrase; "" when none."""
    message = message[:MAX_SAID_CHARS]
    if kind.endswith("OutOfMemoryError"):
        found = _MEMORY.search(message)
        return found[0].lower() if found else ""
    if _NAMED_BY_MESSAGE.search(kind):
        if " " in message and (said := _SENTENCE.search(message)):
            return _named(said[said.lastindex or 1])
        found = _MEMBER.match(message.removeprefix(_INITIALIZE).lstrip("'\""))
        return _named((found[2] or found[1]).replace("/", ".")) if found else ""
    for hint, pattern in _READ:
        if hint in message and (found := pattern.search(message)):
            return _named(found[1].strip("/."))
    for hint, pattern in _READ_BUILT:
        if hint in message and (found := pattern.search(message)):
            return _named(".".join(part for part in found[1].split(".") if not MINIFIED.fullmatch(part)))
    return ""


def _named(name: str) -> str:
    """The name whatever its digits; "" for data: an id, a number. Of a path to a module the file."""
    if PLACEHOLDER.fullmatch(mask(name)) and not _PLACE.search(name):
        return ""
    return _DIGITS.sub("0", re.split(r"[/\\]", name)[-1] if name.count("/") > 1 or "\\" in name else name)
