"""Recordings written by hand: what an agent desktop and a server would have said to each other, from a script.

`builder` is where a script begins; `agent` and `chat` are what it tells of. What the server answers is the look-alike's
(`inspector.demo`), what the notification channel says is the Bayeux server's that replays play, and the file is written
by the recorder that all recordings are written by. Time is the script's own (`timeline`): nothing here waits.
"""
