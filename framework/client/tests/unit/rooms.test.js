import assert from "node:assert/strict";
import test from "node:test";
import { joined, online, place, said, settle, time } from "./fakes.js";

const welcome = (after, more = {}) => ["salon:joined", { room: "chat:lounge", epoch: "e1", after, ...more }];
/** Loses the connection, and has the next one. */
const again = async ({ last }, pass) => {
  last().drop();
  await pass(600);
  last().accept();
  await settle();
};

test("what a room says between its joining and the first handler is not lost", async (t) => {
  time(t);
  const { last, client } = await online();
  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  // All of it in one message.
  last().hear(welcome(0), said("before the answer", 1), [-1, ["Ada"]], said("behind it", 2));
  const room = await promise;
  const heard = [];
  room.on("chat:said", ({ text }) => heard.push(text));
  await settle();
  t.mock.timers.tick(1);
  last().hear(said("later", 3));
  assert.deepEqual(heard, ["before the answer", "behind it", "later"]);
  assert.deepEqual([room.name, room.snapshot.get()], ["chat:lounge", ["Ada"]]);
});

test("the room's key is filled in", async (t) => {
  time(t);
  const { last, room } = await joined();
  room.send("chat:say", { text: "hi" }).catch(() => {});
  assert.deepEqual(last().of("chat:say")[0].slice(1), ["chat:say", { text: "hi", room: "lounge" }]);
});

test("a double is dropped, and so is what is of another order", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  last().hear(said("a", 1), said("a", 1), said("b", 2), said("a", 1), said("x", 3, { epoch: "e0" }), said("c", 3));
  assert.deepEqual(heard, [["a", 1], ["b", 2], ["c", 3]]);
});

test("what has no number comes as it comes", async (t) => {
  time(t);
  const { last, room } = await joined();
  t.mock.timers.tick(1);
  const seen = [];
  room.on("chat:typed", ({ by }, { after }) => seen.push([by, after]));
  last().hear(["chat:typed", { by: "Eve" }, { room: "chat:lounge", epoch: "e1", after: 7 }], said("a", 1));
  assert.deepEqual(seen, [["Eve", 7]]);
});

test("it comes back to where it was, with nothing lost and nothing double", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, heard, room } = all;
  await pass(1);
  last().hear(said("a", 1), said("b", 2));
  await again(all, pass);
  assert.equal(room.state.get(), "rejoining");
  const [id, ...join] = last().of("chat:join")[0];
  assert.deepEqual(join, ["chat:join", { room: "lounge", name: "Ada" }, { $: { after: { epoch: "e1", seq: 2 } } }]);
  last().hear(welcome(2, { resumed: true, replay: 2 }), said("c", 3), said("d", 4), [-id, null], said("e", 5));
  await settle();
  assert.deepEqual(heard, [["a", 1], ["b", 2], ["c", 3], ["d", 4], ["e", 5]]);
  assert.equal(room.state.get(), "joined");
  // There was nothing new to say of it.
  assert.deepEqual(room.snapshot.get(), ["Ada"]);
});

test("what is not to be had again is told once, with a new snapshot, and nothing of the old order", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, heard, room } = all;
  await pass(1);
  last().hear(said("a", 1));
  await again(all, pass);
  const [id] = last().of("chat:join")[0];
  let atLost;
  room.on("lost", () => (atLost = room.snapshot.get()));
  last().hear(["salon:joined", { room: "chat:lounge", epoch: "e2", after: 40, resumed: false, lost: "epoch" }]);
  last().hear(said("old", 2), said("new", 41, { epoch: "e2" }), [-id, ["Ada", "Eve"]], said("newer", 42, { epoch: "e2" }));
  await settle();
  assert.deepEqual(heard, [["a", 1], ["lost", 1, 40], ["new", 41], ["newer", 42]]);
  assert.deepEqual(atLost, ["Ada", "Eve"]);
});

test("where the answer that brings the new snapshot is lost, it is asked for once more", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, heard } = all;
  await pass(1);
  await again(all, pass);
  last().hear(["salon:joined", { room: "chat:lounge", epoch: "e2", after: 40, resumed: false, lost: "epoch" }], said("new", 41, { epoch: "e2" }));
  await again(all, pass);
  const [id, , , more] = last().of("chat:join")[0];
  assert.equal(more, undefined);
  last().hear(["salon:joined", { room: "chat:lounge", epoch: "e2", after: 41 }], [-id, ["new is in here"]]);
  await settle();
  assert.deepEqual(heard, [["lost", 0, 41]]);
});

