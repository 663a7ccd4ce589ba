"""Subscribing to web push (docs/api/mastodon.md 10.6)."""

import base64
import re

import pytest

from pleroma.config import vapid_public_key
from tests.push_service import Reader, digits

URL = "/api/v1/push/subscription"
ENDPOINT = "https://push.example/send/abc?x=1"
ALERTS = [
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up",
    "admin.report", "pleroma:emoji_reaction", "pleroma:chat_mention",
]  # fmt: skip
NOT_THERE = {"error": "Record not found"}


@pytest.fixture
def reader():
    """The keys of a client."""
    return Reader()


@pytest.fixture
def subscribe(client, reader):
    """Subscribes a token: subscribe(alice, "mention", policy="none")."""

    def send(who, *alerts, endpoint=ENDPOINT, **options):
        parameters = reader.parameters(endpoint, *alerts, **options)
        return client.post_json(URL, parameters, auth=who, status=200).json

    return send


def fields(reader, alerts):
    """What a client sends to subscribe, as the fields of a form."""
    return {
        "subscription[endpoint]": ENDPOINT,
        "subscription[keys][p256dh]": digits(reader.point),
        "subscription[keys][auth]": digits(reader.auth),
        **{f"data[alerts][{name}]": value for name, value in alerts.items()},
    }


def entity(settings, subscription_id, *alerts, **changes):
    """The PushSubscription of a client that wants these alerts."""
    return {
        "id": subscription_id,
        "endpoint": ENDPOINT,
        "standard": False,
        "policy": "all",
        "server_key": vapid_public_key(settings),
        "alerts": {name: name in alerts for name in ALERTS},
        **changes,
    }


def test_the_public_key_is_the_same_wherever_it_is_shown(client, settings, alice, app, subscribe):
    key = vapid_public_key(settings)
    assert re.fullmatch(r"B[A-Za-z0-9_-]{86}", key)
    instance = client.get("/api/v1/instance").json
    shown = [
        app["vapid_key"],
        client.get("/api/v1/apps/verify_credentials", auth=alice).json["vapid_key"],
        instance["pleroma"]["vapid_public_key"],
        client.get("/api/v2/instance").json["configuration"]["vapid"]["public_key"],
        client.get("/api/statusnet/config").json["site"]["vapidPublicKey"],
        subscribe(alice)["server_key"],
    ]
    assert shown == [key] * 6


@pytest.mark.parametrize("upload_files", [None, [("file", "x.txt", b"x")]], ids=["form", "multipart"])
def test_a_form_subscribes(client, settings, reader, alice, upload_files):
    sent = fields(reader, {"mention": "true", "follow": "1", "reblog": "false", "poll": "", "no such": "true"})
    made = client.post(URL, sent, auth=alice, upload_files=upload_files, status=200).json
    assert made == entity(settings, made["id"], "mention", "follow")
    assert type(made["id"]) is int and 0 < made["id"] < 2**31
    assert list(made["alerts"]) == ALERTS
    assert client.get(URL, auth=alice, status=200).json == made


def test_json_subscribes(client, settings, reader, alice):
    parameters = reader.parameters(ENDPOINT, "status", "admin.report", standard=True, policy="follower")
    parameters["data"]["alerts"] |= {"mention": False, "poll": None, "unknown": True}
    made = client.post_json(URL, parameters, auth=alice, status=200).json
    assert made == entity(settings, made["id"], "status", "admin.report", standard=True, policy="follower")


def test_json_with_names_of_a_form_subscribes(client, settings, reader, alice):
    made = client.post_json(URL, fields(reader, {"mention": True}), auth=alice, status=200).json
    assert made == entity(settings, made["id"], "mention")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_keys_may_be_base64_or_base64url_padded_or_not(client, sql, reader, alice, encode, padded):
    sent = fields(reader, {})
    for name, content in (("p256dh", reader.point), ("auth", reader.auth)):
        text = encode(content).decode()
        sent[f"subscription[keys][{name}]"] = text if padded else text.rstrip("=")
    client.post(URL, sent, auth=alice, status=200)
    ((p256dh, auth),) = sql("select p256dh, auth from push_subscriptions")
    assert (bytes(p256dh), bytes(auth)) == (reader.point, reader.auth)


