import assert from "node:assert/strict";
import test from "node:test";
import { begin, joined, online, settle, time } from "./fakes.js";

test("the first frame says who it is, by which contract, and that it wants heartbeats it can see", async (t) => {
  time(t);
  const { last, client, states } = begin({ auth: () => ({ token: "a" }) });
  await settle();
  assert.equal(last().url, "ws://server/salon");
  assert.equal(last().protocol, "salon.v1");
  last().accept({ user: "u7", contract: "another" });
  assert.deepEqual(last().sent[0], ["salon:connect", { token: "a" }, { $: { heartbeat: "message", contract: "7f3a09c1" } }]);
  assert.deepEqual(states.map(({ at }) => at), ["idle", "connecting", "online"].slice(-states.length));
  const state = client.state.get();
  assert.deepEqual([state.session, state.user, state.transport, state.current], ["s1", "u7", "websocket", false]);
});

test("whether the contract is the server's is not known where the server has none", async (t) => {
  time(t);
  const { client } = await online();
  assert.equal(client.state.get().current, undefined);
});

test("attempts come later and later, by chance, twelve of them; then one each half minute", async (t) => {
  const pass = time(t, 0.999999);
  const { sockets, last, client } = begin();
  await settle();
  const waits = [];
  for (let failed = 1; failed < 12; failed++) {
    last().drop();
    const state = client.state.get();
    assert.deepEqual([state.at, state.attempt, state.why], ["waiting", failed, "network"]);
    waits.push(Math.round(state.until - Date.now()));
    await pass(state.until - Date.now() + 1);
    assert.equal(sockets.length, failed + 1);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000, 30000]);
  last().drop();
  assert.deepEqual(client.state.get(), { at: "degraded", attempts: 12, why: "network" });
  // With as much jitter as there is: an hour has 96 of them, and with none of it 160.
  const before = sockets.length;
  for (let passed = 0; passed < 3_600; passed++) {
    await pass(1_000, 1_000);
    if (last().closed === undefined && passed) last().drop();
  }
  assert.ok(sockets.length - before >= 90 && sockets.length - before <= 100, `${sockets.length - before}`);
});

test("chance takes all of the wait", async (t) => {
  time(t, 0);
  const { last, client } = begin();
  await settle();
  last().drop();
  assert.equal(client.state.get().until, Date.now());
});

test("what has failed is forgotten after five seconds online, and not before", async (t) => {
  const pass = time(t, 0.999999);
  const { last, client } = begin();
  await settle();
  for (let n = 0; n < 3; n++) {
    last().drop();
    await pass(client.state.get().until - Date.now() + 1);
  }
  last().accept();
  await pass(4_900);
  last().drop();
  assert.equal(client.state.get().attempt, 4);
  await pass(client.state.get().until - Date.now() + 1);
  last().accept();
  await pass(5_100);
  last().drop();
  assert.equal(client.state.get().attempt, 1);
});

test("the advice of a goodbye is obeyed", async (t) => {
  time(t);
  const cases = [
    [{ code: "shutting_down", retry: { after_ms: 3_120 } }, "waiting", 3_120],
    [{ code: "overflow", retry: "backoff" }, "waiting", 250],
    [{ code: "replaced", retry: "never" }, "refused", "replaced"],
    [{ code: "revoked", retry: "never" }, "refused", "revoked"],
  ];
  for (const [bye, at, what] of cases) {
    const { last, client } = await online();
    last().hear(["salon:bye", bye]);
    last().drop(1012);
    const state = client.state.get();
    assert.equal(state.at, at, bye.code);
    assert.equal(at === "waiting" ? Math.round(state.until - Date.now()) : state.refusal.code, what);
    client.close();
  }
});

test("where no goodbye came, the code of the close says what to do", async (t) => {
  time(t);
  for (const [code, at, why] of [
    [1006, "waiting", "network"],
    [1012, "waiting", "shutdown"],
    [4400, "refused"],
    [4401, "refused"],
    [4403, "refused"],
    [4408, "waiting", "server"],
    [4409, "refused"],
    [4429, "waiting", "server"],
    [4430, "waiting", "server"],
    [4499, "refused"],
    [4500, "waiting", "server"],
  ]) {
    const { last, client } = await online();
    last().drop(code);
    assert.deepEqual([client.state.get().at, client.state.get().why], [at, why], String(code));
    client.close();
  }
});

test("what comes late of an old connection does not count", async (t) => {
  const pass = time(t);
  const { sockets, last, client } = await online();
  const seen = [];
  client.on("notice", (data) => seen.push(data));
  last().drop();
  await pass(600);
  last().accept();
  sockets[0].hear(["notice", "old"]);
  sockets[0].drop();
  last().hear(["notice", "new"]);
  assert.deepEqual(seen, ["new"]);
  assert.equal(client.state.get().at, "online");
});

test("closing says goodbye, refuses what waits, and ends every room", async (t) => {
  const pass = time(t);
  const { sockets, last, client, room, heard } = await joined();
  const answer = assert.rejects(client.send("count"), { code: "disconnected" });
  client.close();
  await answer;
  assert.equal(last().closed, 1000);
  assert.equal(client.state.get().at, "closed");
  assert.deepEqual([room.state.get(), heard], ["out", [["out", "disconnected"]]]);
  await assert.rejects(client.send("count"), { code: "disconnected" });
  await pass(100_000);
  assert.equal(sockets.length, 1);
  client.open();
  await settle();
  last().accept();
  assert.equal(client.state.get().at, "online");
});

test("a client that is not to open does so when it is told to", async (t) => {
  time(t);
  const { sockets, client } = begin({ open: false });
  await settle();
  assert.deepEqual([sockets.length, client.state.get().at], [0, "idle"]);
  client.open();
  await settle();
  assert.equal(sockets.length, 1);
});

test("nonsense ends the connection, and is no reason to give up", async (t) => {
  time(t);
  const { last, client } = await online();
  last().onmessage({ data: "<html>" });
  assert.deepEqual([client.state.get().at, client.state.get().why], ["waiting", "server"]);
});

test("a subscriber that closes the client in the middle is obeyed", async (t) => {
  const pass = time(t);
  const { sockets, last, client } = await online();
  client.state.subscribe(({ at }) => at === "waiting" && client.close());
  last().drop();
  await pass(60_000);
  assert.deepEqual([sockets.length, client.state.get().at], [1, "closed"]);
});
