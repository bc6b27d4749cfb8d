"""
Whether a core is fit for the portal: what an administrator should know before anybody's cover depends on it.

openIMIS tells no version of its own, so it is known by what it can do: the resources of its FHIR side, and the fields
of its GraphQL side, asked by introspection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from config import Config
from portal import clock
from portal.coverage.core_client import Core
from portal.coverage.core_line import CoreUnavailable
from portal.installation import fund
from portal.words import Words, _, _n

#: The rights the portal's account needs in openIMIS, by their number, and what each is for.
RIGHTS: Mapping[int, Words] = MappingProxyType(
    {
        101101: _("look persons up"),
        101102: _("create persons"),
        101201: _("read policies"),
        101202: _("create policies"),
        101203: _("suspend policies"),
        101301: _("read premiums"),
        101302: _("create premiums"),
        101500: _("read cover"),
        121001: _("read products"),
        121501: _("read enrolment officers"),
        150101: _("look employers up"),
        150102: _("create employers"),
        150103: _("change employers"),
    }
)
RESOURCES = ("Organization", "Patient")
#: What is asked of GraphQL: fields of queries with the arguments that are used, and mutations with their inputs.
QUERIES: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "insurees": ("chfId", "passport"),
        "insureePolicy": ("insuree_ChfId", "policy_Product_Code", "effectiveDate_Lte", "expiryDate_Gte", "first"),
        "premiums": ("receipt",),
        "mutationLogs": ("clientMutationLabel", "status", "first", "after"),
        "products": ("code",),
        "policyOfficers": ("code",),
        "locations": ("code",),
        "userDistricts": (),
    }
)
INPUTS: Mapping[str, Collection[str]] = MappingProxyType(
    {
        "createPolicy": ("isPaid", "receipt", "clientMutationId", "clientMutationLabel"),
        "createPremium": ("policyUuid", "receipt", "payDate"),
        "suspendPolicies": ("uuids",),
    }
)
#: Beyond this the two clocks cannot both be right, and times in the core's log mislead.
MOST_APART = timedelta(minutes=2)
INTROSPECTION = "{__schema{queryType{fields{name args{name}}} types{name inputFields{name}}}}"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was looked at: whether it is as it must be, and what there is to say of it.

    *answered*: False when the core did not, or not in time: it may be busy, and nothing more was asked.
    """

    ok: bool
    words: Words
    answered: bool = True


def findings(config: Config, timeout: float = 20) -> list[Finding]:
    """What there is to say of the core that the settings name; each exchange waits *timeout* seconds at most."""
    core = Core(config.core_url, config.core_user, config.core_password, config.core_agent, timeout=timeout)
    return check(core, set(fund().products.values()), now=clock.real_now)


def check(core: Core, products: Collection[str], *, now: Callable[[], datetime]) -> list[Finding]:
    """Everything looked at, in order; the first thing that does not answer is the last that is asked."""
    found: list[Finding] = []
    try:
        for finding in _all(core, products, now):
            found.append(finding)
    except CoreUnavailable as lost:
        found.append(Finding(False, lost.words, answered=not lost.silent))
    return found


def _all(core: Core, products: Collection[str], now: Callable[[], datetime]) -> Iterator[Finding]:
    resources = _fetch(core, "/api/api_fhir_r4/")
    yield Finding(True, _("The core answers and accepts the portal's user name and password."))
    yield _clock(core.line.clock, now())
    yield from _abilities(resources, core.graph.ask(INTROSPECTION))
    yield from _rights(_fetch(core, "/api/core/users/current_user/"))
    core.graph.ask("{insurees(first:1){totalCount}}")  # without the setting this one is refused, and says so
    yield Finding(True, _("The core lets the portal's program in (USER_AGENT_CSRF_BYPASS)."))
    yield from _places(core)
    for code in sorted(products):
        there = core.has_product(code)
        words = _("Product %(code)s is there.", code=code)
        missing = _("The core has no product %(code)s, which the fund's file names. Have it made there.", code=code)
        yield Finding(there, words if there else missing)


