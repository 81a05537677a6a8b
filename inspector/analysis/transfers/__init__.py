"""The transfers of files, and what about them is worth judging."""

from inspector.analysis.transfers.tracking import Transfers
from inspector.analysis.transfers.transfer import Fetch, State, Transfer

__all__ = ["Fetch", "State", "Transfer", "Transfers"]
