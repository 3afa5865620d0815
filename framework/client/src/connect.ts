import { client } from "./client.js";
import { core } from "./core.js";
import type { Attach } from "./host.js";
import type { Openers, Target } from "./transports/transport.js";
import type { Connect, Contract, Described, Options } from "./types.js";

/** Puts another connection in the place of one's own, if it can. */
export type Sharing = (target: Target, options: Options, contract: Described<Contract> | undefined, own: Attach) => Attach;

/** Where `salon-client/faults` finds what it wraps. */
export const OPENERS = Symbol.for("salon.openers");

/** Where to: relative to the page, if there is one. */
const targetOf = (url: string | URL, options: Options): Target => {
  let href = String(url);
  if (!/^\w+:\/\//.test(href)) {
    if (!globalThis.location) throw new Error(`salon: ${href} is relative, and there is no page here that it could be relative to`);
    href = new URL(href, location.href).href;
  }
  // By hand: not every platform can change a URL.
  const [path, query] = href.replace(/^ws/, "http").split("?");
  return {
    url: path!.replace(/\/$/, ""),
    query: query ? `?${query}` : "",
    // As methods of another object browsers would not have them.
    fetch: options.fetch ?? (globalThis.fetch && ((...args) => fetch(...args))),
    WebSocket: options.WebSocket ?? globalThis.WebSocket,
  };
};

/** What connects by these transports. */
export const connectBy = (all: Openers, share?: Sharing) =>
  ((url: string | URL, options: Options & { contract?: Described<Contract> } = {}) => {
    const { contract } = options;
    const target = targetOf(url, options);
    const openers = { ...all };
    const own = core(target, options, contract, openers);
    const attach = options.share && share ? share(target, options, contract, own) : own;
    return Object.defineProperty(client(attach, options, contract), OPENERS, { value: openers });
  }) as Connect;