def _fetch(core: Core, path: str) -> Any:
    return core.line.ask("GET", path, writes=False)[1]


def _clock(theirs: datetime | None, ours: datetime) -> Finding:
    if theirs is None:
        return Finding(False, _("The core does not tell the time with its answers, so its clock cannot be compared."))
    apart = abs(theirs - ours)
    seconds = int(apart.total_seconds())
    if apart <= MOST_APART:
        return Finding(
            True, _("The core's clock agrees with the portal's within %(seconds)s seconds.", seconds=seconds)
        )
    words = _n(
        "The core's clock differs from the portal's by %(n)s second. Set both by a time server.",
        "The core's clock differs from the portal's by %(n)s seconds. Set both by a time server.",
        seconds,
    )
    return Finding(False, words)


def _abilities(resources: Any, schema: Mapping[str, Any]) -> Iterator[Finding]:
    missing = [name for name in RESOURCES if name not in (resources if isinstance(resources, dict) else ())]
    told = schema["__schema"]
    queries = {field["name"]: {each["name"] for each in field["args"]} for field in told["queryType"]["fields"]}
    inputs = {
        kind["name"]: {each["name"] for each in kind["inputFields"]} for kind in told["types"] if kind["inputFields"]
    }
    for name, arguments in QUERIES.items():
        missing += _lacking(name, queries.get(name), arguments)
    for name, fields in INPUTS.items():
        missing += _lacking(name, inputs.get(f"{name[0].upper()}{name[1:]}MutationInput"), fields)
    if missing:
        words = _(
            "This core is of a release the portal does not know: it lacks %(names)s. Use release 1.11.",
            names=", ".join(missing),
        )
        yield Finding(False, words)
    else:
        yield Finding(True, _("The core can do all the portal asks of it, as release 1.11 can."))


def _lacking(name: str, there: Collection[str] | None, wanted: Collection[str]) -> list[str]:
    if there is None:
        return [name]
    return [f"{name}({each})" for each in wanted if each not in there]


def _rights(account: Any) -> Iterator[Finding]:
    user = account.get("i_user") if isinstance(account, dict) else None
    held = set(user.get("rights", ())) if isinstance(user, dict) else set()
    missing = sorted(set(RIGHTS) - held)
    for number in missing:
        yield Finding(
            False,
            _(
                "The portal's user lacks right %(number)s in the core (%(what)s). Have it given, and the core "
                "restarted: it remembers rights.",
                number=number,
                what=RIGHTS[number],
            ),
        )
    if not missing:
        yield Finding(True, _("The portal's user has the rights it needs."))


def _places(core: Core) -> Iterator[Finding]:
    """What policies and new persons hang on, and whether the account may see persons at all."""
    names = {"officer": core.officer, "village": core.village}
    found = core.graph.ask(
        "query($officer:String,$village:String){officers:policyOfficers(code:$officer){edges{node{code}}}"
        " places:locations(code:$village){edges{node{type}}} userDistricts{code}}",
        names,
    )
    if found["officers"]["edges"]:
        yield Finding(True, _("Enrolment officer %(code)s is there.", code=core.officer))
    else:
        yield Finding(False, _("The core has no enrolment officer %(code)s. Have one made there.", code=core.officer))
    # FHIR finds a place by its code alone, whatever its level, and makes half a person when it finds the wrong one.
    if [edge["node"]["type"] for edge in found["places"]["edges"]] == ["V"]:
        yield Finding(True, _("Village %(code)s is there.", code=core.village))
    else:
        words = _(
            "The core must have one village with the code %(code)s, and no other place of this code. Have it made.",
            code=core.village,
        )
        yield Finding(False, words)
    if not found["userDistricts"]:
        yield Finding(False, _("The portal's user has no district in the core and sees nobody. Have one given."))
