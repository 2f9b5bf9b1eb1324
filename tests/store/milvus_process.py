"""Runs Milvus 2.3.5 in the foreground of the `milvus` package's own environment: prints its port and pid, and kills it
(-9: a polite stop takes minutes) when stdin ends."""

from __future__ import annotations

import json
import os
import signal
import sys


def main(base_dir: str, authorization: str) -> None:
    """Start, report, wait."""
    from milvus import MilvusServer  # type: ignore[import-not-found] # lives in an environment of its own

    server = MilvusServer(wait_for_started=False)
    server.set_base_dir(base_dir)
    if authorization:
        server.config.set("authorization_enabled", True)
    server.start()
    try:
        server.wait_started(timeout=90_000)
        sys.stdout.write(json.dumps({"port": server.listen_port, "pid": server.server_proc.pid}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        os.kill(server.server_proc.pid, signal.SIGKILL)
        server.server_proc.wait()
        server.server_proc = None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
