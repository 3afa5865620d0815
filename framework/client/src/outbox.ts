/**
 * What is sent, and awaited: while there is no connection it waits, within bounds.
 *
 * It must never send anything twice that has no key, nor anything whose promise was settled.
 */

import { Refusal, refusal, type Refused } from "./refusal.js";
import type { Options, Send } from "./types.js";

/** What the client itself knows of an event. */
export interface About {
  /** The room that it is for: it waits until that was joined again. */
  room?: string | undefined;
  /** Whose it is. */
  owner?: object;
  /** Where the room is taken up. */
  after?: { epoch: string; seq: number } | undefined;
  /** It makes a member, so that it may be sent again as often as need be. */
  join?: boolean;
  /** It is for this connection, and overtakes what waits. */
  now?: boolean;
}

interface Entry extends About {
  name: string;
  data: unknown;
  key?: string;
  bytes: number;
  /** Until when it may wait to be sent, and how long it may wait for its answer. */
  until: number;
  ack_ms: number;
  id?: number;
  timer?: ReturnType<typeof setTimeout>;
  done(error: unknown, value?: unknown): void;
}

/** So many may be unanswered at a time: the server has as many wait for a room that is being joined. */
const WINDOW = 32;

const timeout = (what: string) => refusal("timeout", `${what} in time`);
const chance = () => Math.random().toString(36).slice(2);

export const outbox = (
  { ack_ms = 10_000, queue: { most = 256, bytes: room_bytes = 262_144, ttl_ms = 60_000, store } = {}, trace }: Options,
  storeKey: string,
  send: (frame: unknown[]) => void,
  isReady: (room: string | undefined) => boolean,
  isList: (name: string) => boolean,
) => {
  let waiting = new Set<Entry>();
  const sent = new Map<number, Entry>();
  let isUp = false;
  let lastId = 0;
  /** What is longer than that ends the connection, each time that it is sent. */
  let most_bytes = 0;
  let whenQuiet: (() => void) | undefined;

  const time = (entry: Entry, ms: number, what: string) => {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => settle(entry, timeout(what)), ms);
  };
  const save = () => {
    try {
      const kept = [...sent.values(), ...waiting].filter(({ key }) => key);
      store?.setItem(storeKey, JSON.stringify(kept.map(({ name, data, key, until, room }) => ({ name, data, key, until, room }))));
    } catch {
      // A store that is full, or not allowed, keeps nothing.
    }
  };
  const settle = (entry: Entry, error: unknown, value?: unknown) => {
    clearTimeout(entry.timer);
    waiting.delete(entry);
    sent.delete(entry.id!);
    entry.done(error, value);
    if (entry.key) save();
    flush();
  };
  const transmit = (entry: Entry) => {
    const { name, data, key, after } = entry;
    waiting.delete(entry);
    sent.set((entry.id = ++lastId), entry);
    time(entry, entry.ack_ms, "the server did not answer");
    const $ = { key, after, trace: trace?.() };
    send([lastId, name, ...(isList(name) ? (data as unknown[]) : data === undefined ? [] : [data]), ...(Object.values($).some(Boolean) ? [{ $ }] : [])]);
  };
  const flush = () => {
    if (!isUp) return;
    if (whenQuiet) {
      if (!sent.size) whenQuiet();
      return;
    }
    for (const entry of [...waiting])
      if (entry.bytes > most_bytes) settle(entry, refusal("limit_exceeded", "it is longer than the server takes"));
      else if (waiting.has(entry) && sent.size < WINDOW && isReady(entry.room)) transmit(entry);
  };
  const wait = (entry: Entry) => {
    waiting.add(entry);
    time(entry, entry.until - Date.now(), "there was no connection");
  };

  try {
    for (const kept of JSON.parse(store?.getItem(storeKey) ?? "[]"))
      if (kept.until > Date.now()) wait({ ...kept, bytes: 0, ack_ms, done() {} });
  } catch {
    // What is no list of ours is left alone until there is something to keep.
  }

  return {
    flush,
    /** Sends an event, or has it wait. */
    call: (name: string, data: unknown, { timeout_ms, signal, queue }: Send = {}, about: About = {}) =>
      new Promise<unknown>((resolve, reject) => {
        const cancelled = () => refusal("cancelled", "it was cancelled");
        if (signal?.aborted) return reject(cancelled());
        if (!isUp && (queue === false || about.now)) return reject(refusal("disconnected", "there is no connection"));
        const cancel = () => settle(entry, cancelled());
        const entry: Entry = {
          ...about,
          name,
          data,
          bytes: JSON.stringify(data ?? 0).length,
          until: Date.now() + Math.min(timeout_ms ?? ttl_ms, ttl_ms),
          ack_ms: timeout_ms ?? ack_ms,
          done(error, value) {
            signal?.removeEventListener("abort", cancel);
            if (error) reject(error);
            else resolve(value);
          },
        };
        if (queue === "once") entry.key = chance() + chance();
        signal?.addEventListener("abort", cancel);
        if (about.now) return transmit(entry);
        wait(entry);
        flush();
        let bytes = 0;
        for (const other of waiting) bytes += other.bytes;
        if (waiting.has(entry) && (waiting.size > most || bytes > room_bytes))
          settle(entry, refusal("limit_exceeded", "too much waits to be sent"));
        else if (entry.key) save();
      }),
    answered(id: number, refused: Refused | undefined, value: unknown) {
      const entry = sent.get(id);
      if (entry) settle(entry, refused && new Refusal(refused), value);
    },
    up(max_payload: number) {
      most_bytes = max_payload;
      isUp = true;
      whenQuiet = undefined;
    },
    down() {
      isUp = false;
      const all = [...sent.values()];
      const later = waiting;
      sent.clear();
      waiting = new Set();
      for (const entry of all)
        if (entry.key || entry.join) wait(entry);
        else settle(entry, refusal("disconnected", "the connection was lost before the answer came"));
      for (const entry of later) waiting.add(entry);
    },
    quiet(then?: () => void) {
      whenQuiet = then;
      flush();
    },
    /** Refuses what somebody has sent who is gone. */
    clear(owner: object) {
      for (const entry of [...sent.values(), ...waiting])
        if (entry.owner === owner) settle(entry, refusal("disconnected", "the client was closed"));
    },
  };
};
