"""The files of an agent desktop: sends documents into chats, and saves what customers send."""

from agent_desktop.chat import Chat, File
from agent_desktop.desktop import Desktop, at_desk
from agent_desktop.files import DamagedFile, download, download_all
from agent_desktop.login import LoginRefused
from agent_desktop.outcome import Outcome, Refused, Sent, Unheard

__all__ = [
    "Chat",
    "DamagedFile",
    "Desktop",
    "File",
    "LoginRefused",
    "Outcome",
    "Refused",
    "Sent",
    "Unheard",
    "at_desk",
    "download",
    "download_all",
]
