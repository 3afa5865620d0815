// generated: `cargo run --bin contract -- ts examples/multiplayer-lobby/static/contract.js --name Lobby --module /salon/client.js`; do not edit. Contract e33e7abe
import type { Contract, Described } from "/salon/client.js";

/** How a match is at one moment of it. */
export interface Board {
  /** Whose each cell is, row by row: an index of `players`. */
  cells: (number | null)[];
  /** Who plays. */
  players: Contender[];
  /** How many seconds are left. */
  seconds: number;
  /** Cells in a row. */
  width: number;
}
/** What the others see of somebody who is there. */
export interface Card {
  /** What they are called. */
  name: string;
  /** What they are there for. */
  role: Role;
}
/** Take a free cell that touches one of yours. Refused with `taken`, `too_far` or `watching`. */
export interface Claim {
  /** Which cell, by its index. */
  cell: number;
  /** Which match. */
  match: string;
}
/** A cell was taken. */
export interface Claimed {
  /** By which of the players. */
  by: number;
  /** Which one. */
  cell: number;
}
/** A second has passed. */
export interface Clock {
  /** How many are left. */
  seconds: number;
}
/** Somebody who plays. */
export interface Contender {
  /** As in the lobby. */
  colour: number;
  /** What the player is called. */
  name: string;
  /** Who. */
  user: string;
}
/** Make a lobby. A seat in it is kept for ten seconds: join it. */
export interface Create {
  /** What to call it. */
  name: string;
  /** Whether it is off the list, so that only who knows its code can come in. */
  private: boolean;
}
/**
 * Come to a match: who has a part in it plays, all others watch. [`Claimed`] follow the board.
 *
 * Refused with `forbidden` to who is not in its lobby, `kicked`, and `not_found` once it is over.
 */
export interface Enter {
  /** Which one. */
  match: string;
}
/**
 * Come in. Refused with `not_found`, `full`, `locked` or `kicked`.
 *
 * By one who is there it changes what as: who watches takes a seat, or is refused and goes on
 * watching; who has one gives it up, unless it is taken by another connection too.
 */
