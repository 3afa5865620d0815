/** A tab, and what a player does and sees in it. */

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** The browser, where the page is, and where pictures go. */
let stage;

export function setUp(given) {
  stage = given;
}

export class Player {
  troubles = [];

  constructor(name, page) {
    this.name = name;
    this.#has(page);
  }

  #has(page) {
    this.page = page;
    page.on("pageerror", (error) => this.troubles.push(error));
    page.on("console", (message) => message.type() === "error" && this.troubles.push(message.text()));
  }

  static async visits(name) {
    const player = new Player(name, await stage.context.newPage());
    await player.page.setViewportSize(DESKTOP);
    await player.page.goto(stage.url);
    return player;
  }

  static async comes(name) {
    const player = await Player.visits(name);
    await player.page.getByLabel("Your name").fill(name);
    await player.page.keyboard.press("Enter");
    await player.sees("Connected");
    return player;
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: name !== "Code" });
  }

  /** Waits until these words are on the page. */
  sees(words, timeout) {
    return this.page.getByText(words).filter({ visible: true }).first().waitFor({ timeout });
  }

  seat(name) {
    return this.page.getByRole("list", { name: "Players" }).getByRole("listitem").filter({ hasText: name });
  }

  async says(text) {
    await this.page.getByLabel("Message").fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Says all of it in one turn of the page: faster than the limit, however slow the machine is. */
  saysAtOnce(lines) {
    return this.page.getByLabel("Message").evaluate((field, lines) => {
      for (const line of lines) {
        field.value = line;
        field.form.requestSubmit();
      }
    }, lines);
  }

  board() {
    return this.page.getByRole("group", { name: /^Board/ });
  }

  score(name) {
    return this.page.getByRole("list", { name: "Scores" }).getByRole("listitem").filter({ hasText: name });
  }

  async cells() {
    return Number(await this.score(this.name).locator("b").textContent());
  }

  /** Takes the free cell that comes first of those that touch its own, if there is one. */
  async takesACell() {
    const free = this.board().getByRole("button", { name: /free, next to yours/ });
    const label = await free.first().getAttribute("aria-label", { timeout: 100 }).catch(() => null);
    if (!label) return;
    await this.board().getByRole("button", { name: label, exact: true }).click({ timeout: 300 }).catch(() => {});
  }

  /** Takes cells until the page shows more of its than that, however long a busy browser needs for a click. */
  async takesMoreThan(cells) {
    while ((await this.cells()) <= cells) {
      await this.takesACell();
      await this.page.waitForTimeout(50);
    }
  }

  async plays() {
    return this.page.getByRole("list", { name: "Players" }).isHidden();
  }

  /** The tab is gone without a word. What it would have after "reopen closed tab" is returned. */
  async killed() {
    const storage = await this.page.evaluate(() => ({ ...sessionStorage }));
    await this.page.close({ runBeforeUnload: false });
    return storage;
  }

  async isBack(storage) {
    this.#has(await stage.context.newPage());
    await this.page.setViewportSize(DESKTOP);
    await this.page.addInitScript((storage) => {
      if (!sessionStorage.length) Object.assign(sessionStorage, storage);
    }, storage);
    await this.page.goto(stage.url);
    await this.sees("Connected");
    await this.board().waitFor();
  }

  /** Pictures for people, in both colours and on both sizes. */
  async picture(name) {
    await mkdir(stage.folder, { recursive: true });
    for (const [device, size] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await this.page.setViewportSize(size);
      for (const colorScheme of ["light", "dark"]) {
        await this.page.emulateMedia({ colorScheme });
        await this.page.screenshot({ path: join(stage.folder, `${name}-${device}-${colorScheme}.png`) });
        assert(await this.#fits(), `${name} is not wider than a ${device}`);
      }
    }
    await this.page.setViewportSize(DESKTOP);
    await this.page.emulateMedia({ colorScheme: "light" });
  }

  #fits() {
    return this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  }
}
