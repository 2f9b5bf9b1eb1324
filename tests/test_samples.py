"""The shipped sample logs: what they hold, that they are current, and that their generator still writes them."""

from __future__ import annotations

import gzip
import importlib.util
import random
import re
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from mcp_rag import samples
from mcp_rag.events import parse_block
from mcp_rag.fingerprint import fingerprint
from mcp_rag.query import understand
from mcp_rag.redact import Redactor
from mcp_rag.types import Level, LogRecord, ParseSettings

NOW_MS = 1_795_000_000_000
HOUR_MS = 3_600_000

# File -> (format of its errors, exception types or message parts that must be found in it).
HOLDS = {
    "checkout.log": ("python-logging", ("checkout.transport.GatewayTimeout", "AttributeError", "KeyError")),
    "catalog-api.log": ("python-logging", ("catalog.index.IndexStale", "socket.gaierror", "was never awaited")),
    "orders-service.log": ("spring-boot", ("java.lang.NullPointerException", "org.postgresql.util.PSQLException")),
    "storefront.ndjson": ("json-pino", ("TypeError", "ECONNREFUSED")),
    "nginx-error.log": ("nginx-error", ("111: Connection refused", "110: Connection timed out", "too large body")),
    "nginx-access.log": ("access", ("502", "504")),
    "postgres.log": ("postgres", ("deadlock detected", "duplicate key", "too many clients")),
    "inventory-pod.log": ("cri", ("nil map", "x509", "Back-off restarting")),
    "llm-serving.log": ("vllm", ("torch.OutOfMemoryError", "KV cache is needed", "WorkNCCL")),
    "ci-build.log.gz": ("rustc", ("E0382", "E0308", "ERESOLVE")),
}


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def errors_of(data: bytes) -> list[LogRecord]:
    return parse_block(data, ParseSettings(min_level=Level.WARN, reference_ms=NOW_MS))[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every sample as written at NOW_MS, unpacked."""
    paths = samples.write(tmp_path_factory.mktemp("samples") / "new", NOW_MS)
    return {path.name: unpacked(path) for path in paths}


def test_all_files(written: dict[str, bytes]) -> None:
    """The ten files are written, together thousands of lines and under 600 kB; no placeholder is left."""
    assert set(written) == set(HOLDS) == set(samples.FILES)
    assert sum(len(data) for data in written.values()) < 600_000
    assert sum(data.count(b"\n") for data in written.values()) > 4_000
    assert all(b"{{" not in data and b"@@" not in data for data in written.values())


@pytest.mark.parametrize("name", HOLDS)
def test_file_holds_its_errors(written: dict[str, bytes], name: str) -> None:
    """Each file is mostly noise below WARNING, is read in its own format, and holds the errors it was made for."""
    form, wanted = HOLDS[name]
    records, counts = parse_block(written[name], ParseSettings(min_level=Level.WARN, reference_ms=NOW_MS))
    told = "\n".join(record.body for record in records)
    assert all(part in told for part in wanted)
    assert form in {record.format for record in records}
    assert counts.lines > 150
    if name != "ci-build.log.gz":
        assert counts.below_level > counts.kept
        assert len({fingerprint(record).id for record in records}) >= 2


@pytest.mark.parametrize("name", HOLDS)
def test_times_end_just_before_now(written: dict[str, bytes], name: str) -> None:
    """Every error has a time; none lies in the future, and each file but the build has one of the last 24 hours."""
    times = [record.timestamp_ms for record in errors_of(written[name]) if record.level >= Level.ERROR]
    assert times
    assert None not in times
    ages = [NOW_MS - moment for moment in times if moment is not None]
    assert min(ages) > 0
    assert max(ages) < 73 * HOUR_MS
    assert min(ages) < 24 * HOUR_MS


def test_newest_line_is_a_minute_old(written: dict[str, bytes]) -> None:
    """The newest error over all files is less than a minute and a half old: `since=24h` and `since=1h` find some."""
    moments = [r.timestamp_ms for data in written.values() for r in errors_of(data) if r.timestamp_ms]
    assert NOW_MS - max(moments) < 90_000


def test_moves_with_the_clock(tmp_path: Path, written: dict[str, bytes]) -> None:
    """The same moment gives the same bytes, also gzipped; another moment only other times."""
    first = {path.name: path.read_bytes() for path in samples.write(tmp_path, NOW_MS)}
    again = {path.name: path.read_bytes() for path in samples.write(tmp_path, NOW_MS)}
    later = {path.name: unpacked(path) for path in samples.write(tmp_path, NOW_MS + 86_400_000)}
    assert first == again
    for name, data in written.items():
        assert data != later[name]
        assert len(data) == len(later[name])
        known = Counter(fingerprint(record).id for record in errors_of(data))
        shifted = parse_block(later[name], ParseSettings(min_level=Level.WARN, reference_ms=NOW_MS + 86_400_000))[0]
        assert Counter(fingerprint(record).id for record in shifted) == known


def test_demo_paste_is_a_mutation(written: dict[str, bytes]) -> None:
    """The demo's paste has other paths, line numbers, host and order than any event of checkout.log, yet the same
    fingerprint as the payment failures there."""
    found = understand(samples.DEMO_PASTE, Redactor()).fingerprints[0]
    same = [record for record in errors_of(written["checkout.log"]) if fingerprint(record).id == found.id]
    assert len(same) > 20
    for part in ("/app/checkout/", "line 91", "ord_9e41b7d2", "pay-f.staging.example"):
        assert part in samples.DEMO_PASTE
        assert all(part not in record.body for record in same)
    assert samples.DEMO_FIX.strip()


def test_planted_secrets(written: dict[str, bytes]) -> None:
    """Invented secrets stand in a few lines, and the redaction gate finds all of them."""
    text = b"\n".join(written[name] for name in ("checkout.log", "storefront.ndjson")).decode()
    secrets = re.findall(
        r"Tr0ub4dor-\w{4}|eyJhbGciOiJIUzI1NiJ9\.\S+|AKIA[A-Z2-7]{16}|lk_live_\w{24}|4111 1111 1111 1111|jane\.doe\d\d@",
        text,
    )
    assert len(secrets) >= 10
    gate = Redactor()
    redacted = gate(text)
    assert all(secret not in redacted for secret in secrets)
    assert sum(gate.counts().values()) >= len(secrets)


def test_generator_writes_the_committed_bytes() -> None:
    """scripts/build_samples.py is the source of the templates: it makes the very bytes that are shipped."""
    path = Path(__file__).resolve().parent.parent / "scripts" / "build_samples.py"
    spec = importlib.util.spec_from_file_location("build_samples", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {name.removesuffix(".gz") for name in samples.FILES} == set(module.FILES)
    for name, make in module.FILES.items():
        shipped = resources.files(samples).joinpath(f"{name}.tmpl").read_text(encoding="utf-8")
        assert "\n".join(make(random.Random(name))) + "\n" == shipped  # noqa: S311 - seeded on purpose
