"""The scribe: a process of its own that redacts, judges and writes, while the proxy's does nothing but pass on.

Python runs one thread at a time: in the proxy's process, all that would be taken from the traffic. The two talk over a
pair of sockets, by messages in their order; what is acknowledged is on disk. Neither outlives the other by more than it
takes to put things in order.
"""
