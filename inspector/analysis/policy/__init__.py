"""What a company allows in files: the table `[policy]` of the settings, or a TOML file of its own.

Chat Server and UCS check neither type nor size of what an agent sends; what customers may send is limited by options of
Chat Server (section `client-file-transfer`), whose defaults are the defaults here.
"""

from inspector.analysis.policy.limits import MIB, ChatLimits, CustomerLimits, DayLimits, Limits
from inspector.analysis.policy.policy import DEFAULT, Policy, extension_of
from inspector.analysis.policy.reading import checked, example, load, sentence, whole

__all__ = [
    "DEFAULT",
    "MIB",
    "ChatLimits",
    "CustomerLimits",
    "DayLimits",
    "Limits",
    "Policy",
    "checked",
    "example",
    "extension_of",
    "load",
    "sentence",
    "whole",
]
