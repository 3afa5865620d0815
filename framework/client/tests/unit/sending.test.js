import assert from "node:assert/strict";
import test from "node:test";
import { Refusal } from "../../dist/index.js";
import { begin, joined, online, settle, time } from "./fakes.js";

/** A promise's code, once it is refused. */
const codeOf = (promise) => promise.then(() => "done", ({ code }) => code);

test("a reply resolves, a refusal rejects with its code, data and advice", async (t) => {
  time(t);
  const { last, client } = await online();
  const first = client.send("count");
  const second = client.send("say", { text: "x" });
  assert.deepEqual(last().of("count")[0], [1, "count"]);
  assert.deepEqual(last().of("say")[0], [2, "say", { text: "x" }]);
  last().hear([-2, null, { code: "rate_limited", message: "later", data: { retry_after_ms: 180 } }], [-1, 7]);
  assert.equal(await first, 7);
  const refusal = await second.catch((error) => error);
  assert.ok(refusal instanceof Refusal);
  assert.deepEqual([refusal.code, refusal.message, refusal.data, refusal.retry], ["rate_limited", "later", { retry_after_ms: 180 }, { after_ms: 180 }]);
});

test("what a server answers with null and a list is no refusal", async (t) => {
  time(t);
  const { last, client } = await online();
  const reply = client.send("count");
  last().answer("count", null);
  assert.equal(await reply, null);
});

test("what carries several values is a list to the app, and one value each to the server", async (t) => {
  time(t);
  const { last, client } = await online({ contract: { hash: "", keys: {}, positional: ["move", "moved", "choose"] } });
  void client.send("move", [3, 4]).catch(() => {});
  assert.deepEqual(last().of("move")[0], [1, "move", 3, 4]);
  const heard = [];
  client.on("moved", (data, place) => heard.push([data, place?.seq]));
  client.answer("choose", ([first]) => first);
  last().hear(["moved", 5, 6], ["moved", 7, 8, { room: "a:b", epoch: "e", seq: 1 }], [9, "choose", "x", "y"]);
  await settle();
  assert.deepEqual(heard, [[[5, 6], undefined], [[7, 8], 1]]);
  assert.deepEqual(last().sent.at(-1), [-9, "x"]);
});

test("without a connection it waits, and goes out in order", async (t) => {
  time(t);
  const { last, client } = begin();
  const replies = [client.send("a"), client.send("b", 1)];
  await settle();
  last().accept();
  assert.deepEqual(last().sent.slice(1, 3), [[1, "a"], [2, "b", 1]]);
  last().hear([-1, "A"], [-2, "B"]);
  assert.deepEqual(await Promise.all(replies), ["A", "B"]);
});

test("the 257th that waits is refused at once, and so is what is too long", async (t) => {
  time(t);
  const { client } = begin();
  for (let n = 0; n < 256; n++) client.send("a", n).catch(() => {});
  assert.equal(await codeOf(client.send("a", 257)), "limit_exceeded");
  const { client: other } = begin();
  other.send("a", "x".repeat(200_000)).catch(() => {});
  assert.equal(await codeOf(other.send("a", "x".repeat(100_000))), "limit_exceeded");
  client.close();
  other.close();
});

test("what has waited too long is refused, and never sent", async (t) => {
  const pass = time(t);
  const { last, client } = begin();
  const long = codeOf(client.send("a"));
  const short = codeOf(client.send("b", 1, { timeout_ms: 2_000 }));
  await pass(2_001);
  assert.equal(await short, "timeout");
  await pass(60_000);
  assert.equal(await long, "timeout");
  last().accept();
  assert.deepEqual(last().sent.filter(([id]) => id > 0), []);
});

test("what is cancelled while it waits is never sent", async (t) => {
  time(t);
  const { last, client } = begin();
  const abort = new AbortController();
  const code = codeOf(client.send("a", 1, { signal: abort.signal }));
  assert.equal(await codeOf(client.send("b", 1, { signal: AbortSignal.abort() })), "cancelled");
  abort.abort();
  assert.equal(await code, "cancelled");
  await settle();
  last().accept();
  assert.deepEqual(last().sent.filter(([id]) => id > 0), []);
});

test("what is cancelled once it was sent is not awaited any more", async (t) => {
  time(t);
  const { last, client } = await online();
  const abort = new AbortController();
  const code = codeOf(client.send("a", 1, { signal: abort.signal }));
  abort.abort();
  assert.equal(await code, "cancelled");
  last().answer("a", 1);
});

test("ten clicks without a connection are ten refusals, if nothing is to wait", async (t) => {
  time(t);
  const { last, client } = begin();
  const clicks = Array.from({ length: 10 }, () => codeOf(client.send("a", 1, { queue: false })));
  assert.deepEqual(await Promise.all(clicks), Array(10).fill("disconnected"));
  await settle();
  last().accept();
  assert.deepEqual(last().sent.filter(([id]) => id > 0), []);
});

test("no answer in time is a timeout", async (t) => {
  const pass = time(t);
  const { client } = await online();
  const code = codeOf(client.send("a"));
  const short = codeOf(client.send("a", 1, { timeout_ms: 500 }));
  await pass(501);
  assert.equal(await short, "timeout");
  await pass(9_500);
  assert.equal(await code, "timeout");
});

test("what was sent when the connection was lost is refused, for it may have been done", async (t) => {
  const pass = time(t);
  const { last, client } = await online();
  const code = codeOf(client.send("a"));
  last().drop();
  assert.equal(await code, "disconnected");
  await pass(600);
  last().accept();
  assert.deepEqual(last().of("a"), []);
});

