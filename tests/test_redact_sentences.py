"""Secrets told beside or below the words that name them, without a sign between."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

REDACTED = [
    ("rcon password GqLark7oak", "rcon password <REDACTED:password>"),
    ("admin password set to Lark^Oak9", "admin password set to <REDACTED:password>"),
    (
        "changed password from q7Lark2oak to z8Wren3elm",
        "changed password from <REDACTED:password> to <REDACTED:password>",
    ),
    ("logged in as amy with q7Lark (bad password)", "logged in as amy with <REDACTED:password> (bad password)"),
    ("activation code Q7LRK-2OAK9-ELM4F-IR8AS", "activation code <REDACTED:secret>"),
    (
        "pk=0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c0f1e2d3c (signer)",
        "pk=<REDACTED:private-key> (signer)",
    ),
    ("security code 481 refused", "security code <REDACTED:one-time-code> refused"),
    ("OTP for login is 481516", "OTP for login is <REDACTED:one-time-code>"),
    ("Your code: 481516", "Your code: <REDACTED:one-time-code>"),
    ("Your temporary password is: q7Lark2oak", "Your temporary password is: <REDACTED:password>"),
    ("user amy and password Lark^Oak- was refused", "user amy and password <REDACTED:password> was refused"),
    ("Please use password lark_7oak* until noon", "Please use password <REDACTED:password> until noon"),
    ("password:\n  q7~Lark\nuser: amy", "password:\n  <REDACTED:password>\nuser: amy"),
    ("default credentials amy / q7Lark still work", "default credentials amy / <REDACTED:password> still work"),
    ("password reset\nNew value: q7Lark2oak9elm", "password reset\nNew value: <REDACTED:password>"),
    ("card 12 refused, cvv 481", "card 12 refused, cvv <REDACTED:one-time-code>"),
    ("TOTP seed ORSXG5AAQ7LARK2OAK stored", "TOTP seed <REDACTED:secret> stored"),
    ("ikey DIX skey q7Lark2oakq7Lark2oakq7Lark2oakq7Lark2oak", "ikey DIX skey <REDACTED:api-key>"),
    (
        "twilio AC0f1e2d3c4b5a69780f1e2d3c4b5a6978 token 4b5a69780f1e2d3c4b5a69780f1e2d3c",
        "twilio AC0f1e2d3c4b5a69780f1e2d3c4b5a6978 token <REDACTED:token>",
    ),
    ("session id 0F1E2D3C4B5A69780F1E2D3C4B5A6978 expired", "session id <REDACTED:session> expired"),
    ("Use 481516 to verify your account", "Use <REDACTED:one-time-code> to verify your account"),
    (
        "enter the code Q7LK-2OAK at https://h.example/d",
        "enter the code <REDACTED:one-time-code> at https://h.example/d",
    ),
    ("Enter passphrase for key '/k': q7Lark_oak", "Enter passphrase for key '/k': <REDACTED:password>"),
    ("the PIN for the north door is 4815", "the PIN for the north door is <REDACTED:one-time-code>"),
    ("the password is Lark*Oak, change it", "the password is <REDACTED:password>, change it"),
    ('tried passphrase "oak-elm-9" in vain', 'tried passphrase "<REDACTED:password>" in vain'),
    ("password for user amy is q7lark2oak (random)", "password for user amy is <REDACTED:password> (random)"),
    ("la password è q7_Lark, utente amy", "la password è <REDACTED:password>, utente amy"),
    ("Ваш пароль — q7Lark", "Ваш пароль — <REDACTED:password>"),
    ("lösenordet är q7Lark", "lösenordet är <REDACTED:password>"),
    ("din engangskode er 481516", "din engangskode er <REDACTED:one-time-code>"),
    ("motdepasse=q7Lark", "motdepasse=<REDACTED:password>"),
]

KEPT = [
    "password Step2Form",
    "password Argon2idHasher",
    "password changed from MD5 to SHA256",
    "password set to expire",
    "logged in as amy with password",
    "pk=42",
    "activation code sent",
    "your code: see below",
    "password reset failed!",
    "password PasswordsController#create",
    "password is incorrect!",
    "password:\n  must be changed",
    "password:\n  minimum_length: 12",
    "password:\n  - q7Lark",
    "credentials kube-system/db1-creds",
    "New value: enabled of password policy",
    "cvv 3 digits",
    "otp seed MISSING",
    "use 4096 as your block size",
    "use 2048 to verify checksums",
    "session id 0f1e2d3c-4b5a-4978-8f1e-2d3c4b5a6978",
    "session ABCDEFABCDEFABCDEFABCDEFABCDEFAB",
    "enter the code in the box",
    "enter code REQUIRED",
    "Enter passphrase for key '/k':",
    "the PIN for the door is wrong",
    "the password is correct",
    "skey mismatch",
    "la password è scaduta",
    "пароль — обязательное поле",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_told_secret_is_replaced(text: str, expected: str) -> None:
    """Passwords, codes, keys and sessions in prose are replaced."""
    gate = Redactor(ips=False, emails=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_sentence_is_unchanged(text: str) -> None:
    """The same words before ordinary ones, numbers, names and versions stay."""
    assert Redactor(ips=False, emails=False)(text) == text
