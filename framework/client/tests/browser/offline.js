/** A browser that is offline, and comes back: node offline.js URL */

import { assert, heard, join, later, until, withPages } from "./pages.js";

await withPages(async ({ context, open, line, room, theirs, url }) => {
  const page = await open();
  await join(page, url, room);
  await theirs.send("chat:say", { text: "0" });
  await heard(page, 1);
  await context.setOffline(true);
  line.cut();
  await page.waitForFunction(() => window.client.state.get().why === "offline");
  // Until the next attempt by the clock is far away.
  await page.waitForFunction(() => window.client.state.get().until - Date.now() > 6_000, undefined, { timeout: 120_000 });
  const { until: due } = await page.evaluate(() => window.client.state.get());
  for (const text of ["1", "2"]) await theirs.send("chat:say", { text });
  line.mend();
  const made = line.made;
  const began = Date.now();
  await context.setOffline(false);
  assert.deepEqual(await heard(page, 3), ["0", "1", "2"]);
  const took = Date.now() - began;
  assert.ok(Date.now() < due, `it took ${took} ms, until the next attempt by the clock`);
  await until("one connection", () => line.made > made);
  await later(500);
  assert.equal(line.made - made, 1);
  console.log(`back ${took} ms after the browser was online, by one attempt`);
});
