"""
openIMIS's GraphQL side, without knowing what is asked: many reads or writes a request, pages, and the mutation log.

A mutation answers alike whether it went well or not; what became of it stands in the log, under the label it was sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from portal.coverage import core_shapes as shapes
from portal.coverage.core_line import CoreLine, CoreUnavailable
from portal.coverage.core_shapes import Outcome

#: How many reads or writes go into one request: a core in production takes 150 requests a minute.
BATCH = 50
#: The longest page the core gives.
PAGE = 100
#: So many numbers that differ in so many last digits only are asked for together.
CLOSE, NEAR = 20, 3
LOG = "edges{node{clientMutationId status error requestDateTime}}"

Node = dict[str, Any]
T = TypeVar("T")


class Graph:
    """
    Questions and changes over one line.

    *agent* is what the core's operator must let in; *patience* how long, in seconds, a change may take to end.
    """

    def __init__(self, line: CoreLine, agent: str, patience: float) -> None:
        self._line, self._agent, self._patience = line, agent, patience

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, *, writes: bool = False) -> Node:
        """What the query answers.  Raises `CoreUnavailable` when any of it went wrong."""
        body = {"query": query, "variables": dict(variables or {})}
        status, answer = self._line.ask("POST", "/api/graphql", body, writes=writes)
        told = answer if isinstance(answer, dict) else {}
        errors, results = told.get("errors"), told.get("data")
        if status == 200 and not errors and isinstance(results, dict):
            return results
        message = str(errors[0].get("message")) if errors else ""
        shut_out = "csrftoken" in message or "unauthorized" in message.lower()
        raise CoreUnavailable(
            shapes.trouble(status, message, self._agent), ambiguous=writes and status != 400, for_all=shut_out
        )

    def mutate(self, name: str, inputs: Sequence[Mapping[str, Any]]) -> None:
        """Mutations of one kind, in order, many in a request.  The answers say nothing; the log does."""
        kind = f"{name[0].upper()}{name[1:]}MutationInput!"
        for sent, batch in enumerate(batches(inputs)):
            head = ",".join(f"$i{n}:{kind}" for n in range(len(batch)))
            body = " ".join(f"m{n}:{name}(input:$i{n}){{internalId}}" for n in range(len(batch)))
            given = {f"i{n}": each for n, each in enumerate(batch)}
            try:
                self.ask(f"mutation({head}){{{body}}}", given, writes=True)
            except CoreUnavailable as lost:
                sent_some = lost.ambiguous or sent > 0
                raise CoreUnavailable(
                    lost.words, ambiguous=sent_some, silent=lost.silent, for_all=lost.for_all
                ) from lost

    def look_up(self, values: Sequence[str], field: str, wanted: str) -> dict[str, list[Node]]:
        """The nodes of *field* for each of *values*, put where its braces are.  Those without nodes are left out."""
        found: dict[str, list[Node]] = {}
        for batch in batches(values):
            head = ",".join(f"$v{n}:String" for n in range(len(batch)))
            body = " ".join(f"r{n}:{field.replace('{}', f'$v{n}')}{{{wanted}}}" for n in range(len(batch)))
            answer = self.ask(f"query({head}){{{body}}}", {f"v{n}": value for n, value in enumerate(batch)})
            for n, value in enumerate(batch):
                if nodes := [edge["node"] for edge in answer[f"r{n}"]["edges"]]:
                    found[value] = nodes
        return found

    def pages(
        self, field: str, arguments: str, wanted: str, variables: Mapping[str, Any] | None = None
    ) -> Iterator[Node]:
        """
        All nodes of *field*, a page at a time.

        *arguments* narrow them and name an order that stays; the variables in it are texts.
        """
        head = "".join(f",${name}:String" for name in variables or {})
        asked = f"{field}({arguments},first:{PAGE},after:$after)"
        query = f"query($after:String{head}){{page:{asked}{{pageInfo{{hasNextPage endCursor}} {wanted}}}}}"
        after, more = None, True
        while more:
            page = self.ask(query, {"after": after, **(variables or {})})["page"]
            yield from (edge["node"] for edge in page["edges"])
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    def look_up_numbers(
        self,
        numbers: Sequence[str],
        field: str,
        argument: str,
        more: str,
        wanted: str,
        number_of: Callable[[Node], str],
    ) -> dict[str, list[Node]]:
        """
        As `look_up`, for insurance numbers in *argument*, with *more* arguments.

        Where many stand close together, pages of all that begin alike cost the core a tenth of as many questions.
        """
        found: dict[str, list[Node]] = {}
        alone: list[str] = []
        for beginning, group in groupby(sorted(numbers), key=lambda number: number[:-NEAR]):
            near = set(group)
            if len(near) < CLOSE or not beginning:
                alone += sorted(near)
                continue
            alike = f'{argument}_Istartswith:$beginning{more},orderBy:["id"]'
            for node in self.pages(field, alike, wanted, {"beginning": beginning}):
                if number_of(node) in near:
                    found.setdefault(number_of(node), []).append(node)
        return found | self.look_up(alone, f"{field}({argument}:{{}}{more})", wanted)

    def settle(self, label: str) -> dict[str, Outcome]:
        """Wait, within the patience, until all that was sent under *label* has ended; then what became of it."""
        give_up, pause = time.monotonic() + self._patience, 0.05
        waiting = "query($l:String){waiting:mutationLogs(clientMutationLabel:$l,status:0){totalCount}}"
        while self.ask(waiting, {"l": label})["waiting"]["totalCount"] and time.monotonic() < give_up:
            time.sleep(pause)
            pause = min(2 * pause, 2)
        return self.outcomes(label)

    def outcomes(self, label: str) -> dict[str, Outcome]:
        """By name, what the log says of all sent under *label*: a success stays, else the last word counts."""
        found: dict[str, Outcome] = {}
        log = self.pages("mutationLogs", "clientMutationLabel:$label", LOG, {"label": label})
        for entry in sorted(log, key=lambda entry: str(entry["requestDateTime"])):
            name = entry["clientMutationId"]
            if name not in found or not found[name].ok:
                found[name] = shapes.outcome(entry)
        return found


def batches(things: Sequence[T], most: int = BATCH) -> Iterator[Sequence[T]]:
    """*things* in parts that fit in a request each."""
    for start in range(0, len(things), most):
        yield things[start : start + most]
