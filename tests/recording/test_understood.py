"""Which bodies are held whole to be redacted and judged, and which only pass."""

import pytest

from inspector.recording.understood import is_read
from tests.recording.streaming import FILE

ME = "/api/v2/me"
CHANNEL = "/api/v2/notifications"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize("half", ["request", "response"])
@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("text/javascript", True),
        ("application/javascript", True),
        ("application/x-www-form-urlencoded", True),
        ("text/html", True),
        ("application/xml", True),
        ("image/svg+xml", True),
        ("", True),
        ("text/event-stream", False),
        ("multipart/form-data", False),
        ("image/png", False),
        (DOCX, False),
        ("application/octet-stream", False),
    ],
)
def test_by_media_type(half, media_type, expected):
    assert is_read(half, "GET", ME, media_type) is expected


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/json", "image/png"])
def test_a_file_is_never_read_whatever_it_is(media_type):
    assert not is_read("response", "GET", FILE, media_type)


def test_what_is_sent_to_a_files_address_is_no_file():
    assert is_read("request", "GET", FILE, "application/json")
    assert is_read("response", "POST", FILE, "application/json")


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "multipart/form-data", "text/event-stream"])
def test_the_channel_is_always_read(media_type):
    assert is_read("request", "POST", CHANNEL, media_type)
    assert is_read("response", "POST", CHANNEL, media_type)
