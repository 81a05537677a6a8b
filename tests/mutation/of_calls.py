"""Mutations of what is asked and of what is answered at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspector.traffic.body import Body
from inspector.webservices.operations import operation_class
from tests.analysis.shapes import Json
from tests.mutation.mutation import (
    Do,
    Mutation,
    calls,
    downloads,
    in_chats,
    mutation,
    operation,
)
from tests.mutation.tape import Tape

LOST = "GW403 GW408"
"""Of a call that cannot be read nobody knows that it was made: what came of it comes unasked for."""
ANSWERED = "GW405 GW408"
"""What is refused, and happens nevertheless."""
MISSING = ["without", "null", "empty"]


def less(names: Sequence[str], data: Json) -> Json:
    return {name: value for name, value in data.items() if name not in names}


def with_members(numbers: Sequence[int], tape: Tape, kinds: tuple[type, ...]) -> list[tuple[int, str]]:
    """Each member, of such a type, that its operation's page names."""
    found = []
    for number in numbers:
        model = operation_class(operation(tape.exchanges[number]))
        assert model is not None
        documented = {field.alias or name for name, field in model.model_fields.items()} if model.documented else set()
        body = tape.exchanges[number].request.body.json()
        found += [
            (number, name)
            for name, value in body.items()
            if name in documented and name != "operationName" and isinstance(value, kinds)
        ]
    return found


def documented(tape: Tape) -> list[int]:
    """The calls whose operation has a page that names all of its members."""
    models = {number: operation_class(operation(tape.exchanges[number])) for number in in_chats(tape)}
    return [number for number, model in models.items() if model and model.documented]


def document_dropped(tape: Tape, where: tuple[int, str]) -> Tape:
    number, how = where
    if how == "without":
        return tape.asks(number, lambda body: less(["documentId"], body))
    return tape.asks(number, lambda body: body | {"documentId": None if how == "null" else ""})


def asked_raw(content: bytes) -> Do:
    return lambda tape, number: tape.asked(number, lambda request: replace(request, body=Body.of(content)))


def says(**members: Any) -> Do:
    return lambda tape, number: tape.answers(number, lambda body: body | members)


def asks(**members: Any) -> Do:
    return lambda tape, number: tape.asks(number, lambda body: body | members)


def fails(status: int, **members: Any) -> Do:
    return lambda tape, number: says(**members)(tape, number).answered(number, lambda one: replace(one, status=status))


REQUESTS: dict[str, Mutation] = {
    "a body that is an array": mutation("GW101", calls(), asked_raw(b"[]"), also=LOST),
    "a body that is a text": mutation("GW101", calls(), asked_raw(b'"UploadFile"'), also=LOST),
    "a body that is cut": mutation("GW101", calls(), asked_raw(b'{"operationName": "UploadFi'), also=LOST),
    "no body": mutation("GW101", calls(), asked_raw(b""), also=LOST),
    "an operation that nobody knows": mutation("GW102", in_chats, asks(operationName="UploadFiles"), also=LOST),
    "an operation in other capitals": mutation(
        "GW102",
        in_chats,
        lambda tape, number: tape.asks(number, lambda one: one | {"operationName": one["operationName"].lower()}),
        also=LOST,
    ),
    "no document": mutation(
        "GW103",
        lambda tape: [
            (number, how)
            for number in calls("UploadFile", "AddAttachment", "RemoveAttachment")(tape)
            for how in MISSING
        ],
        document_dropped,
        also=LOST,
    ),
    "an uploadType that nobody knows": mutation("GW104", calls("UploadFile"), asks(uploadType="clipboard")),
    "an uploadPath alone": mutation(
        "GW105",
        calls("UploadFile"),
        lambda tape, number: tape.asks(number, lambda one: less(["uploadType"], one) | {"uploadPath": "x.txt"}),
    ),
    "a member that no page names": mutation("GW106", documented, asks(colour="red")),
    "no description, against the policy": mutation(
        "GW511", calls("UploadFile"), lambda tape, number: tape.asks(number, lambda one: less(["description"], one))
    ),
    "a member of the draft": mutation("GW106", calls("UploadFile"), asks(treatAs="Normal")),
    "a text that is a number": mutation(
        "GW107",
        lambda tape: with_members(in_chats(tape), tape, (str,)),
        lambda tape, where: tape.asks(where[0], lambda one: one | {where[1]: 17.5}),
        also=LOST,
    ),
    "a member that is a list of lists": mutation(
        "GW107",
        lambda tape: with_members(in_chats(tape), tape, (str, dict)),
        lambda tape, where: tape.asks(where[0], lambda one: one | {where[1]: [[]]}),
        also=LOST,
    ),
    "a place on the agent's disk": mutation(
        "GW701", calls("UploadFile"), asks(uploadType="file-system", uploadPath="C:\\Users\\sofia\\a.txt")
    ),
    "plain HTTP": mutation(
        "GW702",
        lambda tape: [number for number in tape.exchanges if number > 1],
        lambda tape, number: tape.asked(number, lambda one: replace(one, scheme="http")),
    ),
}

REPLIES: dict[str, Mutation] = {
    "no statusCode": mutation(
        "GW201", calls(), lambda tape, number: tape.answers(number, lambda one: less(["statusCode"], one))
    ),
    "a statusCode in words": mutation("GW201", calls(), says(statusCode="fine")),
    "a login page": mutation(
        "GW201",
        calls(),
        lambda tape, number: tape.answered(number, lambda one: replace(one, body=Body.of(b"<!doctype html>"))),
    ),
    "an internal error": mutation("GW202", calls(), says(statusCode=4, statusMessage="no luck"), also=ANSWERED),
    "not authenticated": mutation("GW202", calls(), fails(403, statusCode=20, statusMessage="log in"), also=ANSWERED),
    "refused without a word": mutation("GW202 GW203", calls(), says(statusCode=2), also=ANSWERED),
    "refused with an empty word": mutation(
        "GW202 GW203", calls(), says(statusCode=6, statusMessage=" "), also=ANSWERED
    ),
    "an HTTP error that is a success": mutation("GW204", calls(), fails(500)),
    "a statusCode that nobody knows": mutation(
        "GW202 GW205", calls(), says(statusCode=99, statusMessage="strange"), also=ANSWERED
    ),
    "a file for everybody": mutation(
        "GW703",
        downloads,
        lambda tape, number: tape.asked(number, lambda one: replace(one, headers=type(one.headers)())),
    ),
}
