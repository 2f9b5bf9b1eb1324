"""Secrets behind their names: separators, wrappers and dumps; lookups, comparisons and results of tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_rag.redact import Redactor
from mcp_rag.redact_fields import NAME, find_names

REDACTED = [
    # Names that go on, tags, types and quotes of other languages.
    ("Grant(tokenValue=kT4mzQ9xkT4mzQ9x, n=1)", "Grant(tokenValue=<REDACTED:token>, n=1)"),
    ("passwort_neu=kelp-88", "passwort_neu=<REDACTED:password>"),
    ('Secret:[]uint8("kT4mzQ9x")', 'Secret:[]uint8("<REDACTED:secret>")'),
    ("password: !!str kelp-88", "password: !!str <REDACTED:password>"),
    ('password = """kelp-88"""', 'password = """<REDACTED:password>"""'),
    ('(password . "kelp-88")', '(password . "<REDACTED:password>")'),
    ('let password: String = "kelp-88"', 'let password: String = "<REDACTED:password>"'),
    ('Dim pwd As String = "kelp-88"', 'Dim pwd As String = "<REDACTED:password>"'),
    ('pass phrase "old reef harbour" refused', 'pass phrase "<REDACTED:password>" refused'),
    ("vault_shop_pw: q7Lark", "vault_shop_pw: <REDACTED:password>"),
    ("otp_attempt=>'481516'", "otp_attempt=>'<REDACTED:one-time-code>'"),
    ("encrypt.key=q7Lark2oak9elm", "encrypt.key=<REDACTED:api-key>"),
    ("Settings(stripe_key='q7Lark2oak9elm')", "Settings(stripe_key='<REDACTED:api-key>')"),
    ('http.Header{"X-Api-Key":[]string{"q7Lark2oak9elm"}}', 'http.Header{"X-Api-Key":[]string{"<REDACTED:api-key>"}}'),
    ("password=Autumn@2031", "password=<REDACTED:password>"),
    ("Welcome password: Spring@12345", "Welcome password: <REDACTED:password>"),
    (
        'cfg = Config {\n    password: Some(\n        "kT4mzQ9x",\n    ),\n}',
        'cfg = Config {\n    password: Some(\n        "<REDACTED:password>",\n    ),\n}',
    ),
    ("define('AUTH_KEY',         'w|k(2 Zp7;9 xQ+');", "define('AUTH_KEY',         '<REDACTED:api-key>');"),
    ("password: kT`w9z*L)UA", "password: <REDACTED:password>"),
    ("UID=sa;PWD=kT4mzQ9x;Connect Timeout=30", "UID=sa;PWD=<REDACTED:password>;Connect Timeout=30"),
    ("authentication_string='q1w2e3r4t5'", "authentication_string='<REDACTED:password>'"),
    ("user=amy password_md5=0f3c9a7b", "user=amy password_md5=<REDACTED:password>"),
    (
        "cookie .AspNetCore.Identity.Application=CfDJ8k9x8c7v6b5n4m3a2",
        "cookie .AspNetCore.Identity.Application=<REDACTED:session>",
    ),
    ('{"laravel_session":"eyJpdiI6k9x8c7"}', '{"laravel_session":"<REDACTED:session>"}'),
    ('{"password": [ "q1w2" ]}', '{"password": [ "<REDACTED:password>" ]}'),
    ('{"password": [\n    "q1w2"\n]}', '{"password": [\n    "<REDACTED:password>"\n]}'),
    ("login%5Bpassword%5D=q1w2&a=1", "login%5Bpassword%5D=<REDACTED:password>&a=1"),
    ("userPassword:: cTF3MmUzcjQ=", "userPassword:: <REDACTED:password>"),
    ("Login[password=Optional[q1w2], n=1]", "Login[password=Optional[<REDACTED:password>], n=1]"),
    (' Passwd: (string) (len=4) "q1w2",', ' Passwd: (string) (len=4) "<REDACTED:password>",'),
    ('["password":protected]=>\n  string(4) "q1w2"', '["password":protected]=>\n  string(4) "<REDACTED:password>"'),
    ("[password:App\\User:private] => q1w2", "[password:App\\User:private] => <REDACTED:password>"),
    ("API_TOKEN\tk9x8c7v6", "API_TOKEN\t<REDACTED:token>"),
    ("| smtp_password | k9x8c7v6 |", "| smtp_password | <REDACTED:password> |"),
    ("password -> k9x8c7v6", "password -> <REDACTED:password>"),
    ('  + secret_string = "k9x8c7"', '  + secret_string = "<REDACTED:secret>"'),
    ("password = os.environ.get('PW', 'q1w2')", "password = os.environ.get('PW', '<REDACTED:password>')"),
    ('secret = env("APP_SECRET", default="k9x8c7")', 'secret = env("APP_SECRET", default="<REDACTED:secret>")'),
    ('if password == "q1w2":', 'if password == "<REDACTED:password>":'),
    ("DB_PASS: q1w2_e3", "DB_PASS: <REDACTED:password>"),
    ("pass: correct-horse-battery", "pass: <REDACTED:password>"),
    ("user: amy\npass: hunter2x", "user: amy\npass: <REDACTED:password>"),
    ('Authorization: Snowflake Token="k9x8c7v6b5n4m3a2"', "Authorization: Snowflake <REDACTED:authorization>"),
    ("authorization: ApiKeyV2 k9x8c7v6b5", "authorization: ApiKeyV2 <REDACTED:authorization>"),
    ("'Authorization': 'PVEAPIToken k9x8c7v6b5'", "'Authorization': 'PVEAPIToken <REDACTED:authorization>'"),
    (
        "Authorization: HMAC-SHA512 sign=k9x8c7v6b5n4m3 sent",
        "Authorization: HMAC-SHA512 <REDACTED:authorization> sent",
    ),
    # Another word behind the secret's, as environments name several of a kind.
    ("CI_TOKEN_DEPLOY=aB3dE5gH7jK9", "CI_TOKEN_DEPLOY=<REDACTED:token>"),
    ("pass-phrase: q1w2e3", "pass-phrase: <REDACTED:password>"),
    ("PreSharedKey = k9x8c7v6+b5", "PreSharedKey = <REDACTED:api-key>"),
    ('{"name": "db_password", "value": "q1w2"}', '{"name": "db_password", "value": "<REDACTED:password>"}'),
    ("pay to GB29 NWBK 6016 1331 9268 19 now", "pay to <REDACTED:iban> now"),
    ("iban=CH9300762011623852957,", "iban=<REDACTED:iban>,"),
    ("AT61 1904 3002 3457 3201 NOW", "<REDACTED:iban> NOW"),
]

KEPT = [
    '"password": "__HIDDEN__"',
    "password=#{password}",
    "password: @Value(",
    "password => $request->password",
    "fn login(user: &str, password: &str)",
    "password = 0x7ffe2211",
    "password = nullptr",
    "label.password=Passwort",
    '"password": "Passwort vergessen?"',
    "enum Kind { PASSWORD = 1; TOKEN = 2; }",
    "pass=3/5",
    "password -> PasswordEncoder2",
    "PASSWORD_HASHERS=Argon2PasswordHasher",
    "GetSecretValue: arn:aws:secretsmanager:eu-north-1:123456789012:secret:reef/db1",
    "let password = Secret::new(raw);",
    "tests::test_secret[client_secret_basic]",
    "pw: 3.20",
    "pw = pw",
    "self.pw = pw",
    "password: ${DB_PASSWORD:-}",
    "db_password: op://prod/db/password",
    '"password": "@Microsoft.KeyVault(SecretUri=https://kv.example/s)"',
    "db.password=@db.password@",
    '"api_key": "************k7"',
    'does "password: " match "x"',
    "Bad activity token: org.shop.Binder@2bd79ce",
    "secret=[B@6d06d69c",
    "token: SessionKey@1b90bf7d",
    "password: !secret broker_password",
    "'password' => '%env(SHOP_PASSWORD)%'",
    "password: '%shop.password%'",
    '"passwd": "VALUE_REMOVED_BY_FILTER"',
    "password=`cat shop.log | tail -1`",
    "ada ALL=(root) NOPASSWD: /bin/systemctl restart shop",
    'password = System.getenv("APP_PASSWORD")',
    "token = config.get('section', 'api_token')",
    "password = getpass.getpass('Password: ')",
    "password = os.environ.get('PW', None)",
    "password === other_password",
    "if (token == expectedToken) {",
    "PASS: test_login_flow",
    "PASS: tests/unit/test_auth.py::test_ok",
    "pass: 14 tests",
    "pass: 3 fail: 1",
    "PASS: returns_404_when_gone (0.02s)",
    "password: 2 attempts left",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-Ab12Cd",
    "secret: Secret<String>",
    "key: Ed25519PrivateKey | Ed448PrivateKey",
    "password: Optional[str] = None",
    "password_hash=argon2id",
    "API_KEY_HEADER=X-Gateway-Key1",
    "TOKEN_ENDPOINT=aB3dE5gH7jK9",
    "PASSWORD_MIN_LENGTH=12",
    "Passwd : System.Security.SecureString",
    '"Password": "#{DbPassword}#"',
    "CI_TOKEN=YOUR_CI_TOKEN_HERE",
    "api_key: insert-your-key-here",
    "PublicKeyToken=b03f5f7f11d50a3a",
    "io.jsonwebtoken:jjwt-impl:0.11.2",
    "https://amy:xxxxxx@git.example/a.git",
    "token\t2025-03-04T11:22:33Z\t12",
    "Authorization: failed for user bob1234567",
    "authorization: user bob12345678",
    'authorization=denied user="bob" trace="4bf92f3577b34da6a3ce929d0e0e4736"',
    "Authorization: Custom",
    "GB29 NWBK 6016 1331 9268 18",
    "GB29NWBK60161331926819X",
    "AB12CDEF34567890123456",
    "build DE00 1234 5678 9012 3456 78",
    "/srv/GB29NWBK60161331926819",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_named_secret_is_replaced(text: str, expected: str) -> None:
    """Only the value goes, however it is set apart from its name; a second pass changes nothing."""
    gate = Redactor()
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_name_without_secret_is_unchanged(text: str) -> None:
    """Names of other things, code that reads a secret from elsewhere, counts and near misses of account numbers."""
    assert Redactor()(text) == text


@pytest.mark.parametrize("text", ["--auth k9x8c7v6 x", "--password a --token b9c8d7e6f5", "-u a:<REDACTED:password>"])
def test_placeholders_are_not_nested(text: str) -> None:
    """What stands inside a placeholder is not looked at again, whatever stands before it."""
    assert "<REDACTED:<" not in Redactor()(text)


PIECES = st.sampled_from(
    (
        *(
            "pass",
            "word",
            "token",
            "_",
            "key",
            "shared access",
            "subscription",
            "pre-shared",
            "secret",
            "session",
            "id",
        ),
        *("asp.net_", ".aspnetcore.", "connection string", "security code", "otp", "cv", "c", "=", " ", "é"),
        *("x" * 20, "y" * 70),
    )
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_names_are_found_as_if_every_character_was_tried(text: str) -> None:
    """Names are looked for around their hints only; that finds what a pass over the whole text finds."""
    assert [m.span() for m in find_names(text)] == [m.span() for m in NAME.finditer(text)]
