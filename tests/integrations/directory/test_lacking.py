"""What a directory does not do is said once, for all that do not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from integrations import directory as package
from integrations.directory import Capability, cloud_accounts, homeserver_accounts, keycloak, lacking, mas
from integrations.directory.no_directory import NoDirectory
from integrations.errors import Unsupported

FOLDER = Path(package.__path__[0])
GROUPS = ("ensure_group", "set_member", "groups_of", "members_of", "group_names", "has_group")
LACKS: dict[Capability, tuple[str, ...]] = {
    "logout": ("logout",),
    "unbar": ("barred", "unbar"),
    "identities": ("link_identity",),
    "groups": GROUPS,
}
ABLE = {
    cloud_accounts.NextcloudDirectory: cloud_accounts.ABLE,
    homeserver_accounts.SynapseDirectory: homeserver_accounts.ABLE,
    mas.MasDirectory: mas.ABLE | {"logout"},
    keycloak.Keycloak: keycloak.ABLE | {"unbar"},
    NoDirectory: frozenset[Capability](),
}


def test_no_directory_says_for_itself_what_others_lack_as_well() -> None:
    """Six of them did, in the same lines."""
    shared, said = {name for names in LACKS.values() for name in names}, []
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())) if file.stem != "lacking" else ():
            if isinstance(node, ast.AsyncFunctionDef) and node.name in shared:
                last = node.body[-1]
                alone = len([one for one in node.body if not isinstance(one, ast.Expr)]) == 1
                if alone and isinstance(last, ast.Raise) and "unsupported(" in ast.unparse(last):
                    said.append(f"{file.stem}.{node.name}")
    assert said == []


@pytest.mark.parametrize("directory", ABLE, ids=lambda one: one.__name__)
def test_what_a_directory_can_do_is_what_it_does_not_lack(directory: type) -> None:
    for capability, names in LACKS.items():
        refused = [name for name in names if getattr(directory, name) is getattr(lacking.Lacking, name, None)]
        assert refused == ([] if capability in ABLE[directory] else [*names]), capability


@pytest.mark.parametrize("name", ["logout", "barred", "unbar"])
async def test_what_is_lacking_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(Unsupported) as no:
        await getattr(NoDirectory(), name)("zoe")
    assert no.value.words == {"capability": name if name == "logout" else "unbar"}
