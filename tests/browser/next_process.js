/**
 * Three players play; the program is killed in the middle of the match, and started again: all are back on
 * their seats, and the match goes on. node next_process.js PROGRAM DIRECTORY FOLDER (for screenshots).
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { withChromium } from "./chromium.js";
import { Line } from "./line.js";
import { Player, setUp } from "./player.js";

const [path, directory, folder] = process.argv.slice(2);

/** Starts it; where it is, and the way to kill it. */
async function start() {
  const env = { ...process.env, PORT: "0", DATA: directory };
  const program = spawn(path, { env, stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => program.kill("SIGKILL"));
  const [first] = await once(createInterface(program.stdout), "line");
  const kill = async () => {
    program.kill("SIGKILL");
    await once(program, "exit");
  };
  return { port: Number(new URL(first.split(" ")[1]).port), kill };
}

let program = await start();
const line = await Line.to(program.port);

await withChromium(async (context) => {
  setUp({ context, url: `http://127.0.0.1:${line.port}`, folder });
  const [ada, bo, eve] = [await Player.comes("Ada"), await Player.comes("Bo"), await Player.comes("Eve")];
  const all = [ada, bo, eve];
  await ada.page.getByLabel("Open a lobby of your own").fill("Amber room");
  await ada.page.keyboard.press("Enter");
  await ada.sees("Waiting for another player.");
  for (const player of [bo, eve]) await player.button("Join Amber room").click();
  for (const player of all) await player.button("I am ready").click();
  for (const player of all) await player.board().waitFor();
  for (let step = 0; step < 4; step++) for (const player of all) await player.takesACell();
  for (const player of all) await player.takesMoreThan(1);
  // Until nothing is under way any more.
  await ada.page.waitForTimeout(1_500);
  const before = await Promise.all(all.map((player) => player.cells()));

  await program.kill();
  for (const player of all) await player.sees(/Reconnecting in/);
  program = await start();
  line.leadsTo(program.port);

  for (const player of all) await player.sees("Connected", 30_000);
  for (const player of all) await player.board().waitFor();
  for (const other of all) await eve.score(other.name).waitFor();
  const after = await Promise.all(all.map((player) => player.cells()));
  assert.deepEqual(after, before, "each has the cells that it had");
  for (const [number, player] of all.entries()) await player.takesMoreThan(before[number]);
  await ada.picture("7-after-a-restart");
});
line.end();
await program.kill();
