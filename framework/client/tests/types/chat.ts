// As a generated contract is.
import type { Contract, Described } from "salon-client";

/** Come in. Sending it makes the sender a member, if the room admits it; the reply is who is there. */
export interface Join { room: string; name: string }
/** Say something. Only members may; five times a second at most. */
export interface Say { room: string; text: string }
/** What was said. */
export interface Said { by: string; text: string }
export interface Chat extends Contract {
  hash: "7f3a09c1";
  up: {
    "chat:join": { in: Join; out: string[]; room: "chat"; key: "room"; join: true };
    "chat:say": { in: Say; out: void; room: "chat"; key: "room"; refusals: "rate_limited" | "nothing_said" };
    "chat:typing": { in: { room: string }; out: void; room: "chat"; key: "room" };
    "hall:watch": { in: void; out: number; room: "hall"; join: true };
    "count": { in: void; out: number };
  };
  down: {
    "chat:said": { data: Said; room: "chat" };
    "hall:news": { data: { text: string }; room: "hall" };
    "notice": { data: { text: string } };
  };
  ask: { "favourite": { data: { of: string }; out: string } };
  presence: { chat: { name: string } };
}
/** What the client needs at run time. */
export const chat: Described<Chat> = { hash: "7f3a09c1", keys: { "chat:join": "room", "chat:say": "room", "chat:typing": "room" } };
