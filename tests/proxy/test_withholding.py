"""Where mitmproxy is not as expected, all works as in mitmproxy alone, and that is said once."""

import pytest
from mitmproxy.test import tflow

from inspector.proxy.withholding import Contexts


def test_a_stream_that_is_not_found_is_left_alone_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    contexts = Contexts()
    assert [contexts.prepare(tflow.tflow(), 0) for _ in range(3)] == [False] * 3
    [record] = caplog.records
    assert "not the mitmproxy we know" in record.getMessage()
