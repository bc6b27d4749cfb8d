"""
The part of GraphQL that a client of the core writes: operations, variables, aliases, arguments, selections.

No fragments, directives or subscriptions.  Numbers stay text until somebody needs them, so no amount is ever rounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(
    r"""[\s,﻿]*(?:\#[^\n]*[\s,]*)*
    (?: (?P<name>[_A-Za-z]\w*) | (?P<string>"(?:[^"\\\n]|\\.)*") | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<mark>[!$():=@\[\]{}|&]|\.\.\.) | (?P<end>$) )""",
    re.VERBOSE,
)


class NotUnderstood(Exception):
    """The document is not GraphQL, or asks for what the schema does not have: HTTP 400."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable where a value may stand."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field asked for; *key* is its name in the answer."""

    name: str
    key: str
    arguments: Mapping[str, Any]
    selections: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or mutation; *variables* are the types declared, by name."""

    kind: str
    variables: Mapping[str, str]
    fields: tuple[Field, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)


def parse(document: str) -> Operation:
    """The single operation in *document*.  Raises `NotUnderstood`."""
    reader = _Reader(document)
    operation = reader.operation()
    reader.expect("end")
    return operation


def value_of(value: Any, variables: Mapping[str, Any]) -> Any:
    """An argument with its variables put in."""
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, list):
        return [value_of(each, variables) for each in value]
    if isinstance(value, dict):
        return {name: value_of(each, variables) for name, each in value.items()}
    return value


class _Reader:
    """Reads a document token by token; each method takes one part of the grammar."""

    def __init__(self, document: str) -> None:
        self._document, self._at = document, 0
        self.kind, self.text = "", ""
        self._next()

    def _next(self) -> None:
        match = TOKEN.match(self._document, self._at)
        if match is None or match.lastgroup is None:
            raise NotUnderstood(f"Syntax Error GraphQL: Unexpected character at {self._at}")
        self._at = match.end()
        self.kind, self.text = match.lastgroup, match.group(match.lastgroup)

    def _take(self, mark: str) -> bool:
        if self.kind == "mark" and self.text == mark:
            self._next()
            return True
        return False

    def expect(self, kind: str, text: str | None = None) -> str:
        found = self.text
        if self.kind != kind or text not in (None, found):
            raise NotUnderstood(f"Syntax Error GraphQL: Expected {text or kind}, found {found or 'end of document'}")
        if kind != "end":
            self._next()
        return found

    def operation(self) -> Operation:
        kind = "query"
        variables: dict[str, str] = {}
        defaults: dict[str, Any] = {}
        if self.kind == "name":
            kind = self.expect("name")
            if kind not in {"query", "mutation"}:
                raise NotUnderstood(f"Syntax Error GraphQL: Unexpected Name {kind}")
            if self.kind == "name":
                self._next()
            if self._take("("):
                variables, defaults = self._declarations()
        return Operation(kind, variables, self._selections(), defaults)

    def _declarations(self) -> tuple[dict[str, str], dict[str, Any]]:
        types: dict[str, str] = {}
        defaults: dict[str, Any] = {}
        while not self._take(")"):
            self.expect("mark", "$")
            name = self.expect("name")
            self.expect("mark", ":")
            types[name] = self._type()
            if self._take("="):
                defaults[name] = self._value()
        return types, defaults

    def _type(self) -> str:
        if self._take("["):
            text = f"[{self._type()}]"
            self.expect("mark", "]")
        else:
            text = self.expect("name")
        return f"{text}!" if self._take("!") else text

    def _selections(self) -> tuple[Field, ...]:
        self.expect("mark", "{")
        fields: list[Field] = []
        while not self._take("}"):
            fields.append(self._field())
        if not fields:
            raise NotUnderstood("Syntax Error GraphQL: Unexpected empty selection")
        return tuple(fields)

    def _field(self) -> Field:
        key = name = self.expect("name")
        if self._take(":"):
            name = self.expect("name")
        arguments = self._arguments() if self._take("(") else {}
        nested = self.kind == "mark" and self.text == "{"
        return Field(name, key, arguments, self._selections() if nested else ())

    def _arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        while not self._take(")"):
            name = self.expect("name")
            self.expect("mark", ":")
            arguments[name] = self._value()
        return arguments

    def _value(self) -> Any:
        kind, text = self.kind, self.text
        if kind == "mark":
            return self._compound()
        self.expect(kind)
        if kind == "string":
            return json.loads(text)
        if kind == "number":
            return int(text) if text.lstrip("-").isdigit() else text
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(text, text)
        raise NotUnderstood("Syntax Error GraphQL: Unexpected end of document")

    def _compound(self) -> Any:
        if self._take("$"):
            return Variable(self.expect("name"))
        if self._take("["):
            several: list[Any] = []
            while not self._take("]"):
                several.append(self._value())
            return several
        self.expect("mark", "{")
        named: dict[str, Any] = {}
        while not self._take("}"):
            name = self.expect("name")
            self.expect("mark", ":")
            named[name] = self._value()
        return named
