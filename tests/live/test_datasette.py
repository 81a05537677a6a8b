"""What the README says of Datasette: the views of a recording, in a browser, of which nothing is changed."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live.clients import ask
from tests.live.datasettes import serving
from tests.live.processes import eventually
from tests.live.recorders import beside, recording, rows
from tests.live.servers import Upstream

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"
ON_A_PAGE = ["exchange", "asked_at", "agent", "name", "document", "reply", "notified_at", "lag_ms", "came", "state"]
"""The columns of an upload that a page of 1200 pixels has room for; `findings` are the last of them."""


def table(url: str) -> list[dict[str, Any]]:
    """The rows of a table or view, as Datasette gives them."""
    told = httpx.get(f"{url}.json?_shape=array&_size=max").raise_for_status().json()
    assert isinstance(told, list)
    return told


@pytest.mark.once
def test_its_views_are_shown_and_it_stays_as_it_is(tmp_path: Path) -> None:
    path = Path(shutil.copy(SHIPPED, tmp_path))
    before = path.read_bytes()
    with serving(path) as url:
        for view in ("uploads", "timeline", "attachments"):
            shown = table(f"{url}/{path.stem}/{view}")
            assert shown == rows(path, f"SELECT * FROM {view}")
            assert shown
            page = httpx.get(f"{url}/{path.stem}/{view}").raise_for_status().text
            assert all(str(row["document"]) in page for row in shown)
        refused = httpx.get(f"{url}/{path.stem}.json", params={"sql": "DELETE FROM exchanges"})
        assert refused.status_code == 400
    assert path.read_bytes() == before
    assert beside(path) == [path.name]


@pytest.mark.once
def test_what_is_recorded_meanwhile_is_shown(upstream: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "today.db"
    with recording(upstream.url, path) as recorder, serving(path) as url:
        assert table(f"{url}/today/uploads") == []
        body = b'{"operationName": "UploadFile", "documentId": "0001PaBMYY3600RC"}'
        ask(recorder.url, b"POST /api/v2/me/chats/0001TaBTNRPW01GV", b"Content-Type: application/json", body=body)
        [upload] = eventually(lambda: table(f"{url}/today/uploads"))
        assert upload["document"] == "0001PaBMYY3600RC"
        assert [*upload][: len(ON_A_PAGE) + 1] == [*ON_A_PAGE, "findings"]
        assert recorder.process.end().code == 0
        assert len(table(f"{url}/today/uploads")) == 1
        # whoever still has it open keeps the log beside it, but nothing is in there that the file has not
        assert [path.with_name(name).stat().st_size for name in beside(path) if name.endswith("-wal")] == [0]
