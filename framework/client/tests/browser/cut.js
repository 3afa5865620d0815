/** A line that is cut for five seconds under fifty events a second: node cut.js URL */

import { assert, heard, join, later, withPages } from "./pages.js";

const TEXTS = Array.from({ length: 500 }, (_, i) => String(i));

await withPages(async ({ open, line, room, theirs, url }) => {
  const page = await open();
  for (const transport of ["websocket", "sse", "polling"]) {
    await join(page, url, room, { transports: [transport] });
    const began = Date.now();
    const all = [];
    for (const text of TEXTS) {
      const due = began + text * 20;
      await later(due - Date.now());
      if (text === "100") line.cut();
      if (text === "350") line.mend();
      all.push(theirs.send("chat:say", { text }));
    }
    await Promise.all(all);
    assert.deepEqual(await heard(page, TEXTS.length), TEXTS);
    console.log(`${transport}: ${TEXTS.length} events, 5 s without a line, ${Date.now() - began} ms in all: whole`);
    await page.evaluate(() => window.client.close());
  }
});
