"""What timestamps of logs look like, and the zones they name."""

from __future__ import annotations

_ZONES = {  # hours east of UTC; the commonest reading where a name is used twice (CST, IST, BST)
    "UTC GMT UCT WET Z": 0.0,
    "CET MEZ BST WEST WAT": 1.0,
    "CEST MESZ EET SAST CAT": 2.0,
    "EEST MSK EAT": 3.0,
    "IST": 5.5,
    "ICT": 7.0,
    "HKT SGT AWST": 8.0,
    "JST KST": 9.0,
    "ACST": 9.5,
    "AEST": 10.0,
    "ACDT": 10.5,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "BRT ART ADT": -3.0,
    "AST EDT": -4.0,
    "EST CDT": -5.0,
    "CST MDT": -6.0,
    "MST PDT": -7.0,
    "PST AKDT": -8.0,
    "AKST": -9.0,
    "HST": -10.0,
}
OFFSETS = {name: int(hours * 60) for names, hours in _ZONES.items() for name in names.split()}

# The beginnings of the months' names: English, then German, French, Spanish, Italian, Portuguese and Dutch where they
# differ. What a system prints in its own language has its months in it too.
_MONTH_NAMES = (
    "jan jän ene gen",
    "feb fév fev",
    "mar mär mrt",
    "apr avr abr",
    "may mai mei mag maj",
    "jun juin giu",
    "jul juil lug",
    "aug aoû ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec déc dez dic",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_MON = rf"(?P<b>(?i:{'|'.join(sorted(MONTHS, key=len, reverse=True))}))[a-zé]{{0,6}}\.?"
_HALF = r"(?:[ \u202f]?(?P<ap>[AaPp]\.?[Mm])\.?(?!\w))?"
_TIME = rf"(?P<h>\d{{1,2}}):(?P<mi>\d{{1,2}})(?::(?P<s>\d{{1,2}})(?:[.,:](?P<f>\d{{1,9}}))?)?{_HALF}"
_NAMES = "|".join(sorted((name for name in OFFSETS if name != "Z"), key=len, reverse=True))
_AREAS = "Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc"
_ZONE = (
    r"(?:(?P<z>Z|[+-]\d{2}(?::?\d{2})?)(?!\w)| (?P<zs>[+-]\d{2}:?\d{2})(?!\w)"
    # Hours alone are a zone only where PostgreSQL writes them: before the process or the end.
    r"| (?P<zh>[+-]\d{2})(?= \[\d|\]|$)"
    rf"| (?P<zi>(?:{_AREAS})/[A-Za-z_]{{2,30}}(?:/[A-Za-z_]{{2,30}})?)(?!\w)"
    rf"| ?(?P<zn>(?:{_NAMES})(?:[+-]\d{{1,2}}(?::?\d{{2}})?)?)(?!\w))?(?:\[\w{{1,20}}/[\w/]{{1,20}}\])?"
)

# Order decides: the first shape that fits is taken. The name is what `scan` reports.
SHAPES: tuple[tuple[str, str], ...] = (
    (
        "iso",
        rf"(?P<y>\d{{4}})[-/.](?P<mo>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?:[Tt_\t]| {{1,4}}|, ?| --? | \| |[-:]|\] ?\[)"
        rf"{_TIME}{_ZONE}",
    ),
    (
        "dotted",
        # Db2 writes its zone in minutes.
        r"(?P<y>\d{4})[-.](?P<mo>\d\d)[-.](?P<d>\d\d)[-T ](?P<h>\d\d)\.(?P<mi>\d\d)\.(?P<s>\d\d)(?:[.:](?P<f>\d{1,9}))?"
        r"(?P<zm>[+-]\d{3})?(?!\w)",
    ),
    # With seconds only: a number before a time without them is more likely that of an entry.
    (
        "month",
        rf"(?P<y>\d{{4}})[ -]{_MON}[ -]{{1,2}}(?P<d>\d{{1,2}})[ T:](?=\d{{1,2}}:\d{{1,2}}:\d){_TIME}{_ZONE}",
    ),
    (
        "characters",
        r"(?P<y>\d{4})[年년] ?(?P<mo>\d{1,2})[月월] ?(?P<d>\d{1,2})[日일][ T]?"
        r"(?P<h>\d{1,2})[时時点시:] ?(?P<mi>\d{1,2})[分분:] ?(?P<s>\d{1,2})(?:[秒초]|(?!\d))(?:[.,]?(?P<f>\d{1,9}))?",
    ),
    ("apache", rf"(?P<d>\d{{1,2}})/{_MON}/(?P<y>\d{{4}})[: ]{_TIME}{_ZONE}"),
    (
        "named",
        rf"(?P<d>\d{{1,2}})[ -]?{_MON}[ -]?(?:(?P<y>\d{{4}})|(?<=-)(?P<y2>\d\d))(?:::?|, | ){_TIME}{_ZONE}",
    ),
    # NLog and Home Assistant's supervisor with a short year: only where the columns or the level and thread follow.
    ("columns", rf"(?P<y2>\d{{2}})-(?P<mo>\d{{1,2}})-(?P<d>\d{{1,2}}) {_TIME}(?=\|[A-Z]|$| [A-Z]{{4,8}} \()"),
    ("redis", rf"(?P<d>\d{{1,2}}) {_MON} {_TIME}"),
    ("short", rf"(?P<mo>\d{{2}})[-./](?P<d>\d{{2}})(?:[ |]|(?<=/\d\d)-){_TIME}"),
    (
        "slash",
        rf"(?P<n1>\d{{1,2}})(?:/|(?<=\d\d)(?P<sep>\.))(?P<n2>\d{{1,2}})(?:/|(?<=\d\d)\.)(?P<n3>\d{{2}})"
        rf"(?:,?[ -]|,){_TIME}{_ZONE}",
    ),
    (
        "numeric",
        rf"(?P<n1>\d{{1,2}})(?P<sep>[/.-])(?P<n2>\d{{1,2}})[/.-](?P<y>\d{{4}})"
        rf"(?:[,:]? {{1,2}}| --? | \| |[T,\t-]|\] ?\[){_TIME}{_ZONE}",
    ),
    ("compact", rf"(?P<y>\d{{4}})(?P<mo>\d{{2}})(?P<d>\d{{2}})[T _-]{_TIME}{_ZONE}"),
    (
        "basic",
        r"(?P<y>\d{4})(?P<mo>\d\d)(?P<d>\d\d)[T_-]?(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?(?!\d)"
        + _ZONE,
    ),
    ("hdfs", r"(?P<y2>\d{2})(?P<mo>\d{2})(?P<d>\d{2}) (?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})(?!\w)"),
    ("mysql", r"(?P<y2>\d{2})(?P<mo>\d{2})(?P<d>\d{2}) {1,2}(?P<h>\d{1,2}):(?P<mi>\d\d):(?P<s>\d\d)(?![.,:\d])"),
    ("klog", r"(?P<mo>\d{1,2})(?P<d>\d{2}) (?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})\.(?P<f>\d{3,9})(?!\w)"),
    ("epoch", r"(?P<e>\d{19}|\d{16}|\d{13}|\d{10})(?:\.(?P<f>\d{1,9}))?(?![\w.-])"),
    (
        "clock",
        rf"(?P<h>\d{{1,2}}):(?P<mi>\d{{2}}):(?P<s>\d{{2}})(?:[.,](?P<f>\d{{1,9}}))?"
        rf"(?:[ \u202f](?P<ap>[AP]M))?(?!\w|:(?! )){_ZONE}",
    ),
    ("date", r"(?P<y>\d{4})-(?P<mo>\d\d)-(?P<d>\d\d)(?= )"),
    (
        "asctime",
        rf"{_DAY},? {_MON} {{1,2}}(?P<d>\d{{1,2}}),? {_TIME}{_ZONE} (?P<y>\d{{4}})(?!\d)(?: us=(?P<us>\d{{1,6}}))?",
    ),
    (
        "script",
        rf"{_DAY},? {_MON} {{1,2}}(?P<d>\d{{1,2}}),? (?P<y>\d{{4}}),? {_TIME}{_ZONE}(?: \([A-Z][A-Za-z ]{{2,40}}\)?)?",
    ),
    # MongoDB 2: neither a year, nor what could be one behind.
    ("yearless", rf"{_DAY} {_MON} {{1,2}}(?P<d>\d{{1,2}}) {_TIME}(?= \[[a-zA-Z]|$)"),
    ("weekday", rf"{_DAY},? (?P<y>\d{{4}})-(?P<mo>\d\d)-(?P<d>\d\d)[ T]{_TIME}{_ZONE}"),
    ("rfc1123", rf"{_DAY},? (?P<d>\d{{1,2}})[ -]{_MON}[ -](?:(?P<y>\d{{4}})|(?P<y2>\d\d)) {_TIME}{_ZONE}"),
    ("syslog", rf"{_MON}(?: {{1,2}}|[-/])(?P<d>\d{{1,2}})(?:(?:,? |/)(?P<y>\d{{4}}),?)? {_TIME}{_ZONE}"),
)
# Shapes that are times only where a format says that one stands there.
NAMED_SHAPES: tuple[str, ...] = (
    r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d\d) )?(?P<ap>[AaPp][Mm])",
    r"(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d):(?P<f>\d{3})",
    r"(?P<mo>\d{2})(?P<d>\d{2})/(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?",
    r"(?P<y2>\d{2})(?P<mo>\d{2})(?P<d>\d{2}) (?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})\.(?P<f>\d{1,9})",
    r"(?P<y>\d{4})(?P<mo>\d{2})(?P<d>\d{2}):(?P<h>\d{2}):?(?P<mi>\d{2}):?(?P<s>\d{2})(?:\.(?P<f>\d{1,9}))?",
    # Two fields: pairs of firewalls, CMTrace with its distance to UTC in minutes west, the zone before the date.
    r"(?P<y>\d{4})-(?P<mo>\d\d)-(?P<d>\d\d)\"? time=\"?(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?",
    r"(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?(?P<zw>[+-]\d{1,3})\" date=\"(?P<mo>\d\d)-(?P<d>\d\d)-"
    r"(?P<y>\d{4})",
    rf"(?P<zn>{_NAMES}) {_MON} {{1,2}}(?P<d>\d{{1,2}}) (?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)",
    r"(?P<zs>[+-]\d{2}:?\d{2}) (?P<y>\d{4})-(?P<mo>\d\d)-(?P<d>\d\d) (?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)"
    r"(?:\.(?P<f>\d{1,9}))?",
    r"(?P<tai>[0-9a-f]{24})",
    r"(?P<x>\d\.\d{3,17}e\+\d\d)",  # seconds since 1970, as zap prints them
    r"(?P<mo>\d)(?P<d>\d{2}) (?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})\.(?P<f>\d{3,9})",
)
