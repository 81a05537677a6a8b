"""Who is let in at the control address, and what everybody else is told."""

import pytest

from inspector.errors import UsageError
from inspector.replay.control.guard import Guard, Refusal, checked_token, new_token

TOKEN = "a-token"
AT = "http://127.0.0.1:4711"


def refusal(url: str | None, *fields: tuple[str, str], token: str | None = f"Bearer {TOKEN}") -> int | None:
    """The status of who sends these header fields; None is let in."""
    guard = Guard(TOKEN)
    if url is not None:
        guard.stand_at(url)
    given = [*fields, *([("authorization", token)] if token is not None else [])]
    try:
        guard.check([(name.encode(), value.encode("latin-1")) for name, value in given])
    except Refusal as refused:
        assert TOKEN not in refused.text
        return refused.status
    return None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (AT, "127.0.0.1:4711"),
        (AT, "localhost:4711"),
        (AT, "LOCALHOST:4711"),
        (AT, "[::1]:4711"),
        ("http://localhost:4711", "127.0.0.1:4711"),
        ("http://[::1]:4711", "[::1]:4711"),
        ("http://0.0.0.0:4711", "localhost:4711"),
        ("http://192.0.2.1:4711", "192.0.2.1:4711"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("http://127.0.0.1:80", "127.0.0.1:80"),
        ("https://127.0.0.1:443", "localhost"),
    ],
)
def test_who_names_the_address_is_let_in(url, host):
    assert refusal(url, ("host", host)) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (AT, "evil.test:4711"),
        (AT, "127.0.0.1"),
        (AT, "127.0.0.1:4712"),
        (AT, "127.0.0.1:47110"),
        (AT, "127.0.0.1.evil.test:4711"),
        (AT, "evil.test@127.0.0.1:4711"),
        (AT, "localhost.:4711"),
        (AT, "0.0.0.0:4711"),
        (AT, ""),
        (AT, "\xe4:4711"),
        ("http://192.0.2.1:4711", "localhost:4711"),
        ("https://127.0.0.1:80", "127.0.0.1"),
        (None, "127.0.0.1:4711"),
    ],
)
def test_who_names_another_is_not(url, host):
    assert refusal(url, ("host", host)) == 421


def test_one_host_is_named_no_more_and_no_less():
    assert refusal(AT) == 421
    assert refusal(AT, ("host", "127.0.0.1:4711"), ("host", "evil.test")) == 421


@pytest.mark.parametrize("origin", ["http://127.0.0.1:4711", "http://localhost:4711", "http://LOCALHOST:4711"])
def test_a_page_of_its_own_is_let_in(origin):
    assert refusal(AT, ("host", "127.0.0.1:4711"), ("origin", origin)) is None


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.test"],
        ["https://127.0.0.1:4711"],
        ["http://127.0.0.1"],
        ["http://127.0.0.1:3000"],
        ["null"],
        [""],
        ["http://127.0.0.1:4711", "http://evil.test"],
    ],
)
def test_any_other_page_is_not_even_with_the_token(origins):
    assert refusal(AT, ("host", "127.0.0.1:4711"), *(("origin", origin) for origin in origins)) == 403


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        "Bearer \xe4",
    ],
)
def test_who_has_not_the_token_is_told_how_to_show_it(authorization):
    assert refusal(AT, ("host", "127.0.0.1:4711"), token=authorization) == 401


@pytest.mark.parametrize(
    "field", [("authorization", f"bearer  {TOKEN} "), ("x-inspector-token", TOKEN)], ids=["bearer", "own field"]
)
def test_who_has_it_shows_it_in_either_field(field):
    assert refusal(AT, ("host", "127.0.0.1:4711"), field, token=None) is None


@pytest.mark.parametrize("text", ["", " ", "a b", "a\r\nX: 1", "\xe4", "x" * 201])
def test_what_no_field_can_hold_is_no_token(text):
    with pytest.raises(UsageError, match="a token has") as told:
        Guard(text)
    assert not text.strip() or text not in str(told.value)


def test_a_new_token_is_new_and_fits():
    first, second = new_token(), new_token()
    assert first != second
    assert checked_token(first) == first
    assert len(first) >= 32
