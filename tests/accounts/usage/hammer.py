"""A server process that admits as fast as it can; run by test_many_processes.py.

    python -m tests.accounts.usage.hammer storm URL ACCOUNT CLIENTS CALLS
    python -m tests.accounts.usage.hammer hold URL ACCOUNT SLOTS

`storm` says `ready`, waits for a line, and prints how many of its calls were admitted; each call
is ended before its client sends the next. `hold` takes its slots, says `holding`, and waits to be
killed.
"""

from __future__ import annotations

import asyncio
import sys

from imgen import ids
from imgen.database.pool import Database
from tests.accounts.usage.counting import Process


async def main() -> None:
    what, url, account, *numbers = sys.argv[1:]
    database = Database(url, size=8)
    await database.open()
    process = Process(database)
    if what == "hold":
        for _ in range(int(numbers[0])):
            await process.enter(account)
        print("holding", flush=True)
        await asyncio.Event().wait()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    clients, calls = map(int, numbers)
    storm = [_client(process, account, calls) for _ in range(clients)]
    print(sum(await asyncio.gather(*storm)), flush=True)
    await database.close()


async def _client(process: Process, account: str, calls: int) -> int:
    admitted = 0
    for _ in range(calls):
        id = ids.request_id()
        if (await process.admit(account, id)).refusal is None:
            admitted += 1
            await process.finish(id)
    return admitted


if __name__ == "__main__":
    asyncio.run(main())
