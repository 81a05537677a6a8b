"""The catalogue of rules. A rule is one function with one decorator; its argument's type says what it judges."""

from inspector.analysis.rules import notifications, replies, requests, transfers
from inspector.analysis.rules.catalogue import CATALOGUE, Rule, judge

__all__ = ["CATALOGUE", "Rule", "judge", "notifications", "replies", "requests", "transfers"]
