"""What an agent can do in a chat: one function an operation, found by its `operationName` (Chat API).

Each takes the world, the chat and the request's body, and returns an `Outcome` or raises `Refusal`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from inspector.demo import shapes
from inspector.demo.chat import Attachment, Chat, Json, State
from inspector.demo.customer import Reaction, reactions
from inspector.demo.documents import Document, File
from inspector.demo.people import User
from inspector.demo.quirks import Quirk, quirk_of
from inspector.demo.world import Outcome, World, refused
from inspector.webservices.notifications import FILE_UPLOADED

Body = Mapping[str, Any]
Operation = Callable[[World, Chat, Body], Outcome]

_OPERATIONS: dict[str, Operation] = {}


class Refusal(Exception):
    """The operation cannot be done: `statusCode` and `statusMessage` of the reply (Return Values)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.outcome = refused(code, message)


def operate(world: World, user: User, chat_id: str, body: Body) -> Outcome:
    """`POST /me/chats/{id}`: the operation that `body` names, and then what the customer makes of it."""
    chat = world.chat_of(user, chat_id)
    name = body.get("operationName")
    if chat is None:
        return refused(6, f"There is no chat {chat_id}")
    if not isinstance(name, str) or not name:
        return refused(1, "operationName is missing")
    if name not in _OPERATIONS:
        return refused(10, f"There is no operation {name}")
    try:
        outcome = _OPERATIONS[name](world, chat, body)
    except Refusal as refusal:
        return refusal.outcome
    return _with_customer(world, chat, name, body, outcome)


def attach_new(world: World, user: User, chat_id: str, file: File) -> Outcome:
    """`POST /me/chats/{id}/attachments`: a new document, linked to the chat (Chat API, AddAttachment).

    The reply does not tell the document's id: it is in the notification, which carries the reply's `referenceId`.
    """
    chat = world.chat_of(user, chat_id)
    if chat is None:
        return refused(6, f"There is no chat {chat_id}")
    try:
        _must_be(chat, State.CHATTING)
    except Refusal as refusal:
        return refusal.outcome
    document = world.store.add(file)
    reference = world.reference(chat)
    return Outcome(
        {"statusCode": 0, "referenceId": reference},
        (_link(world, chat, Attachment(document.id, document.name, document.mime, document.size), reference),),
    )


def _operation(name: str) -> Callable[[Operation], Operation]:
    def register(function: Operation) -> Operation:
        _OPERATIONS[name] = function
        return function

    return register


@_operation("Accept")
def _accept(world: World, chat: Chat, body: Body) -> Outcome:
    _must_be(chat, State.INVITED)
    agent = world.seat(chat, str(body.get("nickname") or chat.owner.first_name))
    world.write(chat, "ParticipantJoined", shapes.tag(agent))
    return Outcome(
        notifications=(
            world.change("StatusChange", shapes.attended(world.public_origin, chat, ()), world.reference(chat)),
            world.change("ParticipantsUpdated", shapes.attended(world.public_origin, chat, chat.participants)),
            world.log(chat),
        )
    )


@_operation("SendMessage")
def _send_message(world: World, chat: Chat, body: Body) -> Outcome:
    text = _required(body, "text")
    kind = {"messageType": body["messageType"]} if "messageType" in body else {}
    return _say(world, chat, "Text", text=text, **kind)


@_operation("SendStartTypingNotification")
def _start_typing(world: World, chat: Chat, body: Body) -> Outcome:
    return _say(world, chat, "TypingStarted")


@_operation("SendStopTypingNotification")
def _stop_typing(world: World, chat: Chat, body: Body) -> Outcome:
    return _say(world, chat, "TypingStopped")


@_operation("AddAttachment")
def _add_attachment(world: World, chat: Chat, body: Body) -> Outcome:
    document_id = _required(body, "documentId")
    _must_be(chat, State.CHATTING)
    document = _in_store(world, document_id)
    if document_id in chat.attachments:
        raise Refusal(18, f"Document {document_id} is attached already")
    claimed = Attachment(
        document_id,
        body.get("name", document.name),
        body.get("mime", document.mime),
        body.get("size", document.size),
    )
    told = [_link(world, chat, claimed)]
    if quirk_of(world.quirks, document) is Quirk.OTHER_TAB:
        told.append(world.log(chat, _file_message(world, chat, _agent(world, chat), document)))
    return Outcome(notifications=tuple(told))


