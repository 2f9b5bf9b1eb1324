"""Text that somebody else wrote: make what hides in it visible, break what a chat template would obey, name what
reads like an instruction to a model.

Detection is a warning label, never the defence: a payload can always be phrased in a way that no list holds. The
defence is that quoted text is fenced as data and that code, not the model, decides what an answer may say.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache

MAX_SCAN_CHARS = 20_000
_HALF = MAX_SCAN_CHARS // 2

# Controls except tab and newline; zero-width, bidirectional and invisible formats; line separators; variation
# selectors beyond emoji use; the tag block; lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# Hidden characters that no honest log holds: an ESC or a BOM is ordinary, these are not.
_SMUGGLED = re.compile("[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")

_PIPE_OPEN = re.compile(r"<([|\uff5c])")
_PIPE_CLOSE = re.compile(r"([|\uff5c])>")
_MARK = re.compile(
    r"<(\s{0,3}/?\s{0,3}(?:think(?:ing)?|reasoning|tool_calls?|tool_responses?|tool|tools|function_calls?|function|"
    r"functions|invoke|antml:[a-z_]{1,24}|start_of_turn|end_of_turn|bos|eos|pad|unk|mask|system|assistant|user|human)"
    r"\s{0,3})>",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"<(/?s)>")
_SQUARE = re.compile(
    r"\[(/?(?:INST|SYS|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|gMASK|sop|IMG|PREFIX|SUFFIX|MIDDLE))\]"
)
_SYS = re.compile(r"<<(/?SYS)>>", re.IGNORECASE)

_WORDS = {
    "ignore_previous": (
        (
            r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,3}?(?:previous|prior|above|earlier|preceding|"
            r"former|system|safety|all|your|any)\s+(?:\w+\s+){0,2}?(?:instructions?|prompts?|rules?|directions?|context|"
            r"guidelines?|messages?|polic(?:y|ies)|constraints?)\b"
        ),
        r"\b(?:do not|don't|stop)\s+follow(?:ing)?\s+(?:\w+\s+){0,2}?(?:previous|prior|above|earlier|system)\b",
        r"忽略(?:之前|以上|上述|先前|前面|所有)|无视(?:之前|以上|上述|所有)",
        r"\bignor(?:a|e|ez|iere|ieren)\s+(?:\w+\s+){0,3}?(?:anterior|pr[eé]c[eé]dent|vorherig|bisherig)",
        r"игнорируй(?:те)?\s|以前の指示を無視|これまでの指示",
    ),
    "role_turn": (
        (
            r"(?:^|\n|\\n)\s{0,8}#{0,4}\s?(?:system|assistant|developer|human)\s?(?:prompt|message|note|override|update)?"
            r"\s?(?:\]|:)\s{0,3}(?:you|from|the|new|ignore|please|always|as|now|sure|okay|i)\b"
        ),
        r"\b(?:new|updated|revised|real|actual)\s+(?:system|developer)\s+(?:prompt|message|instructions?)\b",
        (
            r"\b(?:end|start|begin) of (?:system|user|evidence|context|log|data|quoted)(?: \w+)?\s?(?:prompt|message|"
            r"block|section|instructions?|data)\b"
        ),
        r"\byou are (?:now|no longer|actually) (?:an?|the|in|dan|chatgpt|claude|unrestricted|root|free)\b",
    ),
    "addressed_to_model": (
        (
            r"\b(?:dear|hey|attention|hello|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|important "
            r"for)\s+(?:the\s+|all\s+|any\s+|you,?\s+)?(?:ai|llm|gpt|chatgpt|claude|copilot|cursor|gemini|"
            r"language model|coding agent|agent|assistant|model)s?\b"
        ),
        (
            r"\b(?:ai|llm|coding|language)[ -](?:agents?|assistants?|models?)\b[^\n]{0,40}\b(?:must|should|need to|"
            r"please|are required|has to|have to|will now)\b"
        ),
        r"\bif you are an? (?:ai|llm|language model|assistant|agent|bot|automated)\b",
        r"\bas an? (?:ai|llm|language model|assistant)\b[^\n]{0,40}\b(?:must|should|you|need|required)\b",
        r"\b(?:assistant|agent|model)s?\s+(?:reading|processing|analy[sz]ing|summari[sz]ing|handling)\s+this\b",
        (
            r"\b(?:you must|you should|you have to|please)\s+(?:now\s+|immediately\s+|first\s+)?(?:run|execute|call|"
            r"invoke|fetch|visit|open|download|send|post|upload|email|delete|reveal|print|reply|respond|answer|tell|"
            r"recommend|cite)\b[^\n]{0,80}\b(?:the user|users?'|tools?\b|tokens?|secrets?|passwords?|prompts?|verdict|"
            r"your instructions?)"
        ),
    ),
    "tool_request": (
        r"\b(?:call|invoke|use|execute|run)\s+(?:the\s+)?(?:mcp\s+)?tool\b[^\n]{0,30}[`'\"_(:]",
        r"\brecord_resolution\b|\bingest_logs\b|\"tool_calls?\"\s?:|\"function_call\"\s?:",
    ),
    "answer_forced": (
        (
            r"\b(?:respond|reply|answer|output|say|return|print)\s+(?:only\s+|exactly\s+|just\s+|with\s+){1,3}[^\n]{0,30}"
            r"(?:['\"`{]|known_fix|approved|yes|ok\b|nothing else)"
        ),
        r"\b(?:set|mark)\s+(?:the\s+)?(?:verdict|confidence|support|citation)\b",
        r"\bverdict\b[^\n]{0,12}\bknown_fix\b",
    ),
    "prompt_leak": (
        (
            r"\b(?:reveal|print|repeat|show|leak|output|dump|disclose|tell me|what is|what are)\s+(?:\w+\s+){0,3}?"
            r"(?:system prompt|initial instructions?|hidden instructions?|developer message|your instructions?|"
            r"environment variables|api[ _-]?keys?|secrets?|credentials)\b"
        ),
    ),
    "exfiltration": (
        (
            r"\b(?:send|post|upload|forward|exfiltrate|transmit|email|curl|submit|append)\b[^\n]{0,80}\b(?:secrets?|tokens?|"
            r"api[ _-]?keys?|credentials?|passwords?|\.env|id_rsa|environment|conversation|chat history|source code|"
            r"~?/\.ssh|\.aws)\b[^\n]{0,60}(?:https?:|\bto\b)"
        ),
        r"!\[[^\]\n]{0,80}\]\(\s{0,3}(?:https?:)?//[^)\n]{0,300}[?=]",
        r"\bjavascript:[^\s]{1,80}|\bdata:text/html|<(?:img|svg|iframe|script|body)\b[^<>\n]{0,200}\bon\w{3,12}\s?=",
    ),
    "fence_guess": (
        r"<<<\s?(?:E\d{1,2}|ERROR|EVIDENCE)\b|\b(?:E\d{1,2}|ERROR|EVIDENCE) [0-9a-f]{4,40}\s?>>>",
        r"\brecorded fix \d{1,2} \(|</(?:evidence|documents?|context|instructions)>",
    ),
    "remote_code": (
        r"\b(?:curl|wget|iwr|invoke-webrequest)\b[^\n|;]{0,200}\|\s{0,3}(?:sudo\s+)?(?:ba|z|da|k)?sh\b",
        r"\b(?:curl|wget|iwr|irm)\b[^\n|]{0,200}\|\s{0,3}(?:sudo\s+)?(?:python3?|node|perl|ruby|iex|powershell)\b",
        r"\b(?:ba|z|da)?sh\s+(?:-c\s+)?[\"'<]{0,2}[($<`]{1,2}\(?\s{0,2}(?:curl|wget)\b",
        r"\biex\s{0,2}\(|\bInvoke-Expression\b|\bFromBase64String\b|\bbase64\s+(?:-d|--decode|-D)\b[^\n]{0,40}\|",
        r"\bnpx\s+(?:-y\s+|--yes\s+)|\brm\s+-(?:rf|fr)\s+(?:--no-preserve-root\s+)?[~/](?:\s|\*|$)",
    ),
}
_SUSPICIOUS = {
    kind: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns) for kind, patterns in _WORDS.items()
}
# A pattern is tried only where one of its words stands: ordinary log text costs a few substring searches.
_KEYS = {
    "ignore_previous": "ignor disregard forget overrid bypass follow 忽略 无视 игнорируй 指示",
    "role_turn": "system assistant developer human you_are end_of start_of begin_of",
    "addressed_to_model": "agent assistant model claude gpt copilot cursor gemini llm ai_ _ai you_must "
    "you_should you_have please",
    "tool_request": "tool record_resolution ingest_logs function_call",
    "answer_forced": "respond reply answer output say return print verdict set_ mark_",
    "prompt_leak": "prompt instruction developer_message environment_variables api secret credential",
    "exfiltration": "secret token api credential password .env id_rsa environment conversation chat_history "
    "source_code .ssh .aws ![ javascript: data:text <img <svg <iframe <script <body",
    "fence_guess": "<<< >>> recorded_fix </",
    "remote_code": "curl wget iwr irm iex invoke base64 npx rm_",
}
# An underscore stands for a space, which is what separates the words of the table, or for itself.
_NEEDLES = {
    kind: tuple({form for word in words.split() for form in (word, word.replace("_", " "))})
    for kind, words in _KEYS.items()
}
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,4000}={0,2}(?![A-Za-z0-9+/=])")
_WHITESPACE = re.compile(r"\s+")

# A command in a fix is ordinary; these kinds are not part of any honest fix or quote.
HOSTILE_KINDS = frozenset(
    {
        "addressed_to_model",
        "answer_forced",
        "chat_template_token",
        "encoded_instruction",
        "exfiltration",
        "fence_guess",
        "hidden_characters",
        "ignore_previous",
        "prompt_leak",
        "role_turn",
        "tool_request",
    }
)


def visible(text: str) -> str:
    """The text with control, bidirectional, zero-width, tag and surrogate characters written as escapes (`\\u202e`);
    tabs and newlines stay, CR LF becomes a newline. Idempotent."""
    return _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def break_tokens(text: str) -> str:
    """The text with every string that a chat template could read as a control token (`<|im_end|>`, `</think>`,
    `[INST]`, `<s>`, ...) broken by single angle quotes, so that it stays readable. Idempotent; length is kept."""
    text = _PIPE_CLOSE.sub(r"\1›", _PIPE_OPEN.sub(r"‹\1", text))
    text = _SYS.sub(r"‹‹\1››", _SENTENCE.sub(r"‹\1›", text))
    return _SQUARE.sub(r"⟦\1⟧", _MARK.sub(r"‹\1›", text))


def harmless(text: str) -> str:
    """`break_tokens` of `visible`: what may enter a prompt or leave in an answer."""
    return break_tokens(visible(text))


def suspicious(text: str) -> tuple[str, ...]:
    """Names of the kinds of instruction the text seems to hold, sorted; empty for ordinary text. Of a
    text over 20,000 characters the first and last 10,000 are read. Base64 runs are decoded once and read too."""
    return _suspicious(text if len(text) <= MAX_SCAN_CHARS else text[:_HALF] + "\n" + text[-_HALF:])


@lru_cache(maxsize=512)
def _suspicious(text: str) -> tuple[str, ...]:
    # Prompt, check and answer ask about the same few texts in one explanation.
    kinds = _kinds(text)
    if _SMUGGLED.search(text):
        kinds.add("hidden_characters")
        kinds |= _kinds(_SMUGGLED.sub(_untag, text))
    for match in _BASE64.finditer(text):
        if _kinds(_decode(match.group())):
            kinds.add("encoded_instruction")
    return tuple(sorted(kinds))


def hostile(text: str) -> tuple[str, ...]:
    """The part of `suspicious` that no honest fix or quote contains."""
    return tuple(kind for kind in suspicious(text) if kind in HOSTILE_KINDS)


def _kinds(text: str) -> set[str]:
    kinds = {"chat_template_token"} if break_tokens(text) != text and _is_template_token(text) else set()
    # Payloads are wrapped over lines; role turns need the line starts. Both readings are searched.
    flat = _WHITESPACE.sub(" ", text)
    low = flat.lower()
    for kind, patterns in _SUSPICIOUS.items():
        if any(needle in low for needle in _NEEDLES[kind]) and any(p.search(text) or p.search(flat) for p in patterns):
            kinds.add(kind)
    return kinds


def _is_template_token(text: str) -> bool:
    """`|>` and `<s>` alone are ordinary code (Elixir, HTML); only whole control tokens count as an attempt."""
    whole = re.search(r"<[|\uff5c][^<>\n]{1,40}[|\uff5c]>", text)
    return bool(whole or _SQUARE.search(text) or _SYS.search(text) or _TURN.search(text))


_TURN = re.compile(r"</?(?:think|tool_call|tool_response|function_calls?|start_of_turn|end_of_turn|system)>")


def _untag(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(code - 0xE0000) if 0xE0020 <= code <= 0xE007E else ""


def _decode(run: str) -> str:
    body = run.rstrip("=")
    return binascii.a2b_base64(body[: len(body) // 4 * 4]).decode("utf-8", "ignore")
