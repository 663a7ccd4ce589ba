"""One address has one form wherever addresses are compared."""

import pytest

from pleroma import addresses, config


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:7f00:1", "127.0.0.1"), ("192.0.2.1", "192.0.2.1"), ("::1", "::1")],
)
def test_an_ipv4_address_in_ipv6_form_is_an_ipv4_address(text, canonical):
    assert addresses.canonical(text) == canonical


def test_a_proxy_that_is_named_in_ipv6_form_is_trusted(make_client):
    settings = config.load({"PLEROMA_TRUSTED_PROXIES": "::ffff:192.0.2.7"})
    assert settings.trusted_proxies == ("192.0.2.7",)


@pytest.mark.parametrize("proxy", ["::ffff:127.0.0.1", "127.0.0.1", "::1"])
def test_each_client_behind_the_proxy_counts_for_itself(make_client, proxy):
    client = make_client(rate_limits=True)

    def log_in(address):
        environ = {"REMOTE_ADDR": proxy, "HTTP_X_FORWARDED_FOR": address}
        wrong = {"grant_type": "password", "username": "nobody", "password": "x"}
        return client.post("/oauth/token", wrong, extra_environ=environ, expect_errors=True).status_int

    assert {log_in("198.51.100.1") for _ in range(15)} == {400}
    assert log_in("198.51.100.1") == 429
    assert log_in("::ffff:198.51.100.1") == 429
    assert log_in("198.51.100.2") == 400
