/** The line between browser and server, which a test can cut. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Line {
  #listener;
  #sockets = new Set();
  #isCut = false;

  /** A line to a port of this machine. */
  static async to(port) {
    const line = new Line();
    line.#listener = createServer((near) => line.#join(near, port));
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

  mend() {
    this.#isCut = false;
  }

  end() {
    this.#listener.close();
    this.cut();
  }

  #join(near, port) {
    if (this.#isCut) return near.destroy();
    const far = connect(port, "127.0.0.1");
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
