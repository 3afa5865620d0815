"""The clients of one check: connections made alike, and closed together."""

import asyncio
import sys

import socketio
from engineio.payload import Payload

NAMESPACE = "/"

# By default the client gives up at a 17th packet in one polling payload; the reference sends as many
# as there are, and the client's documentation says to raise this where that happens.
Payload.max_decode_packets = 2000

# The synchronous client handles each message on a thread of its own, so it may take an attachment
# before its header. A thread that is not interrupted makes that unlikely; nothing makes it impossible.
sys.setswitchinterval(0.1)


class Inbox:
    """What a client received, by namespace and event, in order."""

    def __init__(self):
        self._queues = {}

    def queue(self, namespace, event):
        """The queue of one event of one namespace."""
        return self._queues.setdefault((namespace, event), asyncio.Queue())


class AsyncClient:
    """The asynchronous client, with an inbox."""

    keeps_order = True

    def __init__(self, serializer):
        self.inbox = Inbox()
        self._client = socketio.AsyncClient(
            serializer=serializer, reconnection_delay=0.05, reconnection_delay_max=0.1
        )

    def listen(self, namespace, *events):
        """Puts these events of a namespace into the inbox."""
        for event in events:
            queue = self.inbox.queue(namespace, event)

            async def handler(*values, queue=queue):
                queue.put_nowait(list(values))

            self._client.on(event, handler, namespace=namespace)

    def answer(self, event, reply, namespace=NAMESPACE):
        """Answers an event of the server with what `reply` makes of its values."""

        async def handler(*values):
            return reply(*values)

        self._client.on(event, handler, namespace=namespace)

    async def connect(self, url, **options):
        """Connects; refusals raise."""
        await self._client.connect(url, **options)

    async def emit(self, event, *values, namespace=NAMESPACE):
        """Emits an event without an acknowledgement."""
        await self._client.emit(event, tuple(values), namespace=namespace)

    async def ask(self, event, *values, namespace=NAMESPACE):
        """Emits an event and gives its acknowledgement."""
        return await self._client.call(event, tuple(values), namespace=namespace, timeout=10)

    def transport(self):
        """The name of the transport in use."""
        return self._client.transport()

    def session_id(self, namespace=NAMESPACE):
        """The id of a namespace's session."""
        return self._client.get_sid(namespace)

    async def close(self):
        """Disconnects, and reconnects no more."""
        self._client.reconnection = False
        await self._client.shutdown()


class SyncClient:
    """The synchronous client, each of its calls on a thread, in the asynchronous one's shape."""

    keeps_order = False

    def __init__(self, serializer):
        self.inbox = Inbox()
        self._loop = asyncio.get_running_loop()
        self._client = socketio.Client(
            serializer=serializer, reconnection_delay=0.05, reconnection_delay_max=0.1
        )

    def listen(self, namespace, *events):
        """Puts these events of a namespace into the inbox."""
        for event in events:
            queue = self.inbox.queue(namespace, event)

            def handler(*values, queue=queue):
                self._loop.call_soon_threadsafe(queue.put_nowait, list(values))

            self._client.on(event, handler, namespace=namespace)

    def answer(self, event, reply, namespace=NAMESPACE):
        """Answers an event of the server with what `reply` makes of its values."""
        self._client.on(event, lambda *values: reply(*values), namespace=namespace)

    async def connect(self, url, **options):
        """Connects; refusals raise."""
        await asyncio.to_thread(self._client.connect, url, **options)

    async def emit(self, event, *values, namespace=NAMESPACE):
        """Emits an event without an acknowledgement."""
        await asyncio.to_thread(self._client.emit, event, tuple(values), namespace=namespace)

    async def ask(self, event, *values, namespace=NAMESPACE):
        """Emits an event and gives its acknowledgement."""
        return await asyncio.to_thread(
            self._client.call, event, tuple(values), namespace=namespace, timeout=10
        )

    def transport(self):
        """The name of the transport in use."""
        return self._client.transport()

    def session_id(self, namespace=NAMESPACE):
        """The id of a namespace's session."""
        return self._client.get_sid(namespace)

    async def close(self):
        """Disconnects, and reconnects no more."""
        self._client.reconnection = False
        await asyncio.to_thread(self._client.shutdown)


class Clients:
    """Makes the clients of one check."""

    KINDS = {"sync": SyncClient, "async": AsyncClient}

    def __init__(self, kind, url, transports, serializer):
        self.transports = transports
        self._kind = self.KINDS[kind]
        self._url = url
        self._serializer = serializer
        self._open = []

    def make(self):
        """A client that has not connected yet."""
        client = self._kind(self._serializer)
        self._open.append(client)
        return client

    async def connect(self, namespaces=(NAMESPACE,), auth=None, client=None):
        """A client that is connected to namespaces and was welcomed to each."""
        client = client or self.make()
        events = ("welcome", "echo", "news", "disconnect")
        for namespace in namespaces:
            client.listen(namespace, *events)
        await client.connect(
            self._url,
            auth=auth,
            transports=self.transports,
            namespaces=list(namespaces),
            wait_timeout=5,
        )
        for namespace in namespaces:
            welcome = await client.inbox.queue(namespace, "welcome").get()
            if welcome != [namespace]:
                raise AssertionError(f"welcomed to {welcome} instead of {namespace}")
        return client

    async def close(self):
        """Closes every client."""
        for client in self._open:
            await client.close()
