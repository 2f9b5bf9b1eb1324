"""Addresses that let in whoever knows them: links of mails that reset, confirm or invite, and hooks known by one part
of their path."""

from __future__ import annotations

import re

from mcp_rag.redact_shapes import Rule

# No identifier of 8-4-4-4-12 digits: most are numbers of records.
_MAILED = re.compile(
    r"/(?:(?:password[_-]?)?reset(?:[_-]?password)?|password|confirm(?:ation|[_-]?email)?|activat(?:e|ion)|verif(?:y|ication)(?:[_-]?email)?"
    r"|invit(?:e|ation)s?|accept[_-]invit(?:e|ation)|magic(?:[_-]?link)?|unsubscribe)/(?:[\w=-]{1,24}/){0,2}?"
    r"(?P<v>(?![0-9a-f]{8}-[0-9a-f]{4}-)(?=[^\W\d]{0,60}\d)(?=[\d_-]{0,60}[a-z])[\w-]{20,300})(?=[/?#\s\"'<>),]|\\|\Z)"
)
_HOOK = re.compile(
    r"hc-ping\.com/(?P<v>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|maker\.ifttt\.com/trigger/[^\s/\"']{1,100}/(?:json/)?with/key/(?P<a>[\w-]{20,100})"
    r"|events\.pagerduty\.com/(?:integration/|generic/)(?P<b>[0-9a-f]{32})"
)
# Azure's key for what an application reports of itself.
_INSTRUMENTATION = re.compile(
    r"instrumentation_?key[\"']?\s?[=:]\s?[\"']?(?P<v>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
_SUBPROTOCOL = re.compile(
    r"sec-websocket-protocol[^\n]{0,200}?(?<![a-z])(?:bearer|token|access_token|authorization|auth|jwt|api_?key)"
    r"(?:[.,|-]|, )(?P<v>(?=[^\s\d]{0,100}\d)[\w.~+/=-]{20,4000})"
)

# Behind hints that hardly any text holds.
SCARCE: tuple[Rule, ...] = (
    Rule("signature", ("/reset", "/password", "/confirm", "/activat", "/verif", "/invit", "/accept", "/magic",
                       "/unsubscribe"), _MAILED, folded=True),
    Rule("webhook-url", ("hc-ping.com/", "maker.ifttt.com/", "events.pagerduty.com/"), _HOOK, folded=True),
    Rule("api-key", ("instrumentation",), _INSTRUMENTATION, folded=True),
    Rule("token", ("sec-websocket-protocol",), _SUBPROTOCOL, folded=True),
)  # fmt: skip
