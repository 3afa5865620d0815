/**
 * A page without a library, as the guide has it: node plain.js URL FOLDER.
 *
 * What browsers do by themselves is what is tested: the subprotocol, the answer to a ping, the way back of
 * an EventSource.
 */

import assert from "node:assert/strict";
import { withChromium } from "./chromium.js";
import { Line } from "./line.js";

const [server] = process.argv.slice(2);
const line = await Line.to(new URL(server).port);

await withChromium(async (context) => {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${line.port}/page`);

  // A WebSocket: several frames in a message, and the end with its code.
  const heard = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const frames = [];
        const socket = new WebSocket(`ws://${location.host}/salon`, "salon.v1");
        socket.onmessage = ({ data }) => {
          for (const line of data.split("\n")) frames.push(JSON.parse(line));
          if (frames.at(-1)[0] === "chat:said") socket.send("{}");
        };
        socket.onopen = () => {
          const join = JSON.stringify([1, "chat:join", { room: "page", name: "Ada" }]);
          socket.send(`${join}\n${JSON.stringify(["chat:say", { room: "page", text: "hi" }])}`);
        };
        socket.onclose = ({ code, reason }) => resolve({ protocol: socket.protocol, frames, code, reason });
        setTimeout(() => reject(new Error(JSON.stringify(frames))), 10_000);
      }),
  );
  const names = heard.frames.map(([name]) => name);
  assert.deepEqual(names, ["salon:welcome", "salon:joined", -1, "chat:said", "salon:bye"]);
  assert.deepEqual([heard.protocol, heard.code, heard.reason], ["salon.v1", 4400, "bad_frame"]);

  // An EventSource, which is cut off and comes back by itself with all that it missed.
  await page.evaluate(() => {
    const join = JSON.stringify(["chat:join", { room: "lounge", name: "Ada" }]);
    window.heard = [];
    const events = new EventSource(`/salon/events?join=${encodeURIComponent(join)}`);
    events.onmessage = ({ data }) => window.heard.push(JSON.parse(data));
  });
  const said = (count) =>
    page.waitForFunction(
      (count) => window.heard.filter(([name]) => name === "chat:said").length >= count,
      count,
    );
  // Somebody else, who is not cut off.
  const other = await context.newPage();
  await other.goto(`${server}/page`);
  const say = (text) =>
    other.evaluate(
      (text) =>
        new Promise((resolve) => {
          const socket = new WebSocket(`ws://${location.host}/salon`);
          const join = JSON.stringify([1, "chat:join", { room: "lounge", name: "Eve" }]);
          const say = JSON.stringify([2, "chat:say", { room: "lounge", text }]);
          socket.onopen = () => socket.send(`${join}\n${say}`);
          socket.onmessage = ({ data }) => JSON.parse(data)[0] === -2 && socket.close();
          socket.onclose = resolve;
        }),
      text,
    );
  await page.waitForFunction(() => window.heard.some(([name]) => name === "salon:joined"));
  await say("1");
  await said(1);
  line.cut();
  await say("2");
  await say("3");
  line.mend();
  await said(3);
  await say("4");
  await said(4);
  const all = await page.evaluate(() => window.heard);
  const texts = all.filter(([name]) => name === "chat:said").map(([, { text }]) => text);
  assert.deepEqual(texts, ["1", "2", "3", "4"]);
  const joined = all.filter(([name]) => name === "salon:joined").map(([, { resumed }]) => resumed);
  assert.deepEqual(joined, [undefined, true]);

  // One event by one request of the page.
  const greeted = await page.evaluate(async () => {
    const response = await fetch("/salon/call/greet", { method: "POST", body: JSON.stringify({ name: "Ada" }) });
    return [response.status, await response.json()];
  });
  assert.deepEqual(greeted, [200, "Hello, Ada"]);
});
line.end();
