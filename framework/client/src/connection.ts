/**
 * Whether there is a connection, and what is done if there is none: attempts, identities, transports.
 *
 * It must never try again what was refused, unless who it was refused to has changed.
 */

import { backoff } from "./backoff.js";
import { dial, type Call } from "./dial.js";
import { cell } from "./readable.js";
import { refusal, type Refusal, type Retry } from "./refusal.js";
import type { AuthWhy, Options, State, Transport, Why } from "./types.js";
import type { Ending, Openers, Target, Welcome } from "./transports/transport.js";

/** What is told of it. */
export interface Heard {
  up(welcome: Welcome): void;
  down(): void;
  frame(frame: unknown[]): void;
  /** Sends nothing more until `up`, and calls back once nothing is awaited; without a function: goes on. */
  quiet(then?: () => void): void;
  refresh(identity: object): Promise<unknown>;
}

/** After so long a connection is good, and what failed before it is forgotten. */
const STABLE_MS = 5_000;
/** For so long the first transport that failed is not tried. */
const LOW_MS = 600_000;
/** So far apart are attempts that something else than time sets off. */
const WAKE_MS = 1_000;

export const connection = (options: Options, target: Target, openers: Openers, hash: string | undefined, hear: Heard) => {
  const { auth, fallback_ms = 4_000, transports = ["websocket", "sse", "polling"] } = options;
  const names = transports.filter((name) => openers[name] && (name === "websocket" ? target.WebSocket : target.fetch));
  if (!names[0]) throw new Error("salon: there is no transport here; give `WebSocket` or `fetch` in the options");
  const next = backoff(options.backoff);

  const state = cell<State>({ at: "idle" });
  const at = () => state.get().at;
  let call: Call | undefined;
  /** By a better transport, which takes over as soon as it can. */
  let better: Call | undefined;
  let asking: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout>;
  let climbing: ReturnType<typeof setTimeout>;
  let failed = 0;
  let startedAt = 0;
  let onlineAt = 0;
  let why: AuthWhy = "connect";
  let presented: string;
  let rejected: string | undefined;
  let refused: Refusal | undefined;
  /** The transport that has worked last, and the one to begin with until then. */
  let good: Transport | undefined;
  let low = { index: 0, until: 0 };

  const drop = () => {
    clearTimeout(timer);
    clearTimeout(climbing);
    asking?.abort();
    call?.cut();
    better?.cut();
    asking = call = better = undefined;
  };
  const lose = () => {
    const wasOnline = at() === "online";
    drop();
    if (wasOnline) hear.down();
    return wasOnline;
  };
  const refuse = (why: Refusal) => {
    drop();
    state.set({ at: "refused", refusal: why });
  };
  const wait = (why: Why, retry?: Retry) => {
    const { isDegraded, delay_ms } = next(++failed);
    const delay = typeof retry === "object" ? retry.after_ms : delay_ms;
    if (globalThis.navigator?.onLine === false) why = "offline";
    timer = setTimeout(begin, delay);
    state.set(isDegraded ? { at: "degraded", attempts: failed, why } : { at: "waiting", attempt: failed, until: Date.now() + delay, why });
  };
  const connecting = (index: number) => {
    state.set({ at: "connecting", attempt: failed, transport: names[index]! });
    return at() === "connecting";
  };

  const begin = async () => {
    drop();
    startedAt = Date.now();
    const mine = (asking = new AbortController());
    const index = startedAt < low.until ? low.index : 0;
    if (!connecting(index)) return;
    let identity: object | null;
    try {
      identity = await (auth ? auth(why, mine.signal) : {});
    } catch {
      if (asking === mine) wait("auth");
      return;
    }
    if (asking !== mine) return;
    presented = JSON.stringify(identity);
    if (!identity || (auth && presented === rejected)) refuse(refused ?? refusal("unauthorized", "there is no identity"));
    else open(index);
  };

  const hello = () => `["salon:connect",${presented},${JSON.stringify({ $: { heartbeat: "message", contract: hash } })}]`;
  const open = (index: number) => {
    const transport = names[index]!;
    call = dial(openers[transport]!, target, hello(), fallback_ms, {
      welcome: (welcome) => online(welcome, index),
      frame: hear.frame,
      rtt,
      over: (ending) => over(ending, index),
    });
  };
  const rtt = (rtt_ms: number) => {
    const now = state.get();
    if (now.at === "online") state.set({ ...now, rtt_ms });
  };

  const online = (welcome: Welcome, index: number) => {
    const { session, user, contract } = welcome;
    onlineAt = Date.now();
    rejected = refused = undefined;
    why = "connect";
    good = names[index]!;
    if (!index) low.until = 0;
    else if (onlineAt >= low.until) low = { index, until: onlineAt + LOW_MS };
    if (index) climbing = setTimeout(climb, low.until - onlineAt);
    const current = hash && contract ? hash === contract : undefined;
    hear.up(welcome);
    state.set({ at: "online", session, user, transport: good, current });
  };

  const over = ({ why: cause, refusal: said, retry: advice }: Ending, index: number) => {
    const wasOnline = lose();
    if (at() === "closed") return;
    const isStable = wasOnline && Date.now() - onlineAt >= STABLE_MS;
    if (isStable) failed = 0;
    const retry = advice ?? said?.retry ?? "backoff";
    if (retry === "backoff" || typeof retry === "object") {
      // A server that cannot be reached at all is not asked by each transport, if one is known to work.
      const isBlocked = !wasOnline && !said && (names[index] === "websocket" || cause === "silence") && (names[index] !== good || failed > 2);
      if (isBlocked && names[index + 1] && globalThis.navigator?.onLine !== false) {
        if (connecting(index + 1)) open(index + 1);
      } else wait(cause, retry);
    } else if (advice === "never") refuse(said!);
    else {
      refused = said;
      rejected = presented;
      if (!auth || why === "rejected") return refuse(said!);
      why = "rejected";
      // Identities that lapse at once, one after the other, are no reason to hurry.
      if (wasOnline && !isStable && failed++) wait(cause);
      else void begin();
    }
  };

  /** Tries the first transport again, beside the one that works. */
  const climb = () => {
    const mine = (better = dial(openers[names[0]!]!, target, hello(), fallback_ms, {
      welcome: (welcome) =>
        hear.quiet(() => {
          if (better !== mine) return;
          // No goodbye: whose presence it is comes back at once.
          call?.cut();
          call = mine;
          better = undefined;
          online(welcome, 0);
        }),
      frame: hear.frame,
      rtt: (ms) => call === mine && rtt(ms),
      over: (ending) => {
        if (call === mine) return over(ending, 0);
        better = undefined;
        hear.quiet();
        climbing = setTimeout(climb, LOW_MS);
      },
    }));
  };

  const start = () => {
    if (!["connecting", "online"].includes(at())) void begin();
  };
  return {
    state,
    send: (frame: unknown[]) => call!.send(frame),
    open: start,
    close() {
      call?.end();
      lose();
      state.set({ at: "closed" });
    },
    async refresh() {
      if (at() !== "online") {
        start();
        return new Promise<void>((resolve, reject) => {
          const off = state.subscribe((now) => {
            if (now.at === "online") resolve();
            else if (now.at === "refused") reject(now.refusal);
            else if (now.at === "closed") reject(refusal("disconnected", "the client was closed"));
            else return;
            off();
          });
        });
      }
      const mine = (asking = new AbortController());
      const identity = auth && (await auth("expired", mine.signal));
      if (!identity) throw refusal("unauthorized", "there is no newer identity");
      await hear.refresh(identity);
      presented = JSON.stringify(identity);
    },
    /** The page woke up: what waits is tried, and what seems to be there is looked after. */
    wake() {
      if (["waiting", "degraded"].includes(at())) {
        const delay = startedAt + WAKE_MS - Date.now();
        if (delay <= 0) return void begin();
        clearTimeout(timer);
        timer = setTimeout(begin, delay);
      } else call?.check();
    },
    /** The page is put away with a connection that could not be kept. */
    sleep() {
      if (["idle", "refused", "closed"].includes(at())) return;
      lose();
      startedAt = 0;
      state.set({ at: "waiting", attempt: failed, until: Infinity, why: "frozen" });
    },
  };
};
