"""Secrets in SQL, sessions of protocols, directives and sentences; what reads like one and is none."""

from __future__ import annotations

import pytest

from mcp_rag.redact import Redactor

TOKEN = "t7Kd93MxQpL2vBn48RzYwE5c" + "Hs1Fg6"
WORDS = "orbit lemon cradle velvet tunnel silver garden puzzle mirror ribbon walnut hazard"

REDACTED = [
    (
        "#1 ldap_bind(Resource id #3, 'cn=amy,dc=a', 'q7Lark')",
        "#1 ldap_bind(Resource id #3, 'cn=amy,dc=a', '<REDACTED:password>')",
    ),
    (
        "PgSql\\Connection->__construct('pgsql:host=a', 'amy', 'q7Lark')",
        "PgSql\\Connection->__construct('pgsql:host=a', 'amy', '<REDACTED:password>')",
    ),
    ('sv_password "q7Lark"', 'sv_password "<REDACTED:password>"'),
    ("CONNECT sys/q7Lark@orcl AS SYSDBA", "CONNECT sys/<REDACTED:url-password>@orcl AS SYSDBA"),
    (
        "ssh2_auth_password(Resource id #7, 'root', 'q7Lark')",
        "ssh2_auth_password(Resource id #7, 'root', '<REDACTED:password>')",
    ),
    (
        "DBI connect('database=a','amy','q7Lark',...) failed",
        "DBI connect('database=a','amy','<REDACTED:password>',...) failed",
    ),
    ('Cleartext-Password "q7Lark"', 'Cleartext-Password "<REDACTED:password>"'),
    (
        "send: *2\\r\\n$4\\r\\nAUTH\\r\\n$8\\r\\nkT4mzQ9x\\r\\n",
        "send: *2\\r\\n$4\\r\\nAUTH\\r\\n$8\\r\\n<REDACTED:password>\\r\\n",
    ),
    (
        "$4\\r\\nAUTH\\r\\n$3\\r\\nada\\r\\n$8\\r\\nkT4mzQ9x\\r\\n",
        "$4\\r\\nAUTH\\r\\n$3\\r\\nada\\r\\n$8\\r\\n<REDACTED:password>\\r\\n",
    ),
    ("[2] $4\n[2] auth\n[2] $8\n[2] kT4mzQ9x\n[2]", "[2] $4\n[2] auth\n[2] $8\n[2] <REDACTED:password>\n[2]"),
    ("login attempt [b'root'/b'kT4mzQ9x'] failed", "login attempt [b'root'/b'<REDACTED:password>'] failed"),
    ("login attempt [root/kT4mzQ9x] succeeded", "login attempt [root/<REDACTED:password>] succeeded"),
    ('gw.shop : PSK "kT4mzQ9x"', 'gw.shop : PSK "<REDACTED:password>"'),
    ('ada : XAUTH "kT4mzQ9x"', 'ada : XAUTH "<REDACTED:password>"'),
    ("tacacs-server host tac1 key kT4mzQ9x", "tacacs-server host tac1 key <REDACTED:password>"),
    ("enable secret 5 kT4mzQ9x", "enable secret 5 <REDACTED:password>"),
    ("crypto isakmp key kT4mzQ9x address any", "crypto isakmp key <REDACTED:password> address any"),
    ("neighbor peer1 password 7 0822455D0A16", "neighbor peer1 password 7 <REDACTED:password>"),
    ("-Dsonar.login=0123456789abcdef0123456789abcdef -X", "-Dsonar.login=<REDACTED:password> -X"),
    ("SecretID:        3f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8", "SecretID:        <REDACTED:secret>"),
    ("AUTH 1 PLAIN service=imap resp=AGFkYQBrVDRtelE5eA==", "AUTH 1 PLAIN service=imap resp=<REDACTED:basic-auth>"),
    ('db.auth("shop", "k9x8-c7v6")', 'db.auth("shop", "<REDACTED:password>")'),
    ("postgres://shop:k9x8c7v6@/shop?host=/run", "postgres://shop:<REDACTED:url-password>@/shop?host=/run"),
    ("SET PASSWORD FOR app@'%' = PASSWORD('Tr0ub4dor')", "SET PASSWORD FOR app@'%' = PASSWORD('<REDACTED:password>')"),
    ("set password for app = 'Tr0ub4dor';", "set password for app = '<REDACTED:password>';"),
    ("ALTER USER scott IDENTIFIED BY tiger;", "ALTER USER scott IDENTIFIED BY <REDACTED:password>;"),
    (
        "INSERT INTO app.members (id, mail, passwd_hash) VALUES (7, 'x', 'fl4tPw'), (8, lower('Y'), 'it''s2')",
        "INSERT INTO app.members (id, mail, passwd_hash) VALUES (7, 'x', '<REDACTED:password>'), "
        "(8, lower('Y'), '<REDACTED:password>')",
    ),
    (
        "[SQL: INSERT INTO member (api_key, name) VALUES (?, ?)]\n[parameters: ('k3yM4terial', 'bob')]",
        "[SQL: INSERT INTO member (api_key, name) VALUES (?, ?)]\n[parameters: ('<REDACTED:password>', 'bob')]",
    ),
    (
        'ALTER USER scott IDENTIFIED BY "n3w" REPLACE "0ld"',
        'ALTER USER scott IDENTIFIED BY "<REDACTED:password>" REPLACE "<REDACTED:password>"',
    ),
    ("SELECT aes_decrypt(mail, 'k3yPhrase')", "SELECT aes_decrypt(mail, '<REDACTED:password>')"),
    ("pgp_sym_encrypt('a, b'::text, 'k3yPhrase')", "pgp_sym_encrypt('a, b'::text, '<REDACTED:password>')"),
    ("CREATE SECRET s (TYPE x, SECRET 'k3yPhrase-99')", "CREATE SECRET s (TYPE x, SECRET '<REDACTED:secret>')"),
    (
        "PDO::__construct('mysql:host=a', 'amy', 's4Pass')",
        "PDO::__construct('mysql:host=a', 'amy', '<REDACTED:password>')",
    ),
    ("new mysqli('db', 'amy', 's4Pass')", "new mysqli('db', 'amy', '<REDACTED:password>')"),
    ("svc:p@ss:w0rd@tcp(db-1:3306)/shop", "svc:<REDACTED:url-password>@tcp(db-1:3306)/shop"),
    ("root:s3same@unix(/run/my.sock)/", "root:<REDACTED:url-password>@unix(/run/my.sock)/"),
    (
        'getConnection: DriverManager.getConnection("jdbc:h2:mem", "sa", "s4Pass")',
        'getConnection: DriverManager.getConnection("jdbc:h2:mem", "sa", "<REDACTED:password>")',
    ),
    ("127.0.0.1:6379> AUTH worker Sup3rQueue", "127.0.0.1:6379> AUTH worker <REDACTED:password>"),
    ('[0 lua] "AUTH" "worker" "qu3ue"', '[0 lua] "AUTH" "worker" "<REDACTED:password>"'),
    ("HELLO 3 AUTH default qu3uePw", "HELLO 3 AUTH default <REDACTED:password>"),
    ("ACL SETUSER worker on >qu3uePw ~jobs:*", "ACL SETUSER worker on ><REDACTED:password> ~jobs:*"),
    ("masterauth correcthorse\nport 6379", "masterauth <REDACTED:password>\nport 6379"),
    ("line 3: requirepass h0rse-9 # set", "line 3: requirepass <REDACTED:password> # set"),
    ("rootbindpw=ld4pRoot", "rootbindpw=<REDACTED:password>"),
    (
        "machine ftp.example\nlogin amy\npassword battery",
        "machine ftp.example\nlogin amy\npassword <REDACTED:password>",
    ),
    ("with login amy password st4ple!", "with login amy password <REDACTED:password>"),
    ("C: A0007 LOGIN amy st4ple", "C: A0007 LOGIN amy <REDACTED:password>"),
    ('a12 LOGIN "amy" "two words"', 'a12 LOGIN "amy" "<REDACTED:password>"'),
    ("AUTH PLAIN AGFteQBzdDRwbGU=", "AUTH PLAIN <REDACTED:basic-auth>"),
    (
        "reply: b'334 UGFzc3dvcmQ6\\r\\n' send: 'c3Q0cGxl'",
        "reply: b'334 UGFzc3dvcmQ6\\r\\n' send: '<REDACTED:password>'",
    ),
    ("NickServ IDENTIFY amy st4ple", "NickServ IDENTIFY amy <REDACTED:password>"),
    ("snmp-server community w4terfall RO", "snmp-server community <REDACTED:password> RO"),
    ("Step 3/9 : ENV APP_TOKEN a8f3kk20", "Step 3/9 : ENV APP_TOKEN <REDACTED:password>"),
    (
        "A temporary password is generated for root@localhost: .?aB=c",
        "A temporary password is generated for root@localhost: <REDACTED:password>",
    ),
    ("new password for amy is 'st4ple99'", "new password for amy is '<REDACTED:password>'"),
    (
        "Unseal Key 3: Zk3+Q0x4bW9uZGF5bW9ybmluZ2Nvb2s=",
        "Unseal Key 3: <REDACTED:secret>",
    ),
    (f'"seedPhrase": "{WORDS}"', '"seedPhrase": "<REDACTED:secret>"'),
    (f"recovery phrase is {WORDS}", "recovery phrase is <REDACTED:secret>"),
    (f'unknown token "{TOKEN}" at line 3', 'unknown token "<REDACTED:token>" at line 3'),
    (f"API key {TOKEN} is not valid", "API key <REDACTED:api-key> is not valid"),
    (f"bad encryption key {TOKEN}=", "bad encryption key <REDACTED:api-key>"),
    ("export CI_PAT=q7w8e9r0t1y2u3i4o5p6a7s8", "export CI_PAT=<REDACTED:token>"),
    ("secret-id: 0f8fad5b-d9cb-469f-a165-70867728950e", "secret-id: <REDACTED:secret>"),
    ("SAMLResponse=PD94bWwgdmVyc2lvbj0iMS4wIj8%2B", "SAMLResponse=<REDACTED:token>"),
    ("code_verifier: aX9-bY8_cZ7.dW6~eV5fU4", "code_verifier: <REDACTED:token>"),
    ('wpa_psk="river bank 7"', 'wpa_psk="<REDACTED:password>"'),
    ("mot_de_passe : Lyon1998x", "mot_de_passe : <REDACTED:password>"),
    ("wallet private key 0x" + "4f" * 32, "wallet private key 0x<REDACTED:private-key>"),
]

