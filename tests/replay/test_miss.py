"""A miss explains itself: the nearest recording comes first, what differs is told, and the advice works."""

import dataclasses
import string

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.miss import Why
from inspector.replay.matching import Identity, Matcher, Policy
from inspector.replay.misses.miss import body, explain, value
from inspector.replay.misses.nearest import Candidate
from inspector.traffic.body import Body
from inspector.traffic.difference import Difference
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

CHAT = "/api/v2/me/chats/0001aAbC"
UPLOAD = {"operationName": "UploadFile", "documentId": "d1", "description": "a contract"}
LOGGED_IN = (("Cookie", "JSESSIONID=1"),)
SPY = "--spy UPSTREAM --record-missing"


def request(told=None, path=CHAT, method="POST", query="", headers=LOGGED_IN, media_type="application/json"):
    content = told if isinstance(told, bytes) else b"" if told is None else orjson.dumps(told)
    fields = Headers((("Content-Type", media_type), *headers))
    return Request(method, "http", "gws", path, query, "HTTP/1.1", fields, Body.of(content), split(content, media_type))


def identity(*args, policy=None, **named):
    return Matcher(policy).identity(request(*args, **named))


def candidates(*identities):
    return [Candidate(number, one) for number, one in enumerate(identities, 1)]


def multipart(*parts, boundary="b1"):
    """A multipart request of (name, file name, type, content)."""
    pieces = []
    for name, filename, media_type, content in parts:
        file = f'; filename="{filename}"\r\nContent-Type: {media_type}' if filename else ""
        pieces.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{content}\r\n')
    text = f"{''.join(pieces)}--{boundary}--\r\n"
    return identity(text.encode(), path=f"{CHAT}/attachments", media_type=f"multipart/form-data; boundary={boundary}")


def numbers(miss):
    return [near.number for near in miss.nearest]


def only_difference(miss):
    [near, *_] = miss.nearest
    [difference] = near.differences
    return near.number, difference


def test_the_same_method_and_path_is_nearest_then_the_path_then_the_body():
    recorded = candidates(
        identity(UPLOAD, path=f"{CHAT}/messages"),
        identity({**UPLOAD, "documentId": "d2", "description": "another"}),
        identity(UPLOAD, path="/api/v2/me/devices/1"),
        identity({**UPLOAD, "documentId": "d2"}),
        identity({"operationName": "SendMessage", "message": "d1"}),
    )
    assert numbers(explain(identity(UPLOAD), recorded, limit=5)) == [4, 2, 5, 1]


def test_another_method_at_the_path_is_nearer_than_a_path_with_another_end():
    recorded = candidates(identity(path="/api/v2/me/chats"), identity(path=CHAT, method="PUT"))
    miss = explain(identity(method="GET"), recorded)
    assert (numbers(miss), miss.why) == ([2, 1], Why.UNKNOWN)
    assert miss.advice[0] == "ask with PUT, as in #2"


def test_another_chat_is_nearer_than_another_method():
    recorded = candidates(identity(method="GET"), identity(UPLOAD, path="/api/v2/me/chats/0002"))
    assert numbers(explain(identity(UPLOAD), recorded)) == [2, 1]


FILE = ("file", "a.pdf", "application/pdf", "%PDF-1.7")
NOTE = ("note", None, None, "hello")
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "bodies",
    [
        [{"media_type": FORM, "told": form} for form in (b"a=1&b=2&c=3", b"a=1&b=9&c=8", b"x=1&b=7&c=9")],
        [{"query": query} for query in ("a=1&b=2&c=3", "a=1&b=9&c=3", "a=1&b=9&c=9")],
        [{"told": told} for told in ({"a": {"b": [1, 7, 3]}}, {"a": {"b": [1, 2, 3]}}, {"a": {"b": [4, 2, 1]}})],
    ],
)
def test_the_more_alike_the_content_the_nearer(bodies):
    same, alike, other = (identity(**told) for told in bodies)
    again = dataclasses.replace(same, credentials=False)
    assert numbers(explain(same, candidates(other, alike, again))) == [3, 2, 1]


def test_the_same_bytes_are_nearer_than_others():
    asked = identity(b"text", media_type="text/plain")
    recorded = candidates(identity(b"texts", media_type="text/plain"), dataclasses.replace(asked, credentials=False))
    assert numbers(explain(asked, recorded)) == [2, 1]


