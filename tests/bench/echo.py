"""The trivial bot: nio as its documentation shows it, one callback that answers one message.

Run as a process with MATRIX_HOMESERVER, MATRIX_USER, MATRIX_TOKEN, MATRIX_DEVICE, and SINCE: a file where it keeps
the sync token, or it would answer once more at each start. Says `ready` after its first sync.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from nio import AsyncClient, AsyncClientConfig, MatrixRoom, RoomMessageText, SyncResponse

COMMAND, ANSWER = "!ping", "pong"
TIMELINE = 100  # events of a room in one answer: by default ten, and it would not see all that waits for it


async def main() -> None:
    user, since = os.environ["MATRIX_USER"], Path(os.environ["SINCE"])
    client = AsyncClient(os.environ["MATRIX_HOMESERVER"], user, config=AsyncClientConfig(encryption_enabled=False))
    client.restore_login(user, os.environ["MATRIX_DEVICE"], os.environ["MATRIX_TOKEN"])

    async def message(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.body == COMMAND:
            content = {"msgtype": "m.text", "body": ANSWER}
            await client.room_send(room.room_id, "m.room.message", content)

    async def synced(answer: SyncResponse) -> None:
        since.write_text(answer.next_batch)
        print("ready", flush=True)

    client.add_event_callback(message, RoomMessageText)
    client.add_response_callback(synced, SyncResponse)
    token = since.read_text() if since.exists() else None
    wanted = {"room": {"timeline": {"limit": TIMELINE}}}
    await client.sync_forever(timeout=30000, sync_filter=wanted, since=token, full_state=True)


if __name__ == "__main__":
    asyncio.run(main())
