import assert from "node:assert/strict";
import test from "node:test";
import { connect } from "../../dist/index.js";
import { contract, network, place, said, settle, time } from "./fakes.js";
import { web, WELCOME } from "./requests.js";

const begin = (options) => {
  const net = network();
  const sites = web();
  const client = connect("http://server/salon", { WebSocket: net.Socket, fetch: sites.fetch, wake: false, contract, ...options });
  return { ...net, ...sites, client, at: () => client.state.get() };
};
const ndjson = (...frames) => frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");

test("a WebSocket that does not open in time gives way to a stream, and a stream that says nothing to polls", async (t) => {
  const pass = time(t);
  const { sockets, to, at } = begin();
  await settle();
  assert.deepEqual([at().transport, sockets.length], ["websocket", 1]);
  await pass(4_001);
  assert.deepEqual([at().transport, sockets[0].closed], ["sse", 4000]);
  const [stream] = to("/salon/events");
  assert.deepEqual([stream.method, stream.headers.Accept, JSON.parse(stream.body)[0]], ["POST", "text/event-stream", "salon:connect"]);
  // A proxy that gathers.
  await stream.begin();
  await pass(4_001);
  assert.equal(at().transport, "polling");
  assert.equal(stream.isAborted, true);
  const poll = to("/salon/events")[1];
  assert.equal(poll.headers.Accept, "application/x-ndjson");
  await poll.answer(200, ndjson(WELCOME), { "Salon-Last": "1" });
  assert.deepEqual([at().at, at().transport], ["online", "polling"]);
});

test("a server that nothing reaches is not asked by each transport, once one is known to work", async (t) => {
  const pass = time(t);
  const { sockets, last, requests, at } = begin();
  await settle();
  last().accept();
  await pass(6_000);
  last().drop();
  await pass(600);
  last().drop();
  assert.deepEqual([at().at, requests.length, sockets.length], ["waiting", 0, 2]);
});

test("one that cannot be had at all is left for the next", async (t) => {
  time(t);
  const { last, at } = begin();
  await settle();
  last().drop();
  assert.equal(at().transport, "sse");
});

test("which one works is remembered for ten minutes; then WebSocket takes over, with no loss and no double", async (t) => {
  const pass = time(t);
  const { sockets, last, to, client, at } = begin();
  await settle();
  last().drop();
  await settle();
  let [stream] = to("/events");
  await stream.begin();
  await stream.tell(WELCOME);
  assert.equal(at().transport, "sse");
  // Lost: the next attempt does not try the WebSocket.
  await pass(6_000);
  stream.stream.close();
  await pass(600);
  assert.equal(sockets.length, 1);
  stream = to("/events")[1];
  await stream.begin();
  await stream.tell(WELCOME);

  const promise = client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  const [join] = to("/send");
  const [id] = JSON.parse(join.body);
  await join.answer(202);
  await stream.tell(["salon:joined", { room: "chat:lounge", epoch: "e1", after: 0 }], [-id, ["Ada"]]);
  const room = await promise;
  const heard = [];
  room.on("chat:said", ({ text }) => heard.push(text));
  await pass(1);
  await stream.tell(said("1", 1));

  for (let n = 0; sockets.length === 1 && n < 700; n++) {
    await stream.write("data: []\n\n");
    await pass(1_000, 1_000);
  }
  assert.equal(sockets.length, 2);
  // Something is awaited on the old one: it stays until that is answered.
  const reply = client.send("count");
  await settle();
  last().accept({ session: "s2" });
  assert.equal(at().transport, "sse");
  await stream.tell(said("2", 2));
  const late = client.send("count");
  await settle();
  assert.equal(to("/send").length, 2);
  await to("/send")[1].answer(202);
  await stream.tell([-(id + 1), 5]);
  assert.equal(await reply, 5);
  assert.deepEqual([at().transport, at().session, stream.isAborted], ["websocket", "s2", true]);
  const [again, , , more] = last().of("chat:join")[0];
  assert.deepEqual(more, { $: { after: { epoch: "e1", seq: 2 } } });
  last().hear(["salon:joined", { room: "chat:lounge", epoch: "e1", after: 2, resumed: true, replay: 1 }], said("3", 3), [-again, null]);
  last().answer("count", 6);
  assert.equal(await late, 6);
  assert.deepEqual(heard, ["1", "2", "3"]);
});

