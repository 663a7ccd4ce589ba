"""The name of the server is for ever (docs/federation.md 1)."""

import dataclasses

import pytest

from pleroma.federation import host


@pytest.fixture(autouse=True)
def _forget(sql):
    yield
    sql("delete from settings where name = 'federation_host'")


def test_the_first_start_says_it_and_another_is_refused(settings, database_url):
    federated = dataclasses.replace(settings, federation=True)
    other = dataclasses.replace(federated, base_url="https://other.example")
    host.claim(database_url, dataclasses.replace(settings, base_url="https://elsewhere.example"))
    host.claim(database_url, federated)
    host.claim(database_url, federated)
    with pytest.raises(host.OtherHost, match="know this one as pleroma.example"):
        host.claim(database_url, other)
