"""The control address's OpenAPI document: it is one, it names all there is, and what it says is what comes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from inspector.replay.control.routes import BODY_AT_MOST, Control
from tests.live.processes import COMMAND, environment, running
from tests.replay.controlled import Desk, code_of_start, controlled, logged_in
from tests.replay.described import FILE, described, written

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads(FILE.read_text("utf-8"))
METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
SEED = 7
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
async def desk(tale):
    async with controlled(tale.path) as desk:
        yield desk


def whole(node: Any) -> Any:
    """What a reference leads to, or the node itself."""
    while "$ref" in node:
        _, *steps = node["$ref"].split("/")
        node = DOCUMENT
        for step in steps:
            node = node[step]
    return node


def validator(schema: Any) -> Draft202012Validator:
    return Draft202012Validator({"allOf": [schema], "components": DOCUMENT["components"]})


def members(schema: Any) -> dict[str, Any]:
    """What an object of this schema may have, by name."""
    schema = whole(schema)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= members(part)
    return found


def untold(schema: Any, value: Any, place: str = "") -> Iterator[str]:
    """Where the value has members of which the schema says nothing."""
    schema = whole(schema)
    while choice := schema.get("oneOf", schema.get("anyOf")):
        schema = next(whole(one) for one in choice if validator(one).is_valid(value))
    if isinstance(value, dict):
        known = members(schema)
        for name, inner in value.items():
            yield from untold(known[name], inner, f"{place}/{name}") if name in known else (f"{place}/{name}",)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from untold(schema["items"], inner, f"{place}/{index}")


def check(operation_id: str, status: int, answer: Any) -> None:
    """An answer is as the document says: its type, its fields, each member of its body."""
    told = whole(OPERATIONS[operation_id][2]["responses"][str(status)])
    [(media_type, content)] = told["content"].items()
    assert (answer.status_code, answer.headers["content-type"]) == (status, media_type), answer.text
    for name, field in told["headers"].items():
        validator(field["schema"]).validate(answer.headers[name])
    validator(content["schema"]).validate(answer.json())
    if operation_id != "readDescription" or status != 200:
        assert list(untold(content["schema"], answer.json())) == []


def test_the_models_are_described_as_they_are():
    assert FILE.read_text("utf-8") == written(described(DOCUMENT)), "make it again: python -m tests.replay.described"


def test_it_is_an_openapi_document():
    OpenAPIV31SpecValidator(DOCUMENT).validate()


async def test_it_names_every_route_and_no_other(desk):
    routes = {
        (method, route.path.removesuffix("/"))
        for route in Control(desk.stubs, "token")._app.routes
        for method in METHODS
        if hasattr(route.endpoint, method)
    }
    assert {(method.lower(), path) for method, path, _ in OPERATIONS.values()} == routes


def test_generated_clients_have_good_names_and_words_for_everything():
    assert len(OPERATIONS) == sum(method in METHODS for item in DOCUMENT["paths"].values() for method in item)
    assert all(re.fullmatch(r"[a-z]+[A-Z][A-Za-z]+", id) for id in OPERATIONS)
    schemas = DOCUMENT["components"]["schemas"]
    silent = [name for name, schema in schemas.items() if not schema.get("description")]
    for name, schema in schemas.items():
        silent += [f"{name}.{key}" for key, one in members(schema).items() if not whole(one).get("description")]
    assert silent == []


def contents() -> Iterator[tuple[str, Any]]:
    for id, (_, _, operation) in OPERATIONS.items():
        if body := operation.get("requestBody"):
            yield f"{id} asked", body["content"]["application/json"]
        for status, response in operation["responses"].items():
            yield f"{id} {status}", whole(response)["content"]["application/json"]


@pytest.mark.once
@pytest.mark.parametrize("content", [pytest.param(content, id=id) for id, content in contents()])
def test_its_examples_are_what_it_says(content):
    examples = [one["value"] for one in content.get("examples", {}).values()]
    examples += [content["example"]] if "example" in content else []
    assert examples or content["schema"].get("required") == ["openapi", "info", "paths"]
    for example in examples:
        validator(content["schema"]).validate(example)
        assert list(untold(content["schema"], example)) == []


async def ask(desk: Desk, id: str, stub: str = "1", **changes: Any) -> httpx.Response:
    method, path, operation = OPERATIONS[id]
    body = {"json": {"fault": "repeat"} if id == "armFaults" else {}} if "requestBody" in operation else {}
    return await desk.http.request(method, path.replace("{id}", stub), **body | changes)


BAD = {
    (400, True): {"json": None, "content": b"{"},
    (400, False): {"params": {"strict": "maybe"}},
    (401, None): {"headers": {"Authorization": ""}},
    (403, None): {"headers": {"Origin": "http://evil.test"}},
    (404, None): {"stub": "77"},
    (413, None): {"json": None, "content": b" " * (BODY_AT_MOST + 1)},
    (415, None): {"json": None, "content": b"a=b", "headers": {"Content-Type": "text/plain"}},
    (421, None): {"headers": {"Host": "evil.test"}},
    (422, None): {"json": {"fault": "no such"}},
}
"""What brings a status about, of an operation with a body or without."""


@pytest.mark.parametrize("id", OPERATIONS)
async def test_a_refusal_is_as_it_says(desk, id):
    operation = OPERATIONS[id][2]
    statuses = {int(status) for status in operation["responses"]} - {200, 201, 409, 500}
    assert {401, 403, 421} <= statuses
    for status in statuses:
        changes = BAD.get((status, None)) or BAD[status, "requestBody" in operation]
        check(id, status, await ask(desk, id, **changes))
    assert len(desk.stubs.all) == 1
    assert desk.stubs.get("1").stub.faults.armed == []


async def test_who_is_in_the_way_is_told_as_it_says(desk):
    check("createStub", 409, await ask(desk, "createStub", json={"port": httpx.URL(desk.url).port}))
    check("endStub", 409, await ask(desk, "endStub"))


async def test_a_stub_whose_recording_is_damaged_is_told_as_it_says(tale, tmp_path, capfd, caplog):
    path = Path(shutil.copy(tale.path, tmp_path / "story.db"))
    async with controlled(path) as desk:
        assert (await ask(desk, "createStub")).status_code == 201
        path.write_bytes(b"x" * 10_000)
        for id in ("verifyStub", "resetStub", "endStub"):
            check(id, 500, await ask(desk, id, "2"))
    assert "Traceback" not in capfd.readouterr().err + caplog.text, "that is no defect of ours"


async def test_a_stub_with_a_past_is_told_as_it_says(desk):
    """All that can be told of a run: misses, faults, what was not used, what was not delivered."""
    check("createStub", 201, await ask(desk, "createStub", json={"faults": [{"fault": "refuse"}]}))
    url = desk.stubs.get("2").url
    assert await code_of_start(url) == 0
    async with logged_in(url) as http:
        refused = {"operationName": "UploadFile", "documentId": "x"}
        for path, body in (("/me/chats/0001TaBTNRPW01GV", refused),) * 3 + (("/nowhere", {}),):
            await http.post(f"/api/v2{path}", json=body)
    faults = [{"fault": name} for name in ("refuse", "lose_notification", "delay", "repeat", "before_reply")]
    faults += [{"fault": "expire_session", "operation": "Accept"}, {"fault": "cut_download", "times": 0}]
    check("armFaults", 200, await ask(desk, "armFaults", "2", json=faults))
    for id in ("listStubs", "listFaults", "readJournal", "verifyStub", "resetStub", "verifyStub", "disarmFaults"):
        answer = await ask(desk, id, "2", params={"strict": "true"} if id == "verifyStub" else {})
        check(id, 200, answer)
        if id == "resetStub":
            before = answer.json()
            assert min(len(before[name]) for name in ("misses", "unused", "undelivered")) > 0
            assert [miss["times"] for miss in before["misses"]] == [2, 1]
    check("endStub", 200, await ask(desk, "endStub", "2"))


async def test_it_is_served_to_whoever_has_the_token(desk):
    answer = await ask(desk, "readDescription")
    check("readDescription", 200, answer)
    assert answer.content == FILE.read_bytes()


@pytest.mark.once
def test_schemathesis_finds_nothing_that_is_not_as_it_says(tmp_path):
    """All its checks, in all its phases: examples, edges, random requests good and bad, and operations in a row."""
    print(f"seed {SEED}")
    arguments = ("replay", "recordings/upload-file.db", "--listen", "127.0.0.1:0", "--token", "secret", "--quiet")
    with running(*COMMAND, *arguments, cwd=ROOT) as replay:
        url = replay.line("control ").split()[1]
        command = ("-m", "schemathesis.cli", "--config-file", CONFIG, "run", FILE, "--url", url)
        options = ("--header", "Authorization: Bearer secret", "--seed", SEED, "--max-examples", 10)
        found = subprocess.run(
            [sys.executable, *map(str, command + options)],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert found.returncode == 0, f"seed {SEED}\n{found.stdout}"
        assert f"{len(OPERATIONS)} selected / {len(OPERATIONS)} total" in found.stdout
        assert all(f"✅  {phase}" in found.stdout for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"))
        last = replay.end()
        assert last.err == ""
        assert last.code in (0, 1)
