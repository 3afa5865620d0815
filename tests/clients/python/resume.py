"""python-socketio, a member of a room, cut off again and again: what it hears has no gap, and nothing twice.

    python resume.py async URL TRANSPORTS

It ends when "end" is said, with 1 if anything was wrong.
"""

import asyncio
import sys

import socketio
from engineio.payload import Payload

Payload.max_decode_packets = 2000


async def main(_kind, url, transports):
    """Hears what is said."""
    seen, heard, connections = {}, 0, 0
    ended = asyncio.get_running_loop().create_future()
    client = socketio.AsyncClient(reconnection_delay=0.005, reconnection_delay_max=0.02)

    def end(why):
        if not ended.done():
            ended.set_result(why)

    def note(args):
        place = args[-1] if args else None
        if isinstance(place, dict) and "epoch" in place:
            seen[place["room"]] = {
                "epoch": place["epoch"],
                "seq": place.get("seq", place.get("after")),
            }

    @client.event
    async def connect():
        nonlocal connections
        connections += 1
        await client.emit("chat:join", {"room": "lounge", "name": "python"})

    @client.on("chat:said")
    async def said(said, place):
        nonlocal heard
        note([place])
        if said["text"] == "end":
            end(None)
        elif heard and int(said["text"]) != heard + 1:
            end(f"{said['text']} came behind {heard}")
        else:
            heard = int(said["text"])

    @client.on("salon:joined")
    async def joined(joined):
        note([joined])
        if connections > 1 and not joined.get("resumed"):
            end(f"it began anew: {joined}")

    @client.on("*")
    async def other(_name, *args):
        note(args)

    auth = lambda: {"salon": {"after": seen}}
    await client.connect(url, auth=auth, transports=transports.split(","), retry=True)
    why = await ended
    client.reconnection = False
    print(why or f"heard {heard} over {connections} connections")
    sys.exit(1 if why or not heard else 0)


asyncio.run(main(*sys.argv[1:4]))
