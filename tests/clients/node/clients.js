// The clients of one check: connections made alike and closed together.
"use strict";

const { createRequire } = require("node:module");
const { join } = require("node:path");

const peers = createRequire(join(__dirname, "../../reference/package.json"));

/** The next event of that name, as an array of its values. */
function next(emitter, event) {
  return new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
}

/** Emits an event and gives the first value of its acknowledgement. */
function ask(socket, event, ...values) {
  return new Promise((resolve) => socket.emit(event, ...values, resolve));
}

class Clients {
  constructor({ client, url, transports, parser }) {
    this.io = peers(client).io;
    this.url = url;
    this.options = {
      transports,
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 100,
      ...(parser && { parser: peers("socket.io-msgpack-parser") }),
    };
    this.upgrades = transports.length > 1;
    this.sockets = [];
  }

  /** A client that has begun to connect. */
  open(namespace = "/", options = {}) {
    const socket = this.io(this.url + namespace, { ...this.options, ...options });
    this.sockets.push(socket);
    return socket;
  }

  /** A client that is connected and welcomed, and upgraded if it may be. */
  async connect(namespace = "/", options = {}) {
    const socket = this.open(namespace, options);
    const welcomed = next(socket, "welcome");
    const refused = next(socket, "connect_error").then(([error]) => {
      throw error;
    });
    const [name] = await Promise.race([welcomed, refused]);
    if (name !== namespace) throw new Error(`welcomed to ${name} instead of ${namespace}`);
    if (this.upgrades && socket.io.engine.transport.name === "polling") {
      await next(socket.io.engine, "upgrade");
    }
    return socket;
  }

  close() {
    for (const socket of this.sockets) {
      socket.io.reconnection(false);
      socket.disconnect();
    }
  }
}

module.exports = { Clients, ask, next };
