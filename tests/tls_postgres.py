"""The system's PostgreSQL, which unlike the wheel's has TLS: a server of a test's own that takes nothing but TLS."""

import contextlib
import datetime
import ipaddress
import os
import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import psycopg2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from energy_monitor.postgres import EmbeddedPostgres

Key = ec.EllipticCurvePrivateKey
HOSTS = "hostssl all all 127.0.0.1/32 scram-sha-256\n"


def system_binaries() -> Path:
    """The folder of the newest PostgreSQL of the system. Fails where there is none: CI installs one (.ci/run)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and not on_path:
        pytest.fail("a PostgreSQL with TLS is needed: install the system's, e.g. apt-get install postgresql")
    return found[-1].parent if found else Path(on_path or "").resolve().parent


class TlsPostgres(EmbeddedPostgres):
    """As the embedded one, from other binaries."""

    @cached_property
    def bin(self) -> Path:
        """The system's programs."""
        return system_binaries()

    def admin(self) -> "psycopg2.extensions.connection":
        """A session of the superuser, each statement of which is committed for itself."""
        host, port = self.address
        password = self.superuser_password()
        connection = psycopg2.connect(host=host, port=port, user="postgres", password=password, dbname="postgres")
        connection.autocommit = True
        return connection

    def do(self, *statements: str) -> None:
        """Runs statements as the superuser."""
        with contextlib.closing(self.admin()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    @property
    def url(self) -> str:
        """Its address with the superuser's login, for ENERGY_MONITOR_DATABASE_URL."""
        host, port = self.address
        return f"postgresql://postgres:{self.superuser_password()}@{host}:{port}/postgres"


@contextlib.contextmanager
def tls_postgres(folder: Path, max_connections: int = 100) -> Iterator[tuple[TlsPostgres, Path]]:
    """A server, and the certificate that its own is signed by. Sets libpq's variables for as long as it runs."""
    ca = make_certificates(folder)
    server = TlsPostgres(folder / "postgres", preferred_port=25950)
    server.start()
    environ = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(ca)}
    try:
        server.do(
            f"alter system set ssl_cert_file = '{folder}/server.crt'",
            f"alter system set ssl_key_file = '{folder}/server.key'",
            "alter system set ssl = on",
            f"alter system set max_connections = {max_connections}",
        )
        (server.data / "pg_hba.conf").write_text(HOSTS)
        server.stop()  # another number of connections needs another start
        server.start()
        os.environ.update(environ)
        yield server, ca
    finally:
        for name in environ:
            os.environ.pop(name, None)
        server.stop()


def make_certificates(folder: Path) -> Path:
    """Writes server.crt and server.key for 127.0.0.1, and gives the file of the authority that signed it."""
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: str, key: Key, issuer: str, signer: Key) -> Path:
        is_ca = name == issuer
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            builder = builder.add_extension(names, critical=False)
        path = folder / f"{name}.crt"
        path.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return path

    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").touch(mode=0o600)
    (folder / "server.key").write_bytes(secret)
    certificate("server", own, "authority", authority)
    return certificate("authority", authority, "authority", authority)
