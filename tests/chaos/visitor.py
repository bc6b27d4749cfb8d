"""Somebody at a page: asks, sends forms, reads what came back; and what it means when nothing sensible came."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlencode

#: Seconds to wait for an answer.
TIMEOUT = 6
#: What sends a browser on to a page.
MOVED = (302, 303)
#: Between the parts of a form with a file.
BETWEEN = "----what-no-file-holds"


class Again(Exception):
    """It went wrong, or nobody knows: do the same again."""


class Odd(Again):
    """An answer nobody should get who does nothing wrong."""


class NotYet(Again):
    """Nothing went wrong: what was begun has not come to its end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    text: str

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', self.text)
        if found is None:
            raise Again(f"no {name} on the page")
        return unescape(found.group(1))


class Visitor:
    """Somebody who is signed in, unless there is no *token*: one new connection a request."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token, self._csrf = port, token, ""

    def get(self, path: str) -> Answer:
        """A page."""
        return self._ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """A form of the portal, sent."""
        return self.send(path, csrf_token=self._token(), **fields)

    def send(self, path: str, **fields: str) -> Answer:
        """A form, sent as it is."""
        return self._ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> Answer:
        """A form of the portal with a file in its field called file."""
        parts = [(f'name="{one}"', value.encode()) for one, value in {**fields, "csrf_token": self._token()}.items()]
        parts.append((f'name="file"; filename="{name}"\r\nContent-Type: application/octet-stream', content))
        body = b"".join(
            f"--{BETWEEN}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
            for head, value in parts
        )
        return self._ask("POST", path, body + f"--{BETWEEN}--\r\n".encode(), f"multipart/form-data; boundary={BETWEEN}")

    def _token(self) -> str:
        if not self._csrf:
            self._csrf = self.get("/account/").hidden("csrf_token")
        return self._csrf

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Host": f"localhost:{self.port}"}
        if self.token:
            headers["Cookie"] = f"session={self.token}"
        if body is not None:
            headers["Content-Type"] = kind
        try:
            line.request(method, path, body, headers)
            response = line.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as lost:
            raise Again(type(lost).__name__) from lost
        finally:
            line.close()
        if response.status == 500:
            raise Odd(f"500 on {method} {path.partition('?')[0]}")
        if response.status > 500:
            raise Again(str(response.status))
        return Answer(response.status, response.headers.get("Location", ""), text)


def named(pattern: re.Pattern[str], answer: Answer) -> str:
    found = pattern.search(answer.location)
    if answer.status not in MOVED or found is None:
        raise Odd(said(answer))
    return found.group(1)


def said(answer: Answer) -> str:
    """What a page says in its heading, and its errors."""
    parts = re.findall(r"<h1[^>]*>(.*?)</h1>|govuk-error-message[^>]*>(.*?)</p>", answer.text, re.DOTALL)
    words = " / ".join(re.sub(r"<[^>]+>|\s+", " ", "".join(part)).strip() for part in parts)
    return f"{answer.status} {answer.location} {words}"[:300]
