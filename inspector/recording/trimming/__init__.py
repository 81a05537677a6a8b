"""A small recording out of a long one: of some sessions, agents or chats, that replays and is judged as before."""
