"""Each role's exercise, done as a learner does it: what is asked is read from the pages, and the check page agrees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from portal.demo.characters import CHARACTERS
from tests.conftest import Cluster
from tests.journeys.conftest import Live, portal_with
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey

#: The employers the exercises are about, as they behave in the practice fund, but small: people and months.
SMALL = {
    "kafue-mining": (3, 14), "mosi-transport": (3, 7), "copperbelt-bakery": (3, 7), "zambezi-foods": (4, 1),
    "chilenje-school": (2, 1),
}  # fmt: skip
CLASS = tuple(
    replace(
        character, people=SMALL[character.code][0], lowest=5000, highest=5000, turnover=0,
        months=SMALL[character.code][1],
    )
    for character in CHARACTERS
    if character.code in SMALL
)  # fmt: skip
AMOUNT = r"ZMW ([\d,]+\.\d\d)"


@pytest.fixture(scope="module")
def classroom(
    cluster: Cluster, template: str, _fund: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """A portal of its own for the class."""
    with portal_with(CLASS, cluster, template, tmp_path_factory.mktemp("class")) as live:
        yield live


@pytest.fixture
def learn(classroom: Live, browser: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Somebody opens a browser and begins an exercise."""
    classroom.put_back()
    visitors: list[Visitor] = []

    def begin(exercise: str) -> Visitor:
        visitors.append(Visitor(browser, classroom.url))
        return visitors[-1].open(f"/practice/exercises/{exercise}").press("Begin the exercise").sees("0 of ")

    yield begin
    for visitor in visitors:
        visitor.leave()


def found(visitor: Visitor, pattern: str) -> str:
    """What the page says at the first place that reads like *pattern*."""
    match = re.search(pattern, visitor.text)
    assert match, (pattern, visitor.path, visitor.text[:2000])
    return match.group(1)


def answer(visitor: Visitor, exercise: str, step: int, typed: str) -> None:
    """Type what was found into the box of a step, and be right."""
    visitor.open(f"/practice/exercises/{exercise}")
    form = visitor.page.locator(f"form[action*='/practice/exercises/{exercise}/{step}#']")
    form.locator("input[name='answer']").fill(typed)
    with visitor.page.expect_navigation():
        form.get_by_role("button", name="Check").click()
    assert "That is not what the page says" not in visitor.text, (step, typed)


def all_done(visitor: Visitor, exercise: str) -> None:
    visitor.open(f"/practice/exercises/{exercise}").sees("All steps are done.")


def home(visitor: Visitor) -> str:
    """The address of the learner's employer."""
    visitor.open("/")
    return "/".join(visitor.path.split("/")[:3])


def test_the_clerks_exercise(learn: Callable[[str], Visitor], classroom: Live) -> None:
    clerk = learn("clerk")
    base = home(clerk)
    clerk.open(f"{base}/roster/hire").fill(
        national_id="555555/55/1", first_name="Thandiwe", surname="Ngoma", sex="F", birth_date="1994-02-11",
        from_day=classroom.day.replace(day=1).isoformat(), category="permanent",
        pay_basic="5000.00", pay_gross="5500.00",
    )  # fmt: skip
    clerk.press("Put on the roster")
    clerk.open(f"{base}/roster/").follow("Chanda").follow("Change the wage")
    clerk.fill(pay_basic="5200.00", pay_gross="5200.00").press("Save the wage")
    clerk.open(f"{base}/roster/").follow("Thandiwe").follow("Record that they left")
    clerk.fill(last_day=classroom.day.isoformat(), reason="resigned").press("Record the last day")
    clerk.open("/").follow("Start your payroll").press("Start from the roster")
    clerk.follow("Change amounts")
    clerk.page.locator("main input[name^='gross-']").first.fill("6100.00")
    clerk.press("Save and check")
    clerk.open(f"{base}/payrolls/")
    clerk.follow(classroom.month_name(classroom.month.previous()))
    answer(clerk, "clerk", 6, found(clerk, r"Pension.*?(A-\d{4}-\d{6})"))
    all_done(clerk, "clerk")