@_operation("RemoveAttachment")
def _remove_attachment(world: World, chat: Chat, body: Body) -> Outcome:
    document_id = _required(body, "documentId")
    _must_be(chat, State.CHATTING)
    if chat.attachments.pop(document_id, None) is None:
        raise Refusal(6, f"Document {document_id} is not attached to this chat")
    return Outcome(notifications=(world.change("PropertiesUpdated", shapes.whole(world.public_origin, chat)),))


@_operation("UploadFile")
def _upload_file(world: World, chat: Chat, body: Body) -> Outcome:
    document_id = _required(body, "documentId")
    _must_be(chat, State.CHATTING)
    document = _in_store(world, document_id)
    if document_id not in chat.attachments:
        raise Refusal(2, f"Document {document_id} is not attached to this chat")
    quirk = quirk_of(world.quirks, document)
    if quirk is Quirk.SPEECHLESS:
        return Outcome({"statusCode": 4})
    told = world.log(chat, _file_message(world, chat, _agent(world, chat), document, quirk))
    return Outcome(notifications=() if quirk is Quirk.LOST else (told,), withheld=quirk is Quirk.OVERTAKES)


@_operation("Leave")
def _leave(world: World, chat: Chat, body: Body) -> Outcome:
    _must_be(chat, State.CHATTING)
    chat.state = State.LEFT
    told = world.change("StatusChange", shapes.capable(world.public_origin, chat), world.reference(chat))
    return Outcome(notifications=(told,))


@_operation("Complete")
def _complete(world: World, chat: Chat, body: Body) -> Outcome:
    _must_be(chat, State.CHATTING, State.LEFT)
    chat.state = State.COMPLETED
    return Outcome(notifications=(world.change("StatusChange", shapes.brief(world.public_origin, chat)),))


def _say(world: World, chat: Chat, kind: str, **members: object) -> Outcome:
    _must_be(chat, State.CHATTING)
    assert chat.agent is not None
    return Outcome(notifications=(world.log(chat, world.write(chat, kind, shapes.tag(chat.agent), **members)),))


def _link(world: World, chat: Chat, attachment: Attachment, reference: int | None = None) -> Json:
    chat.attachments[attachment.id] = attachment
    return world.change("PropertiesUpdated", shapes.whole(world.public_origin, chat), reference)


def _file_message(world: World, chat: Chat, sender: Json, document: Document, quirk: Quirk | None = None) -> Json:
    leads_to = world.store.other_than(document).id if quirk is Quirk.ASTRAY else document.id
    sent = shapes.sent_file(world.public_origin, document, world.server_id(), leads_to)
    members: Json = {} if quirk is Quirk.EMPTY else {"attachment": sent}
    return world.write(chat, "SystemCommand", sender, noticeText=FILE_UPLOADED, **members)


def _with_customer(world: World, chat: Chat, operation: str, body: Body, outcome: Outcome) -> Outcome:
    if outcome.reply["statusCode"] != 0:
        return outcome
    document = world.store.find(str(body.get("documentId")))
    told = list(outcome.notifications)
    for place, reaction in reactions(world.script, chat, operation, document):
        chat.heard.add(place)
        told += [world.log(chat, line) for line in _customers_lines(world, chat, reaction)]
    return Outcome(outcome.reply, tuple(told), outcome.status, outcome.withheld)


def _customers_lines(world: World, chat: Chat, reaction: Reaction) -> list[Json]:
    customer = shapes.tag(chat.customer)
    lines = [world.write(chat, "TypingStarted", customer), world.write(chat, "Text", customer, text=reaction.says)]
    if reaction.sends is not None:
        sender = shapes.person(world.public_origin, chat.customer)
        lines.append(_file_message(world, chat, sender, world.store.add(reaction.sends)))
    return lines


def _agent(world: World, chat: Chat) -> Json:
    assert chat.agent is not None
    return shapes.person(world.public_origin, chat.agent)


def _must_be(chat: Chat, *states: State) -> None:
    if chat.state not in states:
        raise Refusal(2, f"The chat is in state {chat.state}")


def _required(body: Body, member: str) -> str:
    value = body.get(member)
    if value is None or value == "":
        raise Refusal(1, f"{member} is missing")
    if not isinstance(value, str):
        raise Refusal(10, f"{member} is not a string")
    return value


def _in_store(world: World, document_id: str) -> Document:
    document = world.store.find(document_id)
    if document is None:
        raise Refusal(6, f"There is no document {document_id}")
    return document
