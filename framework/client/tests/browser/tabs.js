/** Seven tabs that share one connection, and seven that do not: node tabs.js URL */

import { assert, heard, join, later, until, withPages } from "./pages.js";

const TABS = 7;
const share = { share: "/client.js" };

await withPages(async ({ open, line, room, theirs, url }) => {
  const pages = [];
  for (let n = 0; n < TABS; n++) pages.push(await open());

  await Promise.all(pages.map((page) => join(page, url, room, share)));
  assert.equal(line.open, 1);
  const sessions = await Promise.all(pages.map((page) => page.evaluate(() => window.client.state.get().session)));
  assert.equal(new Set(sessions).size, 1);
  await theirs.send("chat:say", { text: "0" });
  for (const page of pages) assert.deepEqual(await heard(page, 1), ["0"]);

  // What one sends is answered to that one, and heard by all.
  assert.equal(await pages[3].evaluate(() => window.client.send("echo", "mine")), "mine");
  const code = await pages[3].evaluate(() => window.client.send("fail", { code: "rate_limited" }).catch((e) => [e instanceof window.salon.Refusal, e.code, e.retry]));
  assert.deepEqual(code, [true, "rate_limited", "backoff"]);
  await pages[2].evaluate(() => window.room.send("chat:say", { text: "1" }));
  for (const page of pages) assert.deepEqual(await heard(page, 2), ["0", "1"]);

  // One leaves the room, another closes its client, a third is closed: the others stay.
  await pages[0].evaluate(() => window.room.leave());
  await pages[1].evaluate(() => window.client.close());
  await pages.pop().close();
  line.cut();
  await theirs.send("chat:say", { text: "2" });
  line.mend();
  for (const page of pages.slice(2)) assert.deepEqual(await heard(page, 3), ["0", "1", "2"]);
  assert.deepEqual(await pages[0].evaluate(() => window.heard), ["0", "1"]);
  assert.equal(line.open, 1);
  assert.deepEqual(await pages[1].evaluate(() => window.client.state.get().at), "closed");

  // The last one closes it.
  for (const page of pages) await page.evaluate(() => window.client.close());
  await until("it is closed", () => line.open === 0);

  // And one that comes opens it again.
  await pages[0].evaluate(() => window.client.open());
  await pages[0].waitForFunction(() => window.client.state.get().at === "online");
  assert.equal(await pages[0].evaluate(() => window.client.send("echo", "again")), "again");
  await pages[0].evaluate(() => window.client.close());
  await until("it is closed", () => line.open === 0);

  // One of its own, where the script is not to be had.
  await join(pages[0], url, room, { share: "/salon/nothing.txt" });
  assert.equal(line.open, 1);
  await pages[0].evaluate(() => window.client.close());
  await until("it is closed", () => line.open === 0);

  // Without: a browser has six connections to one server, and the seventh tab is told so.
  while (pages.length < TABS) pages.push(await open());
  for (const [n, page] of pages.entries()) {
    await page.evaluate((url) => {
      window.client = window.salon.connect(url, { transports: ["sse"], fallback_ms: 1_000 });
    }, url);
    const state = n < 6 ? { at: "online" } : { why: "silence" };
    await page.waitForFunction((state) => Object.entries(state).every(([key, value]) => window.client.state.get()[key] === value), state);
  }
  console.log(`${TABS} tabs: one connection; without sharing the seventh is told of the silence`);
});

// Who the user is, is asked of a tab; if that goes away, of another.
await withPages(async ({ open, line, room, url }) => {
  const pages = [];
  for (let n = 0; n < 3; n++) {
    const page = await open();
    await page.exposeFunction("note", () => {});
    await page.evaluate(
      async ([url, room]) => {
        window.asked = [];
        window.client = window.salon.connect(url, {
          contract: window.contract,
          share: "/client.js",
          auth: (why) => {
            window.asked.push(why);
            return { token: "any" };
          },
        });
        window.room = await window.client.join("chat:join", { room, name: "Ada" });
      },
      [url, room],
    );
    pages.push(page);
  }
  const asked = () => Promise.all(pages.map((page) => page.evaluate(() => window.asked.length)));
  assert.deepEqual(await asked(), [1, 0, 0]);
  await pages.shift().close();
  line.cut();
  await later(500);
  line.mend();
  await pages[0].waitForFunction(() => window.room.state.get() === "joined" && window.asked.length > 0);
  assert.equal(line.open, 1);
  console.log("the tab that was asked goes away: another is asked");
});
