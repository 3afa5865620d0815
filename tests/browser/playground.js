/** The page of the lobby's contract, and the client on it: node playground.js URL FOLDER (for screenshots). */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { withChromium } from "./chromium.js";

const [url, folder] = process.argv.slice(2);
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 812 };

await withChromium(async (context) => {
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (line) => line.type() === "error" && troubles.push(line.text()));
  await page.setViewportSize(DESKTOP);
  await page.goto(`${url}/salon/contract`);
  const token = await page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    const response = await fetch("/sign-in", { method: "POST", headers, body: JSON.stringify({ name: "Ada" }) });
    return (await response.json()).token;
  });
  const button = (name) => page.getByRole("button", { name, exact: true });
  const sees = (words) => page.getByText(words).filter({ visible: true }).first().waitFor();
  const picture = async (name) => {
    await mkdir(folder, { recursive: true });
    for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const path = `${folder}/playground-${name}-${size}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: size === "phone" });
      }
      assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} fits on a ${size}`);
    }
    await page.setViewportSize(DESKTOP);
  };

  // A token of nobody is refused, a real one is somebody.
  await page.getByLabel(/Who you are/).fill("nobody's");
  await button("Connect").click();
  await sees("Refused: unauthorized");
  await page.getByLabel(/Who you are/).fill(token);
  await button("Connect").click();
  await sees(/Connected by websocket as/);
  // The browser reports nothing of a refusal in band; what it has reported is a mistake of the page.
  assert.deepEqual(troubles, []);

  // An event by its form, and its answer.
  await button("hall:create").click();
  await sees("Make a lobby. A seat in it is kept for ten seconds: join it.");
  await page.getByLabel(/^name/).fill("Amber room");
  await picture("1-form");
  await button("Send").click();
  const answer = page.locator("#heard .good").first();
  await answer.waitFor();
  const lobby = /"(\w{6})"/.exec(await answer.textContent())[1];

  // A room.
  await button("lobby:join").click();
  await page.getByLabel(/^lobby/).fill(lobby);
  await button("Join").click();
  await sees(`in lobby:${lobby} (1 there)`);
  await button("lobby:say").click();
  await page.getByLabel(/^lobby/).fill(lobby);
  await page.getByLabel(/^text/).fill("Hello");
  await button("Send").click();
  await sees(/"text": ?"Hello"/);
  await picture("2-room");

  // What it is refused with.
  await button("lobby:kick").click();
  await button("Send").click();
  await page.locator("#heard .bad").first().waitFor();

  // The line is cut: it is back, and in its room.
  await button("Cut the line").click();
  await sees("the line is cut");
  await sees(`lobby:${lobby}: coming back`);
  await sees(/Connected by websocket as/);
  await sees(`in lobby:${lobby} (1 there)`);

  // It stops reading, and reads on.
  const said = page.locator("#heard li", { hasText: "Still there?" }).filter({ hasText: "←" });
  await button("Stop reading").click();
  await button("lobby:say").click();
  await page.getByLabel(/^lobby/).fill(lobby);
  await page.getByLabel(/^text/).fill("Still there?");
  await button("Send").click();
  await page.waitForTimeout(500);
  assert.equal(await said.count(), 0, "nothing is read");
  await button("Read on").click();
  await said.first().waitFor();
  await button("Close").click();
  await sees("Closed");
  assert.deepEqual(troubles, []);
});
