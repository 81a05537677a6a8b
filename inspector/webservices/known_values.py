"""The values that the documentation lists for a member. Servers use others as well: an unknown one is worth knowing,
never wrong, and is kept as it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """The values of one member; `whole` if its list was read to its end, and says that it is one. `source`: a page."""

    values: frozenset[str]
    source: str
    whole: bool = True

    def __contains__(self, value: object) -> bool:
        return value in self.values


def _known(values: str, source: str, *, whole: bool = True) -> Known:
    return Known(frozenset(values.split()), source, whole)


MESSAGE_TYPES = _known("ChatStateChangeMessage MessageLogUpdated", "ChatMessageType")
"""`messageType` of an event on `/v2/me/chats`."""

STATE_CHANGES = _known(
    "StatusChange ParticipantsUpdated PropertiesUpdated Error AttachmentAdded AttachmentRemoved",
    "ChatMessageType",
    whole=False,
)
"""`notificationType` of a ChatStateChangeMessage; the two of attachments are known of e-mails."""

LOG_CHANGES = _known("NewMessages", "ChatMessageType")
"""`notificationType` of a MessageLogUpdated."""

EMAIL_CHANGES = _known(
    "StatusChange PropertiesUpdated EmailSaved AttachmentAdded AttachmentRemoved Error", "EmailMessageType"
)
"""`notificationType` on `/v2/me/emails`."""

LINE_TYPES = _known(
    "Text ParticipantJoined ParticipantLeft ParticipantRejoined TypingStarted TypingStopped PushUrl Notice "
    "CustomNotice SystemCommand TranscriptSaveDone",
    "ChatResources",
    whole=False,
)
"""`type` of a transcript's line."""

SYSTEM_COMMANDS = _known("file-uploaded", "ChatUploadFile", whole=False)
"""`noticeText` of a SystemCommand."""

PARTICIPANT_TYPES = _known("Customer Agent External", "ChatResources", whole=False)
"""`type` of a participant."""

VISIBILITIES = _known("All Agents Supervisors", "ChatResources")
"""`visibility` of a participant or line."""

CHAT_STATES = _known("Invited Chatting LeftChat Completed Revoked", "ChatResources", whole=False)
"""`state` of an agent's chat."""

CUSTOMER_CHAT_STATES = _known("WaitingForAgent Chatting Idle", "CustomerChatResource", whole=False)
"""`state` of a customer's chat."""

CHAT_TYPES = _known("Inbound", "ChatAddAttachment", whole=False)
"""`chatType` of a chat."""

TREAT_AS = _known("Normal System", "ChatSend")
"""`treatAs` of an operation that says something."""

UPLOAD_TYPES = _known("standard-response file-system", "ChatUploadFile", whole=False)
"""`uploadType` of an UploadFile."""

MONITORING_MODES = _known("NextChat AllChats", "ChatResources")
"""`supervisorMonitoringMode` of a supervisor's request."""

CAPABILITIES = _known(
    "Accept Reject Transfer Leave Invite Consult SetInFocus InFocus SetDisposition AttachUserData DeleteUserData "
    "UpdateUserData Complete LeaveAndComplete SendMessage SendUrl SendToAgents SendStartTypingNotification "
    "SendStopTypingNotification SendStartTypingToAgentsNotification SendStopTypingToAgentsNotification "
    "SendCustomNotice SendCustomNoticeToAgents RemoveParticipantFromConference SwitchBargeIn SwitchToBargeIn "
    "SwitchToCoach SwitchToMonitor",
    "ChatResources",
    whole=False,
)
"""`capabilities` of a chat: what may be asked now. There is none for files. Operations count as their own names."""
