"""The employer and contribution portal that runs beside an openIMIS core."""
