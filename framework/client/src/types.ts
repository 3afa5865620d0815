/** What apps see of the client, as types. */

import type { BuiltIn, Refusal } from "./refusal.js";

export type { BuiltIn, Retry } from "./refusal.js";

/**
 * What a generated contract says of a server: `up`, what clients send; `down`, what the server sends; `ask`, what it
 * asks of clients; `presence`, what each kind of room shows of who is there.
 */
export interface Contract {
  hash: string;
  up: Record<string, { in: unknown; out: unknown; room?: string; key?: string; join?: true; refusals?: string }>;
  down: Record<string, { data: unknown; room?: string }>;
  ask: Record<string, { data: unknown; out: unknown }>;
  presence: Record<string, unknown>;
}

/** What the client needs of a contract at run time: generated beside the type. */
export interface Described<C extends Contract> {
  readonly hash: C["hash"];
  /** For each event of a room the field of its payload that holds the room's key. */
  readonly keys: Readonly<Record<string, string>>;
  /** The events that carry several values, each as one of its own: to the app they are a list. */
  readonly positional?: readonly string[];
}

/** The contract of a client that has none: any name, any data. */
export interface Untyped extends Contract {
  // What is not known may be anything, which is what `any` is for.
  /* eslint-disable @typescript-eslint/no-explicit-any */
  up: Record<string, { in: any; out: any; room: "*"; join: true }>;
  down: Record<string, { data: any; room: "*" }>;
  ask: Record<string, { data: any; out: any }>;
  presence: { "*": any };
}

/** Where an event stands in the order of its room. One without a number of its own says `after` which it comes. */
export interface Place {
  room: string;
  epoch: string;
  seq?: number;
  from?: number;
  after?: number;
}

/** What a promise of `send` may be rejected with: promises cannot say so themselves. */
export type RefusalOf<C extends Contract, N extends keyof C["up"]> = Refusal<
  C["up"][N] extends { refusals: infer Code extends string } ? Code : BuiltIn
>;

/** A value that changes: a store of Svelte's, two functions for React's `useSyncExternalStore`. */
export interface Readable<T> {
  get(): T;
  /** Calls `run` at once, and at each change, until what it returned is called. */
  subscribe(run: (value: T) => void): () => void;
}

export type Transport = "websocket" | "sse" | "polling";
/** Why there is no connection at the moment. */
export type Why = "network" | "silence" | "server" | "shutdown" | "offline" | "frozen" | "auth";
/** What an identity is asked for. */
export type AuthWhy = "connect" | "expired" | "rejected";

export type State =
  | { at: "idle" }
  | { at: "connecting"; attempt: number; transport: Transport }
  | {
      at: "online";
      session: string;
      user?: string | undefined;
      transport: Transport;
      /** Whether the page's contract is the server's; unknown if one of the two has none. */
      current: boolean | undefined;
      rtt_ms?: number | undefined;
    }
  /** The next attempt is at `until`, as `Date.now()` counts. */
  | { at: "waiting"; attempt: number; until: number; why: Why }
  /** So many attempts have failed that there is one each half minute now, and one when the page wakes up. */
  | { at: "degraded"; attempts: number; why: Why }
  /** Nothing is tried until `open` or `refresh` is called. */
  | { at: "refused"; refusal: Refusal }
  | { at: "closed" };

export interface Options {
  /**
   * Who the client is: asked before each attempt, when the identity is about to lapse (`expired`), and when it was
   * refused (`rejected`). `null` is to give up.
   */
  auth?: (why: AuthWhy, signal: AbortSignal) => object | null | Promise<object | null>;
  /** Whether to connect at once: by default it does. */
  open?: boolean;
  transports?: readonly Transport[];
  /** How long one transport may take until the server's welcome. */
  fallback_ms?: number;
  backoff?: { first_ms?: number; most_ms?: number; attempts?: number };
  /** How long an answer may take. */
  ack_ms?: number;
  /** What waits to be sent. What is sent `once` is kept in `store` as well, and outlives the page there. */
  queue?: { most?: number; bytes?: number; ttl_ms?: number; store?: Storage };
  /** What tells that the page wakes up: `globalThis`, another one, or nothing. */
  wake?: boolean | EventTarget;
  /** One connection for all tabs. Its script is the server's `client.js`, or what is named here. */
  share?: boolean | string;
  /** The W3C `traceparent` of what is sent. */
  trace?: () => string | undefined;
  fetch?: typeof fetch;
  WebSocket?: typeof WebSocket;
}

export interface Send {
  /** How long until it is refused as `timeout`: while it waits to be sent, and then for its answer. */
  timeout_ms?: number;
  signal?: AbortSignal;
  /**
   * What becomes of it while there is no connection: it waits (`true`, by default), or is refused as `disconnected`
   * (`false`). `"once"` gives it a key: if its answer was lost it is sent again, and is handled once all the same.
   */
  queue?: boolean | "once";
}

type Up<C extends Contract> = C["up"];
type Down<C extends Contract> = C["down"];
type Args<E> = E extends { in: infer I }
  ? unknown extends I ? [data?: I, options?: Send]
  : [I] extends [void] ? [data?: undefined, options?: Send] : [data: I, options?: Send]
  : never;
