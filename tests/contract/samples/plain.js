// generated: `contract ts`; do not edit. Contract 4a09ef85
/**
 * What the client needs at run time.
 * @type {import("salon-client").Described<import("./plain.d.ts").Chat>}
 */
export const chat = {
  hash: "4a09ef85",
  keys: { "chat:join": "room", "chat:say": "room" },
  positional: ["move", "moved"],
};