def test_a_multipart_body_with_the_same_file_is_nearer():
    recorded = candidates(multipart(("file", "b.pdf", "application/pdf", "other")), multipart(FILE))
    assert numbers(explain(multipart(FILE, NOTE), recorded)) == [2, 1]


def test_at_most_as_many_are_told_as_are_wanted():
    recorded = candidates(*(identity({**UPLOAD, "documentId": f"x{number}"}) for number in range(50)))
    assert [len(explain(identity(UPLOAD), recorded, limit=limit).nearest) for limit in (1, 3, 10)] == [1, 3, 10]


def test_the_same_operation_of_another_chat_is_told_though_this_chat_has_others():
    others = [identity({"operationName": "SendMessage", "message": f"m{number}"}) for number in range(9)]
    recorded = candidates(*others, identity(UPLOAD, path="/api/v2/me/chats/0002"))
    miss = explain(identity(UPLOAD), recorded)
    assert len(miss.nearest) == 3
    assert numbers(miss)[-1] == 10


def test_an_operation_that_has_answered_says_so():
    recorded = [Candidate(number, identity(UPLOAD), used=1, spent=True) for number in (12, 15)]
    miss = explain(identity(UPLOAD), [*recorded, Candidate(13, identity({"operationName": "Leave"}))])
    assert miss.why is Why.USED_UP
    assert miss.text == f"UploadFile (POST {CHAT}) has no answer left: #12, #15 answered already"
    assert [near.identical for near in miss.nearest] == [True, True, False]
    assert "--reuse" in miss.advice[1]
    assert SPY in miss.advice[-1]


def test_another_agents_answer_is_told_with_its_name_as_a_shell_takes_it():
    miss = explain(identity(UPLOAD), [Candidate(12, identity(UPLOAD), agent="o'hara; rm")])
    assert miss.why is Why.OTHER_AGENT
    assert miss.text.endswith("was recorded of another agent only: #12 of o'hara; rm")
    assert """`--agent 'o'"'"'hara; rm'`""" in miss.advice[0]


def test_the_agents_own_used_up_answer_counts_more_than_another_agents():
    recorded = [Candidate(1, identity(UPLOAD), agent="anna"), Candidate(2, identity(UPLOAD), used=1, spent=True)]
    miss = explain(identity(UPLOAD), recorded)
    assert (miss.why, numbers(miss)) == (Why.USED_UP, [2, 1])
    assert "#2 answered already" in miss.text


def test_an_answer_that_cannot_be_served_says_why():
    problem = "304 answers only a request with If-None-Match"
    miss = explain(identity(method="GET"), [Candidate(3, identity(method="GET"), problem=problem)])
    assert miss.why is Why.UNUSABLE
    assert miss.text == f"GET {CHAT} was recorded as #3, which cannot be served: {problem}"


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        ({**UPLOAD, "documentId": "d2"}, Difference("body", "/documentId", '"d1"', '"d2"')),
        ({**UPLOAD, "metrics": {"at": 1}}, Difference("body", "/metrics", None, '{"at":1}')),
        ({"operationName": "UploadFile", "documentId": "d1"}, Difference("body", "/description", '"a contract"', None)),
        ({**UPLOAD, "description": 5}, Difference("body", "/description", '"a contract"', "5")),
        (b"no JSON", Difference("body", "", orjson.dumps(dict(sorted(UPLOAD.items()))).decode(), None)),
        (None, Difference("body", "", orjson.dumps(dict(sorted(UPLOAD.items()))).decode(), None)),
    ],
)
def test_a_json_body_is_compared_by_pointer(asked, difference):
    number, told = only_difference(explain(identity(asked), candidates(identity(UPLOAD))))
    if asked == b"no JSON":
        told = dataclasses.replace(told, actual=None)
    assert (number, told) == (1, difference)


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        (identity(UPLOAD, query="a=1&b=3"), Difference("query", "b", "2", "3")),
        (identity(UPLOAD, query="a=1"), Difference("query", "b", "2", None)),
        (identity(UPLOAD, query="b=2&c=&a=1"), Difference("query", "c", None, "")),
        (identity(UPLOAD, query="b=2&a=1", headers=()), Difference("credentials", "", "sent", None)),
        (identity(UPLOAD, query="b=2&a=1", method="PUT"), Difference("method", "", "POST", "PUT")),
        (
            identity(UPLOAD, query="b=2&a=1", path="/api/v2/me/chats/0002"),
            Difference("path", "segment 5", "0001aAbC", "0002"),
        ),
        (identity(UPLOAD, query="b=2&a=1", path=f"{CHAT}/x"), Difference("path", "", CHAT, f"{CHAT}/x")),
    ],
)
def test_everything_else_is_compared_part_by_part(asked, difference):
    miss = explain(asked, candidates(identity(UPLOAD, query="a=1&b=2")))
    assert only_difference(miss) == (1, difference)
    assert set(miss.nearest[0].same) == {"method", "path", "query", "credentials", "body"} - {difference.part}


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ([("file", "b.pdf", "application/pdf", "%PDF-1.7"), NOTE], ["part file, file name"]),
        ([("file", "a.pdf", "text/plain", "%PDF-1.7"), NOTE], ["part file, type"]),
        ([("file", "a.pdf", "application/pdf", "other"), NOTE], ["part file, sha256"]),
        ([FILE], ["part note"]),
        ([FILE, NOTE, ("more", None, None, "x")], ["part more"]),
        ([NOTE, FILE], ["order of the parts"]),
        ([FILE, ("note", None, None, "bye")], ["part note, sha256"]),
    ],
)
def test_a_multipart_body_is_compared_part_by_part(asked, places):
    miss = explain(multipart(*asked, boundary="b2"), candidates(multipart(FILE, NOTE)))
    assert [difference.place for difference in miss.nearest[0].differences] == places


