/**
 * Builds `dist`, and the file that the server has at `/salon/client.js` with its types. With `--check` it writes nothing
 * of what is committed, and fails if that is not what would be written.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { version, license } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const common = { bundle: true, format: "esm", target: "es2022", absWorkingDir: here(""), charset: "utf8" };

rmSync(here("dist"), { recursive: true, force: true });
await build({
  ...common,
  entryPoints: ["src/index.ts", "src/websocket.ts", "src/faults.ts"],
  splitting: true,
  outdir: "dist",
});
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], { stdio: "inherit" });

const first = `salon-client ${version}, ${license}; built from framework/client by \`npm run build\``;
const { outputFiles } = await build({
  ...common,
  entryPoints: ["src/asset.ts"],
  minify: true,
  banner: { js: `// ${first}` },
  write: false,
});

/** One declaration file: the types, the refusal, and what connects. */
const types = readFileSync(here("dist/types.d.ts"), "utf8");
const refusal = readFileSync(here("dist/refusal.d.ts"), "utf8");
const alone = (text) => text.replace(/^import .*\n|^export type .* from .*\n/gm, "").replace(/^export {};\n/gm, "").trim();
const ours = alone(refusal).replace(/\/\*\* A refusal of the client's own\. \*\/\n.*$/s, "").replace("export interface Refused", "interface Refused");
const declarations = `// ${first}\n\n${alone(types)}\n\n${ours.trim()}\n\nexport declare const connect: Connect;\n`;

const isCheck = process.argv.includes("--check");
mkdirSync(here("../salon/assets"), { recursive: true });
for (const [path, text] of [
  ["../salon/assets/client.js", outputFiles[0].text],
  ["../salon/assets/client.d.ts", declarations],
]) {
  if (!isCheck) writeFileSync(here(path), text);
  else if (readFileSync(here(path), "utf8") !== text) {
    console.error(`framework/salon/assets: ${path.split("/").at(-1)} is not current: npm run build`);
    process.exitCode = 1;
  }
}
