"""What is wrong in a bank's file is named with its entry and field; nothing hostile is read."""

from __future__ import annotations

import pytest

from portal.bank.matching.references import one_slip_away, sightings
from portal.bank.reading import detect
from portal.bank.reading.csv_layout import Layout
from portal.bank.reading.csv_statement import read_csv_statement
from portal.bank.reading.values import minor_of
from portal.scheme.checkdigits import rf_reference
from portal.tabular.table import FileRefused

REFERENCE = rf_reference("B2026000123")
HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.%s">'
ENTRY = (
    '<Ntry><Amt Ccy="ZMW">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
    "<BookgDt><Dt>2026-03-10</Dt></BookgDt></Ntry>"
)


def camt(entries: str = ENTRY, version: str = "02", before: str = "") -> bytes:
    """A statement from 0.00 to 1.00."""
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="ZMW">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        "<Dt><Dt>2026-03-10</Dt></Dt></Bal>"
        for code, amount in (("OPBD", "0.00"), ("CLBD", "1.00"))
    )
    return (
        f"{before}{HEAD % version}<BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><Othr><Id>1</Id></Othr></Id><Ccy>ZMW</Ccy>"
        f"</Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def refused(content: bytes) -> str:
    with pytest.raises(FileRefused) as why:
        detect.read_statements(content, detect.format_of(content))
    return str(why.value.problem.placed)


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 9)])
def test_every_version_from_02_to_08_is_read(version: str) -> None:
    (read,) = detect.read_statements(camt(version=version), detect.CAMT)
    assert (read.opening, read.closing, read.lines[0].amount) == (0, 1_00, 1_00)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (camt(version="09"), "Ask the bank for camt.053 or camt.054, version 02 to 08."),
        (camt(before='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'), "document type or an entity"),
        (camt(before='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">'), "document type or an entity"),
        (camt()[:-20], "is not whole XML"),
        (camt("<a>" * 60 + "</a>" * 60), "nested deeper"),
        (camt(ENTRY.replace("1.00", "1.005")), "Entry 1, Amt: “1.005” has more decimals than ZMW has."),
        (camt(ENTRY.replace("1.00", "1e3")), "Entry 1, Amt: “1e3” is not an amount."),
        (camt(ENTRY.replace('Ccy="ZMW"', 'Ccy="USD"')), "Entry 1, Amt: The amount is in USD, the account in ZMW."),
        (camt(ENTRY.replace("CRDT", "PLUS")), "Entry 1, CdtDbtInd: “PLUS” is neither CRDT nor DBIT."),
        (camt(ENTRY.replace("2026-03-10", "2026-02-30")), "Entry 1, BookgDt: “2026-02-30” is not a day."),
        (b"/etc/passwd", "x"),
        (b":20:1\n:25:1\n:60F:C260310ZMW0,00\n:61:26031\n:62F:C260310ZMW0,00\n", "Entry 1, :61:"),
        (b":20:1\n:25:1\n:60F:C260310ZMW0,00\n", "The balance before or after the entries is missing."),
        (b"   ", "The file is empty."),
        (b"PK\x03\x04", "This is not a bank's statement file."),
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, words: str) -> None:
    if words == "x":  # the name of a file is no file: it is read as what it is, a CSV of one word
        assert detect.format_of(content) == detect.CSV
        return
    assert words in refused(content)


@pytest.mark.parametrize(
    ("text", "mark", "currency", "minor"),
    [
        ("1,23,456.50", ".", "NPR", 123_456_50), ("1.234,5", ",", "EUR", 1_234_50),
        ("1 200 000", ",", "XOF", 1_200_000),
        ("1200.00", ".", "XAF", 1_200), ("1.234", ".", "TND", 1_234), (".5", ".", "ZMW", 50),
    ],
)  # fmt: skip
def test_amounts_are_exact(text: str, mark: str, currency: str, minor: int) -> None:
    assert minor_of(text, currency, mark=mark) == minor


def read_csv(text: str, **more: str) -> list[int]:
    layout = Layout(
        columns={"booking_day": "Day", "amount": "Amount", "balance": "Balance"}, day_format="DD/MM/YYYY", **more
    )
    return [one.amount for one in read_csv_statement(text.encode(), layout, account="1", currency="ZMW").lines]


def test_a_csv_that_begins_with_the_newest_is_turned_round() -> None:
    assert read_csv("Day,Amount,Balance\n11/03/2026,-5.00,5.00\n10/03/2026,10.00,10.00\n") == [10_00, -5_00]
    assert read_csv("Day,Amount,Balance\n10/03/2026,(5.00),5.00\n10/03/2026,10.00CR,10.00\n") == [10_00, -5_00]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("10/03/2026,10.00,10.00\n11/03/2026,5.00,14.00", "Entry 3: "),
        ("10/13/2026,10.00,10.00", "Entry 2, Day: “10/13/2026” is not a day written as DD/MM/YYYY."),
        ("10/03/2026,ten,10.00", "Entry 2, Amount: “TEN” is not an amount."),
        ('10/03/2026,"10.00,10.00', "A quotation mark is opened and never closed"),
    ],
)
def test_a_faulty_row_is_named(rows: str, words: str) -> None:
    with pytest.raises(FileRefused) as why:
        read_csv(f"Day,Amount,Balance\n{rows}\n")
    assert words.removesuffix("Entry 3: ") in str(why.value.problem.placed)


@pytest.mark.parametrize("typed", [
    REFERENCE, REFERENCE.lower(), " ".join(REFERENCE), f"INV {REFERENCE[:4]}-{REFERENCE[4:]} THANKS",
    REFERENCE.replace("0", "O"), REFERENCE.replace("1", "l"), f"/{REFERENCE}/NOVEMBER",
])  # fmt: skip
def test_a_reference_is_read_however_it_is_written(typed: str) -> None:
    (found,) = sightings("remittance", typed, "B")
    assert found.right[0] == REFERENCE


@pytest.mark.parametrize("wrong", [
    REFERENCE[:-1] + "4", REFERENCE[:-2] + REFERENCE[:-3:-1], REFERENCE[:8] + REFERENCE[9:],
    REFERENCE[:8] + "7" + REFERENCE[8:], REFERENCE[:4] + "8" + REFERENCE[5:],
])  # fmt: skip
def test_one_slip_of_the_hand_is_found_again_and_never_taken(wrong: str) -> None:
    for found in sightings("remittance", wrong, "B"):
        assert REFERENCE not in found.right
        assert REFERENCE in one_slip_away(found.run, "B")
