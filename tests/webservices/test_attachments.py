"""A file in the API's words; its size is what somebody claimed."""

import pytest
from pydantic import ValidationError

from inspector.webservices.attachments import LinkedFile, SentFile
from inspector.webservices.model import flaws


@pytest.mark.parametrize(
    ("size", "count"),
    [
        *((46, 46), (0, 0), ("46", 46), ("0", 0), (None, None)),
        *(("", None), ("46 KB", None), ("4.6", None), ("0x2E", None), ("²", None)),
    ],
)
def test_a_size_is_a_number_of_bytes_if_it_is_a_number_at_all(size, count):
    assert SentFile.model_validate({"id": "0001PaBMYY3600RC", "size": size}).bytes == count


def test_a_size_of_thousands_of_digits_is_no_number():
    """Python refuses to convert it; a claim in somebody's traffic must not stop the analysis."""
    assert SentFile.model_validate({"id": "0001PaBMYY3600RC", "size": "9" * 5000}).bytes is None


def test_a_file_may_hold_nothing_but_its_id():
    file = LinkedFile.model_validate({"id": "0001PaBMYY3600RC"})
    assert (file.name, file.bytes, file.path, file.uri, file.mime) == (None,) * 5


@pytest.mark.parametrize("model", [LinkedFile, SentFile])
def test_a_file_without_an_id_is_broken(model):
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"name": "a.txt"})
    assert [(flaw.pointer, flaw.missing) for flaw in flaws(caught.value)] == [("/id", True)]
