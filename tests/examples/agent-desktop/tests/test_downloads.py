"""Files of a chat: whole, or not at all."""

import dataclasses

import httpx
import pytest

from agent_desktop import DamagedFile, File, download_all
from agent_desktop.login import ME, admitted
from recorded import CONVERSATION, GUIDE, PHOTO

pytestmark = pytest.mark.gws_recording(CONVERSATION)


@pytest.fixture
def photo(desktop, chat) -> File:
    """What the customer sends once it has the guide."""
    desktop.send_file(chat, GUIDE.id, GUIDE.name)
    photo = desktop.received_file(chat)
    assert photo is not None
    return photo


def test_a_photo_is_saved_as_it_was_sent(desktop, photo):
    assert desktop.download(photo) == PHOTO


def test_a_file_that_is_not_as_long_as_announced_is_not_saved(desktop, photo):
    with pytest.raises(DamagedFile, match="69 bytes came, 70 were announced"):
        desktop.download(dataclasses.replace(photo, size=70))


async def test_several_files_at_once(gws_stub, photo):
    async with httpx.AsyncClient(transport=gws_stub.async_transport, base_url="https://gws.test") as http:
        http.headers.update(admitted(await http.get(ME, auth=("sofia", "any password"))))
        assert await download_all(http, [photo]) == {photo.id: PHOTO}
