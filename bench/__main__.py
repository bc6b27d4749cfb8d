"""Measure everything, or one module: ``python -m bench payroll``.  Ends with 1 if a promise is missed."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench


def modules(wanted: list[str]) -> list[str]:
    """The modules of this package that measure something: those named, or all."""
    found = sorted(each.name for each in pkgutil.iter_modules(bench.__path__) if not each.name.startswith("_"))
    return [name for name in found if not wanted or name in wanted]


def main(wanted: list[str]) -> int:
    """Print one line a measure; 1 when one is missed or nothing was measured."""
    kept, count = True, 0
    for name in modules(wanted):
        module = importlib.import_module(f"bench.{name}")
        if not hasattr(module, "measures"):
            continue
        for measure in module.measures():
            print(measure, flush=True)
            kept, count = kept and measure.kept, count + 1
    return 0 if kept and count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
