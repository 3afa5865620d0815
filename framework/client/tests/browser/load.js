/** How long it takes from a page's script to being in a room: node load.js URL */

import { join, withPages } from "./pages.js";

await withPages(async ({ open, room, url }) => {
  const times = [];
  for (let n = 0; n < 5; n++) {
    const page = await open();
    times.push(await join(page, url, room));
    await page.close();
  }
  times.sort((a, b) => a - b);
  console.log(`from connect to joined: ${times[2].toFixed(1)} ms, the median of ${times.length}`);
});
