// generated: `contract ts`; do not edit. Contract 4a09ef85
import type { Contract, Described } from "salon-client";

/** Come in. The reply is who is there. */
export interface Join {
  /** What others see. */
  name?: string | null;
  room: string;
}
/** A line, as it was said. */
export interface Line { by: string; edited: boolean }
/** A line, as it was said. */
export interface LineInput {
  by: string;
  /** @default false */
  edited?: boolean;
}
/** How it was meant. */
export type Mood = "plain" | "not_so_serious" | (string & {});
export type Move = [number, number, string | null];
/** What was said. */
export interface Said { answers: Line | null; by: string; mood: Mood; text: string }
/** Say something. Only members may. */
export interface Say {
  /** What it is an answer to. */
  answers?: LineInput | null;
  room: string;
  text: string;
}
/** What clients of `/` send and get. */
export interface Chat extends Contract {
  hash: "4a09ef85";
  up: {
    "anything": { in: unknown; out: unknown };
    "chat:join": {
      in: Join;
      out: string[];
      room: "chat";
      key: "room";
      join: true;
      refusals: "banned" | "full";
    };
    "chat:say": { in: Say; out: void; room: "chat"; key: "room" };
    /** How many are here? */
    "count": { in: void; out: number };
    "move": { in: Move; out: boolean };
    /** Bytes, as base64. */
    "picture": { in: string; out: void };
  };
  down: {
    "chat:said": { data: Said; room: "chat" };
    "moved": { data: [number, number]; room: "board" };
    /** Something for everybody. */
    "notice": { data: { text: string } };
    /** Something for everybody. */
    "shared": { data: { text: string }; room: "board" | "chat" };
  };
  ask: { "favourite": { data: { of: string }; out: string } };
  presence: { chat: { name: string } };
}

/** What the client needs at run time. */
export declare const chat: Described<Chat>;
