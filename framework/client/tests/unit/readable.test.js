import assert from "node:assert/strict";
import test from "node:test";
import { faults } from "../../dist/faults.js";
import { begin, joined, said, settle, time } from "./fakes.js";

test("a subscriber is called at once, and at each change, until it is no subscriber any more", async (t) => {
  time(t);
  const { client } = begin();
  const seen = [];
  const run = ({ at }) => seen.push(at);
  const [off, also] = [client.state.subscribe(run), client.state.subscribe(run)];
  assert.deepEqual(seen, ["connecting", "connecting"]);
  off();
  client.close();
  assert.deepEqual(seen, ["connecting", "connecting", "closed"]);
  also();
});

test("the switches of development: cut, freeze, slow, duplicate", async (t) => {
  const pass = time(t);
  const all = await (async () => {
    const started = begin();
    const switches = faults(started.client);
    await settle();
    started.last().accept();
    return { ...started, switches };
  })();
  const { client, last, switches, sockets } = all;
  const seen = [];
  client.on("notice", (data) => seen.push(data));
  switches.duplicate();
  last().hear(["notice", 1]);
  assert.deepEqual(seen, [1, 1]);
  switches.duplicate(false);
  switches.slow(200);
  last().hear(["notice", 2]);
  assert.equal(seen.length, 2);
  await pass(200);
  assert.equal(seen.length, 3);
  switches.slow(0);
  switches.freeze(1_000);
  last().hear(["notice", 3]);
  last().hear(["notice", 4]);
  client.send("a").catch(() => {});
  assert.deepEqual([seen.length, last().of("a").length], [3, 0]);
  await pass(1_100);
  assert.deepEqual([seen.slice(3), last().of("a").length], [[3, 4], 1]);
  switches.cut();
  assert.deepEqual([client.state.get().at, sockets[0].closed], ["waiting", 4000]);
});

test("doubles of a room's events are dropped", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  for (let n = 0; n < 2; n++) last().hear(said("a", 1));
  assert.deepEqual(heard, [["a", 1]]);
});
