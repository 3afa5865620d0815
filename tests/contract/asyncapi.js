// Says what the official parser finds wrong with a document: `node asyncapi.js FILE`. Ends with 1 if it is
// anything. A warning is none: the parser warns of whatever may be said as well, and is not.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const ERROR = 0;
const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node asyncapi.js FILE");
  process.exit(2);
}
const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"));
const errors = diagnostics.filter(({ severity }) => severity === ERROR);
for (const { path, message } of errors) console.error(`${path.join(".")}: ${message}`);
if (document === undefined && errors.length === 0) console.error("the parser made nothing of it");
const fits = document !== undefined && errors.length === 0;
if (fits) {
  const count = document.operations().all().length;
  console.log(`${file}: AsyncAPI ${document.version()}, operations: ${count}`);
}
process.exit(fits ? 0 : 1);
