"""Funds of other countries for a test: the practice fund's file with other schemes, and back again afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal import installation
from portal.scheme.fund import Fund

FUND = Path(__file__).resolve().parent.parent / "fund.toml"


def fund_file(
    folder: Path, schemes: tuple[str, ...], currency: str, digits: int, timezone: str,
    products: tuple[tuple[str, str], ...] = (), overlays: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    """The file of a fund that runs *schemes*; *overlays* are the texts of its own values by scheme."""
    text = re.sub(r"\[\[product\]\]\n(?:[^\[\n][^\n]*\n|\n)*", "", FUND.read_text())
    text = re.sub(r"(?m)^schemes = .*$", f"schemes = {list(schemes)!r}".replace("'", '"'), text)
    text = re.sub(r"(?m)^timezone = .*$", f'timezone = "{timezone}"', text)
    text = re.sub(r'(?s)(\[currency\][^\n]*\ncode = )"\w+"(\ndigits = )"\d"', rf'\1"{currency}"\2"{digits}"', text)
    for number, (scheme, branch) in enumerate(products, 1):
        text += f'\n[[product]]\nscheme = "{scheme}"\nbranch = "{branch}"\ncore_code = "P{number}"\n'
    for scheme, own in (overlays or {}).items():
        (folder / f"{scheme}.toml").write_text(own)
    if overlays:
        text += "\n[overlay]\n" + "".join(f'{scheme} = "{scheme}.toml"\n' for scheme in overlays)
    path = folder / "fund.toml"
    path.write_text(text)
    return path


@contextmanager
def serving(path: Path) -> Iterator[Fund]:
    """This process serves the fund in the file, until the end of the block."""
    before = installation._fund, installation._packs
    try:
        yield installation.use(path)
    finally:
        installation._fund, installation._packs = before