def test_a_form_is_compared_pair_by_pair():
    asked, recorded = identity(b"a=1&b=3", media_type=FORM), identity(b"b=2&a=1", media_type=FORM)
    assert only_difference(explain(asked, candidates(recorded))) == (1, Difference("body", "b", "2", "3"))


def test_who_never_logged_in_is_told_to():
    miss = explain(identity(UPLOAD, headers=()), candidates(identity(UPLOAD)))
    assert miss.why is Why.DIFFERENT
    assert "log in first: #1" in miss.advice[0]


@pytest.mark.parametrize("asked", [identity({**UPLOAD, "documentId": "d9"}), identity(UPLOAD, path=CHAT + "9")])
def test_an_id_of_somewhere_else_is_told_to_be_one(asked):
    miss = explain(asked, candidates(identity(UPLOAD)))
    assert "take ids from the stub's own answers" in miss.advice[0]
    assert miss.ignore == ()


def test_a_member_that_may_not_matter_can_be_ignored_as_told():
    miss = explain(identity({**UPLOAD, "description": "b"}), candidates(identity(UPLOAD)))
    assert miss.ignore == ("/description",)
    assert '`ignore = ["/description"]` under [replay] in gws-inspector.toml, or `--ignore /desc' in miss.advice[0]
    differs = 'body /description (recorded "a contract", asked "b")'
    assert miss.text == f"UploadFile (POST {CHAT}) was recorded, but not like this: #1 differs in {differs}"


@pytest.mark.parametrize("missing", [True, False])
def test_a_member_that_only_one_of_them_has_can_be_ignored_too(missing):
    more, less = {**UPLOAD, "clientTime": 5}, UPLOAD
    recorded, asked = (more, less) if missing else (less, more)
    miss = explain(identity(asked), candidates(identity(recorded)))
    assert miss.ignore == ("/clientTime",)
    policy = Policy(ignore=miss.ignore)
    assert identity(asked, policy=policy) == identity(recorded, policy=policy)


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ({"operationName": "Accept"}, {"operationName": "Reject"}),
        ({"documentIds": ["a"]}, {"documentIds": ["b"]}),
        ({"targetUri": "a"}, {"targetUri": "b"}),
        (dict.fromkeys(string.ascii_lowercase, 1), dict.fromkeys(string.ascii_lowercase, 2)),
        ([1, 2], {"a": 1}),
        ({"lines": [1, 2, 3]}, {"lines": [1, 3]}),
        ({"*": 1}, {"*": 2}),
    ],
)
def test_what_a_request_is_about_is_not_to_be_ignored(recorded, asked):
    assert explain(identity(asked), candidates(identity(recorded))).ignore == ()


