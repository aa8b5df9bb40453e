"""Real servers on loopback that misbehave as told."""

import datetime
import ipaddress
import socket
import ssl
import struct
import threading
import zlib
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fundtracker import http


class Server:
    """Gives its answers in order, one per connection; the last one repeats.

    An answer is bytes to send, or a function of the connection and the server.
    """

    def __init__(self, *answers, address="127.0.0.1", tls=None, greet=False):
        self.requests = []
        self.connections = 0
        self.stopped = threading.Event()
        self._answers = list(answers) or [reply(200)]
        self._greet = greet
        self._tls = tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        dual = address == "::"
        self._listener = socket.create_server((address, 0), family=family, dualstack_ipv6=dual)
        self._threads = [threading.Thread(target=self._accept)]
        self.port = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.host}/"

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self):
        with suppress(OSError):
            while True:
                conn, _ = self._listener.accept()
                self.connections += 1
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                thread = threading.Thread(target=self._talk, args=(conn, answer))
                self._threads.append(thread)
                thread.start()

    def _talk(self, conn, answer):
        with conn, suppress(OSError):
            if self._tls:
                conn = self._tls.wrap_socket(conn, server_side=True)
            with conn:
                if not self._greet:
                    self.requests.append(_question(conn))
                if callable(answer):
                    answer(conn, self)
                else:
                    conn.sendall(answer)


def _question(conn):
    read = b""
    while b"\r\n\r\n" not in read:
        if not (chunk := conn.recv(65536)):
            return read
        read += chunk
    head, _, body = read.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += conn.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(status, body=b"", *, length=None, **headers):
    """An answer as bytes; `length=False` leaves the end of the body to the end of the connection."""
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length is not False:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def drip(*, first=b"", byte=b"x"):
    """An answer that begins with `first` and goes on for ever, a byte each 0.1 s."""

    def answer(conn, server):
        conn.sendall(first)
        while not server.stopped.wait(0.1):
            conn.sendall(byte)

    return answer


def silence(conn, server):
    """No answer at all, until the other end goes away."""
    while not server.stopped.wait(0.01):
        conn.settimeout(0.1)
        with suppress(TimeoutError):
            if not conn.recv(65536):
                return


def reset(conn, server):
    """An answer that is a broken connection."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def bomb(*, megabytes):
    """That many megabytes of zeros as a gzip body, a thousandth of the size; made without holding them."""
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(bytes(1_000_000)) for _ in range(megabytes)]
    return b"".join([*pieces, packer.flush()])


def refusal(url, **options):
    """The FetchError that fetching this ends with; pauses between tries are skipped."""
    with pytest.raises(http.FetchError) as caught:
        http.fetch(url, **{"pause": lambda seconds: None, **options})
    return caught.value


def certificate(folder):
    """A TLS context for 127.0.0.1 and the path of the certificate that a client would have to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    san = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = (
        builder.not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(san, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, keys = folder / "loopback.pem", folder / "loopback.key"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    keys.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, keys)
    return context, pem
