"""The whole conversation: what `recordings/conversation.db` is made by, and what shows that all of it is needed."""

import pytest

from agent_desktop import Sent, at_desk
from recorded import CONVERSATION, GUIDE, PHOTO


@pytest.mark.gws_recording(CONVERSATION, strict=True)  # fails if an operation of the recording is never used
def test_a_conversation_with_a_guide_and_a_photo(gws_stub):
    gws_stub.expect("UploadFile", document_id=GUIDE.id, upload_type="standard-response", times=1)
    with at_desk(gws_stub.url, "sofia", "open-sesame") as desktop:  # a real server, as far as the desktop knows
        chat = desktop.start_work()
        assert chat is not None
        assert desktop.accept(chat, "Sofia")
        assert desktop.send_file(chat, GUIDE.id, GUIDE.name) == Sent(GUIDE)
        photo = desktop.received_file(chat)
        assert photo is not None
        assert desktop.download(photo) == PHOTO
        assert desktop.complete(chat)
    assert gws_stub.findings == []  # the desktop has broken no rule of the API
