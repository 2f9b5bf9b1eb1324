"""Runs Milvus 2.3.5 in the foreground of the `milvus` package's own environment: prints its port and pid, and kills it
(-9: a polite stop takes minutes) when stdin ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main(base_dir: str, port: str) -> None:
    """Start on this port, report, wait. After a restart the port is in TIME_WAIT for a minute: try until it is free."""
    from milvus import MilvusServer  # type: ignore[import-not-found] # lives in an environment of its own

    deadline = time.monotonic() + 100
    while not _free(int(port)) and time.monotonic() < deadline:
        time.sleep(0.5)
    server = MilvusServer(wait_for_started=False)
    server.set_base_dir(base_dir)
    server.config.set("proxy_port", int(port))
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
    main(*sys.argv[1:])
