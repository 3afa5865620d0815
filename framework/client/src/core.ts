/** The connection, what is sent by it, and the rooms: for one client, or for those of several tabs. */

import { connection } from "./connection.js";
import type { Api, Attach, Host } from "./host.js";
import type { Sent } from "./membership.js";
import { outbox } from "./outbox.js";
import { safely } from "./readable.js";
import { Refusal, refusal, type Refused } from "./refusal.js";
import { rooms } from "./rooms.js";
import type { Openers, Target } from "./transports/transport.js";
import type { Contract, Described, Options, Place } from "./types.js";

const isPlace = (value: any): value is Place => typeof value?.room === "string" && typeof value.epoch === "string";

export const core = (target: Target, options: Options, contract: Described<Contract> | undefined, openers: Openers): Attach => {
  const hosts = new Set<Host>();
  /** Goes up by each session, so that an answer to one that is over is not sent to the next. */
  let session = 0;
  let isUp = false;

  /** Whether an event carries several values, which are a list to the app. */
  const isList = (name: string) => contract?.positional?.includes(name) ?? false;

  const carried = (name: string, values: unknown[]) => (isList(name) ? values : values[0]);

  const line = connection(options, target, openers, contract?.hash, {
    up({ max_payload }) {
      session++;
      isUp = true;
      out.up(max_payload);
      inside.up();
      out.flush();
    },
    down() {
      session++;
      isUp = false;
      out.down();
      inside.down();
    },
    frame: ([first, ...rest]) => {
      if (typeof first === "string") hear(first, rest);
      else if ((first as number) > 0) asked(first as number, rest);
      else {
        const refused = rest.length === 2 && rest[0] === null && (rest[1] as Refused)?.code ? rest[1] : undefined;
        out.answered(-(first as number), refused as Refused, rest[0]);
      }
    },
    quiet: (then) => out.quiet(then),
    refresh: (identity) => out.call("salon:refresh", identity, {}, { now: true }),
  });
  const out = outbox(options, `salon:${target.url}`, (frame) => line.send(frame), (room) => inside.isReady(room), isList);
  const inside = rooms(contract?.keys ?? {}, out.call, (name, data) => isUp && line.send([name, data]), out.flush);

  const hear = (name: string, args: unknown[], ack?: () => void) => {
    const last = args.at(-1);
    // A place is behind the payload, unless there is none; what Salon says may be a place itself.
    const isPlaced = isPlace(last) && (args.length > 1 || !name.startsWith("salon:"));
    const data = carried(name, isPlaced ? args.slice(0, -1) : args);
    if (name === "salon:joined") inside.joined(data as never);
    else if (name === "salon:restarted") inside.restarted(data as never);
    else if (name === "salon:evicted") inside.evicted(data as never);
    else if (name === "salon:presence" && !isPlaced) inside.present(data as never);
    else if (name === "salon:lapsing") line.refresh().catch(() => {});
    const place = isPlaced ? last : name === "salon:skip" ? (data as Place) : undefined;
    const sent: Sent | undefined = place && { name, data, place, ack };
    if (sent && inside.take(sent)) return;
    for (const host of [...hosts]) host.tell("event", name, data, place);
    ack?.();
  };

  const asked = async (id: number, [name, ...args]: unknown[]) => {
    const mine = session;
    const answer = (...values: unknown[]) => mine === session && line.send([-id, ...values]);
    // An event with a number of its own asks for no more than that it was taken.
    if (isPlace(args.at(-1)) && (args.at(-1) as Place).seq) return hear(name as string, args, () => answer());
    let refused = refusal("unknown_event", "nothing here answers that");
    for (const host of [...hosts]) {
      try {
        return answer((await host.ask(name as string, carried(name as string, args))) ?? null);
      } catch (error) {
        const isOurs = error instanceof Refusal;
        refused = isOurs ? error : refusal("internal", "the answer failed");
        if (!isOurs)
          safely(() => {
            throw error;
          });
        if (refused.code !== "unknown_event") break;
      }
    }
    const { code, message, data } = refused;
    answer(null, { code, message, data });
  };

  /** Who has not closed its client. */
  const living = (host: Host) => {
    if (hosts.has(host) || line.state.get().at === "idle") return host;
    throw refusal("disconnected", "the client was closed");
  };

  line.state.subscribe((state) => hosts.forEach((host) => host.tell("state", state)));

  return (host): Api => ({
    call: async (name, data, options, room) => out.call(name, data, options, { room, owner: living(host) }),
    join: async (event, data, options = {}) => inside.join(living(host), event, data, options),
    leave: (room) => inside.leave(host, room),
    open() {
      hosts.add(host);
      line.open();
      host.tell("state", line.state.get());
    },
    close() {
      hosts.delete(host);
      out.clear(host);
      inside.gone(host);
      if (!hosts.size) line.close();
      host.tell("state", { at: "closed" });
    },
    refresh: () => line.refresh(),
    wake: () => line.wake(),
    sleep: (mayComeBack) => mayComeBack && line.sleep(),
  });
};