test("a first joining whose answer is lost is sent again", async (t) => {
  const pass = time(t);
  const all = await online();
  const { last, client } = all;
  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  last().hear(welcome(3));
  await again(all, pass);
  const [id, , , more] = last().of("chat:join")[0];
  assert.equal(more, undefined);
  last().hear(welcome(5), [-id, ["Ada"]]);
  assert.equal((await promise).name, "chat:lounge");
});

test("a first joining that is refused is refused", async (t) => {
  time(t);
  const { last, client } = await online();
  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  last().answer("chat:join", null, { code: "full", message: "no seat" });
  await assert.rejects(promise, { code: "full" });
});

test("an event that makes nobody a member joins nothing", async (t) => {
  time(t);
  const { last, client } = await online();
  const promise = client.join("chat:say", { room: "lounge", text: "x" });
  await settle();
  last().answer("chat:say", 1);
  await assert.rejects(promise, { code: "not_a_member" });
});

test("two joinings at once are told apart by their keys, or take turns", async (t) => {
  time(t);
  const { last, client } = await online();
  const a = client.join("chat:join", { room: "a", name: "Ada" });
  const b = client.join("chat:join", { room: "b", name: "Ada" });
  const c = client.join("vault:join", { room: "a", name: "Ada" });
  await settle();
  const ids = last().of("chat:join").map(([id]) => id);
  assert.equal(ids.length, 2);
  // One of the same key waits for the other.
  assert.equal(last().of("vault:join").length, 0);
  const begins = (room) => ["salon:joined", { room, epoch: "e1", after: 0 }];
  last().hear(begins("chat:b"), begins("chat:a"), [-ids[1], "B"], [-ids[0], "A"]);
  await settle();
  last().hear(begins("vault:a"), [-last().of("vault:join")[0][0], "V"]);
  const rooms = await Promise.all([a, b, c]);
  assert.deepEqual(rooms.map(({ name, snapshot }) => [name, snapshot.get()]), [["chat:a", "A"], ["chat:b", "B"], ["vault:a", "V"]]);
});

test("without a contract joinings take turns", async (t) => {
  time(t);
  const { last, client } = await online({ contract: undefined });
  const a = client.join("x", 1);
  const b = client.join("y", 2);
  await settle();
  assert.deepEqual(last().of("y"), []);
  last().hear(["salon:joined", { room: "r:1", epoch: "e1", after: 0 }]);
  last().answer("x", "X");
  await settle();
  last().hear(["salon:joined", { room: "r:2", epoch: "e1", after: 0 }]);
  last().answer("y", "Y");
  assert.deepEqual([(await a).name, (await b).name], ["r:1", "r:2"]);
});

test("a gap is asked for, and what comes behind it waits", async (t) => {
  time(t);
  const { last, heard } = await joined({}, 11);
  t.mock.timers.tick(1);
  last().hear(said("12", 12), said("15", 15), said("16", 16));
  assert.deepEqual(heard, [["12", 12]]);
  const asked = last().of("salon:replay");
  assert.equal(asked.length, 1);
  assert.deepEqual(asked[0].slice(1), ["salon:replay", { room: "chat:lounge", epoch: "e1", after: 12, to: 14 }]);
  last().hear(said("13", 13), said("14", 14));
  last().answer("salon:replay", { to: 14 });
  last().hear(said("17", 17));
  await settle();
  assert.deepEqual(heard, [12, 13, 14, 15, 16, 17].map((n) => [String(n), n]));
});

test("a gap of which only a part came is asked for again", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  last().hear(said("9", 9), said("1", 1));
  last().answer("salon:replay", { to: 1 });
  await settle();
  assert.deepEqual(last().of("salon:replay").at(-1)[2], { room: "chat:lounge", epoch: "e1", after: 1, to: 8 });
  assert.deepEqual(heard, [["1", 1]]);
});

test("a gap that is not kept any more begins anew", async (t) => {
  time(t);
  const { last, heard, room } = await joined();
  t.mock.timers.tick(1);
  last().hear(said("9", 9));
  last().answer("salon:replay", null, { code: "gone", message: "", data: { first: 4 } });
  await settle();
  assert.deepEqual(last().sent.slice(-2).map((frame) => frame.slice(frame.length === 2 ? 0 : 1)), [
    ["salon:leave", { room: "chat:lounge" }],
    ["chat:join", { room: "lounge", name: "Ada" }],
  ]);
  last().hear(said("10", 10), welcome(10));
  last().answer("chat:join", ["anew"]);
  last().hear(said("11", 11));
  await settle();
  assert.deepEqual(heard, [["lost", 0, 10], ["11", 11]]);
  assert.deepEqual(room.snapshot.get(), ["anew"]);
});

