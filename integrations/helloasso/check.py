"""What `doctor` wants to know: does the key open this association, and are there membership forms to look at."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding, away

from .client import SERVICE, Client, text
from .items import SLUG


async def check(client: Client, organization: str, wanted: Sequence[str]) -> list[Finding]:
    try:
        rows = [row async for row in client.rows(client.of_organization("forms"), formTypes="Membership")]
        await client.get(client.of_organization("items"), tierTypes="Membership", pageSize=1)
    except Unavailable as trouble:
        return [away(SERVICE, trouble)]
    except Refused as no:
        return [Finding(no.code, False, no.words)]
    forms = [slug for row in rows if SLUG.fullmatch(slug := text(row.get("formSlug")))]
    if missing := [form for form in wanted if form not in forms]:
        return [Finding("helloasso-form", False, {"forms": ", ".join(missing), "there": ", ".join(forms) or "-"})]
    if not forms:
        return [Finding("helloasso-no-form", False, {"organization": organization})]
    return [Finding("helloasso-ready", True, {"forms": ", ".join(wanted or forms)})]
