"""What is said in a chat: texts, addresses, notices of one's own, and that somebody is typing."""

from inspector.webservices.effects import AGENTS, Says
from inspector.webservices.operations.operation import Operation, Spoken


class SendMessage(Spoken):
    """A text for everybody in the chat (Chat API, SendMessage); customers send it as well."""

    operation = "SendMessage"
    effects = (Says("said", same="text"),)
    text: str


class SendToAgents(Spoken):
    """A text that the customer does not see (Chat API, SendToAgents)."""

    operation = "SendToAgents"
    effects = (Says("said", to=AGENTS, same="text"),)
    text: str


class SendUrl(Operation):
    """An address that the customer's browser is to show (Chat API, SendUrl)."""

    operation = "SendUrl"
    effects = (Says("said", type="PushUrl", same="url", like=True),)
    url: str


class SendCustomNotice(Spoken):
    """A notice that only the clients understand (Chat API, SendCustomNotice)."""

    operation = "SendCustomNotice"
    effects = (Says("said", type="CustomNotice", same="noticeText"),)
    notice_text: str


class SendCustomNoticeToAgents(SendCustomNotice):
    """The same, for agents only (Chat API, SendCustomNoticeToAgents)."""

    operation = "SendCustomNoticeToAgents"
    effects = (Says("said", type="CustomNotice", to=AGENTS, same="noticeText"),)


class SendStartTypingNotification(Operation):
    """Somebody began to type (Chat API); it takes an `index` of the transcript."""

    operation = "SendStartTypingNotification"
    effects = (Says("typing", type="TypingStarted"),)


class SendStopTypingNotification(Operation):
    """Somebody does not type any more (Chat API); it takes an `index` of the transcript."""

    operation = "SendStopTypingNotification"
    effects = (Says("typing", type="TypingStopped"),)


class SendStartTypingToAgentsNotification(Operation):
    """An agent began to type what only agents will see (Chat API)."""

    operation = "SendStartTypingToAgentsNotification"
    effects = (Says("typing", type="TypingStarted", to=AGENTS),)


class SendStopTypingToAgentsNotification(Operation):
    """An agent does not type any more what only agents would have seen (Chat API)."""

    operation = "SendStopTypingToAgentsNotification"
    effects = (Says("typing", type="TypingStopped", to=AGENTS),)


class SendStopTypingToAgentNotification(SendStopTypingToAgentsNotification):
    """The same, as one sample spells it."""

    operation = "SendStopTypingToAgentNotification"
