/** What stands between the client that an app has and the connection: they may be in two threads. */

import type { Users } from "./membership.js";
import type { AuthWhy, Place, Send, State } from "./types.js";

/** What whoever joins gets. */
export interface Joined {
  room: string;
  place: Place;
  snapshot: unknown;
  users: Users;
  count: number | undefined;
}

/** Who uses a connection. */
export interface Host {
  tell(what: "state", state: State): void;
  tell(what: "event", name: string, data: unknown, place?: Place): void;
  tell(what: "room", room: string, of: string, value: unknown): void;
  /** Answers what the server asks; refused as `unknown_event` if there is nothing that could. */
  ask(name: string, data: unknown): Promise<unknown>;
}

/** What it can do with it. */
export interface Api {
  call(name: string, data: unknown, options?: Send, room?: string): Promise<unknown>;
  join(event: string, data: unknown, options?: Send): Promise<Joined>;
  leave(room: string): void;
  open(): void;
  close(): void;
  refresh(): Promise<void>;
  wake(): void;
  /** The page is put away; whether it may come back. */
  sleep(mayComeBack: boolean): void;
}

export type Attach = (host: Host) => Api;
export type Auth = (why: AuthWhy, signal: AbortSignal) => object | null | Promise<object | null>;
