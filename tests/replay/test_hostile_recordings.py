"""A recording may come from a stranger: whatever response it holds is served legally, or refused with the reason."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.replay.fronts import AT_LENGTH, PATIENCE, Made, make
from tests.replay.hostile import BODY, CASES, JSON, LAST, Case, Fields, Got, RawClient, hostile

Ask = Callable[[Case, str, Fields], Awaitable[Got]]

NEVER = {"x-injected", "trailer", "transfer-encoding", "te", "upgrade", "keep-alive", "x-hop", "x y", ":status"}
"""Fields that no front may send to anybody."""

pytestmark = pytest.mark.xdist_group("hostile recordings")
"""They are made once."""

ON_SOCKETS = pytest.mark.parametrize("play", ["server", "proxy"], indirect=True)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    return hostile(tmp_path_factory.mktemp("hostile") / "hostile.db")


async def wrong(ask: Ask, case: Case) -> str:
    """What is wrong with the answers to a case; the next request must work, whatever it was."""
    try:
        async with asyncio.timeout(PATIENCE):
            got, again = [await ask(case, "GET", case.asks) for _ in range(2)]
            head = await ask(case, "HEAD", case.asks)
            last = await ask(LAST, "GET", ())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if got.status != case.status:
        return f"{got.status}: {got.body[:300]!r}"
    if (got.status, got.body) != (again.status, again.body):
        return "it is another one the second time"
    if case.body is not None and got.body != case.body:
        return f"its body is {got.body[:100]!r}"
    if case.why not in got.body.decode("utf-8", "replace"):
        return f"{case.why!r} is not said: {got.body[:300]!r}"
    lengths = [value for name, value in got.fields if name == "content-length"]
    if lengths != ([] if got.status in (204, 304) else [str(len(got.body))]):
        return f"its {len(got.body)} bytes have the length {lengths}"
    if found := NEVER & {name for name, _ in (*got.fields, *head.fields)}:
        return f"it has {found}"
    if head.body or head.status not in (case.status, 501):
        return f"a HEAD is answered with {head.status} and {len(head.body)} bytes"
    return "" if (last.status, last.body) == (200, BODY) else f"the next request is answered with {last.status}"


async def all_wrong(ask: Ask) -> dict[str, str]:
    return {case.name: problem for case in CASES if (problem := await wrong(ask, case))}


@ON_SOCKETS
async def test_a_client_that_counts_bytes_reads_one_legal_answer_after_the_other(play, recorded):
    async with play(recorded) as front:
        raw = RawClient(front.url)
        problems = await all_wrong(lambda case, method, asks: raw.ask(case.target.encode(), method=method, fields=asks))
        await raw.close()
    assert problems == {}


@AT_LENGTH
async def test_an_ordinary_client_reads_them_all(play, recorded):
    async with play(recorded) as front, front.client(headers={"Accept-Encoding": "identity"}) as client:

        async def ask(case: Case, method: str, asks: Fields) -> Got:
            client.cookies.clear()  # a session is not what these are about
            async with client.stream(method, case.target, headers=list(asks)) as answer:
                body = b"".join([piece async for piece in answer.aiter_raw()])
                return Got(answer.status_code, [(name.lower(), value) for name, value in answer.headers.items()], body)

        assert await all_wrong(ask) == {}


STRANGE = [
    *(b"/api/v2/%ff%00", b"/api/v2/%2e%2e/%2f", b"//api//v2//", b"/api/v2/;jsessionid=x", b"/api/v2/%zz"),
    *(b"/api/v2/\xff\xfe", b"/api/v2/?a=%ff&&=&b", b"/api/v2/?\xc3\xbc", b"/api/v2/'\"<script>", b"/" + b"a" * 30_000),
]
"""Targets that clients can send."""

UNHEARD_OF = [
    "",
    "/",
    "no slash",
    "/a\r\nb",
    "/\0",
    "/\u20ac",
    "/api/v2/" + "x" * 1_000_000,
    "/a b HTTP/1.1",
    "?",
    "#",
    "/%",
]
"""Targets that no client can send as they are, but that a file may hold."""


@pytest.fixture
def strange(tmp_path):
    recorded = [
        Made(target, 200, BODY, [JSON]) for target in (*(one.decode("latin-1") for one in STRANGE), *UNHEARD_OF)
    ]
    methods = [
        Made("/api/v2/odd", 200, BODY, [JSON], method=method) for method in ("", "BREW", "GET\r\n", "\u20ac", "CONNECT")
    ]
    return make(tmp_path / "strange.db", *recorded, *methods, LAST.made)


@ON_SOCKETS
@pytest.mark.parametrize("target", STRANGE, ids=[f"{number}" for number in range(len(STRANGE))])
async def test_a_path_of_strange_bytes_is_answered_or_refused(play, strange, target):
    async with play(strange) as front, asyncio.timeout(PATIENCE):
        raw = RawClient(front.url)
        got = await raw.ask(target)
        last = await raw.ask(LAST.target.encode())
        await raw.close()
    assert got.status in (200, 400)
    assert (last.status, last.body) == (200, BODY)
