/** What tabs and the one connection that they share tell each other: calls, and what came of them. */

import { Refusal, refusal } from "../refusal.js";

/** A version of this client's own: tabs of another one have a connection of their own. */
export const VERSION = "0.1.0";

/** Errors do not pass from one thread to another as what they are. */
const packed = (value: any): any =>
  value instanceof Refusal
    ? { refused: { code: value.code, message: value.message, data: value.data }, retry: value.retry }
    : value?.refusal
      ? { ...value, refusal: packed(value.refusal) }
      : value;
const unpacked = (value: any): any =>
  value?.refused
    ? new Refusal(value.refused, value.retry)
    : value?.refusal
      ? { ...value, refusal: unpacked(value.refusal) }
      : value;

export interface Wire {
  /** Calls a function of the other side, and yields what it does. */
  call(name: string, args: unknown[], signal?: AbortSignal): Promise<any>;
  /** Calls one, whatever comes of it. */
  tell(name: string, args: unknown[]): void;
  /** Refuses whatever is awaited: the other side is gone. */
  end(): void;
}

/** A line of calls to the other side, which may call these functions. */
export const wire = (port: MessagePort, functions: Record<string, (...args: any[]) => unknown>): Wire => {
  const awaited = new Map<number, (error: unknown, value: unknown) => void>();
  const underWay = new Map<number, AbortController>();
  let last = 0;
  const post = (...message: unknown[]) => port.postMessage(message);

  port.onmessage = async ({ data: [kind, id, name, args] }) => {
    if (kind === "cancel") return underWay.get(id)?.abort();
    if (kind !== "call") {
      const settle = awaited.get(id);
      awaited.delete(id);
      return settle?.(kind === "error" ? unpacked(name) : undefined, name);
    }
    const abort = new AbortController();
    underWay.set(id, abort);
    const answer: typeof post = (...message) => id && post(...message);
    try {
      answer("done", id, await functions[name]?.(...args.map(unpacked), abort.signal));
    } catch (error) {
      answer("error", id, packed(error instanceof Refusal ? error : refusal("internal", String(error))));
    }
    underWay.delete(id);
  };
  return {
    call: (name, args, signal) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        awaited.set(id, (error, value) => (error ? reject(error) : resolve(value)));
        signal?.addEventListener("abort", () => post("cancel", id));
        post("call", id, name, args.map(packed));
      }),
    tell: (name, args) => post("call", 0, name, args.map(packed)),
    end() {
      for (const settle of awaited.values()) settle(refusal("disconnected", "the other side is gone"), undefined);
      awaited.clear();
    },
  };
};
