/** The line between a client and a server, which a test can cut, freeze and slow down. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Line {
  #listener;
  #port;
  #sockets = new Set();
  #isCut = false;
  #isFrozen = false;
  #held = [];
  #late_ms = 0;

  /** Whether what the server says is lost, until the line is cut. */
  isDeaf = false;

  /** How many connections were made. */
  made = 0;

  static async to(port) {
    const line = new Line();
    line.#port = port;
    line.#listener = createServer((near) => line.#join(near));
    line.#listener.listen(0, "127.0.0.1");
    await once(line.#listener, "listening");
    return line;
  }

  get port() {
    return this.#listener.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get open() {
    return this.#sockets.size / 2;
  }

  /** Ends every connection, and lets none through until it is mended. */
  cut() {
    this.#isCut = true;
    this.isDeaf = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What connects from here on comes to that port. */
  leadsTo(port) {
    this.#port = port;
  }

  mend() {
    this.#isCut = false;
  }

  /** Carries nothing, and says nothing of it. */
  freeze() {
    this.#isFrozen = true;
  }

  thaw() {
    this.#isFrozen = false;
    for (const pass of this.#held.splice(0)) pass();
  }

  slow(ms) {
    this.#late_ms = ms;
  }

  end() {
    this.#listener.close();
    this.cut();
  }

  #join(near) {
    if (this.#isCut) return near.destroy();
    this.made++;
    const far = connect(this.#port, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on("error", () => other.destroy());
      socket.on("data", (data) => {
        const pass = () => other.writable && other.write(data);
        if (this.isDeaf && socket === far) return;
        if (this.#isFrozen) this.#held.push(pass);
        else if (this.#late_ms) setTimeout(pass, this.#late_ms);
        else pass();
      });
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
