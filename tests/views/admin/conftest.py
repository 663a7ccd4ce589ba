"""An administrator, and what the log says."""

import pytest


@pytest.fixture
def root(person):
    """The administrator."""
    return person("root", admin=True)


@pytest.fixture
def log(client, root):
    """The messages of the moderation log, newest first."""
    return lambda: [
        item["message"] for item in client.get("/api/pleroma/admin/moderation_log", auth=root).json["items"]
    ]
