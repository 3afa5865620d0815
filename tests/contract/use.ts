// What an app does with the types of the samples: each line that is a mistake has to be one.
import { chat, type Chat } from "./samples/chat.js";
import { chat as plain } from "./samples/plain.js";
import type { Adjacent, External, FlatChoice, Internal, Missing, MissingInput, Open } from "./samples/shapes.js";

type In<N extends keyof Chat["up"]> = Chat["up"][N]["in"];
type Data<N extends keyof Chat["down"]> = Chat["down"][N]["data"];

export const join: In<"chat:join"> = { room: "lounge" };
export const move: In<"move"> = [1, 2, null];
export const codes: Chat["up"]["chat:join"]["refusals"][] = ["full", "banned"];
export const rooms: Chat["down"]["shared"]["room"][] = ["chat", "board"];
// @ts-expect-error the room is not named
export const nowhere: In<"chat:join"> = { name: "Ada" };
// @ts-expect-error one value is missing
export const short: In<"move"> = [1, 2];
// @ts-expect-error a code that it is not refused with
export const other: Chat["up"]["chat:join"]["refusals"] = "fll";
// @ts-expect-error a session sends it, and no room
export type NoRoom = Chat["down"]["notice"]["room"];

export const hashes: [Chat["hash"], string] = [plain.hash, chat.keys["chat:say"] ?? ""];

export function said({ mood, answers }: Data<"chat:said">): string {
  // Others may be added to what is open, so that there is always one more.
  const how: string = mood === "plain" ? "" : mood;
  return how + (answers === null ? "" : answers.edited);
}

/** Each case of a union is told from the others. */
export function internal(it: Internal | FlatChoice): string | number {
  switch (it.type) {
    case "nothing": return "";
    case "other": return it.firstName + it["last-name"];
    case "named_so": return it.a;
  }
}
export function adjacent(it: Adjacent): string | number {
  switch (it.t) {
    case "Nothing": return "";
    case "One": return it.c;
    case "Two": return it.c[0] + it.c[1];
    case "Named": return it.c.a;
  }
}
export function external(it: External): string | number | null {
  if (it === "Nothing") return it;
  if ("One" in it) return it.One;
  return "Two" in it ? it.Two[1] : it.Named.b;
}

export const sent: MissingInput = {};
// @ts-expect-error what a client may leave out, a server does not
export const received: Missing = {};
export const open: Open = "something new";
