"""A client of ours names the API's resources under our address, the recorded one did under the server's: the same."""

import pytest

from tests.analysis.traffic import Wire
from tests.replay.test_casting_late import NOBODY, Visitor, stub_of
from tests.replay.test_loading import done
from tests.replay.test_matching import same

USER = "http://gws.example.com:8090/api/v2/users/7f3"


def invite(uri):
    return {"operationName": "Invite", "targetUri": uri, "userData": {"note": "http://a.example/api/v2/x"}}


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:9000/api/v2/users/7f3",
        "https://GWS.example/api/v2/users/7f3",
        "http://[::1]:1/api/v2/users/7f3",
    ],
)
def test_the_host_of_a_uri_of_the_api_does_not_matter(uri):
    assert same(invite(USER), invite(uri))
    assert same({"a": [invite(USER)]}, {"a": [invite(uri)]})


@pytest.mark.parametrize("spelling", [rb"http:\/\/x\/api\/v2\/users\/7f3", rb"http://x/\u0061pi/v2/users/7f3"])
def test_however_it_is_spelt(spelling):
    assert same({"targetUri": USER}, b'{"targetUri": "' + spelling + b'"}')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (invite(USER), invite(USER + "0")),
        (invite("http://a.example/page"), invite("http://b.example/page")),
        ({"target": USER}, {"target": USER.replace("gws", "other")}),
        (invite(USER), {"operationName": "Invite", "targetUri": USER}),
    ],
    ids=["another resource", "not of the API", "not a uri", "more members"],
)
def test_everything_else_of_it_does(one, other):
    assert not same(one, other)


@pytest.mark.parametrize("body", [b"1", b'"http://a/api/v2/"', b"null", b"[]"])
def test_json_that_has_no_members_is_compared_as_it_is(body):
    assert same(body, body) and not same(body, b"[1]")


async def test_who_was_told_an_address_by_the_stub_can_send_it_back():
    wire = Wire()
    sofia = wire.log_in()
    done(sofia, "Invite", chat="1", targetUri=USER)
    visitor = Visitor(stub_of(wire), NOBODY)
    await visitor.log_in()
    assert await visitor.do("Invite", targetUri="http://stub.test/api/v2/users/7f3") == 200
