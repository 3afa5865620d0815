/** What a transport is: it carries lines of text to a server and back, and says why it ended. */

import type { Refusal, Retry } from "../refusal.js";
import type { Transport, Why } from "../types.js";

/** Where to, and by what. */
export interface Target {
  /** With `http` or `https`, and without a query. */
  readonly url: string;
  readonly query: string;
  readonly fetch: typeof fetch;
  readonly WebSocket: typeof WebSocket;
}

/** Why a connection has ended, or did not begin. */
export interface Ending {
  why: Why;
  /** What the server said. */
  refusal?: Refusal | undefined;
  /** What it advised. */
  retry?: Retry;
}

/** What the server's first word says. */
export interface Welcome {
  session: string;
  user?: string;
  heartbeat: { every_ms: number; within_ms: number };
  contract?: string;
  max_payload: number;
  send?: string;
  secret?: string;
}

export interface Hear {
  /** Lines, each a frame. None at all is a sign of life all the same. */
  lines(text: string): void;
  over(ending: Ending): void;
}

export interface Link {
  /** Whether the server awaits an answer to its heartbeats. */
  readonly beats?: boolean;
  send(frame: string): void;
  welcomed?(welcome: Welcome): void;
  /** Says goodbye: the session is over. */
  end(): void;
  /** Ends it as if it had been lost: the session may come back. */
  cut(): void;
}

/** Opens a link, and says `hello` as its first frame. */
export type Opener = (target: Target, hello: string, hear: Hear) => Link;
export type Openers = Partial<Record<Transport, Opener>>;
