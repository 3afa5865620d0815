"""Plays python-socketio against the `interop` fixture.

    python suite.py (sync|async) URL TRANSPORTS [msgpack]

TRANSPORTS is `polling`, `websocket` or `polling,websocket`. Prints a line per check and a count;
exits with 1 if any check failed. The checks are written once, for the asynchronous client; the
synchronous one is brought into the same shape by `SyncClient`.
"""

import asyncio
import sys
import traceback

from checks import CHECKS
from clients import Clients

CHECK_LIMIT = 20


async def main(client, url, transports, serializer="default"):
    """Runs every check on clients of its own."""
    failed = 0
    for name, check in CHECKS.items():
        clients = Clients(client, url, transports.split(","), serializer)
        try:
            await asyncio.wait_for(check(clients), CHECK_LIMIT)
            print(f"ok {name}")
        except Exception:  # whatever it is, the other checks are still of interest
            failed += 1
            print(f"FAILED {name}: {traceback.format_exc()}")
        finally:
            await clients.close()
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in ("sync", "async"):
        sys.exit("usage: suite.py (sync|async) URL TRANSPORTS [msgpack]")
    sys.exit(asyncio.run(main(*sys.argv[1:])))
