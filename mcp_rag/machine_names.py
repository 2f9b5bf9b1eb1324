"""Words that a machine made or numbered: keys drawn at random, pods, cloud regions, interfaces, disks.

Of each word only where digits and letters stand counts, never which digits: events that differ in digits alone share
one memo entry.
"""

from __future__ import annotations

import re

MIN_RANDOM_CHARS = 8
# A word in camel case has pieces of five letters or more; drawn letters change their case every second time.
MAX_PIECE_CHARS = 3.6
MIN_UNLIKELY_SHARE = 0.45

_PIECE = re.compile(r"[A-Z]{1,64}(?![a-z])|[A-Z]?[a-z]{1,64}|[0-9]{1,64}")
_PART = re.compile(r"[A-Za-z0-9]{8,64}")
_VOWEL = re.compile(r"[aeiouAEIOU]")
# Pairs of letters that words of English and of programs hardly ever hold, by the first of them.
_HARDLY = (
    "aehjoqz bghkmnqvwxz cgjqvwxz dhjkpqwz ejz fghjkqvwxz gbdjkqvwxyz hbcdfghjkmnpqvwxz ihijquwy "
    "jbcdfghijklmnpqrtvwxyz kbcdfghjkmnopqrtuvxyz lghjqrwxz mcfghjknqrvwxz njqwz ohjqyz pbgjkmnqvwxz "
    "qabcdefghijkmnopqrstvwxyz rhjqwxz sbjxz tjkq uhjkquvwxyz vbcdfghjklmnpqrstuvwxyz wbcdfgjklmpqtuvwxyz "
    "xbfghjkmnoqruvwyz yfghjkqruvwxyz zbcdfghjklmnopqrstuvwxyz"
)
_UNLIKELY = re.compile("|".join(f"{row[0]}[{row[1:]}]" for row in _HARDLY.split()))

_DIRECTION = "(?:north|south|east|west|central|northeast|northwest|southeast|southwest)"
_COUNTED = "[0-9]{1,5}"
_NAMES = (
    # A region or zone of a cloud, a kind of rented machine.
    rf"[a-z]{{2}}(?:-gov|-iso[a-z]?)?-{_DIRECTION}-[0-9]{{1,2}}[a-z]?",
    rf"(?:us|europe|asia|australia|northamerica|southamerica|me|africa)-{_DIRECTION}[0-9]{{1,2}}(?:-[a-z])?",
    r"(?:(?:db|cache|ml|search)\.)?[a-z]{1,3}[0-9]{1,2}[a-z]{0,4}\."
    r"(?:nano|micro|small|medium|large|metal|[0-9]{0,2}xlarge)",
    # An interface of a switch or of a host.
    r"(?:[A-Z][A-Za-z]{0,20}(?:Ethernet|GigE)|Ethernet|Eth|Gi|[TF][aeo]|Hu|Twe|Po|[Pp]ort-channel|Bundle-Ether|Serial|"
    rf"Vlan|Tunnel|Loopback|[gx]e-|et-|ae){_COUNTED}(?:/{_COUNTED}){{0,4}}(?:[.:]{_COUNTED})?",
    rf"(?:eth|ens|eno|en|em|enp|wlan|bond|team|docker|tun|tap|veth){_COUNTED}(?:[.:@]{_COUNTED})?",
    # A disk or a part of one.
    rf"(?:dm-|nvme|loop|zram|nbd|rbd|mmcblk){_COUNTED}(?:[np]{_COUNTED}){{0,2}}",
)
_NAMED = re.compile("|".join(_NAMES))
# What Kubernetes adds to a name, drawn from letters that make no words: of a replica and of a pod, or of one alone.
_DRAWN = "[bcdfghj-np-tv-xz0-9]"
_ADDED = re.compile(
    rf"-(?=[a-z]{{0,10}}[0-9])(?:{_DRAWN}{{7,10}}|[0-9a-f]{{7,10}})-{_DRAWN}{{5}}$|"
    rf"-(?![0-9]{{2}})(?=[a-z]{{0,5}}[0-9]{{1,4}}[a-z]){_DRAWN}{{5}}$"  # not `-512mb`
)
GROUP = re.compile(r"[0-9]{1,6}\.(?:[0-9a-f]{0,7}[0-9][0-9a-f]{0,7}|[a-f]{1,2})(?:s[0-9]{1,2})?")


def is_made(word: str) -> bool:
    """Whether a word with a digit in it was made or numbered by a machine, so that it names no fault."""
    if _NAMED.fullmatch(word) or _ADDED.search(word):
        return True
    return any(map(is_random, _PART.findall(word)))


def is_random(part: str) -> bool:
    """Whether letters of both cases and a digit were drawn, not chosen: pieces too short, or that nobody could say."""
    low = part.lower()
    if len(part) < MIN_RANDOM_CHARS or part == low or part.isupper():
        return False
    count = letters = unlikely = digits = 0
    for piece in _PIECE.findall(part):
        count += 1
        if piece[0].isdigit():
            digits += 1
            continue
        letters += len(piece)
        said = len(piece) > 2 and _VOWEL.search(piece)
        if not said or (not piece.isupper() and _UNLIKELY.search(piece.lower())):
            unlikely += len(piece)
    return digits > 0 and len(part) <= MAX_PIECE_CHARS * count and unlikely >= MIN_UNLIKELY_SHARE * letters