@pytest.mark.parametrize(
    "endpoint",
    [
        None, "", "push.example/x", "//push.example/x", "/x", "http://push.example/x", "ftp://push.example/x", "https://",
        "https:///x", "https://[", "https://push.example:x/", "https://push.example:0/", "https://push.example:99999/",
        "https://user@push.example/", "https://user:secret@push.example/", "https://push.example\\@x.example/",
        "https://pu sh.example/", "https://push.example/\n", "https://push.example/\x01", "https://püsh.example/",
        "https://%31%32%37.0.0.1/", "https://push.example/" + "x" * 2028,
        "https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://intranet/", "https://printer.local/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
        "https://10.0.0.1/", "https://192.168.0.1/", "https://169.254.169.254/", "https://100.64.0.1/", "https://0/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/", "https://[64:ff9b::7f00:1]/", "http://127.0.0.1/",
        ["https://push.example/"], {"a": "b"}, 5, True,
    ],
    ids=lambda endpoint: str(endpoint)[:40].encode("unicode_escape").decode(),
)  # fmt: skip
def test_an_endpoint_that_may_not_be_sent_to_is_refused(client, sql, reader, alice, endpoint):
    answer = client.post_json(URL, reader.parameters(endpoint), auth=alice, status=422)
    assert set(answer.json) == {"error"}
    assert sql("select 1 from push_subscriptions") == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://push.example/" + "x" * 2027, "https://push.example:8443/x", "https://8.8.8.8/x", "https://xn--psh-hoa.example/",
        "https://[2606:4700::1111]/x", "HTTPS://Push.Example/x", "https://push.example.",
    ],
    ids=lambda endpoint: endpoint[:40],
)  # fmt: skip
def test_an_endpoint_on_the_open_internet_is_taken_as_it_is(subscribe, alice, endpoint):
    assert subscribe(alice, endpoint=endpoint)["endpoint"] == endpoint


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:8080/x", "http://localhost/x", "https://[::1]/x", "https://127.0.0.1/x"]
)
def test_the_switch_for_tests_opens_this_machine_and_no_network(make_client, reader, alice, endpoint):
    client = make_client(remote_allow_loopback=True)
    client.post_json(URL, reader.parameters(endpoint), auth=alice, status=200)
    for other in ("http://push.example/x", "https://10.0.0.1/x", "http://10.0.0.1/x"):
        client.post_json(URL, reader.parameters(other), auth=alice, status=422)


# The same in each process, because it is in the names of tests.
POINT = Reader(7).point


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("p256dh", None), ("p256dh", ""), ("p256dh", "?"), ("p256dh", digits(POINT)[:-4]),
        ("p256dh", digits(POINT) + "AAAA"),
        ("p256dh", digits(POINT[:-1] + bytes([POINT[-1] ^ 1]))), ("p256dh", digits(b"\x04" + bytes(64))),
        ("p256dh", digits(bytes([2 + POINT[-1] % 2]) + POINT[1:33])), ("p256dh", digits(b"\x00")), ("p256dh", ["x"]),
        ("p256dh", digits(POINT) + "===="), ("p256dh", "é" * 87), ("p256dh", 5), ("p256dh", "x" * 100_000),
        ("auth", None), ("auth", ""), ("auth", digits(bytes(15))), ("auth", digits(bytes(17))), ("auth", {"x": "y"}),
        ("auth", "not base64 at all!"), ("auth", "\x00" * 22),
    ],
    ids=lambda value: str(value)[:12].encode("unicode_escape").decode(),
)  # fmt: skip
def test_keys_that_nothing_can_be_encrypted_for_are_refused(client, sql, reader, alice, key, value):
    parameters = reader.parameters(ENDPOINT)
    parameters["subscription"]["keys"][key] = value
    answer = client.post_json(URL, parameters, auth=alice, status=422)
    assert set(answer.json) == {"error"}
    assert sql("select 1 from push_subscriptions") == []


@pytest.mark.parametrize(
    "parameters", [{}, {"subscription": "x"}, {"subscription": []}, {"subscription": {"keys": "x"}}]
)
def test_a_subscription_of_another_kind_is_refused(client, alice, parameters):
    assert set(client.post_json(URL, parameters, auth=alice, status=422).json) == {"error"}


@pytest.mark.parametrize("policy", ["All", "nobody", ["all"], {"a": "b"}, 1])
def test_an_unknown_policy_is_refused(client, reader, subscribe, alice, policy):
    client.post_json(URL, {**reader.parameters(ENDPOINT), "policy": policy}, auth=alice, status=422)
    subscribe(alice)
    assert set(client.put_json(URL, {"data": {"policy": policy}}, auth=alice, status=422).json) == {"error"}


@pytest.mark.parametrize("policy", ["all", "followed", "follower", "none"])
@pytest.mark.parametrize("place", ["data[policy]", "policy"])
def test_the_policy_may_stand_inside_data_or_beside_it(client, reader, alice, place, policy):
    made = client.post(URL, {**fields(reader, {}), place: policy}, auth=alice, status=200).json
    assert made["policy"] == policy
    assert client.put(URL, {place: policy}, auth=alice, status=200).json["policy"] == policy


