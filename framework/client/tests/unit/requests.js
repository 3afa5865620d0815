/** A server for `fetch` that a test plays by hand. */

import { settle } from "./fakes.js";

export const web = () => {
  const requests = [];
  const fetch = (url, init = {}) =>
    new Promise((resolve, reject) => {
      const request = { url, ...init, fail: () => reject(new TypeError("network")) };
      init.signal?.addEventListener("abort", () => {
        request.isAborted = true;
        reject(new DOMException("aborted", "AbortError"));
        request.stream?.error(new DOMException("aborted", "AbortError"));
      });
      request.answer = async (status, body = "", headers = {}) => {
        resolve(new Response(status === 204 ? null : body, { status, headers }));
        await settle();
      };
      /** Begins a stream of events; what is told of it comes by `tell`. */
      request.begin = async () => {
        const body = new ReadableStream({ start: (stream) => (request.stream = stream) });
        resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
        await settle();
      };
      request.write = async (text) => {
        request.stream.enqueue(new TextEncoder().encode(text));
        await settle();
      };
      request.tell = (...frames) => request.write(frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""));
      requests.push(request);
    });
  const to = (path) => requests.filter(({ url }) => url.endsWith(path));
  return { fetch, requests, to };
};

export const WELCOME = [
  "salon:welcome",
  { session: "s1", heartbeat: { every_ms: 25_000, within_ms: 20_000 }, max_payload: 1e6, send: "/salon/send", secret: "hush" },
];
