/** The official Socket.IO client plays the lobby example too, by polling and upgrade: URL. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";

const reference = createRequire(new URL("../reference/package.json", import.meta.url));
const { io } = reference("client-4.8");
const [url] = process.argv.slice(2);

/** A guest with a token, and what a page would keep of a lobby and a match. */
class Player {
  refreshes = true;

  constructor(name) {
    this.name = name;
    const auth = (present) => this.signIn().then((token) => present({ token }));
    this.socket = io(url, { auth, forceNew: true, reconnectionDelay: 50 });
    this.socket.on("salon:lapsing", () => this.refreshes && this.refresh());
    this.socket.on("lobby:state", (state) => (this.state = state));
    this.socket.on("match:claimed", ({ cell, by }) => (this.board.cells[cell] = by));
    this.socket.on("match:over", (outcome) => (this.outcome = outcome));
  }

  static async comes(name) {
    const player = new Player(name);
    await once(player.socket, "connect");
    return player;
  }

  async signIn() {
    const body = JSON.stringify({ name: this.name, token: this.token });
    const headers = { "content-type": "application/json" };
    const response = await fetch(new URL("/sign-in", url), { method: "POST", headers, body });
    ({ token: this.token } = await response.json());
    this.user = JSON.parse(Buffer.from(this.token.split(".")[1], "base64url")).sub;
    return this.token;
  }

  async refresh() {
    await this.does("salon:refresh", { token: await this.signIn() });
  }

  ask(event, ...content) {
    return this.socket.timeout(5_000).emitWithAck(event, ...content);
  }

  async does(event, ...content) {
    const answer = await this.ask(event, ...content);
    assert.equal(answer?.error, undefined, `${this.name}: ${event}`);
    return answer;
  }

  async isRefused(event, ...content) {
    const { error } = await this.ask(event, ...content);
    return error.code;
  }

  /** Waits until the lobby is as wanted. */
  async sees(wanted) {
    while (!this.state || !wanted(this.state)) await once(this.socket, "lobby:state");
  }

  async enters() {
    this.board = await this.does("match:join", { match: this.state.match });
    this.by = this.board.players.findIndex(({ user }) => user === this.user);
  }

  /** A free cell that touches one of its own. */
  freeCell() {
    const { cells, width } = this.board;
    const touches = (a, b) => Math.abs((a % width) - (b % width)) + Math.abs(Math.floor(a / width) - Math.floor(b / width)) === 1;
    const own = [...cells.keys()].filter((cell) => cells[cell] === this.by);
    return [...cells.keys()].find((cell) => cells[cell] === null && own.some((other) => touches(cell, other)));
  }

  /** Takes cells until it has taken so many, or the match is over. */
  async plays(most = Infinity) {
    for (let taken = 0; taken < most && !this.outcome; ) {
      const cell = this.freeCell();
      const answer = cell !== undefined && (await this.ask("match:claim", { match: this.state.match, cell }));
      if (answer === undefined) taken += 1;
      else await wait(answer?.error?.data?.retry_after_ms ?? 100);
    }
  }
}

for (const auth of [{}, { token: "nonsense" }]) {
  const nobody = io(url, { auth, forceNew: true });
  const [refusal] = await once(nobody, "connect_error");
  assert.deepEqual(refusal.data, { code: "unauthorized" });
  nobody.disconnect();
}

const [ada, bo, eve] = [await Player.comes("Ada"), await Player.comes("Bo"), await Player.comes("Eve")];

// Create, and join by the code.
const lobby = await ada.does("hall:create", { name: "Den", private: true });
const listed = once(bo.socket, "hall:lobbies");
await bo.does("hall:watch", { open: false, text: "" });
assert.deepEqual((await listed)[0], { removed: [], listed: [] }, "a private lobby is on no list");
await ada.does("lobby:join", { lobby, role: "player" });
await bo.does("lobby:join", { lobby, role: "player" });
const joined = once(eve.socket, "salon:joined");
await eve.does("lobby:join", { lobby, role: "spectator" });
assert.deepEqual((await joined)[0].presence.users.map(({ metas }) => metas[0].role), ["player", "player", "spectator"]);

// Chat.
const said = once(ada.socket, "lobby:said");
bo.socket.emit("lobby:say", { lobby, text: "Hello" });
assert.deepEqual((await said)[0], { user: bo.user, name: "Bo", text: "Hello" });
assert.equal(await bo.isRefused("lobby:say", { lobby, text: "" }), "invalid_payload");
assert.equal(await eve.isRefused("lobby:say", { lobby, text: "May I?" }), "forbidden");

// Play. One connection is cut in the middle, and its player is back on the seat.
const all = [ada, bo, eve];
for (const player of [ada, bo]) await player.does("lobby:ready", { lobby, ready: true });
for (const player of all) await player.sees((state) => state.match);
for (const player of all) await player.enters();
assert.equal(eve.by, -1);
assert.equal(await eve.isRefused("match:claim", { match: eve.state.match, cell: 1 }), "watching");
await Promise.all([ada.plays(5), bo.plays(5)]);
const cells = bo.board.cells.filter((by) => by === bo.by).length;
const away = ada.sees(({ seats }) => seats[1].away);
const back = once(bo.socket, "connect");
bo.socket.io.engine.close();
await away;
await back;
await bo.does("lobby:join", { lobby, role: "player" });
await bo.enters();
assert.equal(bo.board.cells.filter((by) => by === bo.by).length, cells, "the turf is kept");
await Promise.all([ada.plays(), bo.plays()]);
for (const player of all) await player.sees(({ match, outcome }) => !match && outcome);
for (const player of all) assert.deepEqual(player.outcome, ada.state.outcome);
assert.equal(ada.outcome.scores.reduce((sum, { cells }) => sum + cells, 0), 96);

// A token runs out; the next one has the seat again.
bo.refreshes = false;
const lapsed = once(bo.socket, "salon:lapsed");
const disconnected = once(bo.socket, "disconnect");
assert.deepEqual(await lapsed, [{ code: "lapsed" }]);
assert.deepEqual((await disconnected)[0], "io server disconnect");
await ada.sees(({ seats }) => seats[1].away);
const user = bo.user;
bo.socket.connect();
await once(bo.socket, "connect");
assert.equal(bo.user, user);
await bo.does("lobby:join", { lobby, role: "player" });
await ada.sees(({ seats }) => !seats[1].away);

// Put out, for good.
const evicted = once(bo.socket, "salon:evicted");
await ada.does("lobby:kick", { lobby, user: bo.user, reason: "too loud" });
assert.deepEqual(await evicted, [{ room: `lobby:${lobby}`, code: "kicked", message: "too loud" }]);
assert.equal(await bo.isRefused("lobby:join", { lobby, role: "player" }), "kicked");
await eve.sees(({ seats }) => seats.length === 1);

for (const player of all) player.socket.disconnect();
