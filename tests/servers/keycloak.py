"""Keycloak's SCIM in memory, held to what 26.7.3 was recorded to answer (`captured/keycloak-26.7.3`), in its own form:
who is in a group comes only when it is asked for, and only one way of taking somebody out does so."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Self

from aiohttp import BasicAuth, web

from tests.servers.ports import free_port

USER, GROUP = (f"urn:ietf:params:scim:schemas:core:2.0:{kind}" for kind in ("User", "Group"))
MESSAGE = "urn:ietf:params:scim:api:messages:2.0"
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SCIM, JSON = "application/scim+json;charset=UTF-8", "application/json"
PAGE = 100
FILTER = re.compile(r'(?P<attribute>[\w.]+) (?P<operator>eq|sw) "(?P<value>.*)"')
ESCAPED = re.compile(r'\\(["\\])')  # « \u00e9 » stays as it is, and finds nobody
ONE_MEMBER = re.compile(r'members\[value eq "(?P<id>[^"]*)"\]')
FORBIDDEN = re.compile(r'[<>&"$%!#?§;*~/\\|^=\[\]{}()\x00-\x1f]')
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
TOKEN_LIFETIME = 300
UNKEPT = {"cache-control": "no-store"}

Row = dict[str, Any]


@dataclass
class Person:
    """`email` is folded, as Keycloak keeps it."""

    id: str
    username: str
    email: str = ""
    given: str = ""
    family: str = ""
    active: bool = True
    locale: str = ""
    created: str = ""


@dataclass
class Group:
    id: str
    name: str
    created: str = ""
    members: set[str] = field(default_factory=set)
    parent: str = ""  # the id of the group that it is in
    roles: dict[str, list[str]] = field(default_factory=dict)  # by the client of which they are


@dataclass
class Client:
    """`audience`: its tokens are for SCIM, by a mapper that an administrator adds; `role`: with « view » it reads, with
    « query » it is shown what it was permitted to see."""

    secret: str
    service_account: bool = True
    audience: bool = True
    role: Literal["manage", "view", "query", "none"] = "manage"


class Failure(Exception):
    def __init__(self, status: int, detail: str = "", kind: str = "") -> None:
        more = {"scimType": kind, "detail": detail}
        told = {"schemas": [f"{MESSAGE}:Error"], "status": str(status)} | {k: v for k, v in more.items() if v}
        self.response = _told(told, status)
        super().__init__(detail)


class Keycloak:
    """`async with Keycloak() as server:` serves the realm `lieu`; the bot is the client `bot`. `public` is the address
    that it says it has; `scim` is the realm's own switch; `ids` are those of what is made, one after the other."""

    def __init__(self, public: str = "", ids: Iterator[str] | None = None) -> None:
        self.port = free_port()
        self.public = public or self.at
        self.scim = True
        self.clients = {"bot": Client(secrets.token_urlsafe(16))}
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.hidden: set[str] = set()  # addresses that a search does not find
        self.asked: list[str] = []  # of SCIM
        self.forgetful = False  # its own tokens, as where they were asked for by another name of the machine
        self.meanwhile: Callable[[], object] = lambda: None  # what somebody does just before each change of a group
        self._ids: Iterator[str] = ids or (str(uuid.uuid4()) for _ in itertools.count())
        self._tokens: dict[str, str] = {}

    # -- where it is, and its life

    @property
    def at(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def scim_url(self) -> str:
        return f"{self.at}/realms/lieu/scim/v2"

    @property
    def token_url(self) -> str:
        return f"{self.at}/realms/lieu/protocol/openid-connect/token"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/realms/{realm}/protocol/openid-connect/token", self._token),
            web.route("*", "/realms/{realm}/scim/v2/{kind}", self._scim),
            web.route("*", "/realms/{realm}/scim/v2/{kind}/{id}", self._scim),
        ]

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.add_routes(self.routes())
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    # -- what its administrator does

    def add_person(self, username: str, **more: Any) -> Person:
        person = Person(next(self._ids), username, created=_now(), **more)
        self.people[person.id] = person
        return person

    def add_group(self, name: str, *members: Person) -> Group:
        group = Group(next(self._ids), name, _now(), {person.id for person in members})
        self.groups[group.id] = group
        return group

    def token(self, client: str) -> str:
        """One that was given to this client."""
        token = secrets.token_urlsafe(16)
        self._tokens[token] = client
        return token

    # -- tokens

    async def _token(self, request: web.Request) -> web.Response:
        if request.match_info["realm"] != "lieu":
            return _told({"error": "Realm does not exist"}, 404)
        form = await request.post()
        name, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        if given := request.headers.get("authorization"):
            basic = BasicAuth.decode(given)
            name, secret = basic.login, basic.password
        client = self.clients.get(name)
        if "grant_type" not in form:
            return _no(400, "invalid_request", "Missing form parameter: grant_type")
        if client is None:
            return _no(401, "invalid_client", "Invalid client or Invalid client credentials")
        if client.secret != secret:
            return _no(401, "unauthorized_client", "Invalid client or Invalid client credentials")
        if not client.service_account:
            return _no(401, "unauthorized_client", "Client not enabled to retrieve service account")
        told = {"access_token": self.token(name), "expires_in": TOKEN_LIFETIME, "refresh_expires_in": 0}
        told |= {"token_type": "Bearer", "not-before-policy": 0, "scope": "profile email"}
        return _told(told, headers=UNKEPT)

    # -- SCIM

    async def _scim(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        try:
            return await self._answer(request)
        except Failure as failure:
            return failure.response

    async def _answer(self, request: web.Request) -> web.Response:
        if request.match_info["realm"] != "lieu":
            return _told({"error": "Realm does not exist"}, 404)
        if not self.scim:
            return _told({"error": "HTTP 404 Not Found"}, 404)
        self._let_in(request)
        kind, id = request.match_info["kind"], request.match_info.get("id")
        body = json.loads(await request.read() or b"null")
        match request.method, kind, id:
            case "GET", "ServiceProviderConfig", None:
                return _scim(_config(self._meta("ServiceProviderConfig", _now(), "")))
            case "GET", "ResourceTypes", None:
                return _scim(_page([self._type("Group", GROUP), self._type("User", USER, ENTERPRISE)], 2, 1))
            case "GET", "Users" | "Groups", None:
                return self._list(request, self._users if kind == "Users" else self._groups)
            case "POST", "Users", None:
                return self._create_person(body)
            case "POST", "Groups", None:
                return self._create_group(body)
            case _, "Users", str() if person := self.people.get(id):
                return self._one_person(request, person, body)
            case _, "Groups", str() if group := self.groups.get(id):
                return self._one_group(request, group, body)
        raise Failure(404, f"Resource not found with id {id}" if id else "Resource type not found")

    def _let_in(self, request: web.Request) -> None:
        given = request.headers.get("authorization", "")
        client = self.clients.get(self._tokens.get(given.removeprefix("Bearer "), ""))
        if client is None or self.forgetful:
            raise Failure(401, "Bearer token required")
        if not client.audience:
            raise Failure(401, "Invalid token audience")
        if client.role == "none" or (client.role == "view" and request.method != "GET"):
            raise Failure(403)

    def _list(self, request: web.Request, found: Callable[[str, str, str], list[Row]]) -> web.Response:
        attribute = operator = value = ""
        if wanted := request.query.get("filter"):
            parts = FILTER.fullmatch(wanted)
            if parts is None:
                where = f"position {len(wanted)}: no viable alternative at input '{wanted}'"
                raise Failure(400, f"Invalid filter syntax: {where}", "invalidFilter")
            attribute, operator, value = parts["attribute"], parts["operator"], ESCAPED.sub(r"\1", parts["value"])
        rows = found(attribute, operator, value)
        first = int(request.query.get("startIndex", "1"))
        most = min(int(request.query.get("count", PAGE)), PAGE)
        page = [_chosen(row, request) for row in rows[first - 1 : first - 1 + most]]
        return _scim(_page(page, len(rows), first))

    # -- people

    def _users(self, attribute: str, operator: str, value: str) -> list[Row]:
        found = sorted(self.people.values(), key=lambda person: person.username)
        return [self._user(person) for person in found if self._is_meant(person, attribute, operator, value)]

    def _is_meant(self, person: Person, attribute: str, operator: str, value: str) -> bool:
        match attribute:
            case "":
                return True
            case "userName":
                own, value = person.username, value.lower()
                return own == value if operator == "eq" else own.startswith(value)
            case "emails" | "emails.value":  # which minds capitals
                return person.email == value not in self.hidden
            case "groups" | "groups.value":
                return person.id in self.groups[value].members if value in self.groups else False
        return False

    def _create_person(self, body: Row) -> web.Response:
        if "userName" not in body:
            raise Failure(400, "username is required", "invalidSyntax")
        username, email = str(body["userName"]).lower(), _email(body)
        names = body.get("name") or {}
        _wants(names)
        if any(person.username == username for person in self.people.values()):
            raise Failure(409, "A resource with the same unique attribute already exists", "uniqueness")
        if self._is_taken(email):
            raise Failure(500, "An unexpected error occurred when processing the request")
        person = self.add_person(username, email=email, given=names["givenName"], family=names["familyName"])
        person.active = body.get("active") is not False
        return _scim(_default(self._user(person)) | _echoed(body), 201)

    def _is_taken(self, email: str, but: str = "") -> bool:
        return bool(email) and any(one.email == email and one.id != but for one in self.people.values())

    def _one_person(self, request: web.Request, person: Person, body: Row | None) -> web.Response:
        if request.method == "DELETE":
            del self.people[person.id]
            for group in self.groups.values():
                group.members.discard(person.id)
            return web.Response(status=204)
        for operation in (body or {}).get("Operations", []):
            if operation["path"] == "emails" and self._is_taken(_email({"emails": operation["value"]}), person.id):
                return _told({"error": "conflict", "error_description": "Duplicate resource error"}, 409)
            _change_person(person, operation["path"], operation["value"])
        return _scim(_chosen(self._user(person), request))

    def _user(self, person: Person) -> Row:
        """All of it; what is shown only when it is asked for is under `on request`."""
        whole = f"{person.given} {person.family}".strip()
        names = {"formatted": whole, "familyName": person.family, "givenName": person.given} if whole else {}
        mails = [{"value": person.email, "type": "work", "primary": True}] if person.email else []
        groups = [group for group in self.groups.values() if person.id in group.members]
        told = {"schemas": [USER], "id": person.id, "meta": self._meta("User", person.created, person.id)}
        told |= {"userName": person.username, "name": names, "active": person.active}
        told |= ({"emails": mails} if mails else {}) | ({"locale": person.locale} if person.locale else {})
        shown = [{"value": group.id, "display": group.name, "type": "direct"} for group in groups]
        return told | {"on request": {"groups": shown}}

    # -- groups

    def _groups(self, attribute: str, _operator: str, value: str) -> list[Row]:
        if attribute == "members.value":
            return []
        named = sorted(self.groups.values(), key=lambda group: group.name)
        return [self._group(one) for one in named if not attribute or one.name.casefold() == value.casefold()]

    def _create_group(self, body: Row) -> web.Response:
        if "displayName" not in body:
            raise Failure(400, "Display name is required", "invalidSyntax")
        if any(group.name == body["displayName"] for group in self.groups.values()):
            raise Failure(409, "A resource with the same unique attribute already exists", "uniqueness")
        echoed = {"members": body["members"]} if "members" in body else {}
        return _scim(_default(self._group(self.add_group(body["displayName"]))) | echoed, 201)

    def _one_group(self, request: web.Request, group: Group, body: Row | None) -> web.Response:
        if request.method == "DELETE":
            del self.groups[group.id]
            return web.Response(status=204)
        if body:
            self.meanwhile()
        for operation in (body or {}).get("Operations", []):
            self._change_members(group, operation)
        return _scim(_chosen(self._group(group), request))

    def _change_members(self, group: Group, operation: Row) -> None:
        """« replace » adds, and « remove » without the one way to say whom does nothing: 200 whatever became of it."""
        if operation["op"] in ("add", "replace"):
            for member in operation["value"]:
                if member["value"] not in self.people:
                    raise Failure(400, f"User with id {member['value']} not found", "invalidSyntax")
                group.members.add(member["value"])
        elif one := ONE_MEMBER.fullmatch(operation["path"]):
            if one["id"] not in self.people:
                raise Failure(400, f"User with id {one['id']} not found", "invalidSyntax")
            group.members.discard(one["id"])

    def _group(self, group: Group) -> Row:
        inside = sorted((self.people[id] for id in group.members), key=lambda person: person.username)
        shown = [{"value": person.id, "display": person.username, "type": "User"} for person in inside]
        told = {"schemas": [GROUP], "id": group.id, "meta": self._meta("Group", group.created, group.id)}
        return told | {"displayName": group.name, "on request": {"members": shown}}

    # -- how it says it

    def _meta(self, kind: str, created: str, id: str) -> Row:
        place = f"{self.public}/realms/lieu/scim/v2/{kind}{'s' if id else ''}{f'/{id}' if id else ''}"
        return {"resourceType": kind, "created": created, "location": place} | ({"lastModified": created} if id else {})

    def _type(self, name: str, schema: str, *extensions: str) -> Row:
        place = f"{self.public}/realms/lieu/scim/v2/ResourceTypes/{name}"
        more = [{"schema": extension, "required": False} for extension in extensions]
        return {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": name,
            "meta": {"resourceType": "ResourceType", "location": place}, "name": name,
            "description": "User Account" if name == "User" else name, "endpoint": f"/{name}s", "schema": schema,
            "schemaExtensions": more,
        }  # fmt: skip


def _no(status: int, error: str, words: str) -> web.Response:
    told = {"error": error, "error_description": words}
    return _told(told, status, headers=UNKEPT)


def _told(row: Row, status: int = 200, kind: str = JSON, headers: Mapping[str, str] | None = None) -> web.Response:
    own = {"content-type": kind} | dict(headers or {})
    return web.Response(body=json.dumps(row).encode(), status=status, headers=own)


def _scim(row: Row, status: int = 200) -> web.Response:
    return _told(row, status, SCIM)


def _page(rows: list[Row], total: int, first: int) -> Row:
    told = {"schemas": [f"{MESSAGE}:ListResponse"], "totalResults": total, "Resources": rows}
    return told | {"startIndex": first, "itemsPerPage": len(rows)}


def _default(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "on request"}


def _chosen(row: Row, request: web.Request) -> Row:
    """With `attributes`, these and no others, except what there always is."""
    if not (wanted := request.query.get("attributes")):
        return _default(row)
    names = {"schemas", "id", "meta", *wanted.split(",")}
    asked = {name: value for name, value in row["on request"].items() if value}
    return {name: value for name, value in (_default(row) | asked).items() if name in names}


def _change_person(person: Person, path: str, value: Any) -> None:
    if path == "active":
        person.active = str(value).lower() == "true"
    elif path == "emails":
        person.email = _email({"emails": value})


def _echoed(body: Row) -> Row:
    """What the answer to a create repeats as it was sent, and no later one says."""
    said = {"displayName": body["displayName"]} if "displayName" in body else {}
    mails = [{"value": one["value"], "type": "work", "primary": True} for one in body.get("emails") or []]
    return said | ({"emails": mails} if mails else {})


def _wants(names: Row) -> None:
    for field_, called in (("familyName", "lastName"), ("givenName", "firstName")):
        if not str(names.get(field_) or "").strip():
            raise Failure(400, f"Please specify {called}.", "invalidSyntax")
    for field_, called in (("givenName", "firstName"), ("familyName", "lastName")):
        if FORBIDDEN.search(names[field_]):
            raise Failure(400, f"{called} contains invalid character.", "invalidSyntax")


def _email(body: Row) -> str:
    email = next((str(one["value"]).lower() for one in body.get("emails") or []), "")
    if email and not EMAIL.fullmatch(email):
        raise Failure(400, "Invalid email address.", "invalidSyntax")
    return email


def _config(meta: Row) -> Row:
    no = {"supported": False}
    scheme = {
        "type": "oauthbearertoken", "name": "OAuth Bearer Token",
        "description": "Authentication scheme using the OAuth Bearer Token standard",
        "specUri": "https://tools.ietf.org/html/rfc6750",
    }  # fmt: skip
    return {
        "schemas": [CONFIG], "id": "", "meta": meta, "patch": {"supported": True},
        "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0}, "filter": {"supported": True, "maxResults": PAGE},
        "changePassword": no, "sort": no, "etag": no, "authenticationSchemes": [scheme],
    }  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
