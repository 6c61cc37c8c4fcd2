"""A server that can't prove who it is: a matter of the set-up, not of waiting (contract 4.2)."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hunter.remote.entra import EntraSession, Ways, answered
from hunter.remote.errors import Misconfigured
from hunter.remote.gate import OpenGate
from hunter.remote.session import RemoteSession
from hunter.remote.statuses import StatusTable
from hunter.remote.transport import is_certificate_refused


def certificate(folder: Path, *, host: str) -> Path:
    """A certificate that vouches for itself, and its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{host}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextlib.contextmanager
def tls_server(path: Path) -> Iterator[str]:
    """A server with that certificate on loopback; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    class Handshake(StreamRequestHandler):
        def setup(self) -> None:
            with contextlib.suppress(OSError):  # the other side ends it
                self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handshake) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.proves("R5.4")
def test_4_2_a_certificate_of_an_unknown_authority_is_a_matter_of_the_set_up(tmp_path):
    with tls_server(certificate(tmp_path, host="localhost")) as address:
        session = RemoteSession(service="toys", base_url=address, gate=OpenGate(), table=StatusTable("toys"))

        with pytest.raises(Misconfigured, match="certificate"):
            session.call("GET", "x", operation="look")


def test_4_2_the_certificate_of_the_sign_in_too(tmp_path, settings):
    with tls_server(certificate(tmp_path, host="localhost")) as address:
        settings.ENTRA_URL = address

        with EntraSession(gate=OpenGate()) as session, pytest.raises(Misconfigured, match="certificate"):
            answered(
                session, lambda one: one.get("https://login.microsoftonline.com/x"), operation="x", ways=Ways("Look.")
            )


@pytest.mark.parametrize("host", ["other.example", "localhost.evil.example"])
def test_4_2_a_trusted_certificate_for_another_name_is_refused(tmp_path, host):
    path = certificate(tmp_path, host=host)

    with tls_server(path) as address, requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError) as refused:
            session.get(address, verify=str(path), timeout=5)

    assert is_certificate_refused(refused.value)
