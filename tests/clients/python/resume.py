"""python-socketio, a member of a room, cut off again and again: it hears everything, and in order.

    python resume.py async URL TRANSPORTS

Over polling its HTTP client asks once more when an answer is lost, and nobody knows that one was: then there
is a gap, which shows by the numbers, and what is missing is asked for. It ends when "end" is said, with 1 if
anything was wrong.
"""

import asyncio
import sys

import socketio
from engineio.payload import Payload

Payload.max_decode_packets = 2000


class Room:
    """What is known of the room."""

    def __init__(self, client):
        self._client = client
        # The last number behind which nothing is missing, and what has come beyond it.
        self.seen = {}
        self._early = {}
        self.heard = []
        self.gaps = 0

    def begin(self, joined):
        """Where it begins, or goes on."""
        self.seen = {"epoch": joined["epoch"], "seq": joined["after"]}
        self._early = {}

    def take(self, place, text=None):
        """Something that has a number; whether something is missing before it."""
        if not self.seen or "seq" not in place or place["seq"] <= self.seen["seq"]:
            return False
        self._early[place["seq"]] = text
        while self.seen["seq"] + 1 in self._early:
            self.seen["seq"] += 1
            text = self._early.pop(self.seen["seq"])
            if text is not None:
                self.heard.append(text)
        return bool(self._early)

    async def fill(self, place):
        """Asks for what is missing."""
        self.gaps += 1
        gap = {"room": place["room"], "epoch": place["epoch"], "after": self.seen["seq"]}
        await self._client.emit("salon:replay", {**gap, "to": place["seq"] - 1})


async def main(_kind, url, transports):
    """Hears what is said."""
    ended = asyncio.get_running_loop().create_future()
    client = socketio.AsyncClient(reconnection_delay=0.005, reconnection_delay_max=0.02)
    room, connections = Room(client), 0

    def end(why):
        if not ended.done():
            ended.set_result(why)

    @client.event
    async def connect():
        nonlocal connections
        connections += 1
        await client.emit("chat:join", {"room": "lounge", "name": "python"})

    @client.on("salon:joined")
    async def joined(joined):
        if room.seen and not joined.get("resumed"):
            end(f"it began anew: {joined}")
        room.begin(joined)

    @client.on("chat:said")
    async def said(said, place):
        if room.take(place, said["text"]):
            await room.fill(place)
        if "end" in room.heard:
            end(None)

    @client.on("chat:booked")
    async def booked(booked, place):
        # It is acknowledged by returning. One that comes again has a number that is known.
        await said(booked, place)

    @client.on("*")
    async def other(_name, *args):
        place = args[-1] if args else None
        if isinstance(place, dict) and "seq" in place and room.take(place):
            await room.fill(place)

    def auth():
        return {"salon": {"after": {"chat:lounge": room.seen} if room.seen else {}}}

    # It may be cut off at once, and then tries no more by itself.
    while not client.connected:
        try:
            await client.connect(url, auth=auth, transports=transports.split(","))
        except socketio.exceptions.ConnectionError:
            await asyncio.sleep(0.05)
    why = await ended
    client.reconnection = False
    numbers = [int(text) for text in room.heard[:-1] if text != "end"]
    if not why and numbers != list(range(numbers[0], numbers[-1] + 1)):
        why = f"heard {numbers}"
    print(why or f"heard {len(numbers)} over {connections} connections, with {room.gaps} gaps")
    sys.exit(1 if why else 0)


asyncio.run(main(*sys.argv[1:4]))
