"""This process's own PostgreSQL server: on a socket in a temporary folder, gone at exit.

It starts when it is first needed and serves until the process ends, in whatever way: a small shell
waits for the end of a pipe from this process, then stops the server and removes the folder.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from parity_kit.contract.errors import KitError

_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, which leaves them off PATH
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
_GET_SERVER = "apt install postgresql (or: brew install postgresql)"
GET_DRIVER = "pip install 'parity-kit[postgres]'"
_SECONDS_TO_START = 60
_SECONDS_TO_STOP = 10
_LONGEST_SOCKET_FOLDER = 90  # of the 107 bytes that the path of a socket may have
_MOST_CONNECTIONS = 20
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": str(_MOST_CONNECTIONS),
    "shared_buffers": "16MB",
    # Its data is thrown away, so nothing has to survive a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Query plans follow from empty tables, not from what a background task has measured.
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
}
# Makes and starts the server, and reads until this process is gone or says so. "$1" is the folder,
# "$2" the folder of the programs, the rest the server's settings.
_KEEPER = """
trap '' PIPE  # nobody reads what it reports once this process is gone
folder=$1 programs=$2; shift 2
if "$programs/initdb" -D "$folder/data" $INITDB >"$folder/log" 2>&1; then
    "$programs/postgres" -D "$folder/data" -k "$folder" "$@" >>"$folder/log" 2>&1 &
    server=$!
    cat >/dev/null
    kill $server 2>/dev/null  # it ignores QUIT until it has begun
    kill -QUIT $server 2>/dev/null
    wait $server
fi
tail -c 4096 "$folder/log" >&2
rm -rf "$folder"
"""
# Text sorts by its bytes on every machine, because the server sorts ids.
_INITDB = "--username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync --no-instructions"


def missing() -> str:
    """Return what the PostgreSQL saver lacks on this machine and how to get it, or nothing."""
    if find_spec("psycopg") is None or find_spec("langgraph.checkpoint.postgres") is None:
        return f"LangGraph's PostgreSQL saver is not installed: {GET_DRIVER}"
    return no_server()


def no_server() -> str:
    """Return why no server can be started on this machine and how to get one, or nothing."""
    if _binaries() is None:
        return f"there is no PostgreSQL server: {_GET_SERVER}"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no user postgres or nobody to run it"
    return ""


@functools.cache
def _binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`: from PATH, else the newest installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for place in _PLACES:
        root, _, pattern = place.partition("*")
        base = Path(root).parent if not root.endswith("/") else Path(root)
        prefix = "" if root.endswith("/") else Path(root).name
        folders += sorted(base.glob(f"{prefix}*{pattern}"), key=_release, reverse=True)
    for folder in folders:
        if all((folder / name).is_file() for name in ("initdb", "postgres")):
            return folder
    return None


def _release(folder: Path) -> int:
    digits = "".join(char for char in folder.parent.name if char.isdigit())
    return int(digits or 0)


def _unprivileged() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where its socket is, and the process that ends it."""

    folder: Path
    keeper: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        """What psycopg connects to."""
        return f"host={self.folder} port={self.port} user=postgres dbname=postgres"

    def stop(self) -> str:
        """End the server, remove what it holds, and return the end of its log."""
        try:
            _, log = self.keeper.communicate(timeout=_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
            _, log = self.keeper.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)
        return log.decode(errors="replace").strip()


@functools.cache
def server() -> Server:
    """Return this process's server, and start it if necessary.

    Raises:
        KitError: If it does not start.
    """
    return start()


def start(**settings: str) -> Server:
    """Start a server with more settings than the usual ones.

    Raises:
        KitError: If it does not start.
    """
    binaries = _binaries()
    if binaries is None:
        raise KitError("there is no PostgreSQL server", hint=_GET_SERVER)
    account = _unprivileged() if os.geteuid() == 0 else None
    folder = _folder(account)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    every = _SETTINGS | settings
    given = [part for name, value in every.items() for part in ("-c", f"{name}={value}")]
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "sh", str(folder), str(binaries), *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "INITDB": _INITDB},
        # Ctrl-C is for the kit, which then stops the server in order.
        start_new_session=True,
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=account and (),
    )
    started = Server(folder, keeper, int(every["port"]))
    atexit.register(started.stop)
    _wait(started)
    return started


def _folder(account: pwd.struct_passwd | None) -> Path:
    base = Path(tempfile.gettempdir())
    too_long = len(os.fsencode(base)) > _LONGEST_SOCKET_FOLDER - len("/parity-kit-pg-12345678")
    above = (base, *base.parents)
    closed = account is not None and not all(path.stat().st_mode & 0o001 for path in above)
    if too_long or closed:
        base = Path("/tmp")  # noqa: S108  # a socket's path is short or nothing; mkdtemp makes it private
    return Path(tempfile.mkdtemp(prefix="parity-kit-pg-", dir=base))


def _wait(started: Server) -> None:
    import psycopg  # noqa: PLC0415  # an optional extra

    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            psycopg.connect(started.address).close()
        except psycopg.OperationalError as error:
            if time.monotonic() < deadline and started.keeper.poll() is None:
                time.sleep(0.02)
                continue
            raise KitError(f"PostgreSQL did not start: {started.stop() or error}") from error
        return
