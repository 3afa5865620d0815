/** A page that is frozen, and put away, while things happen: node frozen.js URL */

import { assert, heard, join, later, until, withPages } from "./pages.js";

await withPages(async ({ context, open, line, room, theirs, url }) => {
  const page = await open();
  await join(page, url, room);
  const session = await context.newCDPSession(page);
  const says = async (...texts) => {
    for (const text of texts) await theirs.send("chat:say", { text });
  };

  // Frozen, with a line that holds.
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await says("0", "1");
  await later(2_000);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  assert.deepEqual(await heard(page, 2), ["0", "1"]);

  // Frozen, with one that does not.
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  line.cut();
  await says("2", "3");
  await later(3_000);
  line.mend();
  const made = line.made;
  const began = Date.now();
  await session.send("Page.setWebLifecycleState", { state: "active" });
  assert.deepEqual(await heard(page, 4), ["0", "1", "2", "3"]);
  const took = Date.now() - began;
  assert.ok(line.made - made <= 1, `${line.made - made} attempts`);
  assert.ok(took < 1_500, `it took ${took} ms`);

  // Left for another page, and back: from the browser's own store of pages, or anew.
  await page.goto("about:blank");
  await until("the connection is closed", () => line.open === 0);
  await says("4");
  await page.goBack();
  const isKept = await page.evaluate(() => Boolean(window.heard?.length));
  if (isKept) assert.deepEqual(await heard(page, 5), ["0", "1", "2", "3", "4"]);
  console.log(`frozen: whole, back after ${took} ms; ${isKept ? "put away and taken up again" : "the browser keeps no pages here"}`);
});
