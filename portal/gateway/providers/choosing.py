"""The gateways a fund may name in its file, and the one in force here."""

from __future__ import annotations

from collections.abc import Callable

from portal.gateway.providers import signing
from portal.gateway.providers.provider import Provider
from portal.gateway.providers.signed_json import SignedJson
from portal.installation import fund

#: By the name in ``fund.toml``: what makes a provider from an address and keys.
PROVIDERS: dict[str, Callable[[str, signing.Keys], Provider]] = {"signed-json": SignedJson}


def provider(url: str, keys: str) -> Provider | None:
    """The fund's gateway at an address, with the keys of a setting; None where the fund has none."""
    chosen = fund().gateway
    if chosen is None:
        return None
    return PROVIDERS[chosen.provider](url, signing.keys_of(keys))
