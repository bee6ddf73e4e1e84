"""What Odoo says went wrong, told as ours: by the name of its exception, for the status says too little.

A 500 that has a name is our own mistake or a rule of the house, and stays; without one, Odoo itself is ill.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported, reason
from integrations.http import Answer

from .values import text

SERVICE = "odoo"
SHUT = 60.0  # seconds between two looks whether a human has mended it
DATABASE = "psycopg2."  # its own trouble, which Odoo hands on by name
PAGES = {401: "gate", 403: "blocked"}


@dataclass(frozen=True, slots=True)
class Fault:
    """`debug`, a traceback with whatever was asked in it, is not even read."""

    name: str
    message: str

    @property
    def error(self) -> Exception:
        if self.name.startswith(DATABASE):
            return Unavailable(SERVICE, unknown=True, cause="broken")
        said = reason(self.message.strip().partition("\n")[0])  # what follows names records, and what to click on
        match self.name.removeprefix("odoo.exceptions.").removeprefix("werkzeug.exceptions."):
            case "Unauthorized" | "AccessDenied":
                told: Exception = Unavailable(SERVICE, SHUT, cause="credentials")
            case "AccessError":
                told = NotPermitted("odoo-right")
            case "MissingError":
                told = NotFound("odoo-gone")
            case "ValidationError" | "UserError":
                told = Rejected("odoo-rejected", reason=said)
            case "RedirectWarning":
                told = Refused("odoo-house-rule", reason=said)
            case "NotFound":
                told = Unsupported("odoo-unsupported")
            case "LockError":
                told = Unavailable(SERVICE, cause="busy")
            case _:
                told = Refused("odoo-unexpected", error=reason(self.name))
        return told


def fault(told: object) -> Fault | None:
    """None where it has no name."""
    if not isinstance(told, dict) or not (name := text(told.get("name"))):
        return None
    return Fault(name, text(told.get("message")))


def failure(answer: Answer) -> Exception:
    if named := fault(answer.json()):
        return named.error
    if answer.status >= 500:
        return Unavailable(SERVICE, unknown=True, cause="broken")
    if answer.is_page:  # no such database, or no Odoo
        return Unavailable(SERVICE, SHUT, cause=PAGES.get(answer.status, "address"))
    return Refused("odoo-unexpected", error=str(answer.status))