export interface Join {
  /** Which one: also the code of a private one. */
  lobby: string;
  /** What as. */
  role: Role;
}
/** Put somebody out, for good. For the host alone. */
export interface Kick {
  /** Which lobby. */
  lobby: string;
  /** Why: they are told. */
  reason: string;
  /** Who. */
  user: string;
}
/** Give up your seat, and go. */
export interface Leave {
  /** Which lobby. */
  lobby: string;
}
/** One lobby in the list. */
export interface Line {
  /** How many are neither taken nor kept for somebody. */
  free: number;
  /** Who may lock it; nobody while all are away. */
  host: string | null;
  /** Which one. */
  lobby: string;
  /** Whether the host lets nobody in. */
  locked: boolean;
  /** What it is called. */
  name: string;
  /** Whether a match is on. */
  playing: boolean;
  /** How many seats are taken. */
  taken: number;
}
/** What is new on the list: at first all of it. What is removed is to be removed first. */
export interface Lobbies {
  /** On the list, or changed there. */
  listed: Line[];
  /** Off the list. */
  removed: string[];
}
/** How a lobby is, whenever that has changed. */
export interface LobbyState {
  /** Seconds until a match begins, while all are ready. */
  countdown: number | null;
  /** How many seats are neither taken nor kept for somebody. */
  free: number;
  /** Who is the host: the one of those who are not away that has sat the longest. */
  host: string | null;
  /** Which one. */
  lobby: string;
  /** Whether the host lets nobody in. */
  locked: boolean;
  /** The match that is on. */
  match: string | null;
  /** What it is called. */
  name: string;
  /** How the last match went. */
  outcome: Outcome | null;
  /** Whether it is off the list. */
  private: boolean;
  /** In the order in which they were taken. */
  seats: Seat[];
}
/** Let nobody else in, or let them in again. For the host alone. */
export interface Lock {
  /** Which lobby. */
  lobby: string;
  /** Whether it is to be locked. */
  locked: boolean;
}
/** Something happened in the lobby, in words. */
export interface News {
  /** One sentence. */
  text: string;
}
/** How a match went: to everybody who is there, and to its lobby. */
export interface Outcome {
  /** The most cells first. Nobody, if the match did not come to its end. */
  scores: Score[];
  /** Who won; nobody if the most cells are two players'. */
  winner: string | null;
}
/** Say whether you are ready; not while a match is on. */
export interface Ready {
  /** Which lobby. */
  lobby: string;
  /** Whether you are. */
  ready: boolean;
}
/** What somebody is in a lobby for. */
export type Role = "player" | "spectator";
/** Somebody said something. */
export interface Said {
  /** What that player is called. */
  name: string;
  /** What was said. */
  text: string;
  /** Who. */
  user: string;
}
/** Say something to everybody in the lobby. */
export interface Say {
  /** Which lobby. */
  lobby: string;
  /** One line. */
  text: string;
}
/** What a player has come to. */
export interface Score {
  /** How many cells. */
  cells: number;
  /** As in the lobby. */
  colour: number;
  /** What the player is called. */
  name: string;
  /** Who. */
  user: string;
}
/** One player's place in a lobby. */
export interface Seat {
  /** Whether the player is disconnected. The seat is kept for 30 s. */
  away: boolean;
  /** 0 to 7. */
  colour: number;
  /** What the player is called. */
  name: string;
  /** Whether the player is ready. */
  ready: boolean;
  /** Who, as the token's `sub` has it. */
  user: string;
}
/** Look at the list of lobbies, from now on: [`Lobbies`] come after the answer. */
export interface Watch {
  /** Only those with a free seat. */
  open: boolean;
  /** Only those with this in their name, in capitals or not; all if it is empty. */
  text: string;
}
/** What clients of `/` send and get. */
export interface Lobby extends Contract {
  hash: "e33e7abe";
  up: {
    "hall:create": { in: Create; out: string };
    /** Find a lobby with a free seat, or make one. The seat is kept for ten seconds: join it. */
    "hall:play": { in: void; out: string };
    "hall:watch": { in: Watch; out: void };
    "lobby:join": { in: Join; out: void; room: "lobby"; key: "lobby"; join: true };
    "lobby:kick": {
      in: Kick;
      out: void;
      room: "lobby";
      key: "lobby";
      refusals: "forbidden" | "kicked" | "not_found" | "playing" | "yourself";
    };
    "lobby:leave": { in: Leave; out: void; room: "lobby"; key: "lobby" };
    "lobby:lock": {
      in: Lock;
      out: void;
      room: "lobby";
      key: "lobby";
      refusals: "forbidden" | "kicked" | "not_found" | "playing" | "yourself";
    };
    "lobby:ready": {
      in: Ready;
      out: void;
      room: "lobby";
      key: "lobby";
      refusals: "forbidden" | "kicked" | "not_found" | "playing" | "yourself";
    };
    "lobby:say": {
      in: Say;
      out: void;
      room: "lobby";
      key: "lobby";
      refusals: "forbidden" | "kicked" | "not_found" | "playing" | "yourself";
    };
    "match:claim": {
      in: Claim;
      out: void;
      room: "match";
      key: "match";
      refusals: "not_found" | "taken" | "too_far" | "watching";
    };
    "match:join": { in: Enter; out: Board; room: "match"; key: "match"; join: true };
  };
  down: {
    "hall:lobbies": { data: Lobbies };
    "lobby:news": { data: News; room: "lobby" };
    "lobby:said": { data: Said; room: "lobby" };
    "lobby:state": { data: LobbyState; room: "lobby" };
    "match:claimed": { data: Claimed; room: "match" };
    "match:clock": { data: Clock; room: "match" };
    "match:over": { data: Outcome; room: "match" };
  };
  ask: {};
  presence: { lobby: Card };
}

/** What the client needs at run time. */
export declare const lobby: Described<Lobby>;
