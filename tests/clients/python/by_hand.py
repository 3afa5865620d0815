"""The plain protocol by `websockets` alone: by_hand.py ws://127.0.0.1:PORT/salon

Its pings are answered by the library; what is left are lists, as lines of JSON or as MessagePack.
"""

import asyncio
import json
import sys

import msgpack
import websockets


async def expect(socket, name):
    """The next frame, which is of that name or that answer."""
    message = await asyncio.wait_for(socket.recv(), 10)
    frame = json.loads(message) if isinstance(message, str) else msgpack.unpackb(message)
    assert frame[0] == name, frame
    return frame


async def packed(url):
    """The same as MessagePack."""
    offered = ["salon.v1.msgpack", "salon.v1"]
    async with websockets.connect(url, subprotocols=offered) as socket:
        assert socket.subprotocol == "salon.v1.msgpack", socket.subprotocol
        await expect(socket, "salon:welcome")
        await socket.send(msgpack.packb([1, "chat:join", {"room": "packed", "name": "Ada"}]))
        await expect(socket, "salon:joined")
        assert await expect(socket, -1) == [-1, ["Ada"]]
        await socket.send(msgpack.packb(["chat:say", {"room": "packed", "text": "hi"}]))
        said = await expect(socket, "chat:said")
        assert said[1] == {"by": "Ada", "text": "hi"} and said[2]["seq"] == 1, said
        await socket.send("[]")
        bye = await expect(socket, "salon:bye")
        assert bye[1] == {"code": "bad_frame", "retry": "never"}, bye


async def main(url):
    async with websockets.connect(url, subprotocols=["salon.v1"]) as socket:
        assert socket.subprotocol == "salon.v1", socket.subprotocol
        await expect(socket, "salon:welcome")
        join = [1, "chat:join", {"room": "python", "name": "Ada"}]
        say = ["chat:say", {"room": "python", "text": "hi"}]
        await socket.send(json.dumps(join) + "\n" + json.dumps(say))
        await expect(socket, "salon:joined")
        assert await expect(socket, -1) == [-1, ["Ada"]]
        said = await expect(socket, "chat:said")
        assert said[1] == {"by": "Ada", "text": "hi"} and said[2]["seq"] == 1, said
        await (await socket.ping())
        await socket.send("{}")
        bye = await expect(socket, "salon:bye")
        assert bye[1] == {"code": "bad_frame", "retry": "never"}, bye
        await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (4400, "bad_frame")
    await packed(url)
    print("all is well")


asyncio.run(main(sys.argv[1]))
