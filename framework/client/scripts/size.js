/** How much a page loads, minified and compressed: it fails above what is promised. */

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const MOST = { index: 9_984, websocket: 7_936 };

for (const [entry, most] of Object.entries(MOST)) {
  const { outputFiles } = await build({
    stdin: { contents: `export { connect, Refusal } from "./src/${entry}.ts"`, resolveDir: new URL("..", import.meta.url).pathname },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const { length } = outputFiles[0].contents;
  const gzipped = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${entry}: ${length} bytes, ${gzipped} compressed, of ${most}`);
  if (gzipped > most) process.exitCode = 1;
}
