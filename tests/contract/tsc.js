// Type-checks what is generated, with every check that TypeScript has: `node tsc.js`. Ends with 1 if one fails.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const compiler = fileURLToPath(new URL("./node_modules/typescript/bin/tsc", import.meta.url));
const project = fileURLToPath(new URL("./tsconfig.json", import.meta.url));
const { status, error } = spawnSync(process.execPath, [compiler, "--project", project], { stdio: "inherit" });
if (error) console.error(`tsc cannot be started: ${error.message}; run \`npm ci\` here first`);
process.exit(status === 0 ? 0 : 1);
