import assert from "node:assert/strict";
import test from "node:test";
import { begin, online, settle, time } from "./fakes.js";

const refused = (code) => ["salon:refused", { event: "salon:connect", error: { code, message: "no" } }];

test("after a no another identity is asked for once; the same one is not sent again", async (t) => {
  const pass = time(t);
  const asked = [];
  let token = "old";
  const { sockets, last, client } = begin({
    auth: (why) => {
      asked.push(why);
      return { token };
    },
  });
  await settle();
  last().onopen();
  last().hear(refused("unauthorized"));
  await settle();
  assert.deepEqual(asked, ["connect", "rejected"]);
  assert.equal(client.state.get().at, "refused");
  assert.equal(client.state.get().refusal.code, "unauthorized");
  await pass(3_600_000);
  assert.equal(sockets.length, 1);
  token = "new";
  const fresh = client.refresh();
  await settle();
  assert.equal(sockets.length, 2);
  last().accept();
  await fresh;
  assert.equal(client.state.get().at, "online");
  assert.deepEqual(last().sent[0][1], { token: "new" });
});

test("another identity that is refused as well is the last one", async (t) => {
  const pass = time(t);
  let n = 0;
  const { sockets, last, client } = begin({ auth: () => ({ token: n++ }) });
  for (let i = 0; i < 2; i++) {
    await settle();
    last().onopen();
    last().hear(refused("forbidden"));
  }
  await pass(3_600_000);
  assert.deepEqual([client.state.get().at, client.state.get().refusal.code, sockets.length], ["refused", "forbidden", 2]);
});

test("a refusal that is a matter of time is tried again", async (t) => {
  time(t);
  const { last, client } = begin();
  await settle();
  last().onopen();
  last().hear(["salon:refused", { event: "salon:connect", error: { code: "rate_limited", message: "", data: { retry_after_ms: 4_321 } } }]);
  assert.equal(client.state.get().at, "waiting");
  assert.equal(client.state.get().until - Date.now(), 4_321);
});

test("where nobody can be asked a no is final until the app opens it", async (t) => {
  const pass = time(t);
  const { sockets, last, client } = begin();
  await settle();
  last().onopen();
  last().hear(refused("unauthorized"));
  await pass(3_600_000);
  assert.deepEqual([client.state.get().at, sockets.length], ["refused", 1]);
  client.open();
  await settle();
  assert.equal(sockets.length, 2);
});

test("no identity gives up; one that cannot be had is asked for again", async (t) => {
  const pass = time(t);
  let identity = null;
  let asked = 0;
  const { sockets, client } = begin({
    auth: () => {
      asked++;
      if (identity === null) return null;
      throw new Error("offline");
    },
  });
  await settle();
  assert.deepEqual([client.state.get().at, client.state.get().refusal.code], ["refused", "unauthorized"]);
  await pass(100_000);
  assert.equal(asked, 1);
  identity = {};
  client.open();
  await settle();
  assert.deepEqual([client.state.get().at, client.state.get().why], ["waiting", "auth"]);
  await pass(10_000);
  assert.ok(asked > 3, `${asked}`);
  assert.equal(sockets.length, 0);
});

test("one that is awaited for ever is awaited, and aborted by closing", async (t) => {
  const pass = time(t);
  let signal;
  let finish;
  const { sockets, client } = begin({
    auth: (_, given) => {
      signal = given;
      return new Promise((resolve) => (finish = resolve));
    },
  });
  await pass(3_600_000);
  assert.deepEqual([sockets.length, client.state.get().at, signal.aborted], [0, "connecting", false]);
  client.close();
  assert.equal(signal.aborted, true);
  finish({ token: "late" });
  await settle();
  assert.equal(sockets.length, 0);
});

test("an identity that is about to lapse is renewed on the open connection", async (t) => {
  time(t);
  const asked = [];
  const { sockets, last } = await online({
    auth: (why) => {
      asked.push(why);
      return { token: asked.length };
    },
  });
  last().hear(["salon:lapsing", { expires_in_ms: 30_000 }]);
  await settle();
  assert.deepEqual(asked, ["connect", "expired"]);
  assert.deepEqual(last().of("salon:refresh")[0].slice(1), ["salon:refresh", { token: 2 }]);
  assert.equal(sockets.length, 1);
});

test("one that has lapsed is asked for, and its absence is told as that", async (t) => {
  time(t);
  const { sockets, last, client } = await online({ auth: (why) => (why === "connect" ? { token: 1 } : null) });
  const lapsed = [];
  client.on("salon:lapsed", ({ code }) => lapsed.push(code));
  last().hear(["salon:lapsing", { expires_in_ms: 30_000 }]);
  await settle();
  assert.equal(last().of("salon:refresh").length, 0);
  last().hear(["salon:lapsed", { code: "lapsed" }], ["salon:bye", { code: "lapsed", retry: "token" }]);
  await settle();
  assert.deepEqual([client.state.get().at, client.state.get().refusal.code], ["refused", "lapsed"]);
  assert.deepEqual([lapsed, sockets.length], [["lapsed"], 1]);
});

test("identities that lapse as soon as they are presented are presented later and later", async (t) => {
  const pass = time(t);
  let n = 0;
  const { sockets, last } = await online({ auth: () => ({ token: n++ }) });
  for (let passed = 0; passed < 60; passed++) {
    if (last().closed === undefined) {
      if (last().sent.length === 0) last().accept();
      last().hear(["salon:bye", { code: "lapsed", retry: "token" }]);
    }
    await pass(1_000);
  }
  assert.ok(sockets.length > 4 && sockets.length < 12, `${sockets.length}`);
});

test("a newer identity that is refused is told to whoever asked for it", async (t) => {
  time(t);
  const { last, client } = await online({ auth: () => ({ token: 1 }) });
  const told = assert.rejects(client.refresh(), { code: "unauthorized" });
  await settle();
  last().answer("salon:refresh", null, { code: "unauthorized", message: "no" });
  await told;
  assert.equal(client.state.get().at, "online");
});
