/**
 * One room that this client is in: what it has seen of its order, and who is there.
 *
 * It must never deliver a number twice, out of order, or behind a gap; nor anything of an order that is over.
 */

import type { Place } from "./types.js";

/** Something that a room has sent. */
export interface Sent {
  name: string;
  data: any;
  place: Place;
  /** Whoever sent it awaits that it was taken. */
  ack?: (() => void) | undefined;
}

/** What `salon:joined` and its like say of who is there. */
export interface Presence {
  users?: { user: string; metas: unknown[] }[];
  count?: number;
  joined?: Presence["users"];
  updated?: Presence["users"];
  left?: string[];
}

export type Users = ReadonlyMap<string, readonly unknown[]>;

export interface Membership {
  readonly name: string;
  /** From here on everything is held, until whoever is to hear it can. */
  hold(): void;
  release(): void;
  /** A new order begins, or this one anew. */
  begin(epoch: string, after: number): void;
  /** The connection is lost: what was held or missing comes again. */
  reset(): void;
  where(): { epoch: string; seq: number };
  take(sent: Sent): void;
  /** The server has sent again what it had up to there, or refused to. */
  replayed(first: number | undefined): void;
  users(): Users;
  count(): number | undefined;
  present(presence: Presence | undefined): void;
}

export const membership = (
  name: string,
  deliver: (sent: Sent) => void,
  /** Asks for what is missing, or gives up if that was of no use. */
  replay: (to: number | undefined) => void,
  changed: () => void,
): Membership => {
  let epoch: string;
  let seq = 0;
  /** What came before was not seen, but for those that came by themselves. */
  let base = 0;
  let seen = new Set<number>();
  let held: Sent[] | undefined;
  let ahead: Sent[] = [];
  let asked = -1;
  /** Without a history there are gaps: what was sent to all but this client. */
  let keepsNothing = false;
  let users: Users = new Map();
  let count: number | undefined;

  const present = ({ users: all, count: many, joined = [], updated = [], left = [] }: Presence = {}) => {
    const now = new Map(all || many !== undefined ? [] : users);
    if (all || many !== undefined) count = many;
    for (const { user, metas } of [...(all ?? []), ...joined, ...updated]) now.set(user, metas);
    for (const user of left) now.delete(user);
    users = now;
    changed();
  };
  const hand = (sent: Sent) => {
    if (sent.name === "salon:presence") present(sent.data);
    if (sent.name !== "salon:skip") deliver(sent);
    sent.ack?.();
  };
  const take = (sent: Sent) => {
    const { place, ack } = sent;
    const number = place.seq;
    if (place.epoch !== epoch) return ack?.();
    if (held) return void held.push(sent);
    if (number === undefined) return hand(sent);
    if (number <= seq) {
      if (!ack || number > base || seen.has(number)) return ack?.();
      seen.add(number);
      return hand(sent);
    }
    if ((place.from ?? number) > seq + 1 && !keepsNothing) {
      ahead.push(sent);
      ask();
      return;
    }
    seq = number;
    hand(sent);
    const [first] = ahead;
    if (first && (first.place.from ?? first.place.seq!) <= seq + 1) again();
  };
  const ask = () => {
    if (asked >= 0) return;
    asked = seq;
    const { from, seq: first } = ahead[0]!.place;
    replay((from ?? first!) - 1);
  };
  const again = () => {
    const all = ahead;
    ahead = [];
    all.forEach(take);
  };

  return {
    name,
    hold: () => (held ??= []),
    release() {
      const all = held ?? [];
      held = undefined;
      all.forEach(take);
    },
    begin(of, after) {
      epoch = of;
      base = seq = after;
      seen = new Set();
      ahead = [];
      asked = -1;
    },
    reset() {
      held = undefined;
      ahead = [];
      asked = -1;
    },
    where: () => ({ epoch, seq }),
    take,
    replayed(first) {
      const before = asked;
      asked = -1;
      const [next] = ahead;
      if (!next) return;
      if (first !== undefined && first > next.place.seq!) keepsNothing = true;
      else if (first !== undefined || seq === before) return replay(undefined);
      again();
    },
    users: () => users,
    count: () => count,
    present,
  };
};
