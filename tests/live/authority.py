"""A certificate authority of a test's own, and who trusts it."""

import datetime
import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = ("127.0.0.1", "localhost")
_DAY = datetime.timedelta(days=1)


def trusting(authority: Path, protocols: Sequence[str] = ()) -> ssl.SSLContext:
    """A client's context that trusts the authority of this file (PEM) and no other, and offers these protocols."""
    context = ssl.create_default_context(cafile=authority)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


class Authority:
    """Signs certificates of servers; its own is in `file`, as PEM. All files lie in `folder`."""

    def __init__(self, folder: Path, name: str = "An authority of the tests") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        certificate = self._signed(self._name, self._key, -_DAY, _DAY, [], authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def certificate(self, *names: str, expired: bool = False) -> Path:
        """A file with a key and a certificate (PEM) for a server of these names or IP addresses; else for `HERE`."""
        key = ec.generate_private_key(ec.SECP256R1())
        begin, end = (-2 * _DAY, -_DAY) if expired else (-_DAY, _DAY)
        certificate = self._signed(_named((names or HERE)[0]), key, begin, end, names or HERE)
        path = self._folder / f"server-{certificate.serial_number:x}.pem"
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, *form)
        path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server(self, *names: str, protocols: Sequence[str] = (), expired: bool = False) -> ssl.SSLContext:
        """A server's context with such a certificate, which speaks these protocols (ALPN) if any are given."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate(*names, expired=expired))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def _signed(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        begin: datetime.timedelta,
        end: datetime.timedelta,
        names: Sequence[str],
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now + begin).not_valid_after(now + end)
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        # Python 3.13 verifies strictly: RFC 5280 wants who signed it, and what for
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(signer, critical=False)
        if authority:
            made = made.add_extension(_signs, critical=True)
        else:
            made = made.add_extension(x509.SubjectAlternativeName([_alternative(one) for one in names]), critical=False)
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return made.sign(self._key, hashes.SHA256())


_signs = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
