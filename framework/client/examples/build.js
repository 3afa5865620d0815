/** Bundles each example as a page would have it: what does not fit together fails. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compile } from "svelte/compiler";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const svelte = {
  name: "svelte",
  setup(building) {
    building.onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
      const { js, warnings } = compile(await readFile(path, "utf8"), { filename: path, generate: "client" });
      if (warnings.length) throw new Error(warnings[0].message);
      return { contents: js.code, loader: "js" };
    });
  },
};

const { metafile } = await build({
  absWorkingDir: here("."),
  entryPoints: ["react.jsx", "vue.js", "Connection.svelte", "Members.svelte"],
  alias: { "salon-client": here("../dist/index.js") },
  conditions: ["browser"],
  define: { "process.env.NODE_ENV": '"production"', __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
  bundle: true,
  format: "esm",
  jsx: "automatic",
  minify: true,
  metafile: true,
  outdir: "dist",
  plugins: [svelte],
});
for (const [path, { bytes }] of Object.entries(metafile.outputs)) console.log(`${path}: ${bytes} bytes`);
