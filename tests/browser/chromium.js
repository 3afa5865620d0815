/** Starts Chromium without a trace of an earlier run. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Keeps it from speaking to anyone but the page's own server. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Calls `use` with what opens pages; further arguments may follow. */
export async function withChromium(use, ...further) {
  const profile = await mkdtemp(join(tmpdir(), "salon-chromium-"));
  // Pages that are left are kept, as in a browser that is nobody's tool.
  const ignoreDefaultArgs = ["--disable-back-forward-cache"];
  const launch = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, ignoreDefaultArgs };
  const context = await chromium.launchPersistentContext(profile, { ...launch, args: [...ARGUMENTS, ...further] });
  context.setDefaultTimeout(10_000);
  try {
    await use(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