def test_subscribing_again_replaces_the_earlier_one(client, sql, subscribe, alice):
    first = subscribe(alice, "mention", policy="none")
    sql("update push_subscriptions set refusals = 9")
    second = subscribe(alice, "poll", endpoint="https://other.example/", standard=True)
    assert (second["endpoint"], second["standard"], second["policy"]) == ("https://other.example/", True, "all")
    assert second["alerts"] != first["alerts"]
    assert sql("select endpoint, refusals from push_subscriptions") == [("https://other.example/", 0)]


def test_each_token_has_a_subscription_of_its_own(client, subscribe, sql, alice, make_token_of):
    other = make_token_of(alice)
    first = subscribe(alice, "mention")
    client.get(URL, auth=other, status=404)
    second = subscribe(other, "poll", endpoint="https://other.example/")
    assert client.get(URL, auth=alice).json == first and client.get(URL, auth=other).json == second
    client.delete(URL, auth=other, status=200)
    assert client.get(URL, auth=alice, status=200).json == first
    assert client.get(URL, auth=other, status=404).json == NOT_THERE


def test_changing_sets_alerts_and_policy_alone(client, settings, subscribe, alice):
    made = subscribe(alice, "mention", "poll", policy="followed", standard=True)
    sent = {"subscription": {"endpoint": "https://other.example/"}, "data": {"alerts": {"poll": "1", "follow": True}}}
    changed = client.put_json(URL, sent, auth=alice, status=200).json
    assert changed == entity(settings, made["id"], "poll", "follow", standard=True)
    assert client.put(URL, {}, auth=alice, status=200).json == entity(settings, made["id"], standard=True)
    assert client.get(URL, auth=alice, status=200).json == entity(settings, made["id"], standard=True)


def test_without_a_subscription_there_is_none_to_show_or_change_but_to_end(client, alice):
    assert client.get(URL, auth=alice, status=404).json == NOT_THERE
    assert client.put_json(URL, {"data": {"alerts": {"poll": True}}}, auth=alice, status=404).json == NOT_THERE
    assert client.delete(URL, auth=alice, status=200).json == {}


def test_an_ended_subscription_is_gone(client, subscribe, alice):
    subscribe(alice)
    assert client.delete(URL, auth=alice, status=200).json == {}
    assert client.get(URL, auth=alice, status=404).json == NOT_THERE


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_only_a_token_can_be_subscribed(client, browser, reader, alice, person, method):
    credentials = base64.b64encode(f"alice:{alice.password}".encode()).decode()
    refused = {"error": "Invalid credentials."}
    parameters = fields(reader, {}) if method in ("post", "put") else {}
    ask = getattr(client, method)
    assert ask(URL, parameters, headers={"Authorization": f"Basic {credentials}"}, status=403).json == refused
    assert ask(URL, parameters, status=403).json == refused
    assert ask(URL, parameters, auth="wrong", status=403).json == refused
    browser.post("/login", {"name": "alice", "password": alice.password}, headers={"Origin": "http://localhost"})
    browser.get("/api/v1/accounts/verify_credentials", status=200)
    assert getattr(browser, method)(URL, parameters, headers={"Origin": "http://localhost"}, status=403).json == refused
    reading = person("reader", scopes=("read", "write", "follow"))
    assert ask(URL, parameters, auth=reading, status=403).json == {"error": "Insufficient permissions: push."}


def test_the_token_of_an_app_alone_cannot_subscribe(client, app, reader):
    sent = {key: app[key] for key in ("client_id", "client_secret")}
    token = client.post("/oauth/token", {**sent, "grant_type": "client_credentials", "scope": "push"}).json
    client.post(URL, fields(reader, {}), auth=token["access_token"], status=403)


def test_a_token_may_come_as_a_parameter(client, settings, reader, alice):
    made = client.post(URL, {**fields(reader, {"poll": "true"}), "access_token": alice.token}, status=200).json
    assert made == entity(settings, made["id"], "poll")


def test_the_table_holds_no_token_that_logs_in(subscribe, sql, alice):
    subscribe(alice)
    ((row,),) = sql("select encode(sealed_token, 'escape') || push_subscriptions::text from push_subscriptions")
    assert alice.token not in row and alice.token.encode().hex() not in row


@pytest.mark.parametrize("ended", ["tokens", "accounts", "apps"])
def test_a_subscription_ends_with_its_token_its_account_and_its_app(subscribe, sql, alice, ended):
    subscribe(alice)
    sql(f"delete from {ended}")
    assert sql("select 1 from push_subscriptions") == []
