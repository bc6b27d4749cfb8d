"""CSV and XLSX files: in, every fault with its row and column; out, formulas made harmless."""
