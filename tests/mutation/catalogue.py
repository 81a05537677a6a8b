"""All mutations by name, and the rules that none of them can show."""

from tests.mutation.mutation import Mutation
from tests.mutation.of_calls import REPLIES, REQUESTS
from tests.mutation.of_notifications import NOTIFICATIONS
from tests.mutation.of_the_channel import THE_CHANNEL
from tests.mutation.of_transfers import CONTENT, TRANSFERS

MUTATIONS: dict[str, Mutation] = {**REQUESTS, **REPLIES, **NOTIFICATIONS, **TRANSFERS, **CONTENT, **THE_CHANNEL}

NOT_SHOWN: dict[str, str] = {"GW510": "when a file was sent is told by the clock, and by no message"}
"""Rules of which no mutation of this session is named, and why."""
