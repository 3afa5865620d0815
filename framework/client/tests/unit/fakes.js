/** A server that a test plays by hand, and a time that it moves. */

import { connect } from "../../dist/index.js";

/** Lets every promise that is settled be noticed; timers are the test's own. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const contract = {
  hash: "7f3a09c1",
  keys: { "chat:join": "room", "chat:say": "room", "vault:join": "room" },
};

/** What waits, and what the world's chance is, by a test's own hand. */
export const time = (t, chance = 0.5) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  t.mock.method(Math, "random", () => chance);
  /** Step by step, so that what one timer begins is there when the next is due. */
  return async (ms, step = Math.max(1, ms / 50)) => {
    for (let passed = 0; passed < ms; passed += step) {
      t.mock.timers.tick(Math.min(step, ms - passed));
      await settle();
    }
  };
};

/** WebSockets whose other end is the test. */
export const network = () => {
  const sockets = [];
  class Socket {
    sent = [];
    closed;
    constructor(url, protocol) {
      this.url = url;
      this.protocol = protocol;
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close(code) {
      this.closed ??= code ?? 1005;
    }
    /** The server takes the connection, and after `salon:connect` welcomes it. */
    accept(more = {}) {
      this.onopen();
      this.hear(["salon:welcome", { session: `s${sockets.length}`, heartbeat: { every_ms: 25_000, within_ms: 20_000 }, max_payload: 1e6, ...more }]);
      return this;
    }
    hear(...frames) {
      this.onmessage({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
    }
    /** The connection is lost, whatever the client knows of it. */
    drop(code = 1006) {
      this.onclose({ code });
    }
    /** The frames of that name, or with a call of that name. */
    of(name) {
      return this.sent.filter(([first, second]) => first === name || second === name);
    }
    /** Answers the last call of that name. */
    answer(name, ...values) {
      this.hear([-this.of(name).at(-1)[0], ...values]);
    }
  }
  return { sockets, Socket, last: () => sockets.at(-1) };
};

/** A client over such a network. */
export const begin = (options = {}) => {
  const net = network();
  const client = connect("ws://server/salon", { WebSocket: net.Socket, transports: ["websocket"], wake: false, contract, ...options });
  const states = [];
  client.state.subscribe((state) => states.push(state));
  return { ...net, client, states, at: () => client.state.get().at };
};

/** And one that is online. */
export const online = async (options) => {
  const all = begin(options);
  await settle();
  all.last().accept();
  await settle();
  return all;
};

export const place = (seq, more = {}) => ({ room: "chat:lounge", epoch: "e1", seq, ...more });

/** And in a room, behind number `after`. */
export const joined = async (options, after = 0, users = []) => {
  const all = await online(options);
  const promise = all.client.join("chat:join", { room: "lounge", name: "Ada" });
  await settle();
  all.last().hear(["salon:joined", { room: "chat:lounge", epoch: "e1", after, presence: { users } }]);
  all.last().answer("chat:join", ["Ada"]);
  const room = await promise;
  const heard = [];
  room.on("chat:said", ({ text }, { seq }) => heard.push([text, seq]));
  room.on("lost", ({ from, to }) => heard.push(["lost", from.seq, to.seq]));
  room.on("out", ({ code }) => heard.push(["out", code]));
  return { ...all, room, heard };
};

/** Something that was said. */
export const said = (text, seq, more) => ["chat:said", { text }, place(seq, more)];