MEMBERS = st.dictionaries(st.sampled_from(["a", "b", "at", "m/n", "~t"]), st.integers(0, 2), max_size=5)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "at", "x", "~t"]), st.integers(0, 2) | MEMBERS | st.lists(MEMBERS))


@settings(print_blob=True, deadline=None, max_examples=200)
@given(recorded=OBJECTS, asked=OBJECTS)
def test_with_the_advised_members_ignored_the_nearest_answers(recorded, asked):
    miss = explain(identity(asked), candidates(identity(recorded)))
    if miss.ignore:
        policy = Policy(ignore=miss.ignore)
        assert identity(asked, policy=policy) == identity(recorded, policy=policy)


def test_what_was_never_recorded_is_said_to_be_so():
    miss = explain(identity(path="/api/v2/devices", method="GET"), candidates(identity(UPLOAD)))
    assert (miss.why, miss.nearest) == (Why.UNKNOWN, ())
    assert miss.text == "GET /api/v2/devices was never recorded"
    assert [SPY in advice for advice in miss.advice] == [True]


def test_what_was_never_recorded_comes_with_what_is_near_it():
    miss = explain(identity(UPLOAD, path=f"{CHAT}/x"), candidates(identity(UPLOAD)))
    assert miss.why is Why.UNKNOWN
    assert miss.text == f"UploadFile (POST {CHAT}/x) was never recorded; the nearest is #1, POST {CHAT}"


def test_another_operation_at_the_same_place_is_not_said_to_be_the_one_that_was_asked_for():
    miss = explain(identity(UPLOAD), candidates(identity({**UPLOAD, "operationName": "AddAttachment"})))
    assert miss.text == f"UploadFile (POST {CHAT}) was never recorded; the nearest is #1, AddAttachment"
    assert miss.why == "never recorded"


@pytest.mark.parametrize(("more", "ending"), [((), ""), (("d",), " and more")])
def test_a_sentence_names_the_first_three_places(more, ending):
    asked, recorded = (dict.fromkeys(("a", "b", "c", *more), number) for number in (1, 2))
    miss = explain(identity(asked), candidates(identity(recorded)))
    assert miss.text.endswith(f"#1 differs in body /a, body /b, body /c{ending}")


def test_a_segment_that_is_no_id_is_not_told_to_be_one():
    miss = explain(identity(path="/api/v2/me/chats"), candidates(identity(path="/api/v2/me/calls")))
    assert only_difference(miss) == (1, Difference("path", "segment 4", "calls", "chats"))
    assert len(miss.advice) == 1


def test_an_id_that_only_one_of_them_has_is_not_told_to_be_another():
    miss = explain(identity(UPLOAD), candidates(identity({"operationName": "UploadFile", "description": "a contract"})))
    assert only_difference(miss) == (1, Difference("body", "/documentId", None, '"d1"'))
    assert len(miss.advice) == 1


@pytest.mark.parametrize("name", [5, None, ["UploadFile"]])
def test_an_operation_name_that_is_none_is_not_told(name):
    assert explain(identity({"operationName": name}), []).operation == ""


def test_an_api_below_another_prefix_is_seen_to_be_the_same():
    recorded = candidates(identity(UPLOAD, path="/api/v2/me"), identity(UPLOAD))
    miss = explain(identity(UPLOAD, path=f"/gws{CHAT}"), recorded)
    assert only_difference(miss) == (2, Difference("path", "", CHAT, f"/gws{CHAT}"))


def test_of_many_differences_the_first_are_told():
    asked = {f"m{number:02}": number for number in range(100)}
    [near] = explain(identity(asked), candidates(identity({}))).nearest
    assert ([one.place for one in near.differences], near.cut) == ([f"/m{number:02}" for number in range(20)], True)


def test_no_secret_is_told():
    login = {"operationName": "Login", "password": "hunter2", "place": "a"}
    miss = explain(identity({**login, "place": "b"}, query="token=hunter2"), candidates(identity(login)))
    assert miss.nearest[0].differences
    assert b"hunter2" not in body(miss)


