/** The connection that tabs share, in a SharedWorker: each tab is one user of it. */

import { core } from "../core.js";
import type { Attach, Host } from "../host.js";
import type { Openers } from "../transports/transport.js";
import type { AuthWhy, Send } from "../types.js";
import { VERSION, wire, type Wire } from "./wire.js";

/** So long a tab that is asked who the user is may take before another one is asked. */
const PATIENCE_MS = 10_000;

const after = (ms: number) => new Promise<undefined>((resolve) => setTimeout(resolve, ms));

/** Serves every tab that connects. */
export const serve = (scope: { onconnect: unknown }, openers: Openers) => {
  /** Those that can say who the user is; who was asked last is asked first. */
  const askable = new Set<Wire>();
  let attach: Attach | undefined;

  const auth = async (why: AuthWhy, signal: AbortSignal): Promise<object | null> => {
    for (;;) {
      for (const line of [...askable]) {
        if (signal.aborted) return null;
        // A tab that is gone, or frozen, leaves it to the next.
        const identity = await Promise.race([line.call("auth", [why], signal).catch(() => undefined), after(PATIENCE_MS)]);
        if (identity !== undefined) return identity;
      }
      if (!askable.size) return null;
      await after(1_000);
    }
  };

  scope.onconnect = ({ ports: [port] }: { ports: MessagePort[] }) => {
    const host: Host = {
      tell: (...args: unknown[]) => line.tell("tell", args),
      ask: (name, data) => line.call("ask", [name, data]),
    };
    let api: ReturnType<Attach> | undefined;
    const gone = () => {
      askable.delete(line);
      api?.close();
      line.end();
    };
    const line = wire(port!, {
      hello(version: string, { target, options, contract, hasAuth, lock }) {
        if (version !== VERSION) return false;
        const here = { ...target, fetch: (...args: Parameters<typeof fetch>) => fetch(...args), WebSocket: globalThis.WebSocket };
        attach ??= core(here, hasAuth ? { ...options, auth } : options, contract, openers);
        api = attach(host);
        if (hasAuth) askable.add(line);
        void globalThis.navigator?.locks?.request(lock, gone);
        return true;
      },
      call: (name: string, data: unknown, options: Send, room: string | undefined, signal: AbortSignal) =>
        api!.call(name, data, { ...options, signal }, room),
      join: (event: string, data: unknown, options: Send, signal: AbortSignal) => api!.join(event, data, { ...options, signal }),
      leave: (room: string) => api!.leave(room),
      open: () => api!.open(),
      close: () => api!.close(),
      refresh: () => api!.refresh(),
      wake: () => api!.wake(),
      gone,
    });
  };
};