KEPT = [
    'reset_password "now"',
    "connect sys logs",
    "DBI connect failed: no such host",
    "client: auth\\n failed",
    "login attempt [root/] failed",
    "enable password reset for all",
    "OSPF neighbor peer1 is down",
    "radius-server timeout 5",
    "AccessorID:      3f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8",
    "INSERT INTO users (name, mail) VALUES ('bob', 'x')",
    "INSERT INTO users (name, password) VALUES (?, ?)",
    "INSERT INTO users (name, password) VALUES (:name, :password)",
    "INSERT INTO users (password) VALUES (NULL)",
    "INSERT INTO users (password) VALUES (crypt",
    "rows are identified by their key",
    "(no secret 'db-creds-2024') in namespace",
    "new PDO('mysql:host=a', $user, $pass)",
    "SELECT aes_decrypt(mail, key) FROM t",
    "user identified by certificate",
    "dial tcp(4) failed: user@tcp(x)",
    "requirepass is not set",
    "masterauth mismatch",
    "login failed, password expired",
    "login bob password incorrect",
    "auth failed for worker",
    "AUTH PLAIN not supported",
    "AUTH required",
    "gateway -> auth service unavailable",
    "no auth default policy configured",
    "worker 12 LOGIN failed for amy2",
    "Password for user postgres:",
    "wrong password for admin: code=49",
    "password for bob: 3 tries left",
    "Unseal Key (will be hidden):",
    "recovery key 2 of 5 entered",
    "seed=42 mnemonic: mov",
    "invalid token AbstractAuthenticationTokenFactoryBean",
    "unexpected token ConfigurationPropertySourcesPropertyResolver2 here",
    "token 9fceb02d0ae598e95dc970b74767f19372d61af8 not found",
    "primary key idx_orders_customer_id_2024_Q3_partition",
    "private key mismatch for host",
    "key_mgmt=WPA-PSK psk=enabled",
    "snmp community string mismatch",
    "env TOKEN missing",
    "DEPLOY_PATH=/srv/www/releases/20240511091244",
    "secret_id=42",
    "SAMLResponse missing",
    "test PASSED for password of user",
]


@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_secret_of_a_statement_is_replaced(text: str, expected: str) -> None:
    """Only the secret goes; a second pass changes nothing."""
    gate = Redactor(ips=False)
    assert gate(text) == expected
    assert gate(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_sentence_without_secret_is_unchanged(text: str) -> None:
    """The words of such statements in ordinary messages are left alone."""
    assert Redactor()(text) == text
