"""What the pages say of each operation: what it is asked with, what is told then, and the edges that this makes."""

from typing import Any, NamedTuple

from tests.analysis.shapes import API, CHAT, CUSTOMER, USERS, Json, agent, line, log_has

TONI = f"{API}/users/{USERS['toni']}"
OK: Json = {"statusCode": 0}
NOTHING: Json = {}
SOFIA_OLD: Json = {"nickname": "Agent", "participantId": "009052CB05CA00EB", "type": "Agent"}
"""An agent as the pages of 2014 show the sender of a line: nothing in it says which user it is."""


class Told(NamedTuple):
    """One of an operation's notifications, and the edge to it: its kind and evidence; none if they are empty."""

    data: Json
    kind: str = ""
    evidence: str = ""


class Done(NamedTuple):
    """One operation of table 3.1, as the caller (sofia, unless it is the customer) sees it."""

    operation: str
    told: list[Told]
    members: Json = NOTHING
    reply: Json = OK


def changed(kind: str | None, reference: int | None = None, **chat: Any) -> Json:
    """`ChatStateChangeMessage` of CHAT, with these members of the chat."""
    shown = {"id": CHAT, "uri": f"{API}/chats/{CHAT}"} | chat
    data: Json = {"messageType": "ChatStateChangeMessage", "chat": shown}
    return data | ({"notificationType": kind} if kind else {}) | ({"referenceId": reference} if reference else {})


def lists(*people: Json) -> Json:
    """`ParticipantsUpdated`: the second notification of Accept, the first of Invite."""
    return changed("ParticipantsUpdated", state="Chatting", capabilities=["Leave"], participants=list(people))


def data(reference: int | None, **kept: Any) -> Json:
    """`PropertiesUpdated` with all user data: more than was asked for, of several types."""
    kept = {"RVQID": "", "SomeQueue distribution": 1, "RRequestedSkills": None} | kept
    return changed("PropertiesUpdated", reference, state="Chatting", userData=kept, participants=[CUSTOMER])


def says(kind: str, by: Json | str = "sofia", index: int = 8, **members: Any) -> Json:
    return log_has(line(kind, agent(by) if isinstance(by, str) else by, index, **members))


AGENTS = {"visibility": "Agents"}
CHATTING = changed("StatusChange", 17, state="Chatting", capabilities=["Leave"], participants=[])
LEFT = changed("StatusChange", 17, state="LeftChat", capabilities=["Transfer", "Complete", "Leave", "InFocus"])
COMPLETED = changed("StatusChange", state="Completed")
JOINED = log_has(line("ParticipantJoined", CUSTOMER, 1), line("Text", CUSTOMER, 2, text="Hello"))
SENT_OUT = says("Notice", text=f"REMOVE_PARTICIPANT_FROM_CONFERENCE{USERS['toni']}", **AGENTS)
GONE = says("ParticipantLeft", "toni", 9)
SUPERVISED = changed("StatusChange", state="Chatting", participants=[agent("sofia") | {"visibility": "Supervisors"}])


def _typing(operation: str, kind: str, **members: Any) -> Done:
    return Done(operation, [Told(says(kind, **members), "typing", "type")])


def _invites(operation: str, **members: Any) -> Done:
    """Two are told; the reply has a `referenceId`, and of the two at most the first."""
    first = lists(CUSTOMER, agent("sofia"), agent("toni") | members) | {"referenceId": 35}
    second = says("ParticipantJoined", agent("toni") | members, **members)
    told = [Told(first, "participants", "referenceId"), Told(second, "joined", "targetUri")]
    return Done(operation, told, {"targetUri": TONI}, OK | {"referenceId": 35})


def _sends_out(member: str) -> Done:
    told = [Told(SENT_OUT, "removed", member), Told(lists(CUSTOMER, agent("sofia"))), Told(GONE, "left", member)]
    return Done("RemoveParticipantFromConference", told, {member: TONI})


