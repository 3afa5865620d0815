/**
 * A tab whose connection is in a SharedWorker, with those of the other tabs. Where there is none, or it does not
 * answer, the tab has a connection of its own.
 */

import type { Sharing } from "../connect.js";
import type { Api, Host } from "../host.js";
import type { Place, Send } from "../types.js";
import { VERSION, wire } from "./wire.js";

/** So long the worker may take to answer for the first time. */
const PATIENCE_MS = 4_000;

/** Functions cannot be handed to another thread, nor can a store. */
const handed = ({ transports, fallback_ms, backoff, ack_ms, queue }: Parameters<Sharing>[1]) => {
  const { most, bytes, ttl_ms } = queue ?? {};
  return JSON.parse(JSON.stringify({ transports, fallback_ms, backoff, ack_ms, queue: { most, bytes, ttl_ms } }));
};

export const share: Sharing = (target, options, contract, own) => (host: Host): Api => {
  const script = typeof options.share === "string" ? options.share : `${target.url}/client.js`;
  const { auth } = options;

  const api = new Promise<Api>((resolve) => {
    const alone = () => resolve(own(host));
    try {
      const worker = new SharedWorker(script, { type: "module", name: `salon ${VERSION} ${target.url}${target.query}` });
      const line = wire(worker.port, { tell: host.tell, ask: host.ask, ...(auth && { auth }) });
      /** What it is in, to be in again when the page comes back. */
      const rooms = new Map<string, { event: string; data: unknown; place: Place }>();
      let isAway = false;
      const tell = (name: string, ...args: unknown[]) => line.tell(name, args);
      const without = ({ signal: _, ...more }: Send = {}) => more;
      const hello = async () => {
        // For as long as it holds this lock the worker, which waits for it, knows that it is there.
        const lock = `salon ${Math.random()}`;
        const { locks } = navigator;
        if (locks) await new Promise<void>((resolve) => void locks.request(lock, () => (resolve(), new Promise(() => {}))));
        const here = { target: { url: target.url, query: target.query }, options: handed(options), contract, hasAuth: Boolean(auth), lock };
        return line.call("hello", [VERSION, here]);
      };
      const join: Api["join"] = async (event, data, options) => {
        const joined = await line.call("join", [event, data, without(options)], options?.signal);
        rooms.set(joined.room, { event, data, place: joined.place });
        return joined;
      };
      const comeBack = async () => {
        isAway = false;
        await hello();
        tell("open");
        for (const [room, { event, data, place: from }] of [...rooms]) {
          const { snapshot, users, count, place } = await join(event, data);
          for (const [of, value] of Object.entries({ snapshot, presence: [users, count], state: "joined", lost: { from, to: place } }))
            host.tell("room", room, of, value);
        }
      };
      worker.onerror = alone;
      setTimeout(alone, PATIENCE_MS);
      void hello().then((isOurs) => {
        if (!isOurs) return alone();
        resolve({
          call: (name, data, options, room) => line.call("call", [name, data, without(options), room], options?.signal),
          join,
          leave(room) {
            rooms.delete(room);
            tell("leave", room);
          },
          open: () => tell("open"),
          close() {
            rooms.clear();
            tell("close");
          },
          refresh: () => line.call("refresh", []),
          wake: () => void (isAway ? comeBack().catch(() => {}) : tell("wake")),
          sleep() {
            isAway = true;
            tell("gone");
            host.tell("state", { at: "waiting", attempt: 0, until: Infinity, why: "frozen" });
          },
        });
      });
    } catch {
      alone();
    }
  });
  const later =
    (name: keyof Api) =>
    async (...args: any[]) =>
      ((await api)[name] as (...args: any[]) => any)(...args);
  const names: (keyof Api)[] = ["call", "join", "leave", "open", "close", "refresh", "wake", "sleep"];
  return Object.fromEntries(names.map((name) => [name, later(name)])) as unknown as Api;
};
