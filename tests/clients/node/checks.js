// What every client must be able to do, each check on connections of its own.
"use strict";

const assert = require("node:assert/strict");
const { ask, next } = require("./clients");

const VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  9_007_199_254_740_991,
  "",
  "text",
  "é 😀 てすと \u0000 \u001e \" \\",
  [],
  [1, [2, [3]]],
  {},
  { a: { b: [null, { c: "d" }] }, "": 1 },
];

const bytes = (...values) => Buffer.from(values);

/** Values with every binary in them made a Buffer, whatever the parser gave. */
function normalized(value) {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(normalized);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalized(inner)]));
  }
  return value;
}

/** Everything that was received under an event up to now; the fence is an acknowledged echo. */
function collect(socket, event) {
  const received = [];
  socket.on(event, (...values) => received.push(normalized(values)));
  return received;
}

exports.checks = {
  async "connects and is welcomed"(clients) {
    const socket = await clients.connect();
    assert.equal(typeof socket.id, "string");
  },

  async "uses the transport it should"(clients) {
    const socket = await clients.connect("/", { auth: { token: "é" } });
    const { id, auth, transport } = await ask(socket, "whoami");
    assert.equal(id, socket.id);
    assert.deepEqual(auth, { token: "é" });
    assert.equal(transport, clients.options.transports.at(-1));
  },

  async "values come back by acknowledgement"(clients) {
    const socket = await clients.connect();
    for (const value of VALUES) assert.deepEqual(await ask(socket, "echo", value), value);
  },

  async "values come back by event"(clients) {
    const socket = await clients.connect();
    for (const value of VALUES) {
      socket.emit("echo", value, "last");
      assert.deepEqual(await next(socket, "echo"), [value, "last"]);
    }
  },

  async "binary comes back"(clients) {
    const socket = await clients.connect();
    const value = { list: [bytes(0, 255), { deep: bytes() }], plain: "x" };
    assert.deepEqual(normalized(await ask(socket, "echo", value)), value);
    socket.emit("echo", bytes(1), "between", bytes(2, 3));
    assert.deepEqual(normalized(await next(socket, "echo")), [bytes(1), "between", bytes(2, 3)]);
  },

  async "500 KB of binary come back"(clients) {
    const socket = await clients.connect();
    const large = Buffer.alloc(500_000, "salon");
    assert.ok(normalized(await ask(socket, "echo", large)).equals(large));
  },

  async "rooms reach their members"(clients) {
    const [first, second, third] = [
      await clients.connect(),
      await clients.connect(),
      await clients.connect(),
    ];
    const received = [first, second, third].map((socket) => collect(socket, "news"));
    const room = `room of ${first.id}`;
    assert.equal(await ask(first, "join", room), "joined");
    assert.equal(await ask(second, "join", room), "joined");
    assert.equal(await ask(first, "to-room", room, "news", 1, bytes(1)), "sent");
    assert.equal(await ask(first, "all-room", room, "news", 2), "sent");
    assert.equal(await ask(second, "leave", room), "left");
    assert.equal(await ask(third, "to-room", room, "news", 3), "sent");
    for (const socket of [first, second, third]) await ask(socket, "echo");
    assert.deepEqual(received, [[[2], [3]], [[1, bytes(1)], [2]], []]);
  },

  async "a question is answered"(clients) {
    const socket = await clients.connect();
    socket.once("question", (number, binary, answer) => {
      assert.deepEqual(normalized([number, binary]), [1, bytes(1, 2, 3)]);
      answer({ yes: bytes(4) });
    });
    assert.deepEqual(normalized(await ask(socket, "ask")), { yes: bytes(4) });
  },

  async "a question times out"(clients) {
    const socket = await clients.connect();
    assert.equal(await ask(socket, "ask"), "timeout");
  },

  async "namespaces stand side by side"(clients) {
    const main = await clients.connect();
    const custom = main.io.socket("/custom");
    const dynamic = main.io.socket("/dyn-12", { auth: { a: 1 } });
    const welcomes = [next(custom, "welcome"), next(dynamic, "welcome")];
    assert.deepEqual(await Promise.all(welcomes), [["/custom"], ["/dyn-12"]]);
    assert.equal(await ask(custom, "echo", "custom"), "custom");
    assert.deepEqual((await ask(dynamic, "whoami")).auth, { a: 1 });
    custom.disconnect();
    assert.equal(await ask(main, "echo", "main"), "main");
  },

  async "a namespace refuses with data"(clients) {
    const socket = clients.open("/auth", { auth: { token: "wrong" } });
    const [error] = await next(socket, "connect_error");
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { content: "retry later" });
    socket.auth = { token: "secret" };
    socket.connect();
    assert.deepEqual(await next(socket, "welcome"), ["/auth"]);
  },

  async "an unknown namespace is refused"(clients) {
    const [error] = await next(clients.open("/nowhere"), "connect_error");
    assert.equal(error.message, "Invalid namespace");
  },

  async "a kick ends the namespace alone"(clients) {
    const main = await clients.connect();
    const custom = main.io.socket("/custom");
    const welcomed = next(custom, "welcome");
    await welcomed;
    custom.emit("kick");
    assert.equal((await next(custom, "disconnect"))[0], "io server disconnect");
    assert.equal(await ask(main, "echo", "main"), "main");
  },

  async "a kick from all ends the connection"(clients) {
    const socket = await clients.connect();
    socket.io.reconnection(false);
    const closed = next(socket.io, "close");
    socket.emit("kick-all");
    assert.equal((await next(socket, "disconnect"))[0], "io server disconnect");
    await closed;
  },

  async "a drop is followed by a reconnection"(clients) {
    const socket = await clients.connect();
    const { id } = socket;
    socket.emit("drop");
    const [reason] = await next(socket, "disconnect");
    assert.match(reason, /^transport (close|error)$/);
    assert.deepEqual(await next(socket, "welcome"), ["/"]);
    assert.notEqual(socket.id, id);
    assert.equal(await ask(socket, "echo", "again"), "again");
  },

  async "1,000 messages stay in order while the transport changes"(clients) {
    const socket = clients.open();
    const received = collect(socket, "echo");
    const expected = Array.from({ length: 1_000 }, (_value, index) => [index]);
    for (let index = 0; index < expected.length; index += 1) {
      if (index % 50 === 0) await new Promise(setImmediate);
      socket.emit("echo", index);
    }
    await ask(socket, "echo", "fence");
    assert.deepEqual(received, expected);
  },

  async "it stays connected over several pings"(clients) {
    const socket = await clients.connect();
    for (let count = 0; count < 3; count += 1) await next(socket.io.engine, "heartbeat");
    assert.equal(await ask(socket, "echo", "alive"), "alive");
  },
};
