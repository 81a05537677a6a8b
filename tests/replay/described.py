"""The control address's OpenAPI file, its models' schemas made again: python -m tests.replay.described

What is read by a model is described by that model, so that there is one truth. The rest of the file is written by hand.
"""

import json
from inspect import cleandoc
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter

import inspector.replay.control
from inspector.replay.control.wanted import StubTold, WantedStub
from inspector.replay.faults import Fault

FILE = Path(inspector.replay.control.__file__).with_name("openapi.json")

_REF = "#/components/schemas/{model}"

_MEMBERS = {
    "fault": "Which fault it is.",
    "times": "For how many of the next requests it is; 0: for all of them.",
    "operation": "The `operationName` of those that it meets; empty: UploadFile, but `expire_session` at once.",
    "document_id": "Only a request with this `documentId` meets it; empty: any.",
    "status_code": "The `statusCode` of the refusal (Return Values).",
    "message": "Its `statusMessage`; empty: what the code means.",
    "seconds": "By how much later the notification comes, in seconds.",
    "at": "After how many bytes of the file the connection breaks; -1: in the middle of it.",
}
"""What the members of faults mean. The faults are plain dataclasses, whose members bring no text."""

_EXAMPLES: dict[str, Any] = {
    "recording": "recordings/upload-file.db",
    "session": "1",
    "agent": "sofia",
    "origins": ["https://gws.example.com"],
    "ignore": ["/metrics", "/userData/*/at"],
    "pace": 1,
    "reuse": True,
    "poll_timeout_ms": 30_000,
    "keep_origins": True,
    "cors": ["http://desk.example:8080"],
    "faults": [{"fault": "lose_notification"}],
    "host": "127.0.0.1",
    "port": 0,
}
"""A stub that can be had of the recording that is shipped."""


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the models' schemas of today."""
    schemas = document["components"]["schemas"] | _stub() | _told() | _faults()
    return {**document, "components": document["components"] | {"schemas": dict(sorted(schemas.items()))}}


def written(document: dict[str, Any]) -> str:
    """The document as the file holds it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _stub() -> dict[str, Any]:
    schema = _bare(WantedStub, WantedStub.model_json_schema(ref_template=_REF))
    schema["properties"]["faults"]["items"] = {"$ref": _REF.format(model="Fault")}
    for name, member in schema["properties"].items():
        # what is not said is as the own stub has it: a client that sends a default says something else
        del member["default"]
        member["examples"] = [_EXAMPLES[name]]
    return {"WantedStub": schema}


def _told() -> dict[str, Any]:
    return {"StubTold": _bare(StubTold, StubTold.model_json_schema(ref_template=_REF))}


def _faults() -> dict[str, Any]:
    adapter: TypeAdapter[Fault] = TypeAdapter(Annotated[Fault, Field(discriminator="fault")])
    schema = adapter.json_schema(ref_template=_REF)
    told = schema.pop("$defs")
    kinds = {kind.__name__: _bare(kind, told[kind.__name__]) for kind in get_args(Fault)}
    for kind in kinds.values():
        kind["required"] = ["fault"]
        del kind["properties"]["fault"]["default"]
        for name, member in kind["properties"].items():
            member["description"] = _MEMBERS[name]
    return {"Fault": {"description": "What a server does on a bad day.", **schema}, **kinds}


def _bare(kind: type, schema: dict[str, Any]) -> dict[str, Any]:
    """Without pydantic's titles, which only say the names again; its description is on one line."""
    for member in schema["properties"].values():
        del member["title"]
    # not every version of pydantic describes dataclasses
    described = schema | {"description": cleandoc(kind.__doc__ or "").replace("\n", " ")}
    return {name: value for name, value in sorted(described.items()) if name != "title"}


if __name__ == "__main__":
    FILE.write_text(written(described(json.loads(FILE.read_text("utf-8")))), "utf-8")