test("a room that keeps nothing has gaps, which are asked about once", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  last().hear(said("2", 2));
  last().answer("salon:replay", null, { code: "gone", message: "", data: { first: 3 } });
  await settle();
  last().hear(said("4", 4));
  assert.deepEqual(heard, [["2", 2], ["4", 4]]);
  assert.equal(last().of("salon:replay").length, 1);
});

test("a number that was for others is no gap", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  last().hear(said("1", 1), ["salon:skip", place(2)], said("3", 3), ["salon:skip", place(7, { from: 4 })], said("8", 8));
  assert.deepEqual(heard.map(([text]) => text), ["1", "3", "8"]);
  assert.equal(last().of("salon:replay").length, 0);
});

test("who is there is a map of users, or a number", async (t) => {
  time(t);
  const { last, room } = await joined({}, 0, [{ user: "ada", metas: [{ name: "Ada" }] }]);
  t.mock.timers.tick(1);
  const users = () => Object.fromEntries(room.presence.get());
  assert.deepEqual(users(), { ada: [{ name: "Ada" }] });
  const change = (seq, what) => last().hear(["salon:presence", { room: "chat:lounge", ...what }, place(seq)]);
  const before = room.presence.get();
  change(1, { joined: [{ user: "eve", metas: [{ name: "Eve" }] }] });
  assert.notEqual(room.presence.get(), before);
  change(2, { updated: [{ user: "eve", metas: [{ name: "Eve" }, { name: "Eva" }] }], left: ["ada"] });
  assert.deepEqual(users(), { eve: [{ name: "Eve" }, { name: "Eva" }] });
  change(3, { count: 812 });
  assert.deepEqual([users(), room.count.get()], [{}, 812]);
  change(4, { users: [{ user: "bob", metas: [] }] });
  assert.deepEqual([users(), room.count.get()], [{ bob: [] }, undefined]);
});

test("who is put out is told why, and does not come back", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, room, client } = all;
  let why;
  room.on("out", (refusal) => (why = refusal));
  const seen = [];
  client.on("salon:evicted", ({ code }) => seen.push(code));
  last().hear(["salon:evicted", { room: "chat:lounge", code: "kicked", message: "be nice", data: 1 }]);
  assert.deepEqual([why.code, why.message, why.data, room.state.get(), seen], ["kicked", "be nice", 1, "out", ["kicked"]]);
  await again(all, pass);
  assert.deepEqual(last().of("chat:join"), []);
});

test("who leaves is out, and hears nothing more", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, room, heard } = all;
  room.leave();
  assert.deepEqual(last().sent.at(-1), ["salon:leave", { room: "chat:lounge" }]);
  last().hear(said("late", 1));
  assert.deepEqual(heard, [["out", "cancelled"]]);
  room.leave();
  assert.equal(last().of("salon:leave").length, 1);
  await again(all, pass);
  assert.deepEqual(last().of("chat:join"), []);
});

test("a room that restarts is begun anew: told, asked for a snapshot, and lost", async (t) => {
  time(t);
  const { last, room, heard } = await joined();
  t.mock.timers.tick(1);
  const restarts = [];
  room.on("restarted", ({ epoch, seq }) => restarts.push([epoch, seq]));
  last().hear(said("a", 1));
  last().hear(["salon:restarted", { room: "chat:lounge", epoch: "e2", after: 0, presence: { users: [{ user: "eve", metas: [] }] } }]);
  last().hear(said("b", 1, { epoch: "e2" }));
  assert.deepEqual([restarts, [...room.presence.get().keys()]], [[["e2", 0]], ["eve"]]);
  last().answer("chat:join", ["after the fault"]);
  await settle();
  assert.deepEqual(heard, [["a", 1], ["lost", 1, 0], ["b", 1]]);
  assert.deepEqual(room.snapshot.get(), ["after the fault"]);
});

test("a rejoining that is refused for now is tried again, and one that is refused for good is the end", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, room, heard } = all;
  await pass(1);
  await again(all, pass);
  last().answer("chat:join", null, { code: "rate_limited", message: "", data: { retry_after_ms: 700 } });
  await pass(600);
  assert.equal(last().of("chat:join").length, 1);
  await pass(200);
  assert.equal(last().of("chat:join").length, 2);
  last().answer("chat:join", null, { code: "internal", message: "" });
  await pass(1_100);
  assert.equal(last().of("chat:join").length, 3);
  last().answer("chat:join", null, { code: "forbidden", message: "" });
  await settle();
  assert.deepEqual([room.state.get(), heard], ["out", [["out", "forbidden"]]]);
});

