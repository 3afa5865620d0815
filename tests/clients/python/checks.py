"""What every client must be able to do, each check on connections of its own."""

import asyncio

import socketio

VALUES = [
    True,
    0,
    -1,
    1.5,
    9007199254740991,
    "",
    "text",
    'é 😀 てすと \x00 \x1e " \\',
    [],
    [1, [2, [3]]],
    {},
    {"a": {"b": [None, {"c": "d"}]}, "": 1},
]

CHECKS = {}


def check(function):
    """Registers a check under its name."""
    CHECKS[function.__name__.replace("_", " ")] = function
    return function


def equal(seen, expected):
    """Fails unless both are equal."""
    if seen != expected:
        raise AssertionError(f"{seen!r} instead of {expected!r}")


def drained(queue):
    """Everything that is in a queue by now."""
    return [queue.get_nowait() for _ in range(queue.qsize())]


@check
async def uses_the_transport_it_should(clients):
    """After the handshake, and after the upgrade if there is one."""
    client = await clients.connect(auth={"token": "é"})
    answer = await client.ask("whoami")
    equal(answer["id"], client.session_id())
    equal(answer["auth"], {"token": "é"})
    equal(answer["transport"], clients.transports[-1])
    equal(client.transport(), clients.transports[-1])


@check
async def values_come_back_by_acknowledgement(clients):
    """One value in, the same out."""
    client = await clients.connect()
    for value in VALUES:
        equal(await client.ask("echo", value), value)
    equal(await client.ask("echo", 1, "two", None), (1, "two", None))


@check
async def values_come_back_by_event(clients):
    """One value in, the same out, without an acknowledgement."""
    client = await clients.connect()
    for value in VALUES:
        await client.emit("echo", value, "last")
        equal(await client.inbox.queue("/", "echo").get(), [value, "last"])


@check
async def binary_comes_back(clients):
    """By acknowledgement and by event."""
    client = await clients.connect()
    value = {"list": [b"\x00\xff", {"deep": b""}], "plain": "x"}
    equal(await client.ask("echo", value), value)
    await client.emit("echo", b"\x01", "between", b"\x02\x03")
    equal(await client.inbox.queue("/", "echo").get(), [b"\x01", "between", b"\x02\x03"])


@check
async def five_hundred_kilobytes_of_binary_come_back(clients):
    """Half of what a message may have."""
    client = await clients.connect()
    large = b"salon" * 100_000
    equal(await client.ask("echo", large) == large, True)


@check
async def rooms_reach_their_members(clients):
    """With the sender, without it, and after leaving."""
    first, second, third = [await clients.connect() for _ in range(3)]
    room = f"room of {first.session_id()}"
    equal(await first.ask("join", room), "joined")
    equal(await second.ask("join", room), "joined")
    equal(await first.ask("to-room", room, "news", 1, b"\x01"), "sent")
    equal(await first.ask("all-room", room, "news", 2), "sent")
    equal(await first.inbox.queue("/", "news").get(), [2])
    equal(await second.inbox.queue("/", "news").get(), [1, b"\x01"])
    equal(await second.inbox.queue("/", "news").get(), [2])
    equal(await second.ask("leave", room), "left")
    equal(await third.ask("to-room", room, "news", 3), "sent")
    equal(await first.inbox.queue("/", "news").get(), [3])
    for client in (second, third):
        await client.ask("echo", "fence")
        equal(drained(client.inbox.queue("/", "news")), [])


@check
async def a_question_is_answered(clients):
    """The server asks with binary, and gets binary."""
    client = clients.make()
    client.answer("question", lambda number, data: {"yes": [number, data, b"\x04"]})
    await clients.connect(client=client)
    equal(await client.ask("ask"), {"yes": [1, b"\x01\x02\x03", b"\x04"]})


@check
async def namespaces_stand_side_by_side(clients):
    """Static and by pattern, on one connection."""
    client = await clients.connect(namespaces=("/", "/custom", "/dyn-12"), auth={"a": 1})
    for namespace in ("/", "/custom", "/dyn-12"):
        equal(await client.ask("echo", namespace, namespace=namespace), namespace)
        equal((await client.ask("whoami", namespace=namespace))["auth"], {"a": 1})


@check
async def a_namespace_refuses_with_data(clients):
    """And admits with the right token."""
    client = clients.make()
    client.listen("/auth", "connect_error")
    try:
        await clients.connect(namespaces=("/auth",), auth={"token": "wrong"}, client=client)
        raise AssertionError("it was admitted")
    except socketio.exceptions.ConnectionError:
        refusal = await client.inbox.queue("/auth", "connect_error").get()
        expected = {"message": "not authorized", "data": {"content": "retry later"}}
        equal(refusal, [expected])
    await clients.connect(namespaces=("/auth",), auth={"token": "secret"})


@check
async def an_unknown_namespace_is_refused(clients):
    """By its message."""
    client = clients.make()
    client.listen("/nowhere", "connect_error")
    try:
        await clients.connect(namespaces=("/nowhere",), client=client)
        raise AssertionError("it was admitted")
    except socketio.exceptions.ConnectionError:
        refusal = await client.inbox.queue("/nowhere", "connect_error").get()
        equal(refusal, [{"message": "Invalid namespace"}])


@check
async def a_kick_ends_the_namespace_alone(clients):
    """The other one goes on."""
    client = await clients.connect(namespaces=("/", "/custom"))
    await client.emit("kick", namespace="/custom")
    await client.inbox.queue("/custom", "disconnect").get()
    equal(await client.ask("echo", "main"), "main")


@check
async def a_kick_from_all_ends_the_connection(clients):
    """Both namespaces are told."""
    client = await clients.connect(namespaces=("/", "/custom"))
    await client.emit("kick-all")
    await client.inbox.queue("/", "disconnect").get()
    await client.inbox.queue("/custom", "disconnect").get()


@check
async def a_drop_is_followed_by_a_reconnection(clients):
    """With another id. Over polling this client takes the server's close packet for final."""
    client = await clients.connect()
    before = client.session_id()
    await client.emit("drop")
    await client.inbox.queue("/", "disconnect").get()
    if clients.transports == ["polling"]:
        return
    equal(await client.inbox.queue("/", "welcome").get(), ["/"])
    equal(await client.ask("echo", "again"), "again")
    equal(client.session_id() != before, True)


@check
async def a_thousand_messages_come_back_once_each(clients):
    """Out and back, without waiting between them, in order where the client keeps it."""
    client = await clients.connect()
    for number in range(1000):
        await client.emit("echo", number)
    queue = client.inbox.queue("/", "echo")
    received = [await queue.get() for _ in range(1000)]
    expected = [[number] for number in range(1000)]
    equal(received if client.keeps_order else sorted(received), expected)


@check
async def it_stays_connected_over_several_pings(clients):
    """Idle for longer than the ping interval and timeout together."""
    client = await clients.connect()
    disconnected = client.inbox.queue("/", "disconnect")
    try:
        reason = await asyncio.wait_for(disconnected.get(), 3.5)
        raise AssertionError(f"disconnected: {reason}")
    except asyncio.TimeoutError:
        equal(await client.ask("echo", "alive"), "alive")
