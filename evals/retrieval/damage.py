"""What happens to an error on its way into a search box: quoting, fences, numbers, lost indentation, cuts, typos."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable

Damage = Callable[[str, random.Random], str]

_LOOKALIKES = {"l": "1", "O": "0", "I": "l", "0": "O", "S": "5", "B": "8", "g": "q", "e": "c", ",": ".", "'": "`"}
TYPO_RATE = 0.02


def _each(text: str, change: Callable[[int, str], str]) -> str:
    return "\n".join(change(n, line) for n, line in enumerate(text.split("\n")))


def lost_indentation(text: str, _: random.Random) -> str:
    """Every line at the left margin, as chats and ticket fields leave it."""
    return _each(text, lambda _n, line: line.strip())


def chat_quoting(text: str, _: random.Random) -> str:
    """Every line quoted."""
    return _each(text, lambda _n, line: f"> {line}")


def fences(text: str, _: random.Random) -> str:
    """In a Markdown fence with a question around it."""
    return f"Any idea what this is? It started this morning.\n\n```text\n{text}\n```\nThanks!"


def line_numbers(text: str, rng: random.Random) -> str:
    """Numbered as a CI log viewer copies it."""
    first = rng.randrange(1, 900)
    return _each(text, lambda n, line: f"{first + n:5}  {line}")


def editor_numbers(text: str, rng: random.Random) -> str:
    """Numbered with a bar, as editors and pagers do."""
    first = rng.randrange(1, 90)
    return _each(text, lambda n, line: f"{first + n}| {line}")


def typos(text: str, rng: random.Random) -> str:
    """Read from a screenshot: one character in fifty replaced by one that looks like it, or dropped."""
    out = []
    for char in text:
        if not char.isspace() and rng.random() < TYPO_RATE:
            out.append(_LOOKALIKES.get(char, "" if rng.random() < 0.5 else char))
        else:
            out.append(char)
    return "".join(out)


def hard_wrapped(text: str, _: random.Random) -> str:
    """Wrapped at 72 columns by a mail client."""
    return "\n".join(
        part for line in text.split("\n") for part in (textwrap.wrap(line, 72, drop_whitespace=False) or [""])
    )


def first_lines(text: str, _: random.Random) -> str:
    """The first two thirds, at least four lines."""
    lines = text.split("\n")
    return "\n".join(lines[: max(4, len(lines) * 2 // 3)])


def last_lines(text: str, _: random.Random) -> str:
    """The last two thirds, at least four lines."""
    lines = text.split("\n")
    return "\n".join(lines[-max(4, len(lines) * 2 // 3) :])


def windows_ends(text: str, _: random.Random) -> str:
    """CRLF line ends and tabs for four blanks."""
    return text.replace("    ", "\t").replace("\n", "\r\n")


DAMAGES: dict[str, Damage] = {
    "lost indentation": lost_indentation,
    "chat quoting": chat_quoting,
    "Markdown fence and a question": fences,
    "line numbers": line_numbers,
    "editor's numbers": editor_numbers,
    "typos of a screenshot": typos,
    "hard wrapped": hard_wrapped,
    "CRLF and tabs": windows_ends,
    "first lines only": first_lines,
    "last lines only": last_lines,
}
