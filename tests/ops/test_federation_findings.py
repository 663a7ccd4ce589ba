"""What `doctor` says of a server that others find."""

import dataclasses
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pleroma import db
from pleroma.federation import keys
from pleroma.ops import federation_findings
from tests.serving import answering


class Handler(BaseHTTPRequestHandler):
    """What stands at the public address, or at another server; `late` is how far its clock is off."""

    late = 0.0
    documents: dict = {}

    def do_GET(self):
        status, body = self.documents.get(self.path.partition("?")[0], (404, {}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def date_time_string(self, timestamp=None):
        return super().date_time_string((timestamp or time.time()) + self.late)

    def log_message(self, *_):
        """Nothing is logged."""


@pytest.fixture
def address():
    """The address of something that answers with `Handler.documents`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with answering(server):
        yield f"127.0.0.1:{server.server_port}"
    Handler.late, Handler.documents = 0.0, {}


@pytest.fixture
def config(settings, address, _pool):
    """The settings of a server with that address, which others know and which answers as it should."""
    config = dataclasses.replace(settings, federation=True, base_url=f"http://{address}", remote_allow_loopback=True)
    with db.in_transaction() as connection:
        public_key = keys.public_key(connection, keys.INSTANCE)
    base = config.base_url
    Handler.documents = {
        "/.well-known/webfinger": (200, {"subject": f"acct:{address}@{address}"}),
        "/actor": (200, {"id": f"{base}/actor", "publicKey": {"publicKeyPem": public_key}}),
        "/.well-known/nodeinfo": (200, {}),
    }
    return config


def wrong(config):
    """The findings that come with advice."""
    return [finding.text for finding in federation_findings.of_federation(config) if finding.advice]


def test_where_all_is_well_nothing_is_wrong(config, address, sql):
    sql("insert into settings (name, value) values ('federation_host', to_jsonb(%s::text))", address)
    sql("insert into hosts (name, seen_at) values (%s, now())", address)
    findings = list(federation_findings.of_federation(config))
    assert [finding.advice for finding in findings] == [""] * 4
    said = " ".join(finding.text for finding in findings)
    assert f"others know this server as {address}" in said and "the clock agrees" in said


def test_an_address_without_encryption_is_found_first(config):
    (text,) = wrong(dataclasses.replace(config, base_url="http://pleroma.example", remote_allow_loopback=False))
    assert "speak https only" in text


def test_a_name_that_leads_nowhere_open_is_found(config):
    said = wrong(dataclasses.replace(config, base_url="https://127.0.0.1:1", remote_allow_loopback=False))
    assert "127.0.0.1:1 leads to an address that is not on the open internet" in said


def test_an_address_where_nothing_answers_is_found(config):
    assert (
        "others cannot ask http://127.0.0.1:1" in wrong(dataclasses.replace(config, base_url="http://127.0.0.1:1"))[0]
    )


@pytest.mark.parametrize(
    "answer", [(404, {}), (200, {"subject": "acct:else@where"}), (200, []), (503, {"subject": "x"})]
)
def test_an_answer_that_is_not_of_this_server_is_found(config, answer):
    Handler.documents["/.well-known/webfinger"] = answer
    (text,) = wrong(config)
    assert "does not name this server" in text


def test_a_name_that_others_do_not_know_is_found(config, address, sql):
    sql("insert into settings (name, value) values ('federation_host', '\"old.example\"')")
    (text,) = wrong(config)
    assert text == f"others know this server as old.example, and PLEROMA_BASE_URL says {address}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((404, {}), "does not show the key of this server (404)"),
        ((200, {"id": "https://else/actor", "publicKey": {"publicKeyPem": "x"}}), "does not show the key"),
        ((200, None), "does not show the key"),
    ],
)
def test_an_actor_without_the_key_of_the_server_is_found(config, change, said):
    Handler.documents["/actor"] = change
    (text,) = wrong(config)
    assert said in text


def test_a_key_of_another_database_is_found(config):
    Handler.documents["/actor"][1]["publicKey"]["publicKeyPem"] = "another"
    (text,) = wrong(config)
    assert "another key than the one in the database" in text


@pytest.mark.parametrize(("late", "is_wrong"), [(45.0, True), (-600.0, True), (10.0, False)])
def test_a_clock_that_is_off_by_half_a_minute_is_found(config, address, sql, late, is_wrong):
    sql("insert into hosts (name, seen_at) values (%s, now())", address)
    Handler.late = late
    assert bool(wrong(config)) is is_wrong


def test_a_clock_that_nobody_can_be_compared_with_is_no_fault(config, sql):
    sql("insert into hosts (name, seen_at) values ('127.0.0.1:1', now())")
    findings = list(federation_findings.of_federation(config))
    assert "no other server yet to compare the clock with" in findings[-1].text and not wrong(config)


def test_hosts_that_are_refused_are_not_asked_for_the_time(config, address, sql):
    sql("insert into hosts (name, seen_at) values (%s, now())", address)
    sql("insert into host_policies (pattern, policy) values (%s, 'reject')", address)
    Handler.late = 600.0
    assert not wrong(config)
