"""Requests of Keycloak's Admin REST API within one realm: the token, lists page by page, and refusals told apart.

https://www.keycloak.org/docs-api/latest/rest-api; what 26.7 answers is in `tests/captured/keycloak-26.7.3`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, reason
from integrations.http import Answer, Http
from integrations.oauth import ClientCredentials, unexpected

from .lacking import unsupported
from .scim_resources import Row, objects, text

SERVICE = "directory"
PAGE, PAGES = 200, 200
LONGEST = 2**25  # bytes of all pages together: some ten thousand people
MAIL_PATIENCE = 300.0  # seconds, for whoever mends what mails are sent by


class KeycloakClient:
    """Reads raise; writes *return* what went wrong, because the caller must look before believing it."""

    def __init__(self, http: Http, realm: str, client_id: str, secret: str) -> None:
        self.http = http
        self._realm = f"/realms/{part(realm)}"
        token_url = f"{self._realm}/protocol/openid-connect/token"
        self._token = ClientCredentials(http, token_url, client_id, secret, refused=_no_token)

    async def realm(self) -> Row:
        """What whoever looks after people is shown of the realm."""
        return self._row(await self._call("GET", ""))

    async def public(self) -> Answer:
        """What everybody is told of the realm, without a sign-in; whether it was shut is not said here (26.7). Raises
        `Unavailable`, also where anything but a Keycloak answers, as a proxy does that knows of nothing behind it."""
        answer = await self.http("GET", self._realm)
        told = answer.json()
        if answer.status == 404 and text(told, "error") == "Realm does not exist":
            raise NotPermitted("directory-no-realm")
        if answer.status != 200 or not text(told, "realm"):
            raise unexpected(self.http, answer)
        return answer

    async def public_address(self) -> str:
        """Where it says that people find it: the links in its mails begin so."""
        answer = await self.public()
        return text(answer.json(), "token-service").partition("/realms/")[0]

    async def rows(self, path: str, **query: str) -> list[Row]:
        """Every row of a list, page after page; those of which nothing can be made are left out."""
        rows: list[Row] = []
        read = 0
        for number in range(PAGES):
            some = {"first": str(number * PAGE), "max": str(PAGE)}
            page = await self._call("GET", path, params=query | some)
            told, read = self._list(page), read + len(page.body)
            if not told:
                return rows
            if read > LONGEST:
                break
            rows += [row for row in objects(told) if text(row, "id")]
        raise Refused("directory-too-many")

    async def few(self, path: str, **query: str) -> list[Row]:
        """The same of a list that has no pages, or of which one is enough."""
        told = self._list(await self._call("GET", path, params=query))
        return [row for row in objects(told) if text(row, "id")]

    async def identities(self, of: str) -> list[Row]:
        """At the providers, of the person at this path: these have no id of their own."""
        return objects(self._list(await self._call("GET", f"{of}/federated-identity")))

    async def row(self, path: str) -> Row:
        """Raises `NotFound`."""
        return self._row(await self._call("GET", path))

    async def write(self, method: str, path: str, body: object = None, **query: str) -> Exception | None:
        content = {"json": body} if body is not None else {}
        try:
            answer = await self._call(method, path, params=query, **content)
        except (Refused, Unavailable) as trouble:
            return trouble
        return None if answer.status in (200, 201, 204) else self._failure(answer)

    async def _call(self, method: str, path: str, **request: Any) -> Answer:
        """A token says what its owner might do when it was asked for: refused, another one may say more."""
        answer = await self._call_once(method, path, **request)
        if answer.status in (401, 403):
            self._token.forget()
            answer = await self._call_once(method, path, **request)
        return answer

    async def _call_once(self, method: str, path: str, **request: Any) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {await self._token.get()}"}
        return await self.http(method, f"/admin{self._realm}{path}", headers=headers, **request)

    def _json(self, answer: Answer) -> Any:
        if answer.status != 200:
            raise self._failure(answer)
        return answer.json()

    def _list(self, answer: Answer) -> list[object]:
        told = self._json(answer)
        if not isinstance(told, list):
            raise unexpected(self.http, answer)
        return told

    def _row(self, answer: Answer) -> Row:
        row = self._json(answer)
        if not isinstance(row, dict):
            raise unexpected(self.http, answer)
        return row

    def _failure(self, answer: Answer) -> Exception:
        """What is not clearly a refusal may pass, and may have been carried out."""
        told = answer.json()
        said = text(told, "errorMessage") or text(told, "error")
        if answer.is_page:  # of somebody who stands before it: it makes none for programs
            return unexpected(self.http, answer)
        if answer.status == 500 and said.startswith("Failed to send"):
            return Unavailable(SERVICE, MAIL_PATIENCE, cause="mails-fail")
        return _refusal(answer.status, told, said) or unexpected(self.http, answer)


def part(value: str) -> str:
    """One step of a path."""
    return quote(value, safe="")


def _no_token(answer: Answer) -> NotPermitted | None:
    """Why none is given, where that is said: the credentials may be good, and the realm another one."""
    told = answer.json()
    if answer.status == 404:
        known = text(told, "error") == "Realm does not exist"
        return NotPermitted("directory-no-realm" if known else "directory-no-keycloak")
    if answer.status == 405:
        return NotPermitted("directory-no-keycloak")
    if answer.status == 200 and isinstance(told, dict) and not isinstance(told.get("access_token"), str):
        return NotPermitted("directory-no-keycloak")
    if answer.status not in (400, 401, 403) or answer.is_page:
        return None
    lacks_account = text(told, "error_description") == "Client not enabled to retrieve service account"
    return NotPermitted("directory-no-service-account" if lacks_account else "directory-credentials")


def _refusal(status: int, told: object, said: str) -> Refused | None:
    match status:
        case 400:
            return _rejected(told, said)
        case 401 | 403:
            return NotPermitted("directory-not-permitted" if status == 403 else "directory-two-names")
        case 404:
            return _missing(said)
        case 405 | 501:
            return unsupported("accounts")
        case 409:
            return Conflict("email" if said.endswith("same email") else "login")
    return None


def _missing(said: str) -> Refused:
    """What it lacks it says in words of its own; in others, that nobody asks a Keycloak so."""
    if said == "Realm not found.":
        return NotPermitted("directory-no-realm")
    if said.startswith("Unable to find matching target"):
        return NotPermitted("directory-no-keycloak")
    return NotFound("directory-not-found")


def _rejected(told: object, said: str) -> Rejected:
    """Of several values that are refused, one is told: the next try tells the next."""
    several = objects(told.get("errors")) if isinstance(told, dict) else []
    one = several[0] if several else told
    why = reason(text(one, "errorMessage") or said)
    match text(one, "field"):
        case "firstName" | "lastName":
            return Rejected("directory-name-rejected", reason=why)
        case "email":
            return Rejected("directory-email-rejected", reason=why)
        case "username":
            return Rejected("directory-login-rejected", reason=why)
    return Rejected("directory-rejected", reason=why)
