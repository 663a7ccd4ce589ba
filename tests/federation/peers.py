"""Somebody on another server who sends to inboxes here, signed as servers sign."""

import json
from itertools import count

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pleroma import db
from pleroma.db import queries
from pleroma.federation import signatures
from tests.conftest import BASE

PLAIN = {"User-Agent": "Peer/1.0"}


class Key:
    """A pair of keys in PEM."""

    def __init__(self, key):
        self.private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self.public = public_pem(key.public_key())


def public_pem(key):
    """A public key as actors name it."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Peer:
    """Somebody elsewhere with a key: peer.post(peer.activity("Like", uri)) sends it to the shared inbox."""

    def __init__(self, account, key, client):
        self.account, self.key, self._client = account, key, client
        self.id, self.uri, self.host, self.key_id = account.id, account.uri, account.host, f"{account.uri}#main-key"
        self._numbers = count(1)

    def activity(self, kind, what, **more):
        """An activity of theirs with an id of its own."""
        name = f"https://{self.host}/activities/{self.account.nickname}-{kind}-{next(self._numbers)}"
        return {"id": name, "type": kind, "actor": self.uri, "object": what} | more

    def signed(self, path, body, *, key_id=None, key=None, base=BASE):
        """The headers that sign a request with a body to an inbox."""
        return signatures.signed("POST", base + path, key_id or self.key_id, (key or self.key).private, body)

    def post(self, activity, path="/inbox", *, status=202, headers=None, **signing):
        """Send an activity, or the bytes of one, and give the answer; a header that is None is left out."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        sent = PLAIN | self.signed(path, body, **signing) | (headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        return self._client.post(path, body, headers=sent, status=status)


@pytest.fixture(scope="session")
def peer_key():
    """A key, made once: that takes longer than what is done with it."""
    return Key(rsa.generate_private_key(65537, 2048))


@pytest.fixture
def make_peer(federated, remote_account, peer_key):
    """Makes somebody elsewhere whose key is known: make_peer("dora", "there.example"); known=False: it is not."""

    def make(nickname="sender", host="peer.example", *, known=True, **changes):
        peer = Peer(remote_account(nickname, host, **changes), peer_key, federated)
        if known:
            with db.in_transaction() as connection:
                queries.remote_accounts.keep_keys(
                    connection, owner=peer.uri, ids=[peer.key_id], public_keys=[peer_key.public], is_application=False
                )
        return peer

    return make


@pytest.fixture
def sender(make_peer):
    """Somebody elsewhere whose key is known, who sends to the server `federated`."""
    return make_peer()
