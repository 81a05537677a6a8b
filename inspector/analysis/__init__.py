"""What the traffic means: calls, agents, causes, transfers, findings. One pass, the same code live and offline.

Nothing here has a clock, a socket or a thread: events and their instants come in, derived things go out.
"""
