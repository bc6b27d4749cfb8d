"""Ten thousand entries of a bank: read, taken in, and matched with what employers owe."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import text

from bench import Measure
from bench._stage import milliseconds, stage
from portal import db, files
from portal.bank import accounts, importing
from portal.bank.matching import deciding
from portal.bank.reading import detect
from portal.bank.reading.values import Line
from portal.scheme.checkdigits import rf_reference

ENTRIES, EMPLOYERS = 10_000, 5_000
DAY, NOW = date(2026, 3, 10), datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
#: What a fund of five thousand employers would have: two open charges each, with a bill.
STEPS = (
    """
    INSERT INTO employer (number, state, legal_name, tax_number, legal_form, activity, location, address, phone, email,
        first_employment_day, headcount, approved_at, trade_name, registration_number, contact_name, bank_name,
        bank_account)
    SELECT 'L' || n, 'active', 'Large ' || n || ' Limited', 'T' || n, 'company', 'A', 'ZM-09-01', '', '', '',
        '2020-01-01', 100, '2020-01-01', '', '', '', '', '77' || n
    FROM generate_series(1, :employers) n
    """,
    """
    INSERT INTO charge (employer_id, scheme, month, due_day, currency, pack_hash, created_at)
    SELECT id, 'zm-napsa', month, '2026-03-10', 'ZMW', '', '2026-03-01'
    FROM employer, (VALUES (202601), (202602)) months(month)
    """,
    """
    INSERT INTO transaction (employer_id, scheme, currency, name, kind, effective_day, recorded_at, explanation)
    SELECT employer_id, scheme, currency, 'declaration/' || id, 'declaration', '2026-03-01', '2026-03-01', '{}'
    FROM charge
    """,
    """
    INSERT INTO posting (transaction_id, employer_id, account, charge_id, amount)
    SELECT transaction.id, charge.employer_id, side.account, charge.id, side.sign * (100000 + charge.id)
    FROM charge JOIN transaction ON transaction.name = 'declaration/' || charge.id,
        (VALUES ('contribution_due', 1), ('contribution_income', -1)) side(account, sign)
    """,
)
BILL = text(
    """
    INSERT INTO bill (number, employer_id, charge_id, scheme, reference, currency, amount, issued_at, snapshot)
    SELECT 'B-2026-' || lpad(id::text, 6, '0'), employer_id, id, scheme, 'x' || id, 'ZMW', 100000 + id, '2026-03-01',
        '{}'
    FROM charge
    """
)


def measures() -> list[Measure]:
    """A mix as banks send it: most with their reference, some mistyped, some by account or name, some with nothing."""
    with stage():
        references = _fund()
        content = _statement(references)
        read = milliseconds(lambda: detect.read_statements(content, detect.MT940))
        statements = detect.read_statements(content, detect.MT940)
        xml = _as_camt(statements[0].lines)
        read_xml = milliseconds(lambda: detect.read_statements(xml, detect.CAMT))
        with db.writing() as session:
            kept = files.keep(session, content, name="large.sta", media_type="text/plain", at=NOW)
            booked = milliseconds(lambda: importing.take_in(session, statements, kept, by=None, at=NOW))
            matched = milliseconds(lambda: deciding.match_waiting(session))
            sure = session.scalar(text("SELECT count(*) FROM bank_entry WHERE found IN ('reference', 'account')"))
        assert (sure or 0) > ENTRIES * 0.85, sure
    return [
        Measure("10,000 bank entries read (MT940)", read, 5_000),
        Measure("10,000 bank entries read (camt.053)", read_xml, 5_000),
        Measure("10,000 bank entries checked and booked to suspense", booked, 10_000),
        Measure("10,000 bank entries matched, each with its reason", matched, 5_000),
    ]


def _fund() -> list[tuple[str, int]]:
    """The references of all bills, with their amounts."""
    with db.writing() as session:
        accounts.add(session, bank="Bank", number="123456", currency="ZMW", scheme=None, by=None, at=NOW)
        for step in STEPS:
            session.execute(text(step), {"employers": EMPLOYERS} if ":employers" in step else {})
        session.execute(BILL)
        rows = session.execute(text("SELECT id, number, amount FROM bill ORDER BY id")).all()
        found = [(row.id, rf_reference(row.number.replace("-", "")), row.amount) for row in rows]
        session.execute(
            text("UPDATE bill SET reference = :reference WHERE id = :id"),
            [{"id": row, "reference": reference} for row, reference, _amount in found],
        )
    with db.writing() as session:
        session.execute(text("ANALYZE"))
    return [(reference, amount) for _row, reference, amount in found]


#: An entry as banks write it in camt.053, and the statement around all of them.
ENTRY = (
    '<Ntry><Amt Ccy="ZMW">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt>'
    "</BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
    "<Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED"
    '</EndToEndId></Refs><Amt Ccy="ZMW">{amount}</Amt><RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr><DbtrAcct><Id>'
    "<Othr><Id>{account}</Id></Othr></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    "</NtryDtls></Ntry>"
)
BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="ZMW">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    "<Dt><Dt>{day}</Dt></Dt></Bal>"
)
STATEMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    "<BkToCstmrStmt><Stmt><Id>L</Id><Acct><Id><Othr><Id>123456</Id></Othr></Id><Ccy>ZMW</Ccy></Acct>{said}</Stmt>"
    "</BkToCstmrStmt></Document>"
)


def _as_camt(lines: Sequence[Line]) -> bytes:
    """The same entries in XML."""
    entries = [
        ENTRY.format(
            amount=_decimal(one.amount), day=one.booking_day, reference=one.bank_reference, name=one.payer_name,
            account=one.payer_account, text=one.remittance,
        )
        for one in lines
    ]  # fmt: skip
    after = _decimal(sum(one.amount for one in lines))
    balances = [
        BALANCE.format(code=code, amount=amount, day=DAY) for code, amount in (("OPBD", "0.00"), ("CLBD", after))
    ]
    return STATEMENT.format(said="".join([*balances, *entries])).encode()


def _decimal(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _statement(references: list[tuple[str, int]]) -> bytes:
    lot, total, lines = random.Random(7), 0, []
    for n in range(ENTRIES):
        reference, amount = references[n % len(references)]
        told = f"PAYMENT {reference} NAPSA"
        match n % 20:
            case 0:
                told = f"PAYMENT {reference[:-1]}{(int(reference[-1]) + 1) % 10}"
            case 1:
                told = f"?00CREDIT?31{77}{n // 2 + 1}?32LARGE {n // 2 + 1} LTD"
            case 2:
                told, amount = "CASH DEPOSIT", lot.randrange(100, 99_999)
        total += amount
        lines.append(f":61:2603100310C{amount // 100},{amount % 100:02d}NTRFNONREF//FT{n:08d}\n:86:{told}")
    closing = f"{total // 100},{total % 100:02d}"
    return (
        ":20:L\n:25:123456\n:28C:1/1\n:60F:C260309ZMW0,00\n" + "\n".join(lines) + f"\n:62F:C260310ZMW{closing}\n-\n"
    ).encode()
