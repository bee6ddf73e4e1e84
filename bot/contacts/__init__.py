"""Lists of people as others keep them (pasted lines, tables, spreadsheets, address cards), as rows of cells."""
