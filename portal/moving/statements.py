"""The SQL of going out and coming in: a table as CSV, its texts made harmless for a spreadsheet, and back."""

from __future__ import annotations

from psycopg import sql
from sqlalchemy import Column, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from portal.moving.policy import How, Leaving, leaving

#: Blanks what is written in a structure, except days, months, and what stands under keys that hold codes of ours.
#: It lives as long as the connection.
SCRUB = """
CREATE FUNCTION pg_temp.scrub(value jsonb, under text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN
      RETURN (SELECT coalesce(jsonb_object_agg(one.key, pg_temp.scrub(one.value, one.key)), '{}')
              FROM jsonb_each(value) one);
    WHEN 'array' THEN
      RETURN (SELECT coalesce(jsonb_agg(pg_temp.scrub(one.value, under) ORDER BY one.ordinality), '[]')
              FROM jsonb_array_elements(value) WITH ORDINALITY one);
    WHEN 'string' THEN
      IF under IN ('is', 'msgid', 'currency', 'scheme', 'pack', 'kind', 'reference', 'source', 'language', 'logo',
                   'number', 'layout', 'schemes')
         OR (value #>> '{}') ~ '^\\d{4}-\\d\\d(-\\d\\d(T[0-9:.+Z-]+)?)?$' THEN RETURN value;
      END IF;
      RETURN to_jsonb('-'::text);
    ELSE RETURN value;
  END CASE;
END $$
"""
#: A spreadsheet runs a cell that begins with one of these; an apostrophe before it is taken away again.
_HARMLESS = sql.SQL("CASE WHEN {0} ~ '^[=+@\\t\\r''-]' THEN '''' || {0} ELSE {0} END")
_AS_IT_WAS = sql.SQL("CASE WHEN {0} LIKE '''%' THEN substr({0}, 2) ELSE {0} END")
#: What every account of every employer holds, month by month: the same before and after, or the import is refused.
BALANCES = """
COPY (
  SELECT employer.number AS employer, entry.scheme, entry.currency, posting.account, charge.month,
         sum(posting.amount) AS balance, count(*) AS postings
  FROM posting
  JOIN transaction entry ON entry.id = posting.transaction_id
  JOIN employer ON employer.id = posting.employer_id
  LEFT JOIN charge ON charge.id = posting.charge_id
  GROUP BY 1, 2, 3, 4, 5
  ORDER BY employer.number COLLATE "C", entry.scheme COLLATE "C", entry.currency COLLATE "C",
           posting.account COLLATE "C", charge.month NULLS FIRST
) TO STDOUT (FORMAT csv, HEADER)
"""


def in_csv(table: Table, *, persons: bool) -> list[Leaving]:
    """The columns of a table's file: all but those with bytes."""
    return [one for one in leaving(table, persons=persons) if one.how is not How.FILE and not _bytes_that_stay(one)]


def _bytes_that_stay(one: Leaving) -> bool:
    return one.how is How.NEVER and not one.instead


def going_out(table: Table, *, persons: bool) -> sql.Composed:
    """COPY of a table as CSV, in the order of its key."""
    columns = in_csv(table, persons=persons)
    fields = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(_field(one), sql.Identifier(one.column.name)) for one in columns
    )
    order = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.primary_key.columns)
    return sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT (FORMAT csv, HEADER)").format(
        fields, sql.Identifier(table.name), order
    )


def _field(one: Leaving) -> sql.Composable:
    name = sql.Identifier(one.column.name)
    if one.how is How.SCRUBBED:
        return sql.SQL("pg_temp.scrub({}, '')").format(name)
    if one.how is not How.AS_IS:
        return sql.SQL(one.instead)  # an expression of ours, never a visitor's
    return _HARMLESS.format(name) if _is_text(one.column) else name


def _is_text(column: Column[object]) -> bool:
    return isinstance(column.type, String) and not isinstance(column.type, JSONB)


def coming_in(table: Table, columns: list[Column[object]]) -> tuple[sql.Composed, sql.Composed, sql.Composed]:
    """A place beside the table without its rules, the COPY into it, and from there into the table itself."""
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    fields = sql.SQL(", ").join(
        _AS_IT_WAS.format(sql.Identifier(column.name)) if _is_text(column) else sql.Identifier(column.name)
        for column in columns
    )
    target = sql.Identifier(table.name)
    return (
        sql.SQL("CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(names, target),
        sql.SQL("COPY incoming ({}) FROM STDIN (FORMAT csv, HEADER MATCH)").format(names),
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM incoming").format(target, names, fields),
    )