def test_the_answer_is_what_a_client_of_the_api_reads():
    miss = explain(identity({**UPLOAD, "description": "b"}, query="x=1"), [Candidate(7, identity(UPLOAD), used=2)])
    assert orjson.loads(body(miss)) == {
        "statusCode": 6,
        "statusMessage": (
            f"UploadFile (POST {CHAT}) was recorded, but not like this: #7 differs in query x, body /description"
        ),
        "why": "different",
        "request": {"method": "POST", "path": CHAT, "query": "x=1", "operation": "UploadFile"},
        "nearest": [
            {
                "exchange": 7,
                "method": "POST",
                "path": CHAT,
                "used": 2,
                "spent": False,
                "agent": None,
                "problem": None,
                "same": ["method", "path", "credentials"],
                "differences": [
                    {"part": "query", "place": "x", "kind": "added", "recorded": None, "asked": "1"},
                    {
                        "part": "body",
                        "place": "/description",
                        "kind": "changed",
                        "recorded": '"a contract"',
                        "asked": '"b"',
                    },
                ],
                "more": False,
            }
        ],
        "advice": [miss.advice[0]],
        "ignore": [],
    }


def nested(depth, core=b"1"):
    return Identity("POST", CHAT, (), True, "json", b"[" * depth + core + b"]" * depth)


@pytest.mark.parametrize("depth", [254, 255, 1024, 5000])
def test_however_deep_a_body_is_nested_it_can_be_told(depth):
    number, difference = only_difference(explain(nested(depth), candidates(nested(depth, b"2"))))
    assert (number, difference.part) == (1, "body")


def test_numbers_that_no_computer_tells_apart_are_told_apart():
    recorded, asked = (nested(1, b"1234567890123456789012345678%d" % last) for last in (1, 2))
    assert only_difference(explain(asked, candidates(recorded)))[1].kind == "changed"


TEXT = st.text(max_size=12) | st.sampled_from(["\udc80", "\x00", "/", "//", "/api/v2/me", "x" * 3000])
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=4).map(lambda pairs: tuple(sorted(pairs)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
CANONICAL = JSON.map(lambda told: orjson.dumps(told, option=orjson.OPT_SORT_KEYS))
ROWS = st.lists(st.tuples(*[st.text(max_size=3)] * 4), max_size=4).map(orjson.dumps)
FORMS = st.lists(st.tuples(*[st.text(max_size=3)] * 2), max_size=4).map(lambda pairs: orjson.dumps(sorted(pairs)))
BODIES = (
    st.tuples(st.just("json"), CANONICAL)
    | st.tuples(st.just("multipart"), ROWS)
    | st.tuples(st.just("form"), FORMS)
    | st.tuples(st.just("bytes"), st.sampled_from([b"00ff", b"11ee"]))
    | st.just(("empty", b""))
)
IDENTITIES = st.builds(
    lambda method, path, query, credentials, told: Identity(method, path, query, credentials, *told),
    st.sampled_from(["GET", "POST"]) | TEXT,
    st.just(CHAT) | TEXT,
    st.just(()) | PAIRS,
    st.booleans(),
    BODIES,
)


@settings(print_blob=True, deadline=None, max_examples=200)
@given(
    asked=IDENTITIES, recorded=st.lists(st.builds(Candidate, st.integers(1, 9), IDENTITIES, agent=TEXT, problem=TEXT))
)
def test_every_miss_can_be_told_and_differs_from_every_recording_that_differs(asked, recorded):
    recorded = [*recorded, Candidate(-1, dataclasses.replace(asked, credentials=not asked.credentials))]
    miss = explain(asked, recorded, limit=len(recorded))
    assert orjson.loads(body(miss))["statusMessage"] and orjson.dumps(value(miss))
    told = [near.identical for near in miss.nearest]
    assert told == sorted(told, reverse=True)
    assert told.count(True) == sum(one.identity == asked for one in recorded)
    for near in miss.nearest:
        differing = {difference.part for difference in near.differences}
        assert sorted((*near.same, *differing)) == ["body", "credentials", "method", "path", "query"]


def test_the_nearest_of_very_many_is_found():
    recorded = [
        Candidate(number, identity({**UPLOAD, "documentId": f"d{number}", "description": f"file {number}"}))
        for number in range(3000)
    ]
    asked = identity({**UPLOAD, "documentId": "d2345", "description": "the last one"})
    assert only_difference(explain(asked, recorded))[0] == 2345