test("what is to be done once has a key, and is sent again with the same", async (t) => {
  const pass = time(t);
  const { last, client } = await online();
  const reply = client.send("say", { text: "x" }, { queue: "once" });
  const [, , , { $ }] = last().of("say")[0];
  assert.match($.key, /^[a-z0-9]+$/);
  last().drop();
  await pass(600);
  last().accept();
  assert.deepEqual(last().of("say")[0].slice(1), ["say", { text: "x" }, { $ }]);
  last().answer("say", 12);
  assert.equal(await reply, 12);
});

test("what comes after it while there is no connection stays behind it", async (t) => {
  const pass = time(t);
  const { last, client } = await online();
  client.send("say", 1, { queue: "once" }).catch(() => {});
  last().drop();
  client.send("say", 2).catch(() => {});
  await pass(600);
  last().accept();
  assert.deepEqual(last().of("say").map(([, , n]) => n), [1, 2]);
});

test("what did not fit into the window stays behind what did", async (t) => {
  const pass = time(t);
  const { last, client } = await online();
  for (let n = 0; n < 40; n++) client.send("say", n, { queue: "once" }).catch(() => {});
  last().drop();
  await pass(600);
  last().accept();
  assert.deepEqual(last().of("say").map(([, , n]) => n), Array.from({ length: 32 }, (_, n) => n));
});

test("no more than 32 are unanswered at a time", async (t) => {
  time(t);
  const { last, client } = await online();
  for (let n = 1; n <= 40; n++) client.send("a", n).catch(() => {});
  assert.equal(last().of("a").length, 32);
  last().hear([-1], [-2]);
  assert.equal(last().of("a").length, 34);
});

test("what is sent once outlives the page in a store, and nothing else does", async (t) => {
  const pass = time(t);
  const kept = new Map();
  const store = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const page = begin({ queue: { store } });
  page.client.send("say", { text: "x" }, { queue: "once" }).catch(() => {});
  page.client.send("say", { text: "lost" }).catch(() => {});
  await settle();
  // The page is gone, and another one comes.
  const next = await online({ queue: { store } });
  assert.deepEqual(next.last().of("say").map(([, , data]) => data), [{ text: "x" }]);
  next.last().answer("say", 1);
  await settle();
  const third = await online({ queue: { store } });
  assert.deepEqual(third.last().of("say"), []);
  await pass(1);
});

test("a store that throws keeps nothing, and harms nothing", async (t) => {
  time(t);
  const fail = () => {
    throw new Error("quota");
  };
  const { last, client } = await online({ queue: { store: { getItem: fail, setItem: fail } } });
  const reply = client.send("a", 1, { queue: "once" });
  last().answer("a", 2);
  assert.equal(await reply, 2);
});

test("a trace goes with what is sent", async (t) => {
  time(t);
  const { last, client } = await online({ trace: () => "00-4bf9-01" });
  client.send("a", 1).catch(() => {});
  assert.deepEqual(last().of("a")[0], [1, "a", 1, { $: { trace: "00-4bf9-01" } }]);
});

test("what the server asks is answered, refused, or not known", async (t) => {
  time(t);
  const uncaught = [];
  globalThis.reportError = (error) => uncaught.push(error.message);
  t.after(() => delete globalThis.reportError);
  const { last, client } = await online();
  client.answer("favourite", async ({ of }) => of.toUpperCase());
  client.answer("nothing", () => {});
  client.answer("refuses", () => {
    throw new Refusal({ code: "busy", message: "not now" });
  });
  client.answer("throws", () => {
    throw new Error("secret");
  });
  last().hear([3, "favourite", { of: "colours" }], [4, "nothing"], [5, "refuses"], [6, "throws"], [7, "unknown"]);
  await settle();
  const answers = Object.fromEntries(last().sent.filter(([id]) => id < 0).map(([id, ...rest]) => [-id, rest]));
  assert.deepEqual(answers[3], ["COLOURS"]);
  assert.deepEqual(answers[4], [null]);
  assert.deepEqual(answers[5], [null, { code: "busy", message: "not now" }]);
  assert.deepEqual([answers[6][1].code, uncaught], ["internal", ["secret"]]);
  assert.equal(answers[7][1].code, "unknown_event");
});

test("an answer that comes too late is not sent to another session", async (t) => {
  const pass = time(t);
  const { last, client } = await online();
  let finish;
  client.answer("favourite", () => new Promise((resolve) => (finish = resolve)));
  last().hear([3, "favourite", {}]);
  last().drop();
  await pass(600);
  last().accept();
  finish("late");
  await settle();
  assert.deepEqual(last().sent.filter(([id]) => id < 0), []);
});

test("a handler that throws keeps nothing from the others", async (t) => {
  time(t);
  const uncaught = [];
  globalThis.reportError = (error) => uncaught.push(error.message);
  t.after(() => delete globalThis.reportError);
  const { last, client, room, heard } = await joined();
  t.mock.timers.tick(1);
  const fail = () => {
    throw new Error("mine");
  };
  client.on("chat:said", fail);
  room.on("chat:said", fail);
  client.state.subscribe(fail);
  const seen = [];
  client.on("chat:said", ({ text }) => seen.push(text));
  last().hear(["chat:said", { text: "a" }, { room: "chat:lounge", epoch: "e1", seq: 1 }]);
  assert.deepEqual([heard, seen, uncaught], [[["a", 1]], ["a"], ["mine", "mine", "mine"]]);
  assert.equal(client.state.get().at, "online");
});

test("what is longer than the server takes is refused, and does not end the connection", async (t) => {
  time(t);
  const { last, client } = begin();
  await settle();
  last().accept({ max_payload: 100 });
  const code = codeOf(client.send("a", "x".repeat(100), { queue: "once" }));
  client.send("b").catch(() => {});
  assert.equal(await code, "limit_exceeded");
  assert.deepEqual([last().of("a").length, last().of("b").length], [0, 1]);
});