def test_the_signatorys_exercise(learn: Callable[[str], Visitor], classroom: Live) -> None:
    signatory = learn("signatory")
    base = home(signatory)
    number = found(signatory, r"(R-\d{4}-\d{6})")
    answer(signatory, "signatory", 1, number)
    signatory.open("/").follow("Start your payroll").press("Start from the roster")
    signatory.fill(confirm="y").press("Submit").sees("is declared")
    signatory.open(f"{base}/account/").press("Get the bill")
    signatory.open(f"{base}/payrolls/").follow(classroom.month_name(classroom.month))
    signatory.follow("See the lines").press("Revise").follow("Change amounts")
    signatory.page.locator("main input[name^='gross-']").first.fill("5900.00")
    signatory.press("Save and check").follow("Check and submit").tick_all().press("Submit")
    all_done(signatory, "signatory")


def test_the_exercise_of_an_employer_in_arrears(learn: Callable[[str], Visitor]) -> None:
    grace = learn("administrator")
    base = home(grace)
    grace.open(f"{base}/account/")
    napsa = grace.text[grace.text.index("National Pension") :]
    owed = re.search(f"You owe {AMOUNT}", napsa)
    assert owed
    oldest = [row for row in grace.page.locator("main tbody tr").all() if "Overdue" in row.inner_text()][-1]
    cells = {str(cell.get_attribute("data-label")): cell.inner_text() for cell in oldest.locator("[data-label]").all()}
    answer(grace, "administrator", 1, owed[1])
    answer(grace, "administrator", 2, cells["Contribution"])
    answer(grace, "administrator", 3, cells["Late charge"])
    grace.open(f"{base}/account/").press("Get the bill")
    grace.open(f"{base}/roster/").follow("Slips").page.locator("main input[type='checkbox']").first.check()
    grace.page.locator("main form button[type='submit']").last.click()
    grace.open(f"{base}/colleagues/").follow("Invite somebody")
    grace.page.locator("main input[name='role'][value='viewer'], main input[name='roles'][value='viewer']").check()
    grace.fill(email="eyes@mosi-transport.example").press("Send the invitation")
    all_done(grace, "administrator")


def test_the_accountants_exercise(learn: Callable[[str], Visitor]) -> None:
    brian = learn("viewer")
    brian.open("/employers/").sees("You may act for 2 employers")
    pages = [str(one.get_attribute("href")) for one in brian.page.locator("main tbody td:first-child a").all()]
    people: dict[str, int] = {}
    for page in pages:
        brian.open(page)
        people[page.strip("/").split("/")[1]] = int(found(brian, r"On your roster today\s+(\d+)"))
        if "Zambezi Foods" in brian.text:
            receipt = found(brian, r"(R-\d{4}-\d{6})")
    answer(brian, "viewer", 1, max(people, key=lambda number: people[number]))
    answer(brian, "viewer", 2, str(sum(people.values())))
    answer(brian, "viewer", 3, receipt)
    all_done(brian, "viewer")


def test_the_exercise_of_the_administrator_of_systems(learn: Callable[[str], Visitor]) -> None:
    daniel = learn("administrator-of-systems")
    daniel.open("/fund/access").sees("Who may do what")
    without = sum(cell.inner_text() == "off" for cell in daniel.page.locator("main [data-label='Second step']").all())
    daniel.follow("Invite a colleague")
    daniel.page.locator("main input[name='roles'][value='cashier']").check()
    daniel.fill(email="new@zambezi-fund.example").press("Send the invitation")
    daniel.open("/fund/access").press("Withdraw")
    daniel.open("/fund/texts/month.opened/fr").sees("How it reads")  # with the longest address
    daniel.open("/fund/texts/registration.approved/en")
    daniel.fill(subject="Welcome: {number}").press("Show how it reads").press("Use this text")
    answer(daniel, "administrator-of-systems", 4, str(without))
    all_done(daniel, "administrator-of-systems")


def test_the_employees_exercise(learn: Callable[[str], Visitor]) -> None:
    chanda = learn("employee")
    chanda.open("/me/")
    day = found(chanda, r"Covered until (\d+ \w+ \d{4})")
    number = {name: at for at, name in enumerate(MONTHS, 1)}[day.split()[1]]
    answer(chanda, "employee", 1, f"{int(day.split()[0]):02d} {number:02d} {day.split()[2]}")
    chanda.open("/me/").follow("Something is wrong")
    chanda.page.locator("main input[name='kind'][value='wrong_wage']").check()
    chanda.page.locator("main select[name='month'], main [name='month']").first.select_option(index=1)
    chanda.fill(message="I was paid 5,400.00.").press("Send to the fund")
    all_done(chanda, "employee")


MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def test_the_registrars_exercise(learn: Callable[[str], Visitor]) -> None:
    ruth = learn("registrar")
    ruth.open("/fund/registrations")
    ruth.page.locator("main tbody a").first.click()
    ruth.follow("Reject").fill(reason="The company was closed.").press("Reject")
    ruth.open("/fund/employers?standing=silent")
    answer(ruth, "registrar", 2, found(ruth, r"Copperbelt Bakery (ZE\d+)"))
    all_done(ruth, "registrar")


def test_the_auditors_exercise(learn: Callable[[str], Visitor]) -> None:
    agnes = learn("auditor")
    agnes.open("/fund/")
    overdue = agnes.row("NAPSA")["Total"]
    answer(agnes, "auditor", 1, overdue)
    agnes.open("/fund/arrears?scheme=zm-napsa")
    number = found(agnes, r"Mosi Transport (ZE\d+)")
    answer(agnes, "auditor", 2, number)
    agnes.open(f"/fund/employers/{number}/tab/arrears")
    months = [row for row in agnes.page.locator("main tbody tr").all() if "Overdue" in row.inner_text()]
    cells = [" ".join(row.inner_text().split()) for row in months if "not known" not in row.inner_text()][-1]
    amounts = re.findall(r"[\d,]+\.\d\d", cells)
    _declared, unpaid, late = amounts
    answer(agnes, "auditor", 3, late)
    answer(agnes, "auditor", 4, unpaid)
    all_done(agnes, "auditor")


def pay_for_mosi(esther: Visitor) -> str:
    """A payment of Mosi Transport at the counter; the address of its receipt."""
    esther.open("/fund/payments/").fill(find="Mosi").press("Find the employer")
    esther.fill(scheme="zm-napsa", amount="500.00", method="bank", bank_reference="PB1").press("Check before recording")
    return esther.press("Record").sees("Payment recorded").path


def ask_to_take_back(esther: Visitor, receipt: str) -> None:
    esther.open(receipt).follow("Ask to take this payment back")
    esther.fill(reason="Entered for the wrong employer.").press("Ask for it to be taken back")


def owed_to_napsa(visitor: Visitor) -> str:
    """What the counter says Mosi Transport owes NAPSA."""
    visitor.open("/fund/payments/").fill(find="Mosi").press("Find the employer")
    return visitor.summary()["Open"]


def test_the_cashiers_and_the_supervisors_exercises(learn: Callable[[str], Visitor]) -> None:
    esther, charles = learn("cashier"), learn("supervisor")
    receipt = pay_for_mosi(esther)
    answer(esther, "cashier", 2, owed_to_napsa(esther))
    ask_to_take_back(esther, receipt)
    all_done(esther, "cashier")

    charles.open("/fund/")
    answer(charles, "supervisor", 1, charles.row("NAPSA")["Total"])
    charles.open("/fund/approvals").page.locator("main tbody a").first.click()
    charles.press("Approve and do it")
    charles.open("/fund/arrears?scheme=zm-napsa")
    answer(charles, "supervisor", 3, found(charles, r"Mosi Transport (ZE\d+)"))
    all_done(charles, "supervisor")


def test_the_officers_exercise_after_the_employees_report(learn: Callable[[str], Visitor]) -> None:
    chanda = learn("employee").open("/me/").follow("Something is wrong")
    chanda.page.locator("main input[name='kind'][value='wrong_wage']").check()
    chanda.page.locator("main [name='month']").first.select_option(index=1)
    chanda.fill(message="I was paid 5,400.00.").press("Send to the fund")

    peter = learn("officer").open("/fund/employers?standing=silent")
    answer(peter, "officer", 1, found(peter, r"Copperbelt Bakery (ZE\d+)"))
    peter.open("/fund/arrears?scheme=zm-napsa")
    mosi = found(peter, r"Mosi Transport (ZE\d+)")
    answer(peter, "officer", 2, mosi)
    peter.open(f"/fund/employers/{mosi}")
    answer(peter, "officer", 3, peter.row("NAPSA")["Of both, overdue"])
    peter.open("/fund/cases").page.locator("main tbody a").first.click()
    peter.page.locator("main input[name='then']").first.check()
    peter.fill(text="We asked your employer for the payslip.").press("Keep it")
    all_done(peter, "officer")
