"""A real openIMIS to measure against: its own CPU time and SQL statements, and people it knows."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from config import ROOT, from_environment
from portal import installation
from portal.coverage.core_client import Core, PersonForCore
from portal.openimis.server import OpenImis

PRODUCT = "NHIMA01"
TICKS = os.sysconf("SC_CLK_TCK")


class Measured:
    """One openIMIS that runs for measuring only."""

    def __init__(self, server: OpenImis) -> None:
        self.server = server
        self.core = Core(server.url, "portal", "practice", timeout=900, patience=60)
        self.admin = Counting(server.url)

    def cpu(self) -> float:
        """CPU seconds that openIMIS and its database have used since they started."""
        assert self.server.child is not None
        return cpu_of({self.server.child.pid, self.server.servers.pid("postgres")})


def cpu_of(processes: set[int]) -> float:
    """CPU seconds these processes and those they began have used since they started."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        if int(folder.name) in processes or int(fields[1]) in processes:
            ticks += sum(map(int, fields[11:15]))  # its own and those of children that ended
    return ticks / TICKS


class Counting:
    """openIMIS's administrator, who counts the statements each request takes and waits for nothing."""

    def __init__(self, url: str) -> None:
        self.statements = 0
        self._host = url.removeprefix("http://")
        self._token = ""
        self._token = self._post("/api/api_fhir_r4/login/", {"username": "Admin", "password": "practice-admin"})[
            "token"
        ]

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data a query answers with; RuntimeError when something is wrong with it."""
        answer = self._post("/api/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise RuntimeError(answer["errors"])
        return dict(answer["data"])

    def change(self, name: str, *inputs: dict[str, Any]) -> None:
        """Mutations of one kind in one request; RuntimeError when the log says that one failed."""
        kind = f"{name[0].upper()}{name[1:]}MutationInput!"
        label = f"{name}/{os.urandom(6).hex()}"
        head = ",".join(f"$i{n}:{kind}" for n in range(len(inputs)))
        body = " ".join(f"m{n}:{name}(input:$i{n}){{internalId}}" for n in range(len(inputs)))
        given = {f"i{n}": {**one, "clientMutationLabel": label} for n, one in enumerate(inputs)}
        self.ask(f"mutation({head}){{{body}}}", **given)
        log = "query($l:String){mutationLogs(clientMutationLabel:$l,status:1){edges{node{error}}}}"
        if wrong := self.ask(log, l=label)["mutationLogs"]["edges"]:
            raise RuntimeError(wrong[0]["node"]["error"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        line = http.client.HTTPConnection(self._host, timeout=1800)
        headers = {"User-Agent": "contribution-portal", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        line.request("POST", path, json.dumps(body), headers)
        response = line.getresponse()
        answer = json.loads(response.read())
        self.statements += int(response.getheader("X-SQL-Statements") or 0)
        line.close()
        return answer


@contextmanager
def openimis() -> Iterator[Measured]:
    """A real openIMIS on a database of its own, gone afterwards."""
    installation.use(ROOT / "fund.toml")
    server = OpenImis(from_environment(), fresh=True)
    with server:
        yield Measured(server)


def people(count: int) -> list[PersonForCore]:
    """So many people with insurance numbers as the practice fund gives them: eight digits, the last a check digit."""
    return [
        PersonForCore(f"{4_000_000 + n}0", f"{n:06}/77/1", "Banda", f"Person {n}", date(1990, 5, 17), "F")
        for n in range(count)
    ]
