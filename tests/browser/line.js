/** The line between browser and server, which a test can cut. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Line {
  #listener;
  #sockets = new Set();
  #isCut = false;
  #port;

  /** A line to a port of this machine. */
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

  /** Ends every connection, and lets none through until it is mended. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What connects from here on comes to that port. */
  leadsTo(port) {
    this.#port = port;
  }

  mend() {
    this.#isCut = false;
  }

  end() {
    this.#listener.close();
    this.cut();
  }

  #join(near) {
    if (this.#isCut) return near.destroy();
    const far = connect(this.#port, "127.0.0.1");
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
