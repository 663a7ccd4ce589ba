"""deploy/cluster: what people notice of it when machines are taken away, in the order of this file."""

import concurrent.futures
import contextlib
import importlib.util
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.deploy.cluster_load import WRITERS, Load, Person
from tests.deploy.test_nginx import NGINX, Site

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
PICTURE = (ROOT / "tests" / "pictures" / "still.webp").read_bytes()
# Seconds that a busy machine may take longer than the figures in docs/scale.md, which a quiet one keeps.
SLACK = 7


def _trial():
    """deploy/cluster/try.py, whose name is none for an import."""
    spec = importlib.util.spec_from_file_location("cluster_trial", ROOT / "deploy" / "cluster" / "try.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


trial = _trial()
pytestmark = pytest.mark.skipif(bool(trial.missing()), reason=trial.missing())


@pytest.fixture(scope="module")
def cluster():
    """Three members, made for these tests. Their directory is open to the user that PostgreSQL runs as."""
    directory = Path(tempfile.mkdtemp(prefix="pleroma-cluster-"))
    made = trial.Cluster(directory)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def nodes(cluster):
    """Two nodes, started at once on an empty database."""
    made = [
        trial.Node(cluster, name, PLEROMA_RATE_LIMITS="false", PLEROMA_LOG_LEVEL="warning") for name in ("m1", "m2")
    ]
    try:
        for node in made:
            node.start()
        for node in made:
            trial.wait_for(node.answers, 60, f"the node to answer\n{node.log.read_text()}")
        yield made
    finally:
        for node in made:
            node.stop()


@pytest.fixture(scope="module")
def people(nodes):
    """Who posts, and one more, logged in through the nodes in turn."""

    def enter(number):
        node, name = nodes[number % 2], f"writer{number}"
        form = {
            "nickname": name,
            "fullname": name,
            "email": f"{name}@mail.example",
            "password": PASSWORD,
            "confirm": PASSWORD,
        }
        status, said = Person(name, None).ask(node, "POST", "/api/account/register", form)
        assert status == 200, said
        return Person(name, _log_in(node, name))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(enter, range(WRITERS + 1)))


