// generated: `contract ts`; do not edit. Contract ab54c146
/**
 * What the client needs at run time.
 * @type {import("salon-client").Described<import("./plain.d.ts").Chat>}
 */
export const chat = {
  hash: "ab54c146",
  keys: { "chat:join": "room", "chat:say": "room" },
  positional: ["move", "moved"],
};
