/**
 * What is sent beside a stream or polls: batches, each numbered and posted until the server has it.
 *
 * It must never post two at once, nor one under two numbers.
 */

import { Refusal } from "../refusal.js";
import type { Ending, Hear, Target, Welcome } from "./transport.js";

/** What a response says that is none of those hoped for. */
export const endingOf = async (response: Response): Promise<Ending> => {
  const refused = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After"));
  const retry = seconds ? { after_ms: refused.data?.retry_after_ms ?? seconds * 1_000 } : undefined;
  return { why: "server", refusal: refused.code && new Refusal(refused, retry) };
};

/** Waits longer each time, up to five seconds. */
export const pause = (failed: number) => new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(5_000, 250 * 2 ** failed)));

/** So long the first post of a batch may take; the next one twice as long. */
const POST_MS = 5_000;

/** What browsers hold back of a page that ends: a goodbye goes out all the same. */
const BYE = '["salon:bye"]';

export const posting = (target: Target, hear: Hear, abort: AbortController) => {
  let to: Welcome | undefined;
  let number = 1;
  let lines: string[] = [];
  let isBusy = false;
  let current: AbortController | undefined;
  abort.signal.addEventListener("abort", () => current?.abort());

  const post = (body: string, keepalive = false) => {
    current = new AbortController();
    return target.fetch(/^\w+:\/\/[^/]+/.exec(target.url) + to!.send! + target.query, {
      method: "POST",
      headers: { "Salon-Session": to!.secret!, "Salon-Seq": String(number) },
      body,
      keepalive,
      signal: current.signal,
    });
  };
  /** How often a batch was posted in vain; nothing once the server has it. */
  const attempt = async (body: string, failed: number) => {
    // A connection that was kept for it may be dead by now, which nobody says.
    const timer = setTimeout(() => current!.abort(), POST_MS * 2 ** failed);
    const response = await post(body).catch(() => undefined);
    clearTimeout(timer);
    if (abort.signal.aborted) return;
    const status = response?.status ?? 0;
    if (status === 200 || status === 202) {
      number++;
      return;
    }
    if (status === 409) {
      const { expected } = await response!.json().catch(() => ({}));
      if (expected > number) {
        number = expected;
        return;
      }
      if (expected) return hear.over({ why: "server" });
    } else if (status && status !== 429 && status < 500) return hear.over({ why: "server" });
    return failed + 1;
  };
  const pump = async () => {
    if (isBusy || !to) return;
    isBusy = true;
    while (lines.length && !abort.signal.aborted) {
      const batch = [lines.shift()!];
      // Well below what a request may be, of which a character may take three bytes; and not too many frames.
      let length = batch[0]!.length;
      while (lines[0] && batch.length < 64 && (length += lines[0].length) < to.max_payload / 8) batch.push(lines.shift()!);
      const body = batch.join("\n");
      let failed: number | undefined | void = 0;
      while ((failed = await attempt(body, failed))) await pause(failed);
    }
    isBusy = false;
  };

  return {
    send(frame: string) {
      lines.push(frame);
      void pump();
    },
    welcomed(welcome: Welcome) {
      to = welcome;
      void pump();
    },
    end() {
      if (!to || isBusy) return abort.abort();
      post(BYE, true).then(
        () => abort.abort(),
        () => abort.abort(),
      );
    },
    cut: () => abort.abort(),
  };
};

/** Opens a connection whose frames come by responses: `hello` is in the first request. */
export const ask = (target: Target, accept: string, signal: AbortSignal, more: RequestInit) =>
  target.fetch(`${target.url}/events${target.query}`, { cache: "no-store", ...more, headers: { Accept: accept, ...more.headers }, signal });
