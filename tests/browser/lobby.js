/**
 * Two players meet in the lobby example, each in a tab: node lobby.js URL FOLDER (for screenshots).
 *
 * Everything is found as a person would find it: by its label, its role and its words.
 */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withChromium } from "./chromium.js";
import { Line } from "./line.js";

const [server, folder] = process.argv.slice(2);
const line = await Line.to(new URL(server).port);
const url = `http://127.0.0.1:${line.port}`;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** A tab, and what a player does in it. */
class Player {
  constructor(name, page) {
    this.name = name;
    this.page = page;
    this.troubles = [];
    page.on("pageerror", (error) => this.troubles.push(error));
    page.on("console", (message) => message.type() === "error" && this.troubles.push(message.text()));
  }

  static async comes(context, name) {
    const player = new Player(name, await context.newPage());
    await player.page.goto(url);
    await player.page.getByLabel("Your name").fill(name);
    await player.page.keyboard.press("Enter");
    await player.sees("Online");
    return player;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Waits until these words are on the page. */
  sees(words) {
    return this.page.getByText(words).filter({ visible: true }).first().waitFor();
  }

  seat(name) {
    return this.page.getByRole("list", { name: "Players" }).getByRole("listitem").filter({ hasText: name });
  }

  async says(text) {
    await this.page.getByLabel("Message").fill(text);
    await this.page.keyboard.press("Enter");
  }
}

/** Pictures for people, in both colours and on both sizes. */
async function picture(player, name) {
  await mkdir(folder, { recursive: true });
  for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    for (const colorScheme of ["light", "dark"]) {
      await player.page.setViewportSize(size);
      await player.page.emulateMedia({ colorScheme });
      await player.page.screenshot({ path: join(folder, `${name}-${device}-${colorScheme}.png`) });
      assert(await fits(player.page), `${name} is not wider than a ${device}`);
    }
  }
  await player.page.setViewportSize(DESKTOP);
}

const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

await withChromium(async (context) => {
  const visitor = new Player("", await context.newPage());
  await visitor.page.goto(url);
  await picture(visitor, "1-welcome");

  const ada = await Player.comes(context, "Ada");
  const bo = await Player.comes(context, "Bo");
  await bo.sees("No lobby is open yet. Open the first one.");

  await ada.page.getByLabel("Open a lobby of your own").fill("Amber room");
  await ada.page.keyboard.press("Enter");
  await ada.sees("Waiting for another player.");
  await picture(bo, "2-hall");
  await bo.button("Join Amber room").click();
  for (const player of [ada, bo]) {
    await player.seat("Ada").getByText("host").waitFor();
    await player.seat("Bo").waitFor();
    await player.sees("Waiting for 2 of 2 to be ready.");
  }
  await ada.sees("Bo came in.");

  await ada.says("Hello Bo, shall we?");
  await bo.sees("Hello Bo, shall we?");
  await bo.says("<b>Yes</b> & soon");
  await ada.sees("<b>Yes</b> & soon");
  assert.equal(await bo.page.getByLabel("Message").inputValue(), "", "what was sent is not sent again");

  await ada.button("I am ready").click();
  await bo.seat("Ada").getByText("Ready", { exact: true }).waitFor();
  await picture(bo, "3-lobby");
  await bo.button("I am ready").click();
  for (const player of [ada, bo]) await player.sees("Starting in 3…");
  await bo.button("I am not ready").click();
  for (const player of [ada, bo]) await player.sees("Waiting for 1 of 2 to be ready.");
  await bo.button("I am ready").click();
  for (const player of [ada, bo]) await player.sees(/Starting in \d…/);
  await picture(ada, "4-countdown");
  for (const player of [ada, bo]) await player.sees("Go!");

  for (let line = 1; line <= 7; line++) await bo.says(`line ${line}`);
  await bo.sees("Not so fast: wait a second, then try again.");
  await picture(bo, "5-refused");

  line.cut();
  for (const player of [ada, bo]) await player.sees(/Offline, retry in \d+ s/);
  assert(await ada.button("I am ready").isDisabled(), "nothing can be sent meanwhile");
  await picture(ada, "6-offline");
  line.mend();
  for (const player of [ada, bo]) {
    await player.sees("Online");
    await player.sees("Waiting for 2 of 2 to be ready.");
    await player.sees("Hello Bo, shall we?");
  }
  // The browser reports each attempt that failed while the line was cut.
  for (const player of [ada, bo]) player.troubles = [];

  await bo.page.reload();
  await bo.sees("Online");
  await ada.sees("Bo lost the connection.");
  await bo.seat("Bo").getByText("you").waitFor();

  await ada.button("Leave").click();
  await bo.sees("Bo is the host now.");
  await bo.seat("Bo").getByText("host").waitFor();
  assert.equal(await bo.seat("Ada").count(), 0, "whoever has left is not in the list");
  await ada.sees("1 of 8");
  await ada.button("Join Amber room").click();
  await bo.seat("Ada").waitFor();
  await ada.button("Change name").click();
  await bo.seat("Ada").waitFor({ state: "detached" });
  await ada.page.getByLabel("Your name").fill("Eve");
  await ada.page.keyboard.press("Enter");
  await ada.button("Join Amber room").click();
  await bo.seat("Eve").waitFor();

  for (const player of [visitor, ada, bo]) assert.deepEqual(player.troubles, []);
});
line.end();