test("a WebSocket that still does not open leaves all as it is", async (t) => {
  const pass = time(t);
  const { sockets, last, to, client, at } = begin();
  await settle();
  last().drop();
  await settle();
  const [stream] = to("/events");
  await stream.begin();
  await stream.tell(WELCOME);
  for (let n = 0; sockets.length === 1 && n < 700; n++) {
    await stream.write("data: []\n\n");
    await pass(1_000, 1_000);
  }
  last().drop();
  assert.deepEqual([at().at, at().transport], ["online", "sse"]);
  client.send("count").catch(() => {});
  await settle();
  assert.equal(to("/send").length, 1);
});

const streaming = async (options = {}) => {
  const all = begin({ transports: ["sse"], ...options });
  await settle();
  const [stream] = all.to("/events");
  await stream.begin();
  await stream.tell(WELCOME);
  return { ...all, stream };
};

test("a stream is read however it is cut into pieces", async (t) => {
  time(t);
  const { client, stream } = await streaming();
  const seen = [];
  client.on("notice", (data) => seen.push(data));
  const text = 'id: e.1.r\ndata: ["notice","é1"]\n\nretry: 9\n: a comment\ndata: ["notice",2]\n\ndata: ["notice",3]\ndata: ["notice",4]\n\n';
  const bytes = new TextEncoder().encode(text);
  for (const byte of bytes) stream.stream.enqueue(Uint8Array.of(byte));
  await settle();
  assert.deepEqual(seen, ["é1", 2, 3, 4]);
});

test("a stream's heartbeat is not answered, and its silence is noticed", async (t) => {
  const pass = time(t);
  const { stream, to, at } = await streaming();
  await pass(30_000);
  await stream.write("data: []\n\n");
  await pass(44_000);
  assert.equal(at().at, "online");
  await pass(1_100);
  assert.notEqual(at().at, "online");
  assert.equal(to("/send").length, 0);
});

test("batches are numbered and posted one at a time, and again if nothing came back", async (t) => {
  const pass = time(t);
  const { client, stream, to } = await streaming();
  const replies = [client.send("a", 1), client.send("a", 2), client.send("a", 3)];
  await settle();
  const [first] = to("/send");
  assert.equal(to("/send").length, 1);
  assert.deepEqual([first.headers["Salon-Session"], first.headers["Salon-Seq"], first.body], ["hush", "1", '[1,"a",1]']);
  first.fail();
  await pass(1_000);
  const [, second] = to("/send");
  assert.deepEqual([second.headers["Salon-Seq"], second.body], ["1", first.body]);
  await second.answer(200, '{"duplicate":true}');
  const [, , third] = to("/send");
  assert.deepEqual([third.headers["Salon-Seq"], third.body], ["2", '[2,"a",2]\n[3,"a",3]']);
  await third.answer(202);
  await stream.tell([-1, "x"], [-2, "y"], [-3, "z"]);
  assert.deepEqual(await Promise.all(replies), ["x", "y", "z"]);
});

test("a post that nothing comes of is given up, and posted again", async (t) => {
  const pass = time(t);
  const { client, to } = await streaming();
  client.send("a", 1).catch(() => {});
  await settle();
  await pass(5_001);
  assert.equal(to("/send")[0].isAborted, true);
  await pass(1_000);
  assert.deepEqual([to("/send").length, to("/send")[1].headers["Salon-Seq"]], [2, "1"]);
  await pass(8_000);
  assert.equal(to("/send")[1].isAborted, undefined);
  client.close();
  await settle();
  assert.equal(to("/send")[1].isAborted, true);
});

test("409: one that is under way is waited for, one that is known is not sent again, and a hole is the end", async (t) => {
  const pass = time(t);
  const { client, to, at } = await streaming();
  for (let n = 0; n < 3; n++) client.send("a", n).catch(() => {});
  await settle();
  await to("/send")[0].answer(409, '{"code":"one_at_a_time"}');
  await pass(1_000);
  assert.equal(to("/send")[1].headers["Salon-Seq"], "1");
  await to("/send")[1].answer(409, '{"expected":2}');
  assert.equal(to("/send")[2].headers["Salon-Seq"], "2");
  await to("/send")[2].answer(409, '{"expected":1}');
  assert.equal(at().at, "waiting");
});

