"""The name of the server is for ever (docs/federation.md 1)."""

import dataclasses
import subprocess
import sys

import pytest

from pleroma.federation import host
from tests.serving import ROOT


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


def test_nothing_of_federation_is_loaded_where_it_is_off():
    """In a process of its own, as the web processes load the application and the worker its jobs."""
    program = (
        "import sys\n"
        "from pleroma import create_app, jobs\n"
        "from pleroma.config import Config\n"
        "create_app(Config())\n"
        "jobs.registered()\n"
        "print([name for name in sys.modules if name.startswith(('pleroma.federation', 'cryptography'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
