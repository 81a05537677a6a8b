"""Two sessions compared message by message: the same script, recorded before and after a server was changed.

`reading` makes items of a session's exchanges, `aligning` finds which are the same in the other session, `comparing`
says how two of a pair differ, `sessions` does it for all; `table` and `machine` tell of it.
"""
