"""A very small virus scanner that speaks as clamd does: ``python clamd.py unix PATH`` or ``… tcp PORT``."""

from __future__ import annotations

import socketserver
import struct
import sys
from pathlib import Path

VIRUS = b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE"


class Scan(socketserver.StreamRequestHandler):
    """PING, or one INSTREAM command: chunks with their lengths, an empty one last."""

    def handle(self) -> None:
        """Answer as clamd does."""
        command = self.rfile.read(6)
        if command == b"zPING\0":
            self.wfile.write(b"PONG\0")
            return
        if command + self.rfile.read(4) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        if b"too much" in content:
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
        elif VIRUS in content:
            self.wfile.write(b"stream: Win.Test\r\n.EICAR_HDB-1 FOUND\0")
        else:
            self.wfile.write(b"stream: OK\0")


if __name__ == "__main__":
    kind, where = sys.argv[1:]
    if kind == "unix":
        Path(where).unlink(missing_ok=True)
        server: socketserver.BaseServer = socketserver.UnixStreamServer(where, Scan)
    else:
        server = socketserver.TCPServer(("127.0.0.1", int(where)), Scan)
    print("ready", flush=True)  # whoever started it waits for this
    server.serve_forever()
