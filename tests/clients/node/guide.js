// What the guide shows, to be run as it stands there.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const guide = join(__dirname, "../../../framework/salon/guide");

// The first block in JavaScript behind a heading of a page.
function block(page, heading) {
  const behind = readFileSync(join(guide, page), "utf8").split(`\n${heading}\n`)[1];
  const found = behind?.match(/```js\n([^]*?)```/);
  if (!found) throw new Error(`${page} shows nothing behind ${heading}`);
  // The room of the fixture wants to know a name as well.
  return found[1].replace(/{ room: "lounge" }/, '{ room: "lounge", name: "ada" }');
}

// Runs such lines with what stands in `known`, and gives what they have made of these names.
function run(lines, known, ...made) {
  const names = Object.keys(known);
  return new Function(...names, `"use strict"; ${lines}; return { ${made} };`)(...names.map((name) => known[name]));
}

module.exports = { block, run };
