"""
The rules of Nepal, Kenya and Singapore written for OpenFisca-core, run by a Python of its own (see rules.py).

Reads the people from the file named first, writes to the second how long each scheme took and every
share in the smallest coin.  Amounts are floats there: OpenFisca keeps a variable's column as float32.
"""
# mypy: ignore-errors

import json
import sys
import time

import numpy as np
from openfisca_core.entities import Entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import MONTH
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Person = Entity("person", "persons", "Somebody who is paid", "")
SINCE = "2026-02-01"


def value(number):
    """A parameter with one value."""
    return {"values": {SINCE: {"value": number}}}


def scale(rates):
    """A scale with one rate from each age on, that age included."""
    brackets = [{"threshold": value(age), "amount": value(rate)} for age, rate in rates.items()]
    return {"metadata": {"type": "single_amount"}, "brackets": brackets}


PARAMETERS = {
    "nepal": {name: value(rate) for name, rate in {
        "provident": 0.10, "gratuity": 0.0833, "medical": 0.01, "accident": 0.014, "family": 0.0027,
    }.items()},
    "kenya": {"rate": value(0.06), "lower": value(9000), "upper": value(108000)},
    "singapore": {
        "ceiling": value(8000),
        "employer": scale({0: 0.17, 55: 0.16, 60: 0.125, 65: 0.09, 70: 0.075}),
        "employee": scale({0: 0.20, 55: 0.18, 60: 0.125, 65: 0.075, 70: 0.05}),
    },
}  # fmt: skip


def half_up(amount, coins=100):
    """Rounded to the nearest smallest coin, a half upwards."""
    return np.floor(amount * coins + 0.5) / coins


def variable(name, formula=None, value_type=float):
    """A variable of a person and month."""
    body = {"value_type": value_type, "entity": Person, "definition_period": MONTH, "label": name}
    return type(name, (Variable,), body | ({"formula": formula} if formula else {}))


def nepal(rate):
    return lambda person, period, parameters: half_up(person("basic", period) * parameters(period).nepal[rate])


def tier1(person, period, parameters):
    kenya = parameters(period).kenya
    return half_up(np.minimum(person("pensionable", period), kenya.lower) * kenya.rate)


def tier2(person, period, parameters):
    kenya = parameters(period).kenya
    pay = np.minimum(person("pensionable", period), kenya.upper)
    return half_up(np.maximum(pay - kenya.lower, 0) * kenya.rate)


def wages(person, period, parameters):
    return np.minimum(person("ordinary", period), parameters(period).singapore.ceiling)


def exact_employer(person, period, parameters):
    pay, rate = person("wages", period), parameters(period).singapore.employer.calc(person("age", period))
    return np.where(pay > 50, pay * rate, 0)


def exact_employee(person, period, parameters):
    pay, rate = person("wages", period), parameters(period).singapore.employee.calc(person("age", period))
    return np.where(pay > 750, pay * rate, np.where(pay > 500, 3 * rate * (pay - 500), 0))


def cpf_total(person, period, parameters):
    return half_up(person("exact_employer", period) + person("exact_employee", period), 1)


def cpf_employee(person, period, parameters):
    return np.floor(person("exact_employee", period))


VARIABLES = [
    *(variable(name) for name in ("basic", "pensionable", "ordinary")), variable("age", value_type=int),
    *(variable(f"np_{name}", nepal(name)) for name in PARAMETERS["nepal"]),
    variable("ke_tier1", tier1), variable("ke_tier2", tier2),
    *(variable(made.__name__, made) for made in (wages, exact_employer, exact_employee, cpf_total, cpf_employee)),
]  # fmt: skip

#: What is paid in, and the shares that are asked for: of the employee or the employer, once or for both.
SCHEMES = {
    "nepal": ("basic", ["np_provident", "np_gratuity", "np_medical", "np_accident", "np_family"]),
    "kenya": ("pensionable", ["ke_tier1", "ke_tier2"]),
    "singapore": ("ordinary", ["cpf_total", "cpf_employee"]),
}


def system():
    """The three laws."""
    made = TaxBenefitSystem([Person])
    for each in VARIABLES:
        made.add_variable(each)
    made.parameters = ParameterNode("", data=PARAMETERS)
    return made


def run(laws, scheme, people):
    """One scheme for everybody: from lists to shares."""
    paid, asked = SCHEMES[scheme]
    began = time.perf_counter_ns()
    simulation = SimulationBuilder().build_default_simulation(laws, count=len(people["pay"]))
    simulation.set_input(paid, "2026-02", np.array(people["pay"]) / 100)
    simulation.set_input("age", "2026-02", np.array(people["age"]))
    found = {name: simulation.calculate(name, "2026-02") for name in asked}
    took = (time.perf_counter_ns() - began) // 1_000_000
    return took, {name: [round(float(one) * 100) for one in column] for name, column in found.items()}


def main(given, kept):
    with open(given) as file:
        people = json.load(file)
    laws, answer = system(), {}
    for scheme in SCHEMES:
        run(laws, scheme, people)
        took, shares = min((run(laws, scheme, people) for _time in range(3)), key=lambda one: one[0])
        answer[scheme] = {"ms": took, "shares": shares}
    with open(kept, "w") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
