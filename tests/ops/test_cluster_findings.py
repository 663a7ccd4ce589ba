"""What `doctor` says where there are several machines."""

import contextlib
import dataclasses

import psycopg
import pytest
from werkzeug.serving import make_server

from pleroma import create_app
from pleroma.ops import cluster_findings
from tests.serving import answering, free_port

SEVERAL = "postgresql://pleroma@m1,m2,m3/pleroma"


@pytest.fixture
def said(settings, database_url):
    """What is said of the servers of the database under changed settings."""

    def ask(**changes):
        config = dataclasses.replace(settings, **changes)
        with psycopg.connect(database_url, autocommit=True) as connection:
            return list(cluster_findings.of_servers(config, connection))

    return ask


def test_of_one_server_nothing_is_said(said):
    assert said() == []


def test_what_several_servers_need_is_asked_for(said):
    wrong = {finding.text: finding.advice for finding in said(database_url=SEVERAL, secret_key="") if finding.advice}
    assert len(wrong) == 2
    assert any("PLEROMA_SECRET_KEY" in advice for advice in wrong.values())
    assert any("PLEROMA_SMTP_URL" in advice for advice in wrong.values())
    assert not [one for one in said(database_url=SEVERAL, smtp_url="smtp://mail.example") if one.advice]


def test_the_primary_is_named_and_what_cannot_be_seen_is_called_unknown(said):
    texts = [finding.text for finding in said(database_url=SEVERAL)]
    assert texts[0] == "the database that is reached is the primary"
    assert "unknown" in texts[1] and "pg_monitor" in texts[1]


@pytest.mark.parametrize(
    ("is_known", "synchronous", "is_wrong"), [(False, 0, False), (True, 0, True), (True, 1, False)]
)
def test_a_primary_without_a_synchronous_standby_is_wrong(is_known, synchronous, is_wrong):
    assert bool(cluster_findings._copies(is_known, synchronous, 1).advice) is is_wrong


@pytest.fixture
def peer(settings, _pool):
    """The address of another node, whose data directory is this one's, or another."""
    with contextlib.ExitStack() as servers:

        def start(data_dir):
            app = create_app(dataclasses.replace(settings, data_dir=data_dir))
            server = servers.enter_context(answering(make_server("127.0.0.1", free_port(), app)))
            return f"http://127.0.0.1:{server.port}"

        yield start


def _files(directory):
    return sorted(path for folder in ("media", "emoji", "static") for path in (directory / folder).rglob("doctor*"))


def test_a_node_that_shares_files_and_keys_is_well(settings, peer):
    for folder in ("media", "emoji", "static"):
        (settings.data_dir / folder).mkdir(exist_ok=True)
    found = list(cluster_findings.of_peer(settings, peer(settings.data_dir)))
    assert [finding.advice for finding in found] == ["", "", ""]
    assert _files(settings.data_dir) == []


def test_a_node_with_files_and_keys_of_its_own_is_wrong(settings, peer, tmp_path):
    for folder in ("media", "emoji", "static"):
        (settings.data_dir / folder).mkdir(exist_ok=True)
    found = list(cluster_findings.of_peer(settings, peer(tmp_path) + "/"))
    wrong = [finding.text for finding in found if finding.advice]
    assert len(wrong) == 4
    assert "another key of web push" in wrong[0]
    for folder, text in zip(("media", "emoji", "static"), wrong[1:], strict=True):
        assert str(settings.data_dir / folder) in text
    assert _files(settings.data_dir) == []


def test_a_node_that_is_away_or_misspelled_is_wrong(settings):
    for address in (f"http://127.0.0.1:{free_port()}", "m2:5000", "file:///etc"):
        (finding,) = cluster_findings.of_peer(settings, address)
        assert finding.text.startswith(address) and finding.advice


def test_a_clock_that_differs_is_wrong():
    assert cluster_findings._clock("http://m2", "Sat, 01 Jan 2000 00:00:00 GMT").advice
    assert not cluster_findings._clock("http://m2", None).advice