OPERATIONS = {
    "Accept": Done(
        "Accept",
        [
            Told(CHATTING, "state", "state"),
            Told(lists(SOFIA_OLD, CUSTOMER), "participants", "participants"),
            Told(JOINED, "history", "first lines after it"),
        ],
        {"nickname": "Agent", "saveLAR": True},
    ),
    "Reject": Done(
        "Reject",
        [Told(changed("StatusChange", 5, state="Completed", participants=[]), "state", "state")],
        {},
        {"status": 0},
    ),
    "SendMessage": Done(
        "SendMessage",
        [Told(says("Text", text="Hello", messageType="Greeting"), "said", "text")],
        {"text": "Hello", "messageType": "Greeting", "treatAs": "Normal"},
    ),
    "SendMessage of 2014": Done(
        "SendMessage", [Told(says("Text", SOFIA_OLD, text="Hello"), "said", "text")], {"text": "Hello"}
    ),
    "SendToAgents": Done("SendToAgents", [Told(says("Text", text="psst", **AGENTS), "said", "text")], {"text": "psst"}),
    "SendUrl": Done(
        "SendUrl", [Told(says("PushUrl", url="http://example.com/"), "said", "url")], {"url": "http://example.com/"}
    ),
    "SendUrl, made whole": Done(
        "SendUrl", [Told(says("PushUrl", url="http://example.com/"), "said", "type")], {"url": "example.com"}
    ),
    "SendStartTypingNotification": _typing("SendStartTypingNotification", "TypingStarted"),
    "SendStopTypingNotification": _typing("SendStopTypingNotification", "TypingStopped"),
    "SendStartTypingToAgentsNotification": _typing("SendStartTypingToAgentsNotification", "TypingStarted", **AGENTS),
    "SendStopTypingToAgentsNotification": _typing("SendStopTypingToAgentsNotification", "TypingStopped", **AGENTS),
    "SendStopTypingToAgentNotification": _typing("SendStopTypingToAgentNotification", "TypingStopped", **AGENTS),
    "SendCustomNotice": Done(
        "SendCustomNotice",
        [Told(says("CustomNotice", noticeText="free"), "said", "noticeText")],
        {"noticeText": "free"},
    ),
    "SendCustomNoticeToAgents": Done(
        "SendCustomNoticeToAgents",
        [Told(says("CustomNotice", noticeText="free", **AGENTS), "said", "noticeText")],
        {"noticeText": "free"},
    ),
    "Invite": _invites("Invite"),
    "Consult": _invites("Consult", **AGENTS),
    "RemoveParticipantFromConference, userUri": _sends_out("userUri"),
    "RemoveParticipantFromConference, targetUri": _sends_out("targetUri"),
    "Transfer": Done(
        "Transfer",
        [Told(LEFT, "state", "state"), Told(says("ParticipantLeft"), "left", "type")],
        {"targetUri": TONI, "text": "moving you", "messageType": "Text", "treatAs": "Normal"},
    ),
    "Transfer to a queue": Done("Transfer", [Told(COMPLETED, "state", "state")], {"queueName": "Sales"}),
    "Leave": Done("Leave", [Told(LEFT, "state", "state"), Told(says("ParticipantLeft"), "left", "type")]),
    "Leave in a conference": Done("Leave", [Told(COMPLETED, "state", "state")]),
    "Complete": Done("Complete", [Told(COMPLETED, "state", "state")], {"queueName": "Q", "saveLAR": True}),
    "LeaveAndComplete": Done(
        "LeaveAndComplete",
        [
            Told(says("ParticipantLeft"), "left", "type"),
            Told(LEFT, "state", "state"),
            Told(COMPLETED, "completed", "state"),
        ],
    ),
    "SetDisposition": Done(
        "SetDisposition",
        [Told(data(34, DispositionCode="resolved"), "data", "disposition")],
        {"disposition": "resolved"},
    ),
    "SetDisposition, dispositionKey": Done(
        "SetDisposition",
        [Told(data(34, DISP_KEY="7"), "data", "disposition")],
        {"disposition": 7, "dispositionKey": "DISP_KEY"},
    ),
    "AttachUserData": Done(
        "AttachUserData",
        [Told(data(83, UserData1="DATA1", UserData2=123456789), "data", "userData")],
        {"userData": {"UserData1": "DATA1", "UserData2": 123456789}},
    ),
    "UpdateUserData": Done(
        "UpdateUserData", [Told(data(85, UserData2="12"), "data", "userData")], {"userData": {"UserData2": 12}}
    ),
    "DeleteUserData": Done("DeleteUserData", [Told(data(15, UserData2=12), "data", "keys")], {"keys": ["UserData1"]}),
    "user data whose notification is cut": Done(
        "AttachUserData",
        [Told(changed(None, 83, state="Chatting", userData={"UserData1": "DATA1"}), "data", "userData")],
        {"userData": {"UserData1": "DATA1"}},
    ),
    "Monitor": Done("Monitor", [Told(SUPERVISED, "state", "participants")], {"supervisorMonitoringMode": "NextChat"}),
    "Coach": Done("Coach", [Told(SUPERVISED, "state", "participants")], {"supervisorMonitoringMode": "NextChat"}),
    "BargeIn": Done("BargeIn", [Told(SUPERVISED, "state", "participants")], {"supervisorMonitoringMode": "AllChats"}),
    "SetInFocus": Done("SetInFocus", [Told(data(7), "changed", "referenceId")], {}, OK | {"referenceId": 7}),
    "SwitchToCoach": Done(
        "SwitchToCoach",
        [Told(lists(CUSTOMER) | {"referenceId": 9}, "changed", "referenceId")],
        {},
        OK | {"referenceId": 9},
    ),
}
"""Table 3.1, but for the operations of files (`test_causes_of_operations_files.py`)."""
