/** What an app writes, and what the compiler must not let it write. */

import { connect, Refusal, type Client, type Readable, type RefusalOf, type Room, type State } from "salon-client";
import { connect as small } from "salon-client/websocket";
import { faults } from "salon-client/faults";
import { chat, type Chat } from "./chat.js";

declare function token(): Promise<string>;
declare function render(x: unknown): void;

const salon = connect("/salon", { contract: chat, auth: async (why) => (why === "expired" ? null : { token: await token() }) });
const typed: Client<Chat> = salon;
salon.state.subscribe(render);
const states: Readable<State> = salon.state;
const lounge = await salon.join("chat:join", { room: "lounge", name: "Ada" });
const kept: Room<Chat, "chat", string[]> = lounge;
const names: string[] = lounge.snapshot.get();
lounge.on("chat:said", ({ by, text }, { seq }) => render([by, text, seq]));
lounge.on("lost", ({ from, to }) => render([from.seq, to.seq]));
lounge.on("out", ({ code, message }) => render([code, message]));
lounge.on("restarted", ({ epoch }) => render(epoch));
const ok: void = await lounge.send("chat:say", { text: `hello, ${names.length}` }, { queue: "once" });
await lounge.send("chat:typing");
const n: number = await salon.send("count");
await salon.send("count", undefined, { timeout_ms: 500 });
const hall = await salon.join("hall:watch");
const many: number = hall.snapshot.get();
salon.answer("favourite", ({ of }) => of.toUpperCase());
lounge.presence.subscribe((users) => users.get("u7")?.[0]?.name.length);
const count: number | undefined = lounge.count.get();
salon.on("notice", ({ text }) => render(text));
salon.on("salon:lapsing", ({ expires_in_ms }) => render(expires_in_ms));
salon.on("salon:dropped", ({ event, count }) => render([event, count]));
for await (const e of lounge.events()) if (e.name === "chat:said") render(e.data.by);
try {
  await salon.send("chat:say", { room: "lounge", text: "x" });
} catch (e) {
  if (e instanceof Refusal && e.code === "rate_limited") render(e.data);
  const refusal = e as RefusalOf<Chat, "chat:say">;
  if (refusal.code === "nothing_said" || refusal.code === "timeout") render(refusal.retry);
  // @ts-expect-error a code that is neither the event's nor built in
  if (refusal.code === "nothing_sayd") render(0);
}
const state = salon.state.get();
if (state.at === "online") render([state.session, state.user, state.current === false]);
if (state.at === "refused") render(state.refusal.code);

// A client without a contract takes any name and any data.
const loose = small("wss://server/salon", { open: false });
const place = await loose.join("lobby:join", { lobby: "KXQ7PM", role: "player" });
place.on("lobby:state", (state) => render(state.seats));
await place.send("lobby:ready", { lobby: "KXQ7PM", ready: true });
render((await loose.send("hall:play")).code);
loose.on("lobby:said", ({ text }, at) => render([text, at?.seq]));
faults(loose).cut();

// @ts-expect-error an event that is not in the contract
await salon.send("chat:sai", { room: "lounge", text: "x" });
// @ts-expect-error a wrong field
await salon.send("chat:say", { room: "lounge", txt: "x" });
// @ts-expect-error a payload is missing
await salon.send("chat:say");
// @ts-expect-error a payload where there is none
await salon.send("count", 7);
// @ts-expect-error the room's key is filled in
await lounge.send("chat:say", { room: "lounge", text: "x" });
// @ts-expect-error a payload of nothing but the key has nothing left
await lounge.send("chat:typing", 3);
// @ts-expect-error an event of no room
await lounge.send("count");
// @ts-expect-error not a joining event
await salon.join("chat:say", { room: "lounge", text: "x" });
// @ts-expect-error an event of no room
lounge.on("notice", render);
// @ts-expect-error an event of another room
lounge.on("hall:news", render);
// @ts-expect-error the wrong type of answer
salon.answer("favourite", () => 7);
// @ts-expect-error what is not asked
salon.answer("favorite", () => "green");
// @ts-expect-error a transport that there is not
connect("/salon", { transports: ["carrier-pigeon"] });
// @ts-expect-error an option that there is not
connect("/salon", { contract: chat, retry: 3 });
// @ts-expect-error a contract's type alone, which is not there at run time
connect<Chat>("/salon", {});
// @ts-expect-error no word for what becomes of it
await lounge.send("chat:say", { text: "x" }, { queue: "twice" });
// @ts-expect-error a snapshot is for reading
lounge.snapshot.set([]);

void [ok, n, typed, states, kept, many, count];
