"""The rules of a fund: pure functions over scheme packs.  Knows no Flask, no database, no clock."""
