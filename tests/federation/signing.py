"""What is signed in the tests of both forms of signatures, and what becomes of it."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from pleroma.federation import claims, signatures
from pleroma.federation.signatures import BadSignature
from tests.federation.peers import public_pem

HOST, TARGET, BODY, KEY_ID = "pleroma.example", "/inbox?a=1", b'{"a": 1}', "https://peer.example/users/a#main-key"
NOW = 1_767_225_600


@pytest.fixture(scope="session")
def key():
    """The private key of the signer."""
    return rsa.generate_private_key(65537, 2048)


def pem(key):
    """The public key of a private one, as actors name it."""
    return public_pem(key.public_key())


def by_rsa(key, digest=hashes.SHA256):
    """Signs a text with an RSA key."""
    return lambda text: key.sign(text, padding.PKCS1v15(), digest())


def holds(made, key, body=BODY, now=NOW):
    """Whether a request is accepted and made by a key."""
    return signatures.is_made_by(pem(key), claims.read(made, body, now))


def assert_refused(made, why, body=BODY, now=NOW):
    with pytest.raises(BadSignature, match=why):
        claims.read(made, body, now)
