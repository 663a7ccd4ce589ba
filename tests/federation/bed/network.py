"""A network that nothing leaves: name spaces, names, certificates, and one nginx that ends TLS for all servers."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_INSIDE = "BED_IS_INSIDE"
_DAY = timedelta(days=1)
_NGINX = """
daemon off;
user root;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    log_format exchange escape=json
        '{{"time":"$time_iso8601","to":"$host","method":"$request_method","path":"$request_uri","status":$status,'
        '"from":"$http_user_agent","signature":"$http_signature","body":"$request_body"}}';
    access_log {directory}/exchanges.log exchange;
    client_body_temp_path {directory}/bodies;
    proxy_temp_path {directory}/answers;
    client_body_buffer_size 2m;
    client_max_body_size 50m;
    ssl_certificate {directory}/servers.pem;
    ssl_certificate_key {directory}/servers.key;
{servers}
}}
"""
_SERVER = """
    server {{
        listen 443 ssl;
        server_name {name};
        location / {{
            proxy_pass http://127.0.0.1:{port};
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto https;
            proxy_read_timeout 60s;
        }}
    }}
"""


def enter():
    """Go on in name spaces of its own for network, mounts and processes, which end together."""
    if _INSIDE in os.environ:
        return
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    spaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.environ[_INSIDE] = "yes"
    again = [sys.executable, "-m", __package__, *sys.argv[1:]]
    os.execvp("unshare", ["unshare", *rights, *spaces, *again])


class Network:
    """Names for servers on this machine, all behind port 443."""

    def __init__(self, directory, names):
        self.directory, self.authority = directory, directory / "authority.pem"
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self._name(names)
        self._certify(names)
        os.environ["REQUESTS_CA_BUNDLE"] = str(self.authority)
        self._nginx = None

    def _name(self, names):
        hosts = self.directory / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {' '.join(names)}\n")
        _mount(hosts, "/etc/hosts")

    def _certify(self, names):
        """An authority, one certificate of it for all names, and a bundle of the system's with it."""
        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _certificate("bed", authority_key, "bed", authority_key, x509.BasicConstraints(True, None))
        own = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        certificate = _certificate(names[0], key, "bed", authority_key, own)
        self.authority.write_bytes(authority)
        (self.directory / "servers.pem").write_bytes(certificate)
        (self.directory / "servers.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        bundle = self.directory / "bundle.pem"
        bundle.write_bytes(BUNDLE.read_bytes() + authority)
        _mount(bundle, BUNDLE)

    def open(self, servers):
        """Pass on to servers what comes in for their names."""
        blocks = "".join(_SERVER.format(name=server.host, port=server.port) for server in servers)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(_NGINX.format(directory=self.directory, servers=blocks))
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        self._nginx = subprocess.Popen([program, "-c", configuration])

    def close(self):
        """End nginx."""
        if self._nginx:
            self._nginx.terminate()
            self._nginx.wait(20)

    def exchanges(self):
        """All requests so far, one line of JSON each."""
        return (self.directory / "exchanges.log").read_text("utf-8", "replace").splitlines()


def _mount(file, over):
    subprocess.run(["mount", "--bind", file, over], check=True)


def _certificate(name, key, issuer, issuer_key, extension):
    """A certificate in PEM, good from yesterday to tomorrow."""
    subject, signer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(signer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(issuer_key, hashes.SHA256())
    )  # fmt: skip
    return built.public_bytes(serialization.Encoding.PEM)
