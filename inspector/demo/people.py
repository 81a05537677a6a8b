"""Who is there: users of the contact centre, and participants of a chat."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in; `id` names them in every address."""

    id: str
    user_name: str
    password: str
    first_name: str
    last_name: str

    @property
    def path(self) -> str:
        return f"/users/{self.id}"


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in one chat; `id` is given anew at every join, `user` is None for a customer."""

    id: str
    nickname: str
    type: str
    user: User | None = None
    visibility: str = "All"


AGENT = User("0bcb93c9854f41d6ad89344047ec3223", "sofia", "open-sesame", "Sofia", "Marin")
"""The story's agent."""
