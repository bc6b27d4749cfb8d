"""The monthly payroll and the declarations it makes."""
