"""The month in figures: for the fund, its regions and sectors, by sex and age; each figure with its meaning."""