type Out<E> = E extends { out: infer O } ? O : never;
type KeyOf<E> = E extends { key: infer K extends string } ? K : never;
type OfRoom<M, R> = { [N in keyof M]: M[N] extends { room: R } ? N : never }[keyof M];
type Joining<M> = { [N in keyof M]: M[N] extends { join: true } ? N : never }[keyof M];
type RoomOf<E> = E extends { room: infer R extends string } ? R : never;
/** What a room's `send` takes: the payload without the room's key, which the client fills in. */
type Within<E> = E extends { in: infer I } ? unknown extends I ? I : Omit<I, KeyOf<E>> : never;
type InRoom<E> = [keyof Within<E>] extends [never] ? [data?: Record<string, never>, options?: Send]
  : Record<never, never> extends Within<E> ? [data?: Within<E>, options?: Send]
  : [data: Within<E>, options?: Send];
type Users<C extends Contract, R extends string> =
  ReadonlyMap<string, R extends keyof C["presence"] ? readonly C["presence"][R][] : readonly unknown[]>;

/** What Salon itself tells clients, beside what it does for them. */
export interface Told {
  "salon:lapsing": { expires_in_ms: number };
  "salon:lapsed": { code: string };
  /** So many of an event that this client may miss were dropped for it. */
  "salon:dropped": { event: string; count: number; room?: string };
  "salon:evicted": { room: string; code: string; message?: string; data?: unknown };
}

export interface Client<C extends Contract = Untyped> {
  readonly state: Readable<State>;
  /** Sends an event. The promise is its reply, or is rejected with a `Refusal`. */
  send<N extends keyof Up<C> & string>(name: N, ...args: Args<Up<C>[N]>): Promise<Out<Up<C>[N]>>;
  /** Calls `run` with every event of that name, of whichever room, until what it returned is called. */
  on<N extends keyof Told>(name: N, run: (data: Told[N]) => void): () => void;
  on<N extends keyof Down<C> & string>(name: N, run: (data: Down<C>[N]["data"], place?: Place) => void): () => void;
  /** Answers what the server asks by that name. */
  answer<N extends keyof C["ask"] & string>(
    name: N,
    run: (data: C["ask"][N]["data"]) => C["ask"][N]["out"] | Promise<C["ask"][N]["out"]>,
  ): () => void;
  /** Joins a room by an event that makes its sender a member. */
  join<N extends Joining<Up<C>> & string>(
    name: N,
    ...args: Args<Up<C>[N]>
  ): Promise<Room<C, RoomOf<Up<C>[N]>, Out<Up<C>[N]>>>;
  /** Presents a newer identity, which `auth` is asked for. */
  refresh(): Promise<void>;
  /** Connects, if it is not connected or about to be. */
  open(): void;
  /** Says goodbye, leaves all rooms, and refuses what waits. */
  close(): void;
}

/** A membership: after each reconnection it joins again, and takes up where it was. */
export interface Room<C extends Contract = Untyped, R extends string = "*", Snapshot = unknown> {
  readonly name: string;
  /** The reply of the last join. One that took up where it was and answered `null` leaves it as it is. */
  readonly snapshot: Readable<Snapshot>;
  /** Who is there, by user: what is shown of each of its sessions. Nobody, if there are too many for names. */
  readonly presence: Readable<Users<C, R>>;
  /** How many users are there, if they are too many for names. */
  readonly count: Readable<number | undefined>;
  readonly state: Readable<"joined" | "rejoining" | "out">;
  /** Sends an event of this room, whose key is filled in. */
  send<N extends OfRoom<Up<C>, R> & string>(name: N, ...args: InRoom<Up<C>[N]>): Promise<Out<Up<C>[N]>>;
  /** What was missed could not be had again, or the room began anew: `snapshot` is new, start from it. */
  on(name: "lost", run: (why: { from: Place; to: Place }) => void): () => void;
  /** It is over: the app left, was put out, or may not come back. */
  on(name: "out", run: (why: Refusal) => void): () => void;
  /** The room had a fault, and begins anew with its members; `lost` follows. */
  on(name: "restarted", run: (place: Place) => void): () => void;
  on<N extends OfRoom<Down<C>, R> & string>(
    name: N,
    run: (data: Down<C>[N]["data"], place: Place) => void,
  ): () => void;
  /**
   * Its events from now on. It ends when the room is left. An iterator keeps 1,024 that were not asked for yet; one
   * that is further behind is ended by a `Refusal` of `limit_exceeded`.
   */
  events(): AsyncIterable<
    { [N in OfRoom<Down<C>, R> & string]: { name: N; data: Down<C>[N]["data"]; place: Place } }[OfRoom<Down<C>, R> & string]
  >;
  leave(): void;
}

export interface Connect {
  /** Connects by a contract: names, payloads and replies are checked by the compiler. */
  <C extends Contract>(url: string | URL, options: Options & { contract: Described<C> }): Client<C>;
  /** Connects without one. */
  (url: string | URL, options?: Options): Client;
}
