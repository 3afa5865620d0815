/**
 * All rooms that this client is in, over all connections: they are joined again, and taken up where they were.
 *
 * It must never let a room's events reach anybody before its snapshot has.
 */

import type { Host, Joined } from "./host.js";
import { membership, type Membership, type Presence, type Sent } from "./membership.js";
import type { About } from "./outbox.js";
import { Refusal, refusal, type Refused } from "./refusal.js";
import type { Place, Send } from "./types.js";

interface Kept {
  readonly room: Membership;
  readonly owners: Set<Host>;
  event: string;
  data: unknown;
  isBack: boolean;
  /** Goes up by whatever makes an answer, or a timer, one of the past. */
  turn: number;
  failed: number;
  lost?: { from: Place; to: Place } | undefined;
}

interface Joining {
  key: string | undefined;
  kept?: Kept | undefined;
  done: Promise<unknown>;
}

type Opening = Place & { after: number; resumed?: boolean; presence?: Presence };

export const rooms = (
  keys: Readonly<Record<string, string>>,
  call: (name: string, data: unknown, options: Send, about: About) => Promise<unknown>,
  /** Says something that awaits no answer, if it can be said. */
  say: (name: string, data: unknown) => void,
  /** Somebody waits for a room that is joined now. */
  ready: () => void,
) => {
  const all = new Map<string, Kept>();
  const joining: Joining[] = [];

  const tell = ({ owners, room }: Kept, what: string, value: unknown) => {
    for (const owner of [...owners]) owner.tell("room", room.name, what, value);
  };
  const place = ({ room }: Kept): Place => ({ room: room.name, ...room.where() });
  const isIn = (kept: Kept) => all.get(kept.room.name) === kept;

  const keep = (name: string): Kept => {
    const deliver = ({ name, data, place }: Sent) => {
      for (const owner of [...kept.owners]) owner.tell("event", name, data, place);
    };
    const replay = (to: number | undefined) => {
      if (to === undefined) return anew(kept);
      const { epoch, seq } = room.where();
      const { turn } = kept;
      const over = (first?: number) => kept.turn === turn && room.replayed(first);
      call("salon:replay", { room: name, epoch, after: seq, to }, {}, { now: true }).then(
        () => over(),
        (refused: Refusal) => over(refused.code === "gone" ? ((refused.data as { first?: number })?.first ?? 0) : undefined),
      );
    };
    const changed = () => tell(kept, "presence", [room.users(), room.count()]);
    const room = membership(name, deliver, replay, changed);
    const kept: Kept = { room, owners: new Set(), event: "", data: undefined, isBack: true, turn: 0, failed: 0 };
    all.set(name, kept);
    return kept;
  };
  const forget = (kept: Kept) => {
    kept.turn++;
    if (isIn(kept)) all.delete(kept.room.name);
  };
  const out = (kept: Kept, why: Refusal) => {
    forget(kept);
    tell(kept, "out", why);
  };
  /** Out and in again, since what was missed is not there any more. */
  const anew = (kept: Kept) => {
    kept.lost = { from: place(kept), to: place(kept) };
    kept.room.hold();
    say("salon:leave", { room: kept.room.name });
    void rejoin(kept);
  };

  const rejoin = async (kept: Kept) => {
    const turn = ++kept.turn;
    const { room } = kept;
    kept.isBack = false;
    tell(kept, "state", "rejoining");
    let snapshot;
    try {
      // Where an answer was lost that says how the room began anew, that is asked for once more.
      // Nor has a room a place to come back to that has no order.
      const where = room.where();
      snapshot = await call(kept.event, kept.data, {}, { now: true, after: kept.lost || !where.epoch ? undefined : where });
    } catch (error) {
      if (kept.turn !== turn) return;
      const { retry } = error as Refusal;
      if (retry === "never" || retry === "token") return out(kept, error as Refusal);
      const delay = typeof retry === "object" ? retry.after_ms : Math.min(10_000, 1_000 * 2 ** kept.failed++);
      setTimeout(() => kept.turn === turn && void rejoin(kept), delay);
      return;
    }
    if (kept.turn !== turn) return;
    const { lost } = kept;
    kept.lost = undefined;
    kept.isBack = true;
    kept.failed = 0;
    if (lost || snapshot != null) tell(kept, "snapshot", snapshot);
    tell(kept, "state", "joined");
    if (lost) tell(kept, "lost", lost);
    room.release();
    ready();
  };

  const begin = (kept: Kept, { room, epoch, after, presence }: Opening) => {
    const to = { room, epoch, seq: after };
    if (kept.event) kept.lost = { from: kept.lost?.from ?? place(kept), to };
    kept.room.begin(epoch, after);
    kept.room.hold();
    kept.room.present(presence);
  };

  const leave = (owner: Host, name: string) => {
    const kept = all.get(name);
    if (!kept?.owners.delete(owner) || kept.owners.size) return;
    forget(kept);
    say("salon:leave", { room: name });
  };

  return {
    leave,
    /** Whoever is gone leaves every room. */
    gone(owner: Host) {
      for (const name of [...all.keys()]) leave(owner, name);
    },
    isReady: (room: string | undefined) => all.get(room!)?.isBack ?? true,
    /** Joins, for the first time. */
    async join(owner: Host, event: string, data: any, options: Send): Promise<Joined> {
      const field = keys[event];
      const key = field && `:${data?.[field]}`;
      // What is joined is told apart by its key; without one it takes one joining after the other.
      const isLike = (other: Joining) => !other.key || !key || other.key === key;
      for (let other; (other = joining.find(isLike)); ) await other.done;
      let finish!: (value?: unknown) => void;
      const mine: Joining = { key, done: new Promise((resolve) => (finish = resolve)) };
      joining.push(mine);
      try {
        const snapshot = await call(event, data, options, { join: true, owner });
        const same = (kept: Kept) =>
          kept.event === event && (key ? kept.room.name.endsWith(key) : JSON.stringify(kept.data) === JSON.stringify(data));
        const kept = mine.kept ?? [...all.values()].find(same);
        if (!kept || !isIn(kept)) throw refusal("not_a_member", `${event} made nobody a member`);
        const { room } = kept;
        kept.owners.add(owner);
        kept.event = event;
        kept.data = data;
        if (kept.isBack) {
          room.hold();
          // Whoever awaits this has its handlers by then.
          setTimeout(room.release, 0);
        }
        return { room: room.name, place: place(kept), snapshot, users: room.users(), count: room.count() };
      } catch (error) {
        if (mine.kept) forget(mine.kept);
        throw error;
      } finally {
        joining.splice(joining.indexOf(mine), 1);
        finish();
      }
    },
    /** Takes what a room sends. Whether it is one of ours. */
    take(sent: Sent) {
      const kept = all.get(sent.place.room);
      kept?.room.take(sent);
      return Boolean(kept);
    },
    /** Who is there in a room that has no order. */
    present: (at: Presence & { room: string }) => all.get(at.room)?.room.present(at),
    joined(at: Opening) {
      let kept = all.get(at.room);
      if (!kept) {
        const mine = joining.find(({ key }) => key && at.room.endsWith(key)) ?? joining.find(({ key }) => !key);
        if (!mine || mine.kept) return;
        kept = mine.kept = keep(at.room);
      }
      if (at.resumed) kept.room.present(at.presence);
      else begin(kept, at);
    },
    restarted(at: Opening) {
      const kept = all.get(at.room);
      if (!kept) return;
      begin(kept, at);
      tell(kept, "restarted", { room: at.room, epoch: at.epoch, seq: at.after });
      if (kept.event) void rejoin(kept);
    },
    evicted(at: Refused & { room: string }) {
      const kept = all.get(at.room);
      if (kept) out(kept, new Refusal(at));
    },
    up() {
      for (const kept of all.values()) void rejoin(kept);
    },
    down() {
      for (const mine of joining) {
        if (mine.kept) forget(mine.kept);
        mine.kept = undefined;
      }
      for (const kept of all.values()) {
        kept.turn++;
        kept.isBack = false;
        kept.room.reset();
        tell(kept, "state", "rejoining");
      }
    },
  };
};
