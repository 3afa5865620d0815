/** Pages that have the client, and a line from them to the server that a test can cut. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "../../dist/index.js";
import { withChromium } from "../../../../tests/browser/chromium.js";
import { Line } from "../../../../tests/browser/line.js";
import { contract, later, name, until } from "../real/world.js";

export { assert, later, name, until };

const PAGE = `<!doctype html><title>salon</title><script type="module">
  import * as salon from "/client.js";
  window.salon = salon;
  window.contract = ${JSON.stringify(contract)};
</script>`;

/** Calls `run` with what opens pages, a room of nobody else's, and somebody in it that nothing happens to. */
export const withPages = async (run, ...args) => {
  const url = process.argv[2];
  if (!url) throw new Error("where is the server? the first argument");
  const script = await readFile(new URL("../../../salon/assets/client.js", import.meta.url));
  const site = createServer((request, response) => {
    const isScript = request.url === "/client.js";
    response.writeHead(200, { "Content-Type": isScript ? "text/javascript" : "text/html" });
    response.end(isScript ? script : PAGE);
  }).listen(0, "127.0.0.1");
  const line = await Line.to(new URL(url).port);
  const other = connect(`${url}/salon`, { contract, transports: ["websocket", "sse"], wake: false });
  try {
    await withChromium(async (context) => {
      const open = async () => {
        const page = await context.newPage();
        page.on("pageerror", (error) => console.error("in the page:", error));
        await page.goto(`http://127.0.0.1:${site.address().port}/`);
        await page.waitForFunction(() => window.salon);
        return page;
      };
      const room = name();
      const theirs = await other.join("chat:join", { room, name: "Eve" });
      await run({ context, open, line, room, theirs, url: `${line.url}/salon` });
    }, ...args);
  } finally {
    other.close();
    line.end();
    site.close();
    site.closeAllConnections();
  }
};

/** Has a page join the room, and note what it hears and what state it is in. */
export const join = (page, url, room, options = {}) =>
  page.evaluate(
    async ([url, room, options]) => {
      const began = performance.now();
      const client = window.salon.connect(url, { contract: window.contract, ...options });
      Object.assign(window, { client, heard: [], states: [] });
      client.state.subscribe((state) => window.states.push(state.at));
      const mine = await client.join("chat:join", { room, name: "Ada" });
      window.room = mine;
      mine.on("chat:said", ({ text }) => window.heard.push(text));
      mine.on("chat:bursted", ({ i }) => window.heard.push(i));
      mine.on("lost", () => window.heard.push("lost"));
      return performance.now() - began;
    },
    [url, room, options],
  );

/** What a page has heard, once it is so much. */
export const heard = async (page, many, timeout = 20_000) => {
  await page.waitForFunction((many) => window.heard.length >= many, many, { timeout, polling: 50 });
  return page.evaluate(() => window.heard);
};
