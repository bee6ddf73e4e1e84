"""What Odoo answers, read warily: `false` stands for all that is empty, and nothing promises a type."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """0 for what is none: no record has that id."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def numbers(value: object) -> list[int]:
    return [one for one in value if number(one) > 0] if isinstance(value, list) else []


def linked(value: object) -> int:
    """The id of a record to which one leads, told as [id, name]; 0 for none."""
    return number(value[0]) if isinstance(value, list) and value else 0


def rows(value: object) -> list[Row]:
    """Records alone: a null id is answered with an empty one."""
    found = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    return [row for row in found if number(row.get("id")) > 0]