test("a stream that is gone is begun anew", async (t) => {
  const pass = time(t);
  const { client, to, at } = await streaming();
  client.send("a", 1, { queue: "once" }).catch(() => {});
  await settle();
  await to("/send")[0].answer(404, '{"code":"gone"}');
  assert.equal(at().at, "waiting");
  await pass(600);
  const stream = to("/events")[1];
  await stream.begin();
  await stream.tell(WELCOME);
  assert.equal(to("/send")[1].headers["Salon-Seq"], "1");
});

test("the status says why: a no is final, a matter of time is not", async (t) => {
  time(t);
  for (const [status, body, headers, at, wait] of [
    [401, '{"code":"unauthorized","message":"no"}', {}, "refused"],
    [403, '{"code":"forbidden","message":"no"}', {}, "refused"],
    [429, '{"code":"too_many","message":"","data":{"retry_after_ms":1500}}', { "Retry-After": "2" }, "waiting", 1_500],
    [503, '{"code":"server_full","message":""}', { "Retry-After": "7" }, "waiting", 7_000],
    [502, "<html>", {}, "waiting", 250],
    [404, "", {}, "waiting", 250],
  ]) {
    const { client, to } = begin({ transports: ["sse", "polling"] });
    await settle();
    await to("/events")[0].answer(status, body, headers);
    const state = client.state.get();
    assert.equal(state.at, at, String(status));
    if (wait) assert.equal(state.until - Date.now(), wait, String(status));
    client.close();
  }
});

test("a goodbye of a stream is posted, and then it ends", async (t) => {
  time(t);
  const { client, stream, to } = await streaming();
  client.close();
  await settle();
  const [bye] = to("/send");
  assert.deepEqual([bye.body, bye.keepalive, stream.isAborted], ['["salon:bye"]', true, undefined]);
  await bye.answer(202);
  assert.equal(stream.isAborted, true);
});

test("a platform whose bodies come all at once is given polls", async (t) => {
  const pass = time(t);
  const sites = web();
  const noStreams = async (...args) => {
    const response = await sites.fetch(...args);
    return args[1].headers.Accept === "text/event-stream" ? { ok: true, body: null, headers: response.headers } : response;
  };
  const { client } = begin({ transports: ["sse", "polling"], fetch: noStreams });
  await settle();
  await sites.to("/events")[0].answer(200, "");
  await pass(1);
  assert.equal(client.state.get().transport, "polling");
});

const polled = async () => {
  const all = begin({ transports: ["polling"] });
  await settle();
  const polls = () => all.to("/events");
  await polls()[0].answer(200, ndjson(WELCOME), { "Salon-Last": "1" });
  return { ...all, polls, poll: () => polls().at(-1) };
};

test("polls say what they have, and go on", async (t) => {
  const pass = time(t);
  const { client, polls, poll, at } = await polled();
  const seen = [];
  client.on("notice", (data) => seen.push(data));
  assert.deepEqual([poll().method, poll().headers["Salon-Session"], poll().headers["Salon-Ack"]], [undefined, "hush", "1"]);
  await poll().answer(200, ndjson(["notice", 1], ["notice", 2]), { "Salon-Last": "2" });
  assert.deepEqual([seen, poll().headers["Salon-Ack"]], [[1, 2], "2"]);
  for (let n = 0; n < 3; n++) {
    await pass(25_000);
    await poll().answer(204);
  }
  assert.deepEqual([at().at, poll().headers["Salon-Ack"], polls().length], ["online", "2", 6]);
});

test("a poll that was lost is repeated with what the client has", async (t) => {
  const pass = time(t);
  const { poll, at } = await polled();
  poll().fail();
  await pass(2_000);
  assert.deepEqual([at().at, poll().headers["Salon-Ack"]], ["online", "1"]);
  await poll().answer(404, '{"code":"gone","message":""}');
  assert.equal(at().at, "waiting");
});

test("a poll's last line may be the goodbye", async (t) => {
  const pass = time(t);
  const { polls, poll, at } = await polled();
  await poll().answer(200, ndjson(["salon:bye", { code: "shutting_down", retry: { after_ms: 900 } }]), { "Salon-Last": "2" });
  assert.deepEqual([at().at, at().why], ["waiting", "shutdown"]);
  await pass(800);
  assert.equal(polls().length, 2);
  assert.equal(place(1).seq, 1);
});
