/** A room as an app has it. */

import type { Api, Joined } from "./host.js";
import type { Users } from "./membership.js";
import { cell, hub } from "./readable.js";
import { refusal, type Refusal } from "./refusal.js";
import type { Place, Room, Send } from "./types.js";

/** So many events an iterator keeps that were not asked for. */
const MOST_BEHIND = 1_024;

export interface View {
  readonly room: Room<any, any, any>;
  tell(of: string, value: any): void;
  event(name: string, data: unknown, place: Place): void;
}

export const view = (
  api: Api,
  { room: name, snapshot: first, users, count: many }: Joined,
  /** What the client adds to the payload of an event. */
  withKey: (event: string, data: any) => unknown,
  leave: () => void,
): View => {
  const handlers = hub();
  const streams = new Set<(event?: object, why?: Refusal) => void>();
  const snapshot = cell(first);
  const presence = cell<Users>(users);
  const count = cell(many);
  const state = cell<"joined" | "rejoining" | "out">("joined");

  const tell = (of: string, value: any) => {
    if (of === "state") state.set(value);
    else if (of === "snapshot") snapshot.set(value);
    else if (of === "presence") {
      presence.set(value[0]);
      count.set(value[1]);
    } else if (of !== "out") handlers.fire(of, value);
    else if (state.get() !== "out") {
      state.set("out");
      handlers.fire("out", value);
      for (const end of streams) end();
    }
  };

  /** Events from now on: each is kept until it is asked for. */
  const events = () => {
    const kept: object[] = [];
    const asked: { resolve(result: IteratorResult<unknown>): void; reject(why: unknown): void }[] = [];
    let isOver = state.get() === "out";
    let why: Refusal | undefined;
    const pump = () => {
      while (asked.length && (kept.length || isOver)) {
        const { resolve, reject } = asked.shift()!;
        if (kept.length) resolve({ value: kept.shift(), done: false });
        else if (why) {
          reject(why);
          why = undefined;
        } else resolve({ value: undefined, done: true });
      }
    };
    const push = (event?: object, reason?: Refusal) => {
      if (event && kept.length < MOST_BEHIND) kept.push(event);
      else {
        isOver = true;
        why = event ? refusal("limit_exceeded", "the iterator is too far behind") : reason;
        streams.delete(push);
      }
      pump();
    };
    if (!isOver) streams.add(push);
    return {
      next: () =>
        new Promise<IteratorResult<any>>((resolve, reject) => {
          asked.push({ resolve, reject });
          pump();
        }),
      async return() {
        kept.length = 0;
        push();
        return { value: undefined, done: true as const };
      },
    };
  };

  return {
    tell,
    event(name, data, place) {
      handlers.fire(name, data, place);
      for (const push of [...streams]) push({ name, data, place });
    },
    room: {
      name,
      snapshot,
      presence: presence as never,
      count,
      state,
      send: (event: string, data?: unknown, options?: Send) => api.call(event, withKey(event, data), options, name) as never,
      on: (event: string, run: (...args: any[]) => void) => handlers.on(event, run),
      events: () => ({ [Symbol.asyncIterator]: events }),
      leave() {
        if (state.get() === "out") return;
        leave();
        tell("out", refusal("cancelled", "the room was left"));
      },
    },
  };
};
