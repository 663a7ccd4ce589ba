"""Secrets in the database are read under their secret key, for their purpose and in their row alone."""

import dataclasses

import pytest

from pleroma import sealing


def test_a_sealed_text_comes_back(settings):
    sealed = sealing.seal(sealing.SECOND_FACTORS, "secret ü", 7, settings)
    assert b"secret" not in sealed
    assert sealing.seal(sealing.SECOND_FACTORS, "secret ü", 7, settings) != sealed
    assert sealing.unseal(sealing.SECOND_FACTORS, sealed, 7, settings) == "secret ü"


@pytest.mark.parametrize("other", ["purpose", "row", "key", "content"])
def test_it_is_good_for_nothing_else(settings, other):
    sealed = sealing.seal(sealing.SECOND_FACTORS, "secret", 7, settings)
    purpose = sealing.PUSH_TOKENS if other == "purpose" else sealing.SECOND_FACTORS
    config = dataclasses.replace(settings, secret_key="y" * 32) if other == "key" else settings
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1]) if other == "content" else sealed
    assert sealing.unseal(purpose, changed, 8 if other == "row" else 7, config) is None
