"""A real nginx with the server's own file, on free ports, before a small WSGI site."""

import datetime
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPMessage, HTTPSConnection
from pathlib import Path
from typing import NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parents[2]
HOST = "fundtracker.example.org"


class Site:
    """Counts its requests and can be told to fail; the path says what it answers."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.down = False
        self.seconds = 0.0
        self.headers: dict[str, str] = {}

    def __call__(self, environ: dict[str, str], start_response: Callable[..., object]) -> Iterator[bytes]:
        time.sleep(self.seconds)
        query = environ["QUERY_STRING"]
        self.seen.append(environ["PATH_INFO"] + (f"?{query}" if query else ""))
        self.headers = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        headers = [
            ("Content-Type", "text/html"),
            ("Cache-Control", self.kept_for(environ["PATH_INFO"])),
            ("ETag", '"always-the-same"'),
            ("X-Made", str(len(self.seen))),
        ]
        if "cookie" in environ["PATH_INFO"]:
            headers.append(("Set-Cookie", "a=b"))
        start_response("503 Away" if self.down else "200 OK", headers)
        return iter([f"answer {len(self.seen)}".encode()])

    @staticmethod
    def kept_for(path: str) -> str:
        if path == "/":
            return "private, no-store"
        renewing = ", stale-while-revalidate=300" if "renewed" in path else ""
        return f"max-age={1 if 'short' in path else 60}{renewing}"


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def serve(site: Site) -> Iterator[int]:
    with make_server("127.0.0.1", 0, site, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder.joinpath("fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    folder.joinpath("privkey.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def configuration(folder: Path, *, site_port: int, port: int, plain_port: int) -> Path:
    """The server's file with this machine's places instead of the container's."""
    text = (ROOT / "deploy/nginx.conf").read_text()
    for there, here in {
        "${SITE_HOST}": HOST,
        "web:8000": f"127.0.0.1:{site_port}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "/var/cache/nginx": f"{folder}/cache",
        "/etc/nginx/certificates": str(folder),
        "root /srv": f"root {folder}",
    }.items():
        assert there in text
        text = text.replace(there, here)
    places = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    # A server process of root serves files of root: the test's folder is private.
    file.write_text(
        f"user root;\ndaemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log stderr warn;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}\n{text}\n}}\n"
    )
    return file


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


def look(port: int, path: str, method: str = "GET", host: str = HOST, **headers: str) -> Answer:
    """Ask nginx by the site's name; its certificate is nobody's, so it is not checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with closing(HTTPSConnection("127.0.0.1", port, timeout=10, context=context)) as connection:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": host, **names})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
