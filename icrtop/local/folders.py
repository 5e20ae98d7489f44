"""Where local data lives, and that only one program at a time uses it."""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import IO

from icrtop.local.output import Failure

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# The path of a Unix socket has at most 107 bytes, the name of PostgreSQL's has 14.
LONGEST_SOCKET_FOLDER = 90
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


def var_folder() -> Path:
    """The folder of all local data: VAR_DIR, or var/ in the checkout."""
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var").absolute()


def make_folder(path: Path, mode: int = 0o755) -> Path:
    """Make a folder unless it exists. Raises Failure if it cannot be made or written."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise Failure(f"The folder {path} cannot be made: {error.strerror}.") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise Failure(f"No permission to write in {path}. Who owns it must run this, or remove it.")
    return path


def outside_folder(var: Path) -> Path:
    """Where root keeps what PostgreSQL must reach when var is in a private folder."""
    return Path("/var/lib") / f"icrtop-{_short_hash(var)}"


def socket_folder(base: Path, var: Path, server: str) -> Path:
    """The path of a server's folder for sockets: in base, or in a shorter place if need be."""
    folder = base / f"run-{server}"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(str(folder)):
        return folder
    if os.geteuid() == 0:
        return outside_folder(var) / f"run-{server}"
    return Path(tempfile.gettempdir()) / f"icrtop-{os.geteuid()}-{_short_hash(var)}-{server}"


def make_private_folder(path: Path, uid: int, gid: int) -> Path:
    """Make a folder that only this user can enter. Raises Failure if another's is in its place."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = path.lstat()
        if path.is_symlink() or found.st_uid not in (uid, os.geteuid()):
            raise Failure(f"{path} belongs to somebody else. Remove it.")
        if (found.st_uid, found.st_gid) != (uid, gid) and os.geteuid() == 0:
            os.chown(path, uid, gid)
        path.chmod(0o700)
    except OSError as error:
        raise Failure(f"The folder {path} cannot be made: {error.strerror}.") from error
    return path


def lock(var: Path) -> IO[str]:
    """Take the lock of a folder of local data; it is held until the file is closed or we end.

    Raises Failure if another program holds it.
    """
    path = make_folder(var) / "lock"
    try:
        file = path.open("a+")
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip()
        file.close()
        raise Failure(
            f"Already running here{f' (process {owner})' if owner else ''}. "
            "Stop that one first (Ctrl-C in its terminal)."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def keep_secret(path: Path, length: int) -> str:
    """Return the secret kept in a file that only its owner can read; make it the first time."""
    try:
        if not path.exists():
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            write_private(temporary, secrets.token_urlsafe(length))
            temporary.replace(path)
        return path.read_text().strip()
    except OSError as error:
        raise Failure(f"{path} cannot be used: {error.strerror}.") from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def remove(path: Path) -> None:
    """Remove a file or folder with all in it, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:10]
