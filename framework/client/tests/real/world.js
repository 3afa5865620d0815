/** A server, a line to it, and clients on both ends. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { connect } from "../../dist/index.js";
import { Line } from "../../../../tests/browser/line.js";

/** What the server's contract says at run time. */
const rooms = ["join", "say", "whisper", "burst", "count", "leave", "kick", "crash", "typing", "trace"];
export const contract = {
  hash: "",
  keys: Object.fromEntries(["chat", "vault"].flatMap((kind) => rooms.map((name) => [`${kind}:${name}`, "room"]))),
};

export const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something to be so, but not for ever. */
export const until = async (what, is, ms = 15_000) => {
  const end = Date.now() + ms;
  while (!is()) {
    if (Date.now() > end) assert.fail(`not in time: ${what}`);
    await later(10);
  }
};

/** A token of the server's secret. */
export const token = (secret, claims) => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: Math.floor(Date.now() / 1_000) + 600, permissions: ["vault:*:vault"], ...claims })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};

/** Runs a test with a client behind a line, and another one that nothing happens to. */
export const world = async ({ url, transport, ...options }, run) => {
  const line = await Line.to(new URL(url).port);
  const clients = [];
  const client = (at, more) => {
    const made = connect(`${at}/salon`, { contract, transports: [transport], backoff: { first_ms: 50 }, ...options, ...more });
    clients.push(made);
    return made;
  };
  try {
    const near = client(line.url);
    const far = client(url, { transports: ["websocket", "sse"] });
    await run({ line, near, far, client, url });
  } finally {
    for (const made of clients) made.close();
    await later(50);
    line.end();
  }
};

/** A room that nobody else is in. */
export const name = () => `r${Math.random().toString(36).slice(2)}`;
