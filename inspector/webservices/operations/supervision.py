"""A supervisor with other agents' chats: operations of `/api/v2/users/{id}/channels/chat`, and changes from one to
another of them within a chat (`/api/v2/me/chats/{id}`)."""

from inspector.webservices.effects import Appears
from inspector.webservices.operations.operation import Operation


class Supervision(Operation):
    """What they have in common; `supervisorMonitoringMode` is NextChat or AllChats."""

    effects = (Appears("state"),)
    supervisor_monitoring_mode: str | None = None
    nickname: str | None = None


class Monitor(Supervision):
    """Reads along."""

    operation = "Monitor"


class Coach(Supervision):
    """Reads along and speaks to the agent."""

    operation = "Coach"


class BargeIn(Supervision):
    """Joins the conversation."""

    operation = "BargeIn"


class SwitchToMonitor(Operation):
    """From now on only reads along."""

    operation = "SwitchToMonitor"
    documented = False


class SwitchToCoach(Operation):
    """From now on speaks to the agent."""

    operation = "SwitchToCoach"
    documented = False


class SwitchToBargeIn(Operation):
    """From now on joins in."""

    operation = "SwitchToBargeIn"
    documented = False
