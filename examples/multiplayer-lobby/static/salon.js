/**
 * A client of Salon: Socket.IO 5 over Engine.IO 4 over WebSocket, on the main namespace, with JSON.
 *
 *     const salon = new Salon(async () => ({ token: await fetchToken() }));
 *     salon.onState((state) => …);
 *     salon.on("lobby:said", (said) => …);
 *     salon.open();
 *     const reply = await salon.emit("lobby:join", { lobby: "KXQ7PM", role: "player" });
 *
 * A WebSocket message is one Engine.IO packet: a digit and its content. `0` opens with the
 * server's intervals, `2` is a ping that wants a `3`, and `4` carries a Socket.IO packet: `40` connects,
 * `41` disconnects, `42` is an event, `43` acknowledges one and `44` refuses the connection.
 */

/** Why an event or the connection was refused: a stable `code`, a message for people, and data. */
export class Refusal extends Error {
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The first wait before trying again; it doubles each time, up to the longest. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
/** How long an answer may take. */
const ANSWER_TIMEOUT = 10_000;
/** How long the server may be silent before it has said how often it speaks. */
const OPENING_TIMEOUT = 20_000;

export class Salon {
  /** The session's id while it is online, as other clients see it. */
  id = null;

  #auth;
  #url;
  #socket = null;
  #handlers = new Map();
  #stateHandlers = [];
  #answers = new Map();
  #nextAnswer = 0;
  #attempts = 0;
  #retry = null;
  #silence = null;
  #patience = OPENING_TIMEOUT;

  /**
   * `auth` is asked for each connection, and yields what the server's authenticator gets. If it
   * yields nothing the connection is given up, and not tried again.
   */
  constructor(auth, url = new URL("/socket.io/", location.href)) {
    this.#auth = auth;
    this.#url = new URL("?EIO=4&transport=websocket", url);
    this.#url.protocol = this.#url.protocol === "https:" ? "wss:" : "ws:";
    addEventListener("online", () => this.#retry && this.open());
  }

  /** Calls `handler` with the arguments of every event of that name. */
  on(name, handler) {
    this.#handlers.set(name, handler);
  }

  /**
   * Calls `handler` with each new state and what is known of it: `connecting`; `online`; `offline`
   * with the milliseconds until the next attempt; `refused` with the refusal, and no next attempt;
   * `closed`, by `close` or for want of an `auth`.
   */
  onState(handler) {
    this.#stateHandlers.push(handler);
  }

  /** Connects, and from then on again whenever the connection is lost. */
  open() {
    clearTimeout(this.#retry);
    this.#retry = null;
    if (this.#socket) return;
    this.#patience = OPENING_TIMEOUT;
    this.#state("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    // Nothing that comes late from a socket that was given up counts.
    const current = (handle) => (event) => this.#socket === socket && handle(event);
    socket.onmessage = current(({ data }) => this.#receive(data));
    socket.onclose = current(() => this.#lost());
    this.#watch();
  }

  /** Disconnects for good, or until it is opened again. */
  close() {
    clearTimeout(this.#retry);
    this.#retry = null;
    if (this.id) this.#socket.send("41");
    this.#drop();
    this.#state("closed");
  }

  /** Sends an event. The promise is its reply, or rejects with a `Refusal`. */
  emit(name, ...args) {
    return new Promise((resolve, reject) => {
      const refuse = (code, message) => reject(new Refusal({ code, message }));
      if (!this.id) return refuse("disconnected", "You are not connected.");
      const id = this.#nextAnswer++;
      const timer = setTimeout(() => {
        this.#answers.delete(id);
        refuse("timeout", "The server did not answer in time.");
      }, ANSWER_TIMEOUT);
      const settle = (settled) => (value) => {
        clearTimeout(timer);
        settled(value);
      };
      this.#answers.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#socket.send(`42${id}${JSON.stringify([name, ...args])}`);
    });
  }

  #receive(message) {
    this.#watch();
    switch (message[0]) {
      case "0": {
        const { pingInterval, pingTimeout } = JSON.parse(message.slice(1));
        this.#patience = pingInterval + pingTimeout;
        return this.#connect(this.#socket);
      }
      case "1":
        return this.#lost();
      case "2":
        return this.#socket.send("3");
      case "4":
        return this.#receivePacket(message[1], message.slice(2));
    }
  }

  async #connect(socket) {
    const auth = await this.#auth().catch(() => this.#socket === socket && this.#lost());
    if (this.#socket !== socket) return;
    if (auth) socket.send(`40${JSON.stringify(auth)}`);
    else this.close();
  }

  #receivePacket(kind, text) {
    const [, id, json] = /^(\d*)(.*)$/s.exec(text);
    const content = json && JSON.parse(json);
    switch (kind) {
      case "0":
        this.id = content.sid;
        this.#attempts = 0;
        return this.#state("online");
      case "1":
        return this.#lost();
      case "2":
        return this.#handlers.get(content[0])?.(...content.slice(1));
      case "3":
        return this.#answered(Number(id), content[0]);
      case "4":
        this.#drop();
        return this.#state("refused", new Refusal({ ...content, code: content.data?.code }));
    }
  }

  #answered(id, reply) {
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (reply?.error) answer?.reject(new Refusal(reply.error));
    else answer?.resolve(reply);
  }

  /** Gives the connection up when the server has been silent for longer than it said it would be. */
  #watch() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), this.#patience);
  }

  #lost() {
    this.#drop();
    // Clients that were cut off together must not all come back together.
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#attempts++) * (0.5 + Math.random() / 2);
    this.#retry = setTimeout(() => this.open(), wait);
    this.#state("offline", wait);
  }

  #drop() {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    this.id = null;
    socket?.close();
    for (const answer of this.#answers.values()) {
      answer.reject(new Refusal({ code: "disconnected", message: "The connection was lost." }));
    }
    this.#answers.clear();
  }

  #state(state, detail) {
    for (const handler of this.#stateHandlers) handler(state, detail);
  }
}
