"""``python -m tests.chaos --seeds 12 --faults 25``: a line of JSON a run; ends with 1 when one of them is wrong."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from config import ROOT
from portal import installation
from tests.chaos.faults import FAULTS
from tests.chaos.mutants import MUTANTS
from tests.chaos.run import Wanted, run
from tests.chaos.server import Server

#: With these seeds a planted bug is looked for after other runs.
SURE = (1, 2, 3, 4, 5)


def main() -> int:
    """Run as asked: 0 when nothing was wrong, and each planted bug was found."""
    asked = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # end what was started, as Ctrl-C does
    installation.use(ROOT / "fund.toml")
    folder = Path(tempfile.mkdtemp(prefix="portal-chaos-runs-"))
    folder.chmod(0o755)
    seeds = asked.seed or [secrets.randbelow(1_000_000) for _ in range(asked.seeds)]
    print(f"seeds {' '.join(map(str, seeds))}; histories and logs in {folder}", file=sys.stderr, flush=True)
    server = Server()
    try:
        runs = [(asked.mutant, seeds), *((mutant, list(SURE)) for mutant in asked.also)]
        as_hoped = all(_runs(server, folder, asked, mutant, chosen) for mutant, chosen in runs)
    finally:
        server.stop()
    if as_hoped and not asked.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if as_hoped else 1


def _runs(server: Server, folder: Path, asked: argparse.Namespace, mutant: str, seeds: list[int]) -> bool:
    """All the seeds, none of them wrong; or until one of them finds the bug."""
    fine = True
    for seed in seeds:
        wanted = Wanted(seed, asked.faults, asked.declarations, mutant, tuple(asked.only), asked.failpoints)
        result = run(server, folder / f"{seed}{mutant and '-'}{mutant}", wanted)
        print(json.dumps(result.as_json()), flush=True)
        if mutant and not result.verdict.ok:
            return True
        fine = fine and result.verdict.ok
    return fine and not mutant


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="so many runs, their seeds drawn by lot")
    parser.add_argument("--seed", type=int, action="append", help="this one again; may be given more than once")
    parser.add_argument("--faults", type=int, default=12, help="in a run, at most")
    parser.add_argument("--declarations", type=int, default=60, help="in a run")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS], help="plant this bug; it must be caught")
    parser.add_argument("--also", action="append", default=[], choices=list(MUTANTS), help="then this bug as well")
    parser.add_argument("--only", action="append", default=[], choices=list(FAULTS), help="only faults of this kind")
    parser.add_argument("--failpoints", default="", help="armed with these, as core.before_fence:sleep=8:times=1")
    parser.add_argument("--keep", action="store_true", help="keep the logs of runs in which nothing was wrong")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
