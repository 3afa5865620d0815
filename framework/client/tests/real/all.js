/**
 * The client and a real server: SALON_URL=http://127.0.0.1:8080 node --experimental-websocket tests/real/all.js [URL]
 *
 * The server is the project's conformance server, fixture `typed`, without a secret; one with a secret is named by
 * SALON_SECRET_URL, and its secret by SALON_SECRET. Without these its tests are left out.
 */

import assert from "node:assert/strict";
import { later, name, token, until, world } from "./world.js";

const url = process.argv[2] ?? process.env.SALON_URL;
const { SALON_SECRET_URL: guarded, SALON_SECRET: secret } = process.env;
const TRANSPORTS = ["websocket", "sse", "polling"];
if (!url) throw new Error("where is the server? SALON_URL, or the first argument");

const tests = {
  async "an event is answered, a question too, and the session is by that transport"({ near }, transport) {
    assert.equal(await near.send("echo", "é✓"), "é✓");
    near.answer("question", ({ n }) => `answer ${n}`);
    assert.equal(await near.send("ask-me"), "answer 1");
    assert.equal(near.state.get().transport, transport);
    assert.equal((await near.send("whoami")).session, near.state.get().session);
    await assert.rejects(near.send("fail", { code: "rate_limited" }), { code: "rate_limited" });
    await assert.rejects(near.send("nothing-of-that-name"), { code: "unknown_event" });
  },

  async "what is said while the line is cut comes afterwards: nothing lost, nothing double, in order"({ line, near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const heard = [];
    mine.on("chat:said", ({ text }, { seq }) => heard.push([Number(text), seq]));
    mine.on("lost", () => heard.push("lost"));
    let n = 0;
    const say = async (many) => {
      for (let i = 0; i < many; i++) await theirs.send("chat:say", { text: String(n++) });
    };
    await say(20);
    for (let i = 0; i < 3; i++) {
      await until("online", () => near.state.get().at === "online");
      line.cut();
      await say(30);
      line.mend();
      await say(10);
    }
    await until("all of it", () => heard.length >= n);
    assert.deepEqual(heard.map(([text]) => text), Array.from({ length: n }, (_, i) => i));
    const seqs = heard.map(([, seq]) => seq);
    assert.ok(seqs.every((seq, i) => !i || seq > seqs[i - 1]));
  },

  async "a burst that is cut in the middle is whole"({ line, near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const heard = [];
    mine.on("chat:bursted", ({ i }) => heard.push(i));
    mine.on("lost", () => heard.push("lost"));
    line.slow(5);
    const burst = theirs.send("chat:burst", { n: 500, size: 300 });
    await until("some of it", () => heard.length > 0);
    line.cut();
    await burst;
    line.mend();
    await until("all of it", () => heard.length >= 500);
    assert.deepEqual(heard, Array.from({ length: 500 }, (_, i) => i));
  },

  async "what was said without a connection is sent when there is one"({ line, near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const heard = [];
    theirs.on("chat:said", ({ text }) => heard.push(text));
    line.cut();
    await until("offline", () => near.state.get().at !== "online");
    const all = Array.from({ length: 100 }, (_, i) => mine.send("chat:say", { text: String(i) }));
    await assert.rejects(mine.send("chat:say", { text: "no" }, { queue: false }), { code: "disconnected" });
    line.mend();
    await Promise.all(all);
    await until("all of it", () => heard.length === 100);
    assert.deepEqual(heard, Array.from({ length: 100 }, (_, i) => String(i)));
  },

  async "who is there is known, and who left is not there"({ near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const names = (room) => [...room.presence.get().values()].map(([{ name }]) => name).sort().join();
    await until("both are there", () => names(mine) === "Ada,Eve" && names(theirs) === "Ada,Eve");
    theirs.leave();
    await until("one has left", () => names(mine) === "Ada");
  },

  async "who is put out is told so; a room that falls begins anew"({ near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const lost = [];
    mine.on("lost", ({ from, to }) => lost.push(from.epoch !== to.epoch));
    await theirs.send("chat:crash", {}).catch(() => {});
    await until("it began anew", () => lost.length === 1 && mine.state.get() === "joined");
    assert.deepEqual([lost, mine.snapshot.get().sort()], [[true], ["Ada", "Eve"]]);
    let why;
    mine.on("out", ({ code }) => (why = code));
    await theirs.send("chat:kick", { name: "Ada" });
    await until("it is out", () => why);
    assert.equal(why, "evicted");
  },

  async "many rooms at once are joined, and come back at once"({ line, near }) {
    const rooms = await Promise.all(Array.from({ length: 50 }, () => near.join("chat:join", { room: name(), name: "Ada" })));
    line.cut();
    await until("offline", () => near.state.get().at !== "online");
    line.mend();
    await until("all are back", () => rooms.every(({ state }) => state.get() === "joined"));
  },

  async "a frozen line loses nothing"({ line, near, far }) {
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const heard = [];
    mine.on("chat:said", ({ text }) => heard.push(text));
    line.freeze();
    for (let i = 0; i < 5; i++) await theirs.send("chat:say", { text: String(i) });
    await later(300);
    line.thaw();
    await until("all of it", () => heard.length === 5);
    assert.deepEqual(heard, ["0", "1", "2", "3", "4"]);
  },
};

const guardedTests = {
  async "without a token it is refused, with one it is not"({ client, line }) {
    const none = client(line.url, { auth: () => null });
    await until("refused", () => none.state.get().at === "refused");
    const wrong = client(line.url, { auth: () => ({ token: "x" }) });
    await until("refused", () => wrong.state.get().at === "refused");
    assert.equal(wrong.state.get().refusal.code, "unauthorized");
    const stale = [];
    const late = client(line.url, {
      auth: (why) => {
        stale.push(why);
        return { token: why === "rejected" ? token(secret, { sub: "late" }) : "x" };
      },
    });
    await until("online", () => late.state.get().at === "online");
    assert.deepEqual([stale, late.state.get().user], [["connect", "rejected"], "late"]);
  },

  async "what is to be done once is, though the connection that it was sent by is lost"({ line, client, url }) {
    const user = name();
    const auth = () => ({ token: token(secret, { sub: user }) });
    const near = client(line.url, { auth });
    const far = client(url, { auth: () => ({ token: token(secret, { sub: name() }) }), transports: ["websocket", "sse"] });
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    const theirs = await far.join("chat:join", { room, name: "Eve" });
    const heard = [];
    theirs.on("chat:said", ({ text }) => heard.push(text));
    for (let i = 0; i < 5; i++) {
      await until("joined", () => mine.state.get() === "joined");
      // What was sent before is not to be what is lost.
      await mine.send("chat:count", {});
      await later(50);
      line.isDeaf = true;
      const said = mine.send("chat:say", { text: String(i) }, { queue: "once" });
      await until("handled", () => heard.length === i + 1);
      line.cut();
      line.mend();
      assert.ok((await said) > 0);
    }
    assert.deepEqual(heard, ["0", "1", "2", "3", "4"]);
  },

  async "an identity that lapses is renewed, and nothing is interrupted"({ line, client }) {
    const asked = [];
    const near = client(line.url, {
      auth: (why) => {
        asked.push(why);
        return { token: token(secret, { sub: "ada", exp: Math.floor(Date.now() / 1_000) + (why === "connect" ? 4 : 600) }) };
      },
    });
    const states = [];
    near.state.subscribe(({ at }) => states.push(at));
    await until("renewed", () => asked.includes("expired"));
    await later(5_000);
    assert.deepEqual([asked, states.filter((at) => at !== "online")], [["connect", "expired"], ["connecting"]]);
  },

  async "one that may not join is refused, and one that loses its right is out"({ line, client }) {
    const user = name();
    const near = client(line.url, { auth: () => ({ token: token(secret, { sub: user, permissions: [] }) }) });
    await assert.rejects(near.join("vault:join", { room: "v", name: "Ada" }), { code: "forbidden" });
    const room = name();
    const mine = await near.join("chat:join", { room, name: "Ada" });
    let why;
    mine.on("out", ({ code }) => (why = code));
    await fetch(`${guarded}/control/revoke`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user, room: `chat:${room}` }),
    });
    await until("out", () => why);
    assert.equal(why, "revoked");
  },
};

const only = process.env.ONLY;
let failed = 0;
for (const transport of TRANSPORTS) {
  for (const [all, at] of [
    [tests, url],
    [guardedTests, guarded],
  ]) {
    for (const [what, run] of Object.entries(all)) {
      if (!at || (only && !`${transport}: ${what}`.includes(only))) continue;
      const began = Date.now();
      const auth = at === guarded ? { auth: () => ({ token: token(secret, { sub: name() }) }) } : {};
      try {
        await world({ url: at, transport, ...auth }, (made) => run(made, transport));
        console.log(`ok   ${transport}: ${what} (${Date.now() - began} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAIL ${transport}: ${what}\n${error.stack}`);
      }
    }
  }
}
process.exit(failed ? 1 : 0);