test("what is for a room waits until it was joined again", async (t) => {
  const pass = time(t);
  const all = await joined();
  const { last, room, client } = all;
  await pass(1);
  last().drop();
  room.send("chat:say", { text: "hi" }).catch(() => {});
  client.send("count").catch(() => {});
  await pass(600);
  last().accept();
  assert.deepEqual([last().of("chat:say").length, last().of("count").length], [0, 1]);
  last().hear(welcome(0, { resumed: true, replay: 0 }));
  last().answer("chat:join", null);
  await settle();
  assert.equal(last().of("chat:say").length, 1);
});

test("two rooms of one name are one membership, until both are left", async (t) => {
  time(t);
  const { last, client, room, heard } = await joined();
  t.mock.timers.tick(1);
  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  last().answer("chat:join", ["Ada", "Eve"]);
  // So late that whoever awaited it has its handlers in the next turn alone.
  await null;
  await null;
  last().hear(said("a", 1));
  const other = await promise;
  const seen = [];
  other.on("chat:said", ({ text }) => seen.push(text));
  t.mock.timers.tick(1);
  assert.deepEqual([heard, seen], [[["a", 1]], ["a"]]);
  room.leave();
  assert.deepEqual(last().of("salon:leave"), []);
  other.leave();
  assert.equal(last().of("salon:leave").length, 1);
});

test("what is to be acknowledged is, also where it is a double", async (t) => {
  time(t);
  const { last, heard } = await joined();
  t.mock.timers.tick(1);
  last().hear([27, ...said("a", 1)], [28, ...said("a", 1)]);
  assert.deepEqual(last().sent.filter(([id]) => id < 0), [[-27], [-28]]);
  assert.deepEqual(heard, [["a", 1]]);
});

test("what was owed from before the joining is delivered, once", async (t) => {
  time(t);
  const { last, heard } = await joined({}, 40);
  t.mock.timers.tick(1);
  last().hear([27, ...said("owed", 38)], [28, ...said("owed", 38)], said("next", 41));
  assert.deepEqual(heard, [["owed", 38], ["next", 41]]);
  assert.deepEqual(last().sent.filter(([id]) => id < 0), [[-27], [-28]]);
});

test("events can be iterated over, until the room is left", async (t) => {
  time(t);
  const { last, room } = await joined();
  t.mock.timers.tick(1);
  const events = room.events()[Symbol.asyncIterator]();
  const first = events.next();
  last().hear(said("a", 1), said("b", 2));
  assert.deepEqual((await first).value, { name: "chat:said", data: { text: "a" }, place: place(1) });
  room.leave();
  assert.equal((await events.next()).value.data.text, "b");
  assert.deepEqual(await events.next(), { value: undefined, done: true });
  assert.equal((await room.events()[Symbol.asyncIterator]().next()).done, true);
});

test("an iterator that is too far behind is told so, and not quietly lied to", async (t) => {
  time(t);
  const { last, room } = await joined();
  t.mock.timers.tick(1);
  const events = room.events()[Symbol.asyncIterator]();
  for (let seq = 1; seq <= 1_025; seq++) last().hear(said("x", seq));
  for (let seq = 1; seq <= 1_024; seq++) assert.equal((await events.next()).value.place.seq, seq);
  await assert.rejects(events.next(), { code: "limit_exceeded" });
  assert.equal((await events.next()).done, true);
});

test("a loop that is left leaves nothing behind", async (t) => {
  time(t);
  const { last, room } = await joined();
  t.mock.timers.tick(1);
  const loop = (async () => {
    for await (const { data } of room.events()) if (data.text === "b") return data.text;
  })();
  last().hear(said("a", 1), said("b", 2));
  assert.equal(await loop, "b");
});

test("rooms of a client that is closed and opened are not joined by themselves", async (t) => {
  time(t);
  const { last, client } = await joined();
  client.close();
  client.open();
  await settle();
  last().accept();
  assert.deepEqual(last().of("chat:join"), []);
});

test("a room without an order is joined again from nowhere, and its presence is known all the same", async (t) => {
  const pass = time(t);
  const all = await online();
  const { last, client } = all;
  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  last().hear(["salon:joined", { room: "chat:lounge", presence: { users: [] } }]);
  last().answer("chat:join", 1);
  const room = await promise;
  await pass(1);
  last().hear(["salon:presence", { room: "chat:lounge", joined: [{ user: "eve", metas: [] }] }]);
  assert.deepEqual([...room.presence.get().keys()], ["eve"]);
  await again(all, pass);
  const [id, , , more] = last().of("chat:join")[0];
  assert.equal(more, undefined);
  let isLost = false;
  room.on("lost", () => (isLost = true));
  last().hear(["salon:joined", { room: "chat:lounge", presence: { users: [] } }], [-id, 2]);
  await settle();
  assert.deepEqual([room.snapshot.get(), isLost, room.state.get()], [2, true, "joined"]);
});
