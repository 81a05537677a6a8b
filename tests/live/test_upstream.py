"""What the proxy offers to clients depends on what the server behind it speaks."""

import asyncio
import datetime
import ssl
from contextlib import asynccontextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mitmproxy import version

from inspector.proxy.upstream import offers_http2

MITMPROXY_11 = version.VERSION.startswith("11.")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return pem


@asynccontextmanager
async def server(certificate, protocols):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(protocols)
    writers = []

    def connected(reader, writer):
        writers.append(writer)
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        for writer in writers:
            writer.transport.abort()  # else it waits for the other side's goodbye, longer than the loop runs
        for _ in range(3):  # a transport inside of another one ends a turn later
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("protocols", "offered"), [(["h2", "http/1.1"], not MITMPROXY_11), (["http/1.1"], False), ([], False)]
)
async def test_http2_is_offered_only_where_the_server_speaks_it(certificate, protocols, offered):
    async with server(certificate, protocols) as origin:
        assert await offers_http2(origin) is offered


async def test_a_server_that_is_down_or_speaks_no_tls_is_offered_as_http1(certificate):
    async with server(certificate, ["h2"]) as origin:
        pass
    assert await offers_http2(origin) is False
    assert await offers_http2("http://127.0.0.1:1") is False
    assert await offers_http2("") is False
