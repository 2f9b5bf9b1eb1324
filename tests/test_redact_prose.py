"""Secrets told in sentences: passwords in many languages, codes, recovery keys, numbers of people."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

WORDS = "orbit lemon cradle velvet tunnel silver garden puzzle mirror ribbon walnut hazard"

PASSWORDS = [
    "Initial password for the operator account (see the manual): {}",
    "The password for amy is {} - change it soon",
    "Log in with the following password:\n\n{}\n\nand change it",
    "cannot log in with password {}: rejected",
    'login with password "{}" failed',
    "Ihr neues Passwort lautet: {}",
    "Kennwort für Benutzer amy ist {}",
    "votre mot de passe est {}",  # codespell:ignore mot
    'mot de passe "{}" refusé',  # codespell:ignore mot
    "la contraseña de amy es: {}",
    "clave: {}",
    "la password di amy: {}",
    "het wachtwoord van amy is {}",
    "sua senha é: {}",
    "adgangskode: {}",
    "heslo = {}",
    "пароль пользователя: {}",
    "Пароль: {}, вход",
    "密码为 {} 登录",
    "新密碼：{}",
    "パスワードは「{}」です",
    "비밀번호: {}",
    "hasło: {}",
    "lösenord för amy: {}",
    "şifre: {}",
    "mật khẩu: {}",
    "κωδικός πρόσβασης: {}",
]

CODES = [
    ("Generated Password [kT4mzQ9xw2]", "Generated Password [<REDACTED:password>]"),
    ("PASSWORD shop_reader = kT4mzQ9xw2", "PASSWORD shop_reader = <REDACTED:password>"),
    ("GENERATED ROOT PASSWORD: kT4<Gj2=Fd/o5[", "GENERATED ROOT PASSWORD: <REDACTED:password>"),
    ("login.........root\npassword......kT4mzQ9x", "login.........root\npassword......<REDACTED:password>"),
    (" * Debugger PIN: 604-118-257", " * Debugger PIN: <REDACTED:one-time-code>"),
    ("841 207 is your Example sign-in code", "<REDACTED:one-time-code> is your Example sign-in code"),
    ("reset code is 841207", "reset code is <REDACTED:one-time-code>"),
    ("2FA code received from user: 841 207", "2FA code received from user: <REDACTED:one-time-code>"),
    ('{"twoFactorCode":"841207"}', '{"twoFactorCode":"<REDACTED:one-time-code>"}'),
    ("otp_code=841207&x=1", "otp_code=<REDACTED:one-time-code>&x=1"),
    ('{"pin": "8412"}', '{"pin": "<REDACTED:one-time-code>"}'),
    ("Ihre TAN lautet 841207", "Ihre TAN lautet <REDACTED:one-time-code>"),
    ('{"recovery_codes": ["a1b2-c3d4", "e5f6-a7b8"]}', '{"recovery_codes": ["<REDACTED:one-time-code>"]}'),
    ("Backup codes:\n  84120719\n  84120720\nend", "Backup codes:\n  <REDACTED:one-time-code>\nend"),
    ("TOTP key: QX7Z K4M3 T6WN", "TOTP key: <REDACTED:secret>"),
    ("BitLocker: " + "-".join(["123456"] * 8), "BitLocker: <REDACTED:secret>"),
    ("recovery key: QX7Z-K4M9-T8WN-QX7Z-K4M9-T8WN", "recovery key: <REDACTED:secret>"),
    (f"seed phrase typed by amy: {WORDS}", "seed phrase typed by amy: <REDACTED:secret>"),
    ("passphrase: orbit9 lemon cradle\n", "passphrase: <REDACTED:password>\n"),
    ("registration token QX12ZK34TW56NB78QX90ZK12 used", "registration token <REDACTED:token> used"),
    ("токен: kt4mzq9x1kt4mzq9x2", "токен: <REDACTED:token>"),
    ("密钥=kt4mzq9x1kt4mzq9x2", "密钥=<REDACTED:token>"),
    ("clave_acceso=kelp-88", "clave_acceso=<REDACTED:password>"),
    ("AccessKeySecret aB3dE5gH7jK9mN1pQ3sT5vW7", "AccessKeySecret <REDACTED:secret>"),
    ("key for eu.api.example: a8b7c6d5e4a8b7c6d5e4f3", "key for eu.api.example: <REDACTED:token>"),
    ("wg genpsk | " + "aB3dE5gH7jK9" * 3 + "aB3dE5g=", "wg genpsk | <REDACTED:private-key>"),
    ("SSN of applicant: 123-45-6789", "SSN of applicant: <REDACTED:ssn>"),
    ("Ihr Einmalcode lautet 482913", "Ihr Einmalcode lautet <REDACTED:one-time-code>"),
    ("Votre code de vérification : 4829", "Votre code de vérification : <REDACTED:one-time-code>"),
    ("您的验证码是482913，请勿告诉他人", "您的验证码是<REDACTED:one-time-code>，请勿告诉他人"),
    ("social_security_number=123456789", "social_security_number=<REDACTED:ssn>"),
]

KEPT = [
    "Checking password...done",
    'password............"<masked>"',
    "password [REQUIRED]",
    "pin: 604-118-257-001",
    "Passwort für Benutzer bob42 ist abgelaufen",
    "Kennwort ist abgelaufen seit 2024-05-11",
    "Passwort: falsch (3 Versuche)",
    "mot de passe : au moins 8 caractères",  # codespell:ignore mot
    "mot de passe incorrect: code=49",  # codespell:ignore mot
    "la contraseña es incorrecta (error 1045)",
    "clave duplicada 'pedidos' viola restricción",
    "clave: 23505",
    "код ошибки 1045, код подтверждения не получен",
    "code de retour 1045",
    "parole board meets in 2024",
    "пароль должен содержать 8 символов",
    "пароль: неверный",
    "密码错误: 错误码 1045",
    "パスワード: 8文字以上",
    "비밀번호는 8자 이상",
    "password PBKDF2WithHmacSHA256 chosen",
    "password ResourceOwnerPasswordGrant2 not supported",
    "Enter the password for keystore /etc/ssl/key1.jks:",
    "password policy:\n  minimum: 12",
    "status code is 500200",
    "exit code is 137",
    "2FA code expired after 300 s",
    "verification code: 3 attempts left",
    "OTP sent 3 times",
    "gpio pin: 1024",
    "pin=17",
    "ping: 12345 ms",
    "mapping: 40961",
    "pin: 2024-05-11",
    "backup codes: 10 remaining",
    "recovery codes enabled for user 118",
    "FileVault recovery key missing",
    "recovery phrase typed by amy: correct",
    "cache key for users.by_id: 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "ssn validation failed for row 123456",
    "ssn lookup took 123456789 ns",
    "build 123-45-6789 done",
    "phone +1-202-555-0143 verified",
]


@pytest.mark.parametrize("sentence", PASSWORDS)
def test_password_told_in_a_sentence_is_replaced(sentence: str) -> None:
    """Whatever the language, the password goes and the sentence stays; a second pass changes nothing."""
    gate = Redactor()
    once = gate(sentence.format("Quarz-7w!n3t"))
    assert once == sentence.format("<REDACTED:password>")
    assert gate(once) == once


@pytest.mark.parametrize(("text", "expected"), CODES)
def test_code_told_in_a_sentence_is_replaced(text: str, expected: str) -> None:
    """Codes for one use, codes and keys to recover, and numbers of people go by the words beside them."""
    gate = Redactor()
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_sentence_about_secrets_is_unchanged(text: str) -> None:
    """What messages say about passwords and codes stays in every language, and so do numbers of other things."""
    assert Redactor()(text) == text
