"""Keycloak's Admin REST in memory, held to what 26.7.3 was recorded to answer (`captured/keycloak-26.7.3/admin`), in
its own form: the realm is that of `Keycloak`, and people sign in with the passwords that they chose by a mailed link.

What nobody here reads is left out: `access` (what may be done with a row), and when it was made.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.servers.keycloak import EMAIL, FORBIDDEN, UNKEPT, Client, Group, Keycloak, Person, Row

JSON, READ = "application/json", "application/json;charset=UTF-8"
SERVICE_ACCOUNT = "service-account-"
FIELDS = {
    "username", "email", "emailVerified", "firstName", "lastName", "enabled", "attributes", "requiredActions",
    "groups", "realmRoles", "clientRoles",
}  # fmt: skip
ACTIONS = {"UPDATE_PASSWORD", "VERIFY_EMAIL", "webauthn-register-passwordless"}
LONGEST, SHORTEST = 255, 3
PAGE = 100
FOR_GOOD = 2**63 - 1
MANY, LOCKED_FOR = 2, 60  # wrong passwords in a row, one quickly after the other; seconds
MAIL_TROUBLE = {
    "down": "Error when attempting to send the email to the server. More information is available in the server log.",
    "unset": "Invalid sender address 'null'. If the address contains UTF-8 characters in the local part please ensure"
    " the SMTP server supports the SMTPUTF8 extension and enable 'Allow UTF-8' in the email realm configuration.",
}


@dataclass
class Mail:
    """A link that was mailed: good once, until then (seconds since 1970)."""

    person: Person
    actions: list[str]
    until: float
    is_used: bool = False


@dataclass
class SignIns:
    """Of one person: the password that they have, what is open, wrong passwords since the last right one, and what each
    provider calls them."""

    password: str = ""
    sessions: dict[str, int] = field(default_factory=dict)  # when each was used last (ms)
    not_before: int = 0
    wrong: int = 0
    barred_until: int = 0
    verified: bool = False
    is_shut_for_good: bool = False  # by wrong passwords: the account is disabled besides
    actions: list[str] = field(default_factory=list)
    identities: dict[str, Row] = field(default_factory=dict)


class Said(Exception):
    def __init__(self, status: int, body: object = None, headers: dict[str, str] | None = None) -> None:
        own = {"content-type": JSON} if body is not None else {}
        content = json.dumps(body).encode() if body is not None else None
        self.response = web.Response(body=content, status=status, headers=own | (headers or {}))
        super().__init__(status)


class KeycloakAdmin(Keycloak):
    """`async with KeycloakAdmin() as server:`; `bars`: whether wrong passwords keep people out, `for_good`: until
    somebody lifts it; `smtp`: whether its mails leave. A client of the role « query » may look after the `permitted`
    groups, by their ids, or everybody."""

    def __init__(self, *arguments: Any, now: Callable[[], float] = time.time, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.bars, self.for_good, self.email_as_username = True, False, False
        self.smtp: Literal["well", "down", "unset"] = "well"
        self.mails: list[Mail] = []
        self.sign_ins: dict[str, SignIns] = {}
        self.permitted: dict[str, set[str]] = {}
        self.everybody: set[str] = set()  # clients of the role « query » that may look after everybody
        self.movers: set[str] = set()  # those that may put people into their groups, and take them out
        self.watchers: set[str] = set()  # clients that have the role view-events besides
        self.providers = ["renater"]  # of identities
        self.redirects = {"welcome": "https://app.example.org/"}
        self.events: Row = {"eventsEnabled": False, "enabledEventTypes": ["LOGIN", "LOGIN_ERROR"]}
        self.kept: list[Row] = []  # of events, the newest first
        self.calls: list[tuple[str, str, Any]] = []  # of the Admin REST
        self._now = now

    def routes(self) -> list[web.RouteDef]:
        return [
            *super().routes(),
            web.get("/realms/{realm}", self._public),
            web.route("*", "/admin/realms/{realm}{path:.*}", self._admin),
            web.route("*", "/auth/{path:.*}", self._unknown),
        ]

    # -- what people do

    def of(self, person: Person) -> SignIns:
        return self.sign_ins.setdefault(person.id, SignIns())

    def follow(self, mail: Mail, password: str) -> bool:
        """Whether the link still opens the page on which a password is chosen."""
        if mail.is_used or self._now() > mail.until or not mail.person.active:
            return False
        mail.is_used = True
        self.of(mail.person).password, self.of(mail.person).verified = password, True
        return True

    def sign_in(self, username: str, password: str) -> str:
        """Why they do not enter, empty where they do."""
        person = next((one for one in self.people.values() if one.username == username), None)
        if person is None:
            return "Invalid user credentials"
        own = self.of(person)
        if not person.active and not own.is_shut_for_good:
            return "Account disabled"
        if not person.active:
            return "Invalid user credentials"
        if self.bars and own.barred_until > self._now():
            return "Invalid user credentials"
        if not own.password or own.password != password:
            own.wrong += 1
            if self.bars and own.wrong >= MANY:
                own.barred_until = FOR_GOOD if self.for_good else int(self._now()) + LOCKED_FOR
                own.is_shut_for_good, person.active = self.for_good, not self.for_good
            return "Invalid user credentials"
        own.wrong = 0
        at = int(self._now() * 1000)
        own.sessions[secrets.token_urlsafe(18)] = at
        if self.events["eventsEnabled"]:
            told = {"id": secrets.token_hex(8), "time": at, "type": "LOGIN", "userId": person.id}
            self.kept.insert(0, told | {"ipAddress": "192.0.2.1"})
        return ""

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "password":
            return await super()._token(request)
        if why := self.sign_in(str(form["username"]), str(form["password"])):
            return _answer(400, {"error": "invalid_grant", "error_description": why}, UNKEPT)
        told = {"access_token": "", "expires_in": 300, "refresh_expires_in": 1800, "token_type": "Bearer"}
        return _answer(200, told, UNKEPT)

    # -- the API

    async def _public(self, request: web.Request) -> web.Response:
        if request.match_info["realm"] != "lieu":
            return _answer(404, {"error": "Realm does not exist"})
        at = f"{self.public}/realms/lieu"
        told = {"realm": "lieu", "public_key": "", "token-service": f"{at}/protocol/openid-connect"}
        return _read(told | {"account-service": f"{at}/account", "tokens-not-before": 0})

    async def _unknown(self, _: web.Request) -> web.Response:
        return _answer(404, {"error": "Unable to find matching target resource method"})

    async def _admin(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.calls.append((request.method, request.match_info["path"], raw.decode()))
        try:
            client, realm = self._known(request), request.match_info["realm"]
            if realm == "master":
                raise _forbidden()
            if realm != "lieu":
                raise Said(404, {"error": "Realm not found."})
            if client.role == "none" or (client.role == "view" and request.method != "GET"):
                raise _forbidden()
            return self._dispatch(_Call(request, raw, client, self._name(request)))
        except Said as said:
            return said.response

    def _name(self, request: web.Request) -> str:
        return self._tokens[request.headers["authorization"].removeprefix("Bearer ")]

    def _known(self, request: web.Request) -> Client:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        client = self.clients.get(self._tokens.get(given, ""))
        if client is None or self.forgetful:
            raise Said(401, {"error": "HTTP 401 Unauthorized"})
        return client

    def _dispatch(self, call: _Call) -> web.Response:
        match call.method, call.steps:
            case "GET", []:
                return _read(self._realm())
            case "GET", ["users"]:
                return _read(call.page([self._user(one, call.is_brief) for one in self._found(call)]))
            case "GET", ["users", "count"]:
                return _read(len(self._found(call)))
            case "POST", ["users"]:
                return self._create(call)
            case _, ["users", id, *rest]:
                return self._one(call, self._shown(call, id), rest)
            case _, ["attack-detection", "brute-force", "users", id]:
                return self._bar(call, self._shown(call, id))
            case "GET", ["events", "config"]:
                return self._of_events(call, self.events)
            case "GET", ["events"]:
                wanted = {"type": call.query.get("type"), "userId": call.query.get("user")}
                meant = {name: value for name, value in wanted.items() if value}.items()
                return self._of_events(call, call.page([one for one in self.kept if meant <= one.items()]))
            case "GET", ["identity-provider", "instances"]:
                raise _forbidden()
            case "GET", ["groups"]:
                return _read(self._groups_found(call))
            case "GET", ["groups", "count"]:
                return _read({"count": len([one for one in self.groups.values() if self._sees(call, one)])})
            case "POST", ["groups"]:
                return self._create_group(call, None)
            case "GET", ["group-by-path", *steps]:
                return _read(self._group_row(call, self._at(call, "/" + "/".join(steps)), counted=True))
            case _, ["groups", id, *rest]:
                return self._one_group_of(call, id, rest)
        raise Said(404, {"error": "Unable to find matching target resource method"})

    def _of_events(self, call: _Call, told: Row | list[Row]) -> web.Response:
        """Whoever only looks after people is shown none."""
        if call.name not in self.watchers:
            raise _forbidden()
        return _read(told)

    def _realm(self) -> Row:
        return {
            "realm": "lieu", "displayName": "La Rosée", "registrationEmailAsUsername": self.email_as_username,
            "bruteForceProtected": self.bars, "supportedLocales": ["en", "fr"], "defaultLocale": "fr",
            "organizationsEnabled": False,
        }  # fmt: skip

    # -- who is seen, and by whom

    def _is_everywhere(self, call: _Call) -> bool:
        return call.client.role in ("manage", "view") or call.name in self.everybody

    def _sees(self, call: _Call, group: Group) -> bool:
        return self._is_everywhere(call) or group.id in self.permitted.get(call.name, ())

    def _is_shown(self, call: _Call, person: Person) -> bool:
        mine = (self.groups[id] for id in self.permitted.get(call.name, ()))
        return self._is_everywhere(call) or any(person.id in group.members for group in mine)

    def _shown(self, call: _Call, id: str) -> Person:
        person = self.people.get(id)
        if person is None:
            raise Said(404, {"error": "User not found"})
        if not self._is_shown(call, person):
            raise _forbidden()
        return person

    def _found(self, call: _Call) -> list[Person]:
        """Without `exact` a part is enough; an empty value is no condition, but programs are then among people."""
        wanted = {name: call.query[name].lower() for name in ("username", "email") if name in call.query}

        def is_meant(person: Person) -> bool:
            own = {"username": person.username, "email": person.email}
            if not wanted and person.username.startswith(SERVICE_ACCOUNT):
                return False
            return all(
                own[name] == value or not value if call.is_exact else value in own[name]
                for name, value in wanted.items()
            )

        people = sorted(self.people.values(), key=lambda person: person.username)
        if "idpAlias" in call.query:
            meant = {"identityProvider": call.query["idpAlias"], "userId": call.query["idpUserId"]}.items()
            held = {one.id: self.of(one).identities.get(call.query["idpAlias"], {}).items() for one in people}
            people = [one for one in people if meant <= held[one.id]]
        return [one for one in people if is_meant(one) and self._is_shown(call, one)]

    # -- people

    def _user(self, person: Person, brief: bool = False) -> Row:
        own = self.of(person)
        row: Row = {"id": person.id, "username": person.username}
        row |= {"firstName": person.given} if person.given else {}
        row |= {"lastName": person.family} if person.family else {}
        row |= {"email": person.email} if person.email else {}
        row |= {"emailVerified": own.verified, "enabled": person.active}
        own_attributes = {"locale": [person.locale]} if person.locale else {}
        own_attributes |= {"disabledReason": ["permanentLockout"]} if own.is_shut_for_good else {}
        row |= {"attributes": own_attributes} if own_attributes else {}
        if brief:
            return row
        row |= {"totp": False, "disableableCredentialTypes": [], "notBefore": own.not_before}
        return row | {"requiredActions": sorted(own.actions, reverse=True)}

    def _create(self, call: _Call) -> web.Response:
        body = call.json()
        paths = body.get("groups") or []
        groups = [next((one for one in self.groups.values() if self.path_of(one) == path), None) for path in paths]
        if not self._is_everywhere(call) and not (groups and all(one and self._sees(call, one) for one in groups)):
            raise _forbidden()
        if unknown := next((name for name in body if name not in FIELDS), ""):
            where = f'Unrecognized field "{unknown}" at line 1 column {len(call.raw)}.'
            raise Said(400, {"error": f"Invalid json representation for UserRepresentation. {where}"})
        if not body.get("username"):
            raise Said(400, {"errorMessage": "User name is missing"})
        username, email = str(body["username"]).lower(), str(body.get("email") or "").lower()
        self._must_be_free(email)
        if any(username in (one.username, one.email) for one in self.people.values()):
            raise Said(409, {"errorMessage": "User exists with same username"})
        _must_be_valid(body)
        if None in groups:
            log = "For more on this error consult the server log."
            raise Said(500, {"error": "unknown_error", "error_description": log})
        names = {"given": body.get("firstName") or "", "family": body.get("lastName") or ""}
        locale = ((body.get("attributes") or {}).get("locale") or [""])[0]
        active = body.get("enabled") is True
        person = self.add_person(username, email=email, **names, active=active, locale=locale)
        self.of(person).actions = list(body.get("requiredActions") or [])
        for group in filter(None, groups):
            group.members.add(person.id)
        raise Said(201, headers={"location": f"{self.public}/admin/realms/lieu/users/{person.id}"})

    def _must_be_free(self, email: str, but: str = "") -> None:
        if email and any(one.email == email and one.id != but for one in self.people.values()):
            raise Said(409, {"errorMessage": "User exists with same email"})

    def _one(self, call: _Call, person: Person, rest: list[str]) -> web.Response:
        own = self.of(person)
        match call.method, rest:
            case "GET", []:
                more = {} if self._is_everywhere(call) else {"federatedIdentities": []}
                return _read(self._user(person) | more)
            case "PUT", []:
                return self._change(person, call.json())
            case "DELETE", []:
                del self.people[person.id]
                for group in self.groups.values():
                    group.members.discard(person.id)
                raise Said(204, headers={"cache-control": "no-cache"})
            case "POST", ["logout"]:
                own.sessions.clear()
                own.not_before = int(self._now())
                raise Said(204)
            case "GET", ["sessions"]:
                named = {"username": person.username, "userId": person.id, "ipAddress": "192.0.2.1"}
                more = {"rememberMe": False, "transientUser": False}
                return _read([{"id": id, "lastAccess": at} | named | more for id, at in own.sessions.items()])
            case "GET", ["credentials"]:
                return _read([{"id": "of the password", "type": "password"}] if own.password else [])
            case "GET", ["federated-identity"]:
                return _read([own.identities[name] for name in self.providers if name in own.identities])
            case "POST" | "DELETE", ["federated-identity", provider]:
                return self._identify(call, own, provider)
            case "PUT", ["execute-actions-email"]:
                return self._mail(call, person)
            case "GET", ["groups"]:
                mine = sorted((one for one in self.groups.values() if person.id in one.members), key=_by_name)
                full = call.query.get("briefRepresentation") == "false"
                return _read(call.page([self._group_row(call, one, full=full) for one in mine]))
            case "PUT" | "DELETE", ["groups", id]:
                return self._move(call, person, id)
        raise Said(404, {"error": "Unable to find matching target resource method"})

    def _identify(self, call: _Call, own: SignIns, provider: str) -> web.Response:
        """Of any provider, and whoever it opens already; of one that is not there, nothing is shown."""
        if call.method == "DELETE":
            if own.identities.pop(provider, None) is None:
                raise Said(404, {"error": "Link not found"})
        elif provider in own.identities:
            raise Said(409, {"errorMessage": "User is already linked with provider"})
        else:
            body = call.json()
            named = {"userId": body["userId"], "userName": body["userName"]}
            own.identities[provider] = {"identityProvider": provider} | named
        raise Said(204, headers={"cache-control": "no-cache"})

    def _change(self, person: Person, body: Row) -> web.Response:
        """« attributes » are the names and the address too: whatever they leave out is gone."""
        if body.get("username", person.username) != person.username:
            told = {"field": "username", "errorMessage": "error-user-attribute-read-only", "params": ["username"]}
            raise Said(400, told)
        email = str(body.get("email", person.email)).lower()
        self._must_be_free(email, person.id)
        if "attributes" in body:
            person.given = person.family = person.locale = email = ""
        person.email, person.active = email, body.get("enabled", person.active)
        person.given, person.family = body.get("firstName", person.given), body.get("lastName", person.family)
        self.of(person).is_shut_for_good &= not person.active
        self.of(person).verified = body.get("emailVerified", self.of(person).verified)
        raise Said(204)

    def _mail(self, call: _Call, person: Person) -> web.Response:
        actions = json.loads(call.raw or b"[]")
        redirect, client = call.query.get("redirect_uri"), call.query.get("client_id")
        if not person.email:
            raise _refused("User email missing")
        if not person.active:
            raise _refused("User is disabled")
        if not ACTIONS.issuperset(actions):
            raise _refused("Provided invalid required actions")
        if redirect and not client:
            raise _refused("Client id missing")
        if client and client not in self.clients | self.redirects:
            raise _refused("Client doesn't exist")
        if redirect and client and not redirect.startswith(self.redirects[client]):
            raise _refused("Invalid redirect uri.")
        if self.smtp != "well":
            raise Said(500, {"errorMessage": f"Failed to send execute actions email: {MAIL_TROUBLE[self.smtp]}"})
        self.mails.append(Mail(person, actions, self._now() + int(call.query.get("lifespan", "43200"))))
        raise Said(204)

    def _bar(self, call: _Call, person: Person) -> web.Response:
        own = self.of(person)
        if call.method == "DELETE":
            own.wrong = own.barred_until = 0
            raise Said(204)
        is_barred = own.barred_until > self._now()
        told = {"failedLoginNotBefore": own.barred_until, "numFailures": own.wrong, "numTemporaryLockouts": 0}
        told |= {"disabled": is_barred, "numSecondaryAuthFailures": 0}
        return _read(told | {"lastIPFailure": "192.0.2.1" if own.wrong else "n/a", "lastFailure": 0})

    # -- groups

    def path_of(self, group: Group) -> str:
        return f"{self.path_of(self.groups[group.parent]) if group.parent else ''}/{group.name}"

    def _at(self, call: _Call, path: str) -> Group:
        for group in self.groups.values():
            if self.path_of(group) == path and "/" not in group.name:
                if not self._sees(call, group):
                    raise _forbidden()
                return group
        raise Said(404, {"error": "Group path does not exist"})

    def _group_row(self, call: _Call, group: Group, *, counted: bool = False, full: bool = True) -> Row:
        row = {"id": group.id, "name": group.name, "path": self.path_of(group), "subGroups": []}
        row |= {"parentId": group.parent} if group.parent else {}
        row |= {"subGroupCount": len(self._within(call, group))} if counted else {}
        return row | ({"attributes": {}, "realmRoles": [], "clientRoles": group.roles} if full else {})

    def _within(self, call: _Call, group: Group) -> list[Group]:
        return [one for one in self.groups.values() if one.parent == group.id and self._sees(call, one)]

    def _groups_found(self, call: _Call) -> list[Row]:
        wanted = call.query.get("search")
        seen = sorted((one for one in self.groups.values() if self._sees(call, one)), key=_by_name)
        if wanted is None:
            rows = [one for one in seen if not one.parent]
        else:
            rows = [
                one for one in seen if (one.name == wanted if call.is_exact else wanted.lower() in one.name.lower())
            ]
        found = [self._group_row(call, one, counted=True, full=False) for one in rows]
        if wanted is None or call.query.get("populateHierarchy") == "false":
            return call.page(found)
        return call.page(self._in_their_parents(call, found))

    def _in_their_parents(self, call: _Call, found: list[Row]) -> list[Row]:
        tops = {row["id"]: row for row in found if "parentId" not in row}
        for row in found:
            if parent := row.get("parentId"):
                above = self._group_row(call, self.groups[parent], counted=True, full=False)
                tops.setdefault(parent, above)["subGroups"] = [row]
        return sorted(tops.values(), key=lambda row: str(row["name"]))

    def _create_group(self, call: _Call, parent: Group | None) -> web.Response:
        if not self._is_everywhere(call):
            raise _forbidden()
        name, above = call.json().get("name"), parent.id if parent else ""
        if not name:
            raise _refused("Group name is missing")
        if any(one.name == name and one.parent == above for one in self.groups.values()):
            kind = "Sibling" if parent else "Top level"
            raise Said(409, {"errorMessage": f"{kind} group named '{name}' already exists."})
        group = self.add_group(name)
        group.parent = above
        place = {"location": f"{self.public}/admin/realms/lieu/groups/{group.id}"}
        if parent is None:
            raise Said(201, headers=place)
        raise Said(201, self._group_row(call, group), place | {"cache-control": "no-cache"})

    def _one_group_of(self, call: _Call, id: str, rest: list[str]) -> web.Response:
        group = self.groups.get(id)
        if group is None:
            raise Said(404, {"error": "Could not find group by id"})
        if not self._sees(call, group):
            raise _forbidden()
        match call.method, rest:
            case "GET", []:
                return _read(self._group_row(call, group, counted=True))
            case "GET", ["members"]:
                inside = sorted((self.people[one] for one in group.members), key=lambda person: person.username)
                return _read(call.page([self._user(one, call.is_brief) for one in inside]))
            case "POST", ["children"]:
                return self._create_group(call, group)
        raise Said(404, {"error": "Unable to find matching target resource method"})

    def _move(self, call: _Call, person: Person, id: str) -> web.Response:
        group = self.groups.get(id)
        if group is None:
            raise Said(404, {"error": "Group not found"})
        if not self._is_everywhere(call) and not (call.name in self.movers and self._sees(call, group)):
            raise _forbidden()
        self.meanwhile()
        (group.members.add if call.method == "PUT" else group.members.discard)(person.id)
        raise Said(204, headers={"cache-control": "no-cache"})


class _Call:
    def __init__(self, request: web.Request, raw: bytes, client: Client, name: str) -> None:
        self.method, self.query, self.raw, self.client, self.name = request.method, request.query, raw, client, name
        self.steps = [step for step in request.match_info["path"].split("/") if step]
        self.is_exact = request.query.get("exact") == "true"
        self.is_brief = request.query.get("briefRepresentation") == "true"

    def json(self) -> Row:
        try:
            told: Row = json.loads(self.raw)
        except ValueError:
            said = {"error": "invalid_request", "error_description": "Cannot parse the JSON"}
            raise Said(400, said) from None
        return told

    def page(self, rows: list[Row]) -> list[Row]:
        first, most = int(self.query.get("first", "0")), int(self.query.get("max", PAGE))
        return rows[first:] if most < 0 else rows[first : first + most]


def _must_be_valid(body: Row) -> None:
    username, email = str(body["username"]), str(body.get("email") or "")
    wrong: list[tuple[str, str, list[Any]]] = []
    if not re.fullmatch(r"[\w.@-]+", username):
        wrong.append(("username", "error-username-invalid-character", []))
    elif len(username) < SHORTEST:
        wrong.append(("username", "error-invalid-length", [SHORTEST, LONGEST]))
    if email and not EMAIL.fullmatch(email):
        wrong.append(("email", "error-invalid-email", [email]))
    for name in ("lastName", "firstName"):
        value = str(body.get(name) or "")
        if len(value) > LONGEST:
            wrong.append((name, "error-invalid-length-too-long", [None, LONGEST]))
        elif FORBIDDEN.search(value):
            wrong.append((name, "error-person-name-invalid-character", []))
    told = [{"field": name, "errorMessage": why, "params": [name, *more]} for name, why, more in wrong]
    if told:
        raise Said(400, told[0] if len(told) == 1 else {"errors": told})


def _by_name(group: Group) -> tuple[str, str]:
    return group.name, group.parent


def _forbidden() -> Said:
    return Said(403, {"error": "HTTP 403 Forbidden"})


def _refused(message: str) -> Said:
    return Said(400, {"errorMessage": message})


def _answer(status: int, body: object, headers: Any = None) -> web.Response:
    return Said(status, body, dict(headers or {})).response


def _read(body: object) -> web.Response:
    return Said(200, body, {"content-type": READ, "cache-control": "no-cache"}).response
