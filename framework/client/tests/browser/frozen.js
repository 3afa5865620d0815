/** A page that is frozen, and one that is put away, while things happen: node frozen.js URL */

import { assert, heard, join, later, until, withPages } from "./pages.js";

/** The processes that pages run in. */
const renderers = async (context) => {
  const session = await context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
};

await withPages(async ({ context, open, line, room, theirs, url }) => {
  const page = await open();
  await join(page, url, room);
  const says = async (...texts) => {
    for (const text of texts) await theirs.send("chat:say", { text });
  };
  /** Headless Chromium hides no page, and freezes none that is not hidden: so its processes are stopped. */
  const frozen = async (run) => {
    const all = await renderers(context);
    assert.ok(all.length > 0);
    for (const id of all) process.kill(id, "SIGSTOP");
    try {
      await run();
    } finally {
      for (const id of all) process.kill(id, "SIGCONT");
    }
  };

  // Frozen, with a line that holds.
  await frozen(async () => {
    await says("0", "1");
    await later(2_000);
  });
  assert.deepEqual(await heard(page, 2), ["0", "1"]);

  // Frozen, with one that does not.
  await frozen(async () => {
    line.cut();
    await says("2", "3");
    await later(3_000);
    line.mend();
  });
  const made = line.made;
  const began = Date.now();
  assert.deepEqual(await heard(page, 4), ["0", "1", "2", "3"]);
  const took = Date.now() - began;
  assert.ok(line.made - made <= 1, `${line.made - made} attempts`);
  assert.ok(took < 1_500, `it took ${took} ms`);

  // Left for another page, and back to it: the browser has kept it, without its connection.
  await page.goto("about:blank");
  await until("the connection is closed", () => line.open === 0);
  await says("4");
  await page.goBack({ waitUntil: "commit" });
  await page.waitForFunction(() => window.heard);
  assert.deepEqual(await heard(page, 5), ["0", "1", "2", "3", "4"]);
  assert.equal(line.open, 1);
  console.log(`frozen: whole, back after ${took} ms; put away: whole, by one connection`);
});
