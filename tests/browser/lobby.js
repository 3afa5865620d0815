/**
 * Three players play the lobby example, each in a tab: node lobby.js URL FOLDER (for screenshots).
 *
 * Everything is found as a person would find it: by its label, its role and its words.
 */

import assert from "node:assert/strict";
import { withChromium } from "./chromium.js";
import { Line } from "./line.js";
import { Player, setUp } from "./player.js";

const [server, folder] = process.argv.slice(2);
const line = await Line.to(new URL(server).port);
const url = `http://127.0.0.1:${line.port}`;

await withChromium(async (context) => {
  setUp({ context, url, folder });
  const visitor = await Player.visits("Visitor");
  await visitor.picture("1-welcome");
  await visitor.page.close();

  const [ada, bo, eve] = [await Player.comes("Ada"), await Player.comes("Bo"), await Player.comes("Eve")];
  const all = [ada, bo, eve];

  // The hall: a list that is live, with a filter.
  await bo.sees("No lobby is open yet. Open the first one.");
  await ada.page.getByLabel("Open a lobby of your own").fill("Amber room");
  await ada.page.keyboard.press("Enter");
  await ada.sees("Waiting for another player.");
  await bo.button("Join Amber room").waitFor();
  await bo.sees("hosted by Ada");
  await bo.picture("2-hall");
  await bo.page.getByLabel("Filter by name").fill("blue");
  await bo.sees("No lobby matches.");
  await bo.page.getByLabel("Filter by name").fill("AMB");
  await bo.button("Join Amber room").click();
  await ada.sees("Waiting for 2 of 2 to be ready.");

  // A spectator has no seat and no say; whoever has the code comes in.
  await eve.button("Watch Amber room").click();
  await eve.sees("you are watching");
  await ada.sees("Watching: Eve");
  assert(await eve.page.getByLabel("Message").isHidden(), "a spectator says nothing");
  await eve.button("Take a seat").click();
  await ada.seat("Eve").waitFor();
  assert(await eve.button("Take a seat").isHidden(), "a player has one");
  const code = (await ada.button("Code").textContent()).replace("Code ", "");
  await eve.button("Leave").click();
  await eve.page.getByLabel("Have a code?").fill(code.toLowerCase());
  await eve.page.keyboard.press("Enter");
  for (const player of all) for (const other of all) await player.seat(other.name).waitFor();
  await eve.seat("Ada").getByText("host").waitFor();

  // Chat, and its limit.
  await ada.says("Hello, shall we?");
  await bo.sees("Hello, shall we?");
  await bo.says("<b>Yes</b> & soon");
  await ada.sees("<b>Yes</b> & soon");
  await bo.saysAtOnce(["one", "two", "three", "four", "five", "six", "seven", "eight"]);
  await bo.sees("Not so fast: wait a second, then try again.");

  // Ready, called off, ready again.
  await ada.button("I am ready").click();
  await eve.button("I am ready").click();
  await bo.seat("Ada").getByText("Ready", { exact: true }).waitFor();
  await bo.picture("3-lobby");
  await bo.button("I am ready").click();
  for (const player of all) await player.sees(/Starting in \d…/);
  await bo.button("I am not ready").click();
  await ada.sees("Waiting for 1 of 3 to be ready.");
  await bo.button("I am ready").click();

  // The match: by mouse, and by keyboard alone.
  for (const player of all) await player.board().waitFor();
  await ada.page.keyboard.press("ArrowRight");
  await ada.page.keyboard.press("Space");
  await ada.page.getByRole("button", { name: "Row 1, column 2: yours" }).waitFor();
  for (let step = 0; step < 12; step++) for (const player of all) await player.takesACell();
  await bo.board().getByRole("button", { name: /free/ }).first().evaluate((cell) => {
    for (let click = 0; click < 10; click++) cell.click();
  });
  await bo.sees("Not so fast: six cells a second.");
  await ada.picture("4-match");

  // A page is killed, and opened again where it was.
  const before = await bo.cells();
  const storage = await bo.killed();
  await ada.score("Bo").getByText("away").waitFor();
  await ada.picture("5-away");
  await bo.isBack(storage);
  assert.equal(await bo.cells(), before, "the turf of one who is away is kept");
  await ada.score("Bo").getByText("away").waitFor({ state: "detached" });
  await bo.takesACell();

  // To the end.
  while (await ada.plays()) for (const player of all) await player.takesACell();
  for (const player of all) await player.sees(/won, with \d+ cells\.|A draw\./);
  await ada.sees("Waiting for 3 of 3 to be ready.");
  await ada.picture("6-result");

  // A token runs out, and its player is back on the seat with a click.
  await eve.page.getByText("Let it lapse").click();
  await eve.sees("Your sign-in has run out", 30_000);
  await eve.sees("Sign-in lapsed");
  await ada.seat("Eve").getByText("Away").waitFor();
  await eve.picture("7-lapsed");
  await eve.button("Sign in again").click();
  await eve.sees("Connected");
  await ada.seat("Eve").getByText("Away").waitFor({ state: "detached" });
  await eve.seat("Eve").getByText("you").waitFor();
  await eve.page.getByText("Let it lapse").click();
  await eve.button("Refresh").click();

  // A player is put out, hears why, and cannot come back.
  await ada.button("Put Bo out").click();
  await ada.page.getByLabel("Reason").fill("too many lines");
  await ada.picture("8-kick");
  await ada.page.keyboard.press("Enter");
  await bo.sees("The host put you out of Amber room: too many lines.");
  await bo.picture("9-kicked");
  await bo.page.getByLabel("Have a code?").fill(code);
  await bo.page.keyboard.press("Enter");
  await bo.sees("The host has put you out of this lobby.");
  assert.equal(await ada.seat("Bo").count(), 0, "whoever is out is not in the list");

  // The host locks, the line is cut and mended, the host leaves.
  await ada.button("Lock").click();
  await eve.sees("locked");
  line.cut();
  for (const player of all) await player.sees(/Reconnecting in \d+ s/);
  assert(await ada.button("I am ready").isDisabled(), "nothing can be sent meanwhile");
  await ada.picture("10-offline");
  line.mend();
  for (const player of all) await player.sees("Connected");
  for (const player of [ada, eve]) await player.seat("Away").waitFor({ state: "detached" });
  // The browser reports each attempt that failed while the line was cut.
  for (const player of all) player.troubles = [];
  await ada.button("Leave").click();
  await eve.sees("Eve is the host now.");
  await eve.button("Unlock").waitFor();

  // Quick play finds the free seat once it is there, and else makes a lobby.
  await bo.button("Quick play").click();
  await bo.sees("Bo’s lobby");
  await eve.button("Unlock").click();
  await eve.button("Lock").waitFor();
  await ada.button("Quick play").click();
  await eve.seat("Ada").waitFor();

  // Somebody else in the same tab.
  await ada.button("Sign out").click();
  await eve.seat("Ada").waitFor({ state: "detached" });
  await ada.page.getByLabel("Your name").fill("Ada Lovelace");
  await ada.page.keyboard.press("Enter");
  await ada.button("Join Amber room").click();
  await eve.seat("Ada Lovelace").waitFor();

  for (const player of [visitor, ...all]) assert.deepEqual(player.troubles, [], player.name);
});
line.end();
