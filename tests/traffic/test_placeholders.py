"""Placeholders: told apart from everything else, equal for equal secrets, and only under one key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.placeholders import PLACEHOLDER, Placeholders

ONE = Placeholders(b"one key")
OTHER = Placeholders(b"another key")


@settings(print_blob=True, deadline=None)
@given(secret=st.text(min_size=1))
def test_a_secret_is_replaced_by_what_only_its_key_tells(secret):
    placeholder = ONE.of(secret)
    assert PLACEHOLDER.fullmatch(placeholder)
    assert ONE.of(secret) == placeholder != OTHER.of(secret)


@settings(print_blob=True, deadline=None)
@given(st.text(), st.text())
def test_different_secrets_have_different_placeholders(one, other):
    assert (ONE.of(one) == ONE.of(other)) == (one == other)


def test_what_is_a_placeholder_or_empty_stays():
    placeholder = ONE.of("hunter2")
    assert (OTHER.of(placeholder), OTHER.of("")) == (placeholder, "")


@pytest.mark.parametrize("around", ["{}x", "x{}", "{}\n", "{}{}", "~{}~"])
def test_a_placeholder_with_more_around_it_is_a_secret(around):
    secret = around.replace("{}", ONE.of("hunter2"))
    assert ONE.of(secret) != secret


def test_without_a_key_nobody_can_make_the_same():
    assert Placeholders().of("hunter2") != Placeholders().of("hunter2")
