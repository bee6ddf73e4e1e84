"""The parts of nio that the bot stands on, as they were when they were read: a change must be read too.

When this fails after an update of nio: look at what changed there, run the tests of this folder, and put the new
fingerprint here.
"""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

import pytest
from nio.crypto import Olm, OlmAccount
from nio.crypto.sessions import InboundGroupSession, InboundSession, OutboundGroupSession
from nio.events import MegolmEvent, ToDeviceEvent
from nio.store import MatrixStore, SqliteStore

READ: dict[Any, str] = {
    Olm.__init__: "ca4dd418bf2ec08a",
    Olm.handle_to_device_event: "b775447a2240ed1c",
    Olm.decrypt_event: "14d018b1c3414c3d",
    Olm.decrypt: "a52af9f0720e7795",
    Olm._try_decrypt: "42fbc95efb61293a",
    Olm._create_inbound_session: "c7b077241dacf73e",
    Olm._handle_olm_event: "ce9bce5a2c9f5730",
    Olm._handle_room_key_event: "76575dfde8e68a30",
    Olm.create_group_session: "ea5ecbbbc40ffc63",
    Olm._mark_device_for_unwedging: "dcc4edda70e54cf2",
    Olm.decrypt_megolm_event: "9e94589959a9e617",
    Olm.message_index_ok: "39a5a15bccc5f72c",
    Olm.share_keys: "ea8731923a43e0ec",
    Olm.handle_response: "ccc9ed43142e6d6c",
    Olm._handle_key_query: "ef9391b9201fcfbb",
    Olm._handle_key_claiming: "4c2282be8feabc83",
    Olm.get_missing_sessions: "b832fe99215f8712",
    Olm.get_users_for_key_claiming: "4fda2701b484ad51",
    Olm.share_group_session_parallel: "7f530f42adb655cf",
    Olm.group_encrypt: "7224dacd52b544b0",
    OlmAccount: "5528d58f3fa195e2",
    InboundSession: "2520b5973cfce530",
    InboundGroupSession: "df96280ecefdef82",
    OutboundGroupSession: "5f1c98c001a16176",
    MegolmEvent.from_dict: "f85a20146863722a",
    ToDeviceEvent.parse_event: "7333347368c76a9e",
    MatrixStore.save_account: "205a27a6a893714e",
    MatrixStore.load_encrypted_rooms: "9a4bd3f5e0847904",
    MatrixStore.save_encrypted_rooms: "f94f9dc641b11706",
    SqliteStore.ignore_devices: "108df3f5b8ddf951",
}


@pytest.mark.parametrize("part", READ, ids=lambda part: part.__qualname__)
def test_is_as_it_was_read(part: Any) -> None:
    assert fingerprint(part) == READ[part]


def fingerprint(part: Any) -> str:
    return hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16]
