"""Files that a chat shows, fetched whole or not at all."""

import asyncio
from collections.abc import Iterable

import httpx

from agent_desktop.chat import File

TRIES = 2


class DamagedFile(Exception):
    """What was fetched is not the whole file."""


def download(http: httpx.Client, file: File) -> bytes:
    """The file's bytes. A connection that breaks off is tried once more. Raises DamagedFile."""
    why = ""
    for _ in range(TRIES):
        try:
            return _whole(file, http.get(f"/api/v2{file.path}"))
        except httpx.TransportError as error:
            why = str(error)
    raise DamagedFile(f"{file.name}: {why}")


async def download_all(http: httpx.AsyncClient, files: Iterable[File]) -> dict[str, bytes]:
    """Several files at once, by their ids. Raises DamagedFile for the first that is none."""

    async def one(file: File) -> tuple[str, bytes]:
        try:
            return file.id, _whole(file, await http.get(f"/api/v2{file.path}"))
        except httpx.TransportError as error:
            raise DamagedFile(f"{file.name}: {error}") from error

    return dict(await asyncio.gather(*map(one, files)))


def _whole(file: File, response: httpx.Response) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise DamagedFile(f"{file.name}: the server answered {response.status_code}")
    if len(response.content) != file.size:
        raise DamagedFile(f"{file.name}: {len(response.content)} bytes came, {file.size} were announced")
    return response.content
