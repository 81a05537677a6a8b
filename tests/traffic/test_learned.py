"""A secret that was seen in its place is found again in any other, however it is written there; names stay."""

import base64
import html
import json
import random
from urllib.parse import quote, quote_plus

import pytest

from inspector.traffic.learned import KEPT, Learned, words
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.redaction import Redactor
from tests.traffic.exchanges import request, response

OF = Placeholders(b"the key of this test").of
SECRET = 'Tr0ub4dor&3 "ü"/+é\\<>'
HIDDEN = OF(SECRET)
JSON = "application/json"


def learned(*secrets):
    ours = Learned(OF)
    for secret in secrets:
        ours.learn(secret)
    return ours


def hidden(text, *secrets):
    return learned(*secrets).hide(text.encode(), words(text.encode())).decode()


@pytest.mark.parametrize(
    "spelt",
    [
        str,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: quote(text, safe=""),
        quote,
        quote_plus,
        html.escape,
    ],
    ids=["plain", "json", "json-utf8", "url", "path", "form", "html"],
)
@pytest.mark.parametrize("around", ["{}", "({})", "a={}&b", "the {} one", '"{}"', "/{}/"])
def test_it_is_found_in_every_spelling_and_place(spelt, around):
    text = around.replace("{}", spelt(SECRET))
    assert hidden(text, SECRET) == around.replace("{}", HIDDEN)


def test_url_escapes_may_be_in_lower_case():
    url = quote(SECRET, safe="")
    lower = "".join(f"%{piece[:2].lower()}{piece[2:]}" if n else piece for n, piece in enumerate(url.split("%")))
    assert hidden(f"/a/{lower}", SECRET) == f"/a/{HIDDEN}"


@pytest.mark.parametrize(
    "ordinary",
    ["short-1", "agent", "agent0001", "Password1", "12345678", "a.b@example.com", "http://gws/services", "", "--- ---"],
)
def test_what_people_and_things_are_called_is_no_secret_elsewhere(ordinary):
    text = f"it says {ordinary} here"
    assert hidden(text, ordinary) == text


def test_a_part_of_another_word_is_not_the_secret():
    text = "abcdefgh12345678 xabcdefgh123456"
    assert hidden(text, "abcdefgh12345") == text


def test_the_longer_of_two_secrets_is_hidden_whole():
    long = "one-two-three+four"
    assert hidden(f"{long} one-two-three", "one-two-three", long) == f"{OF(long)} {OF('one-two-three')}"


def test_a_name_that_is_spared_is_no_secret_whenever_it_is_learned():
    ours = learned("agent-on-3rd-floor")
    ours.spare("agent-on-3rd-floor")
    ours.learn("agent-on-3rd-floor")
    text = b"agent-on-3rd-floor"
    assert ours.hide(text, words(text)) is text


def test_the_oldest_is_forgotten_and_the_newest_known():
    ours = learned(*(f"secret-{number}x{number:06}" for number in range(KEPT + 1)))
    first, last = (f"secret-{number}x{number:06}".encode() for number in (0, KEPT))
    assert ours.hide(first, words(first)) is first
    assert ours.hide(last, words(last)) == OF(last.decode()).encode()


def test_a_text_without_secrets_is_the_same_object():
    ours, text = learned(SECRET), b"nothing of it"
    assert ours.hide(text, words(text)) is text


def test_whatever_stands_around_it_nothing_of_it_is_left():
    seed = random.SystemRandom().getrandbits(32)
    chosen = random.Random(seed)
    alphabet = "abzAZ09 -_.~/+=&%\"'<>\\ü€"
    for _ in range(300):
        secret = "".join(chosen.choices(alphabet, k=chosen.randint(8, 30)))
        text = f" {secret} " + json.dumps({"a": secret}) + quote(secret, safe="")
        if secret in learned(secret)._secrets:
            assert secret.strip() not in hidden(text, secret), f"seed {seed}: {secret!r}"


def recorder():
    return Redactor(None, Placeholders(b"the key of this test"), learns=True)


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": [("Authorization", "Bearer s3cr3t-Token.of.Mine")]},
        {"headers": [("Cookie", "a=b; JSESSIONID=s3cr3t-Token.of.Mine")]},
        {"headers": [("X-CSRF-TOKEN", "s3cr3t-Token.of.Mine")]},
        {"body": b'{"password": "s3cr3t-Token.of.Mine"}', "content_type": JSON},
        {"query": "access_token=s3cr3t-Token.of.Mine"},
    ],
    ids=["bearer", "cookie", "csrf", "json", "query"],
)
def test_an_echo_is_hidden_in_every_place_of_what_comes_after(sent):
    ours = recorder()
    asked = ours.request(request(**sent))
    told = ours.response(
        response(500, [("X-Trace", "of s3cr3t-Token.of.Mine")], b"<p>bad: s3cr3t-Token.of.Mine</p>", "text/html"), asked
    )
    after = ours.request(
        request("GET", "/x/s3cr3t-Token.of.Mine", "q=s3cr3t-Token.of.Mine", [("Referer", "/s3cr3t-Token.of.Mine")])
    )
    assert "s3cr3t" not in f"{asked} {told} {after}"
    assert OF("s3cr3t-Token.of.Mine").encode() in told.body.content
    assert ours.error("cannot read s3cr3t-Token.of.Mine") == f"cannot read {OF('s3cr3t-Token.of.Mine')}"


@pytest.mark.parametrize("user", ["agent-on-3rd-floor", "agent001", "J\u00fcrgen-1!"])
def test_a_user_name_stays_where_it_is_the_password_too(user):
    ours = recorder()
    basic = base64.b64encode(f"{user}:{user}".encode()).decode()
    ours.request(request(headers=[("Authorization", f"Basic {basic}")]))
    ours.request(request(body=json.dumps({"userName": user, "password": user}).encode(), content_type=JSON))
    told = json.dumps({"user": {"userName": user}}).encode()
    assert ours.response(response(body=told, content_type=JSON), request()).body.content == told


def test_cookies_that_are_no_sessions_are_hidden_but_may_come_again():
    """A cookie may hold the chat that was selected last: its id must stay one."""
    ours = recorder()
    ours.request(request(headers=[("Cookie", "selectedChat=0004MaC1P0B60007; lang=en_US.UTF-8")]))
    assert ours.request(request(path="/api/v2/me/chats/0004MaC1P0B60007")).path == "/api/v2/me/chats/0004MaC1P0B60007"


def test_a_field_that_was_seen_before_its_secret_was_known_is_looked_at_again():
    ours = recorder()
    asked = request(headers=[("X-Trace", "of s3cr3t-Token.of.Mine")])
    assert ours.request(asked) == asked
    ours.request(request(headers=[("Authorization", "Bearer s3cr3t-Token.of.Mine")]))
    assert ours.request(asked).headers.get("x-trace") == f"of {OF('s3cr3t-Token.of.Mine')}"


def test_without_learning_nothing_depends_on_what_came_before():
    ours = Redactor(None, Placeholders(b"the key of this test"))
    ours.request(request(headers=[("Authorization", "Bearer s3cr3t-Token.of.Mine")]))
    assert ours.request(request(path="/s3cr3t-Token.of.Mine")).path == "/s3cr3t-Token.of.Mine"


def test_words_that_became_familiar_are_looked_for_once_they_are_a_secret_s():
    ours = recorder()
    text = b'{"text": "correct horse battery staple"}'
    assert ours.text(text, JSON) is text
    ours.request(request(headers=[("Authorization", "Bearer correct horse battery staple")]))
    assert ours.text(text, JSON) == b'{"text": "%s"}' % OF("correct horse battery staple").encode()
