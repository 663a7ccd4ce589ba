"""The address of a database, with what is safe where it says nothing."""

import pytest

from pleroma import config
from pleroma.database_address import complete, names_several


@pytest.mark.parametrize(
    ("url", "several"),
    [
        ("postgresql://u:p@m1/d", False),
        ("postgresql://u:p,x@m1/d", False),
        ("postgresql://u:p@m1:5432,m2:5433/d", True),
        ("postgresql:///d?host=/run/postgresql", False),
        ("postgresql:///d?host=m1,m2", True),
    ],
)
def test_several_servers(url, several):
    assert names_several(url) is several
    assert ("target_session_attrs=read-write" in complete(url)) is several
    assert ("load_balance_hosts=random" in complete(url)) is several


def test_what_is_said_stays():
    url = "postgresql://u@m1,m2/d?connect_timeout=9&target_session_attrs=primary&tcp_user_timeout=1"
    found = complete(url)
    assert found.startswith(url)
    assert [found.count(name) for name in ("connect_timeout", "target_session_attrs", "tcp_user_timeout")] == [1, 1, 1]
    assert "keepalives_idle=5&keepalives_interval=2&keepalives_count=3" in found
    assert complete(found) == found


def test_the_setting_is_completed():
    loaded = config.load({"PLEROMA_DATABASE_URL": "postgresql:///d?host=/run/postgresql"})
    assert loaded.database_url == (
        "postgresql:///d?host=/run/postgresql&connect_timeout=2&keepalives_idle=5&keepalives_interval=2"
        "&keepalives_count=3&tcp_user_timeout=10000"
    )
