"""Ports on this machine: which are free, and who holds one that is not."""

import secrets
import shutil
import socket
import subprocess
from contextlib import closing
from pathlib import Path

HOST = "127.0.0.1"
_LISTEN = "0A"
# Linux gives outgoing calls 32768 and up, macOS 49152 and up: a service that stops there may lose its port.
_BELOW_EPHEMERAL = range(20_000, 32_000)
_TRIES = 100


def free_port() -> int:
    """Return a port that nobody listens on at this moment, and that no outgoing call will be given later."""
    for _ in range(_TRIES):
        port = _BELOW_EPHEMERAL.start + secrets.randbelow(len(_BELOW_EPHEMERAL))
        if is_free(port):
            return port
    raise OSError(f"no free port found among {_TRIES} of {_BELOW_EPHEMERAL.start} to {_BELOW_EPHEMERAL.stop}")


def is_free(port: int) -> bool:
    """Tell whether we can listen on a port, and nobody answers there under either form of localhost."""
    if _answers(socket.AF_INET, HOST, port) or _answers(socket.AF_INET6, "::1", port):
        return False
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Return who listens on a port as ``name (pid N)``, or nothing where the system does not tell."""
    if Path("/proc/net/tcp").exists():
        return _holder_by_proc(port)
    if shutil.which("lsof"):
        return _holder_by_lsof(port)
    return ""


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    try:
        with closing(socket.socket(family)) as probe:
            probe.settimeout(0.5)
            return probe.connect_ex((host, port)) == 0
    except OSError:
        return False


def _holder_by_proc(port: int) -> str:
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(table, port)}
    for entry in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        try:
            if str(entry.readlink()) in inodes:
                return f"{(entry.parents[1] / 'comm').read_text().strip()} (pid {entry.parents[1].name})"
        except OSError:
            continue
    return ""


def _listeners(table: str, port: int) -> list[str]:
    try:
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port]


def _holder_by_lsof(port: int) -> str:
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    fields = {line[0]: line[1:] for line in found if line}
    return f"{fields['c']} (pid {fields['p']})" if {"c", "p"} <= fields.keys() else ""
