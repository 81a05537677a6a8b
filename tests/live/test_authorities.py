"""The certificate authority of a recorder, which its clients of HTTPS have to trust: where it is, and whose."""

import shlex
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.live.authority import Authority
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.forwarding import Forward, forward
from tests.live.processes import COMMAND, MITMDUMP, running
from tests.live.recorders import READY
from tests.live.servers import Upstream, response, says

JSON = b"Content-Type: application/json"
OK = b'{"statusCode":0}'


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[Upstream]:
    with Upstream(context=authority.server()) as upstream:
        upstream.answers["/page"] = says(response(b"page"))
        yield upstream


def test_the_authority_is_kept_for_its_owner_and_stays(secure: Upstream, authority: Authority, tmp_path: Path) -> None:
    secure.answers["/api/v2/me"] = says(response(OK, JSON))
    with forward(tmp_path, "--upstream-ca", authority.file) as first:
        certificate = first.ca / "mitmproxy-ca-cert.pem"
        assert str(certificate) in first.process.line("clients of HTTPS have to trust ", "err")
        assert first.ca.stat().st_mode & 0o777 == 0o700
        assert (first.ca / "mitmproxy-ca.pem").stat().st_mode & 0o777 == 0o600
        known = certificate.read_bytes()
        trusted = first.trusted
        first.process.end()
    with forward(tmp_path, "--upstream-ca", authority.file) as second:
        assert certificate.read_bytes() == known
        with second.client(verify=trusted) as client:
            assert client.get(f"{secure.url}/api/v2/me").content == OK


def test_without_a_folder_it_is_one_of_the_users_own(tmp_path: Path) -> None:
    user = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    file = tmp_path / "it.db"
    with running(*COMMAND, "record", "--mode", "regular", file, "--listen", "127.0.0.1:0", env=user) as process:
        process.url()
        [folder] = [path.parent for path in tmp_path.rglob("mitmproxy-ca.pem")]
        assert folder.name == "gws-inspector" and folder.stat().st_mode & 0o777 == 0o700
        assert str(folder) in process.line("clients of HTTPS", "err")
        assert process.end().code == 0


def test_a_reverse_proxy_keeps_no_authority_unless_it_is_told_where(
    secure: Upstream, authority: Authority, tmp_path: Path
) -> None:
    secure.answers["/api/v2/me"] = says(response(OK, JSON))
    user = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}
    command = (*COMMAND, "record", secure.url, tmp_path / "it.db", "--listen", "127.0.0.1:0")
    command += ("--upstream-ca", authority.file)
    with running(*command, env=user) as process:
        assert ask(process.url(), b"GET /api/v2/me").body == OK
        assert "HTTPS" not in process.end().err
    assert not (tmp_path / "home").exists()
    with running(*command, "--ca-dir", tmp_path / "ca", env=user) as process:
        url = process.url().replace("http:", "https:")
        assert process.line("clients of HTTPS have to trust ", "err")
        trusted = ssl.create_default_context(cafile=tmp_path / "ca" / "mitmproxy-ca-cert.pem")
        with httpx.Client(verify=trusted, trust_env=False, timeout=20) as client:
            assert client.get(f"{url}/api/v2/me").content == OK


def test_the_printed_command_does_the_same(secure: Upstream, authority: Authority, tmp_path: Path) -> None:
    secure.answers["/api/v2/me"] = says(response(OK, JSON))
    file, ca = tmp_path / "it.db", tmp_path / "ca"
    printed = run(
        *("record", "--mode", "regular", file, "--listen", "127.0.0.1:0", "--ca-dir", ca),
        *("--upstream-ca", authority.file, "--print-command"),
    )
    assert (printed.code, printed.err) == (0, "") and not ca.exists()
    with running(*MITMDUMP, *shlex.split(printed.out)[1:], "-q", "-s", READY) as process:
        proxy = Forward(process, process.url(), file, ca)
        with proxy.client() as client:
            assert client.get(f"{secure.url}/api/v2/me").content == OK
            assert client.get(f"{secure.url}/page").content == b"page"
        process.end()
    assert [row["path"] for row in proxy.rows("SELECT path FROM exchanges")] == ["/api/v2/me"]
