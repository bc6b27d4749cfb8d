"""The employer's record: everything the fund knows of one employer on one page with tabs, and notes."""