def _log_in(node, name):
    nobody = Person("nobody", None)
    app = {"client_name": "tests", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write follow"}
    _, known = nobody.ask(node, "POST", "/api/v1/apps", app)
    form = {"grant_type": "password", "username": name, "password": PASSWORD, "scope": "read write follow"}
    form |= {"client_id": known["client_id"], "client_secret": known["client_secret"]}
    status, token = nobody.ask(node, "POST", "/oauth/token", form)
    assert status == 200, token
    return token["access_token"]


@pytest.fixture
def load(nodes, people):
    """Starts writers and readers; when they have ended, nothing is lost, nothing doubled, and nothing was a 500."""
    started = []

    def start():
        started.append(Load(nodes, people))
        return started[-1]

    yield start
    for one in started:
        found = one.found()
        assert found, "nothing was posted"
        assert [text for text, times in found.items() if times == 0] == [], "acknowledged, and lost"
        assert [text for text, times in found.items() if times > 1] == [], "there twice"
        assert one.statuses() <= {0, 200, 503}


def _goes_on(load, seconds):
    """Wait until posts are acknowledged again through both nodes, and for a while more."""
    begun = time.monotonic()
    trial.wait_for(lambda: load.writes_since(begun), seconds, "posts to be acknowledged again")
    time.sleep(4)


def _promotion(cluster, old, begun):
    """Seconds until another member is the primary."""
    others = [member for member in cluster.members.values() if member is not old]
    trial.wait_for(lambda: any(member.is_primary() for member in others), 60, "another primary")
    return time.monotonic() - begun


def _job_is_done(node, person, other):
    """Seconds until a job that is stored through a node has been done."""
    account = other.ask(node, "GET", "/api/v1/accounts/verify_credentials")[1]["id"]
    person.ask(node, "POST", f"/api/v1/accounts/{account}/unfollow", {})
    begun = time.monotonic()
    assert person.ask(node, "POST", "/api/pleroma/follow_import", {"list": other.name})[0] == 200

    def follows():
        return person.ask(node, "GET", f"/api/v1/accounts/relationships?id={account}")[1][0]["following"]

    trial.wait_for(follows, 60, "a job")
    _say("job", time.monotonic() - begun)
    return time.monotonic() - begun


def _is_streamed(one, other, person):
    """Whether somebody who follows a stream of one node sees what is posted through the other."""
    address = f"ws://{one.address}:{one.port}/api/v1/streaming?stream=user&access_token={person.token}"
    with connect(address) as stream:
        status, posted = person.ask(other, "POST", "/api/v1/statuses", {"status": "live"})
        frame = json.loads(stream.recv(10))
        return status == 200 and frame["event"] == "update" and json.loads(frame["payload"])["id"] == posted["id"]


def _say(name, value, *arguments):
    print(f"measured: {name}: {value}", *arguments)


def test_two_nodes_start_at_once_on_an_empty_database(nodes, cluster):
    logs = [node.log.read_text() for node in nodes]
    assert sum("Schema: applied" in log for log in logs) == 1
    assert not any("Traceback" in log for log in logs)
    assert cluster.is_whole()


def test_a_login_of_one_node_counts_on_the_other(nodes, people):
    for node in nodes:
        for person in people:
            assert person.ask(node, "GET", "/api/v1/accounts/verify_credentials")[1]["username"] == person.name


def test_an_upload_through_one_node_is_read_through_the_other(nodes, people):
    one, other = nodes
    boundary = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.webp"\r\n\r\n%s\r\n--x--\r\n'
    headers = {"Content_Type": "multipart/form-data; boundary=x"}
    status, media = people[0].ask(one, "POST", "/api/v1/media", boundary % PICTURE, **headers)
    assert status == 200
    path = media["url"].removeprefix("https://social.example")
    assert people[0].ask(other, "GET", path)[0] == 200
    form = {"status": "x", "media_ids[]": media["id"]}
    assert people[0].ask(other, "POST", "/api/v1/statuses", form)[1]["media_attachments"]


def test_a_stream_of_one_node_shows_what_is_posted_through_the_other(nodes, people):
    assert _is_streamed(nodes[0], nodes[1], people[0])
    assert _is_streamed(nodes[1], nodes[0], people[0])


def test_a_job_stored_through_one_node_is_done(nodes, people):
    assert _job_is_done(nodes[0], people[-1], people[0]) < 15


def test_doctor_sees_the_standbys_and_the_other_node(nodes):
    said = nodes[0].run("doctor", "--peer", f"http://{nodes[1].address}:{nodes[1].port}").stdout
    for line in (
        "ok     the database that is reached is the primary",
        "ok     1 of 2 standbys are synchronous",
        "has the same key of web push",
        "shows the files that are written here",
        "and its clock says the same",
    ):
        assert line in said, said


def test_a_planned_switchover_is_hardly_noticed(cluster, load):
    with load() as posting:
        time.sleep(2)
        old = cluster.primary()
        assert old.ask("/switchover", "POST", {"leader": old.address})[0] == 200
        _goes_on(posting, 30)
    _say("switchover", posting.seconds(), len(posting.failures()))
    assert cluster.primary() is not old
    assert posting.seconds() <= 5 + SLACK
    assert posting.failures(after=3 + SLACK) == []
    trial.wait_for(cluster.is_whole, 60, "two standbys")


def test_connections_that_are_cut_are_replaced(cluster, nodes, people, load):
    def read(number):
        return people[number % WRITERS].ask(nodes[number % 2], "GET", "/api/v1/timelines/home")[0]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        _fill_pools(cluster, nodes, people)
        _cut_all(cluster)
        time.sleep(0.3)
        assert set(pool.map(read, range(64))) == {200}
    assert _job_is_done(nodes[0], people[-1], people[0]) < 15
    _cut_all(cluster)
    assert _job_is_done(nodes[1], people[-1], people[0]) < 15
    # No job has found its connection cut, has failed, and was run again.
    tried = "select max(attempts) from procrastinate_jobs where task_name = 'follow_import'"
    assert cluster.psql(cluster.primary(), "-d", "pleroma", "-c", tried) == "1"
    with load() as posting:
        time.sleep(1)
        _cut_all(cluster)
        _goes_on(posting, 10)
    _say("all cut", posting.seconds(), len(posting.failures()))
    assert posting.seconds() <= 3 + SLACK
    assert posting.failures(after=3 + SLACK) == []


def _cut_all(cluster):
    ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'pleroma'"
    assert int(cluster.psql(cluster.primary(), "-c", ended)) >= 12


def _fill_pools(cluster, nodes, people):
    """Have every thread of both nodes open its connection, by letting all of them wait for a table."""
    primary = cluster.primary()
    held = "begin; lock table statuses in access exclusive mode; select pg_sleep(2); commit"
    holding = threading.Thread(target=cluster.psql, args=(primary, "-d", "pleroma", "-c", held))
    holding.start()
    time.sleep(0.5)

    def read(number):
        with contextlib.suppress(OSError):
            people[number % WRITERS].ask(nodes[number % 2], "GET", "/api/v1/timelines/home?limit=1")

    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        list(pool.map(read, range(48)))
    holding.join()


def test_a_backup_under_writes_holds_what_was_acknowledged_before(nodes, cluster, load):
    file = cluster.directory / "backup.tar"
    with load() as posting:
        time.sleep(2)
        before = set(posting.stored)
        done = nodes[0].run("backup", str(file))
        assert done.returncode == 0, done.stderr
    assert posting.failures() == []
    with tarfile.open(file) as archive:
        database = next(member for member in archive if member.name.startswith("database"))
        archive.extract(database, cluster.directory, filter="data")
    text = subprocess.run(
        [cluster.programs / "pg_restore", "-f", "-", "-a", "-t", "statuses", cluster.directory / database.name],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert before
    assert [one for one in before if one not in text] == []


def _goes_over(cluster, load, name, end, patience):
    """Let the primary end so under load: writing goes on, on another one. The old one."""
    old = cluster.primary()
    with load() as posting:
        time.sleep(2)
        end(old)
        promotion = _promotion(cluster, old, time.monotonic())
        _goes_on(posting, patience)
    _say(name, posting.seconds(), promotion, len(posting.failures()))
    assert posting.seconds() <= min(promotion + 3, 30) + SLACK
    assert posting.failures(after=3 + SLACK) == []
    return old


def test_the_primary_is_killed_and_comes_back_as_a_standby(cluster, nodes, people, load):
    old = _goes_over(cluster, load, "killed", lambda member: member.kill(), 30)
    assert _job_is_done(nodes[1], people[-1], people[1]) < 10
    assert _is_streamed(nodes[0], nodes[1], people[-1])
    old.start()
    trial.wait_for(cluster.is_whole, 60, "the old primary to be a standby")
    assert cluster.primary() is not old


def test_the_primary_hangs_while_all_connections_are_used_and_wakes_again(cluster, nodes, people, load):
    _fill_pools(cluster, nodes, people)
    old = cluster.primary()
    try:
        _goes_over(cluster, load, "hung", lambda member: member.hang(), 60)
        assert _job_is_done(nodes[0], people[-1], people[2]) < 10
        assert _is_streamed(nodes[1], nodes[0], people[-1])
        with load() as posting:
            time.sleep(1)
            old.wake()
            trial.wait_for(cluster.is_whole, 60, "the old primary to be a standby")
        _say("awake", posting.seconds(), len(posting.failures()))
        assert cluster.primary() is not old
        assert posting.seconds() <= 5 + SLACK
    finally:
        old.wake()


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (apt-get install haproxy)")
def test_haproxy_leads_to_the_primary(cluster):
    file = cluster.directory / "haproxy.cfg"
    file.write_text(cluster.fitted("haproxy.cfg", cluster.primary()))
    address = f"host=127.0.0.1 port={cluster.ports['6432']} user=postgres dbname=pleroma"
    command = [str(cluster.programs / "psql"), "-qAt", "-c", "select inet_server_addr(), pg_is_in_recovery()"]
    environment = {"PGPASSWORD": cluster.secrets["SUPERUSER_SECRET"]}

    def leads_there():
        done = subprocess.run([*command, address], env=environment, capture_output=True, text=True)
        return done.stdout.strip() == f"{cluster.primary().address}|f"

    process = subprocess.Popen(["haproxy", "-db", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        # Until its first checks it takes every server for the primary.
        trial.wait_for(leads_there, 20, "haproxy to find the primary")
        time.sleep(3)
        assert all(leads_there() for _ in range(6))
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def site(cluster, nodes, tmp_path):
    """nginx in front of both nodes."""

    class Front(Site):
        def _configuration(self):
            upstream = cluster.fitted("nginx.conf", nodes[0])
            text, count = re.subn(
                r"^upstream pleroma .*?^}", lambda _: upstream, super()._configuration(), flags=re.M | re.S
            )
            assert count == 1
            return text

    front = Front(tmp_path)
    front.start_nginx()
    yield front
    for process in front.processes:
        process.terminate()
        process.wait()


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx-light)")
def test_nginx_goes_past_a_node_that_is_away(site, nodes, people):
    authorization = f"Bearer {people[0].token}"

    def ask():
        for _ in range(10):
            site.ask("GET", "/api/v1/timelines/home", Authorization=authorization)
            site.ask("POST", "/api/v1/statuses", {"status": "x"}, Authorization=authorization)

    ask()
    assert nodes[1].stop() == 0
    ask()


def test_no_node_had_to_be_restarted(nodes):
    assert {node.stop() for node in nodes} <= {0, None}
    assert not any("starting it again" in node.log.read_text() for node in nodes)
