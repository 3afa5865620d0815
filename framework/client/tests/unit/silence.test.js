import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { begin, online, settle, time } from "./fakes.js";

const EVERY = 25_000;
const WITHIN = 20_000;

test("a heartbeat is answered, and one of the client's own is not answered back", async (t) => {
  time(t);
  const { last, client } = await online();
  const beats = () => last().sent.filter((frame) => frame.length === 0).length;
  // The first is its own, by which it learns how far the server is.
  assert.equal(beats(), 1);
  t.mock.timers.tick(42);
  last().hear([]);
  assert.deepEqual([beats(), client.state.get().rtt_ms], [1, 42]);
  last().hear([]);
  assert.equal(beats(), 2);
});

test("silence is noticed within the server's own times, and brings one attempt", async (t) => {
  const pass = time(t);
  const { sockets, last, client } = await online();
  last().hear([]);
  await pass(20_000);
  last().hear(["notice"]);
  await pass(EVERY + WITHIN - 1_000);
  assert.equal(client.state.get().at, "online");
  await pass(1_001);
  assert.equal(sockets[0].closed, 4000);
  await pass(3_000);
  assert.equal(sockets.length, 2);
});

const waking = async (t, chance = 0.5) => {
  const pass = time(t, chance);
  const wake = new EventTarget();
  const all = await online({ wake });
  all.last().hear([]);
  const fire = (name, more = {}) => wake.dispatchEvent(Object.assign(new Event(name), more));
  return { ...all, pass, fire, wake };
};

test("a page that was frozen and wakes up by several events tries once", async (t) => {
  const { sockets, last, fire } = await waking(t);
  // Frozen: time passes, and no timer runs.
  t.mock.timers.setTime(Date.now() + 0);
  const now = Date.now();
  t.mock.method(Date, "now", () => now + 600_000);
  fire("resume");
  fire("visibilitychange");
  t.mock.timers.tick(1);
  await settle();
  fire("visibilitychange");
  fire("pageshow");
  await settle();
  assert.equal(sockets.length, 2);
  assert.equal(sockets[0].closed, 4000);
  last().accept();
});

test("while an attempt is waited for, five words of being online bring one, and another no sooner than a second after", async (t) => {
  const { sockets, last, client, fire, pass } = await waking(t, 0.999);
  await pass(2_000);
  last().drop();
  last().hear?.([]);
  for (let n = 0; n < 5; n++) {
    fire("online");
    await settle();
    // The server is not there yet.
    if (n === 0) last().drop();
  }
  assert.equal(sockets.length, 2);
  // The later ones were no mistake all the same: the next attempt does not wait for its time.
  assert.ok(client.state.get().until - Date.now() > 900);
  await pass(1_000);
  assert.equal(sockets.length, 3);
  await pass(3_000);
  assert.equal(sockets.length, 3);
});

test("a page that wakes up asks whether the server is there, and does not wait long", async (t) => {
  const { sockets, last, fire, pass } = await waking(t);
  await pass(10_000);
  fire("online");
  assert.equal(last().sent.at(-1).length, 0);
  await pass(4_100);
  assert.equal(sockets[0].closed, 4000);
  await settle();
  assert.equal(sockets.length, 2);
});

test("a page that wakes up and is answered stays", async (t) => {
  const { sockets, last, fire, pass } = await waking(t);
  await pass(10_000);
  fire("online");
  last().hear([]);
  await pass(20_000);
  assert.equal(sockets.length, 1);
});

test("a page that is put away closes its connection, and opens one when it comes back", async (t) => {
  const { sockets, client, fire, pass } = await waking(t);
  fire("pagehide", { persisted: true });
  assert.equal(sockets[0].closed, 4000);
  assert.deepEqual([client.state.get().at, client.state.get().why], ["waiting", "frozen"]);
  await pass(600_000);
  assert.equal(sockets.length, 1);
  fire("pageshow", { persisted: true });
  await settle();
  assert.equal(sockets.length, 2);
});

test("a page that is left for good is not put away", async (t) => {
  const { sockets, fire } = await waking(t);
  fire("pagehide", { persisted: false });
  assert.equal(sockets[0].closed, undefined);
});

test("a closed client listens to nothing", async (t) => {
  const { sockets, client, fire, pass, wake } = await waking(t);
  assert.equal(getEventListeners(wake, "online").length, 1);
  client.close();
  assert.equal(getEventListeners(wake, "online").length, 0);
  fire("online");
  await pass(1_000);
  assert.equal(sockets.length, 1);
});

test("no answer to the first frame in time is silence", async (t) => {
  const pass = time(t);
  const { sockets, last, client } = begin();
  await settle();
  last().onopen();
  await pass(4_001);
  assert.equal(sockets[0].closed, 4000);
  assert.equal(client.state.get().why, "silence");
});
