/**
 * A page with a hundred streams on one connection: node streams.js URL FOLDER.
 *
 * HTTP/1.1 allows a browser six, so that it takes HTTP/2. Somebody says something in the room `lounge` from
 * time to time.
 */

import assert from "node:assert/strict";
import { withChromium } from "./chromium.js";

const STREAMS = 100;
const [server] = process.argv.slice(2);

async function play(context) {
  const page = await context.newPage();
  await page.goto(`${server}/page`);
  const protocol = await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
  assert.equal(protocol, "h2");

  await page.evaluate((count) => {
    const join = encodeURIComponent(JSON.stringify(["chat:join", { room: "lounge" }]));
    window.streams = Array.from({ length: count }, () => {
      const events = new EventSource(`/salon/events?join=${join}`);
      const stream = { events, heard: [] };
      events.onmessage = ({ data }) => stream.heard.push(JSON.parse(data));
      return stream;
    });
  }, STREAMS);
  for (const name of ["salon:welcome", "salon:joined", "chat:said"]) {
    const all = (name) => window.streams.every(({ heard }) => heard.some(([heard]) => heard === name));
    await page.waitForFunction(all, name);
  }
  const sessions = await page.evaluate(() => window.streams.map(({ heard }) => heard[0][1].session));
  assert.equal(new Set(sessions).size, STREAMS);

  // What it sends beside them finds room once one of them is gone, whatever the proxy's limit is.
  const answers = await page.evaluate(async () => {
    window.streams[0].events.close();
    const called = await fetch("/salon/call/greet", { method: "POST", body: JSON.stringify({ name: "Ada" }) });
    const { heard } = window.streams[1];
    const { secret, send } = heard[0][1];
    const headers = { "Salon-Session": secret, "Salon-Seq": "1" };
    const sent = await fetch(send, { method: "POST", headers, body: '[7,"greet",{"name":"Eve"}]' });
    while (!heard.some(([id]) => id === -7)) await new Promise((resolve) => setTimeout(resolve, 10));
    return [await called.json(), sent.status, heard.find(([id]) => id === -7)[1]];
  });
  assert.deepEqual(answers, ["Hello, Ada", 202, "Hello, Eve"]);

  // A WebSocket: on the same connection, if the proxy can do that, or on one of its own.
  const closed = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const frames = [];
        const socket = new WebSocket(`wss://${location.host}/salon`, "salon.v1");
        socket.onmessage = ({ data }) => frames.push(JSON.parse(data)[0]);
        socket.onopen = () => socket.send("{}");
        socket.onclose = ({ code }) => resolve([...frames, code]);
      }),
  );
  assert.deepEqual(closed, ["salon:welcome", "salon:bye", 4400]);
}

// The certificate is one that nobody has signed.
await withChromium(play, "--ignore-certificate-errors");
