/**
 * The page of the running app: its events, and a client that sends them and shows what comes.
 *
 * Names and descriptions are the app's, and values anybody's: nothing of them is ever markup.
 */

import { connect } from "./client.js";

const $ = (id) => document.getElementById(id);
const contract = JSON.parse($("contract").textContent);
/** Lines that are shown at a time; the oldest go first. */
const MOST_SHOWN = 300;

const make = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};
const code = (text) => make("code", "", text);
const json = (value) => JSON.stringify(value, null, 1).replace(/\n\s*/g, " ");

// What is said of the events.

const resolve = (schema) => {
  const name = schema?.$ref?.replace("#/schemas/", "");
  return name === undefined ? (schema ?? {}) : (contract.schemas[name] ?? {});
};
const types = ({ type }) => [type ?? []].flat();

/** In a word, what a schema admits. */
function typeOf(schema) {
  const { $ref, enum: values, const: value, oneOf, anyOf, items } = schema ?? {};
  if (schema === undefined || schema === true) return "anything";
  if ($ref) return $ref.replace("#/schemas/", "");
  if (value !== undefined) return JSON.stringify(value);
  if (values) return values.map((one) => JSON.stringify(one)).join(" or ");
  if (oneOf ?? anyOf) return (oneOf ?? anyOf).map(typeOf).join(" or ");
  if (items && !Array.isArray(items)) return `list of ${typeOf(items)}`;
  return types(schema).join(" or ") || "anything";
}

/** A value to begin with. */
function example(schema, depth = 0) {
  const { const: value, enum: values, default: usual, oneOf, anyOf, allOf, properties, required = [], items } = resolve(schema);
  if (value !== undefined) return value;
  if (usual !== undefined) return usual;
  if (values) return values[0];
  const one = (oneOf ?? anyOf ?? allOf)?.[0];
  if (one && depth < 4) return example(one, depth + 1);
  if (Array.isArray(items)) return items.map((item) => example(item, depth + 1));
  if (properties && depth < 4)
    return Object.fromEntries(required.map((name) => [name, example(properties[name], depth + 1)]));
  const [type] = types(resolve(schema));
  return { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} }[type] ?? null;
}

function tags({ room, by, rate, auth, permission, once, refusals, rooms, session, loss, throttle_ms, acked_ms }) {
  const named = typeof loss === "object" ? Object.entries(loss).map(([which, queue]) => `drops the ${which} of more than ${queue}`)[0] : loss;
  return [
    room && `room ${room}`,
    by && { join: "joins", member: "members only", anyone: "whoever it is" }[by],
    rate && `${rate.count} in ${rate.per_ms} ms, ${rate.burst} at once`,
    auth && "wants an identity",
    permission && `permission ${permission}`,
    once && `once by ${once}`,
    refusals?.length && `refused as ${refusals.join(", ")}`,
    ...(rooms ?? []).map((name) => `from room ${name}`),
    session && "from one's own session",
    loss && loss !== "nothing" && named,
    throttle_ms && `once in ${throttle_ms} ms`,
    acked_ms && `again if not acknowledged in ${acked_ms} ms`,
  ].filter(Boolean);
}

// The line: a WebSocket that can be cut, and whose client can stop reading.

let socket = null;
let isReading = true;
let unread = [];

class Line extends WebSocket {
  #heard = null;

  constructor(...how) {
    super(...how);
    socket = this;
  }

  set onmessage(run) {
    this.#heard = run;
    super.onmessage = (event) => (isReading ? run.call(this, event) : unread.push([this, event]));
  }

  get onmessage() {
    return this.#heard;
  }

  addEventListener(kind, run, ...how) {
    if (kind !== "message") return super.addEventListener(kind, run, ...how);
    super.addEventListener(kind, (event) => (isReading ? run.call(this, event) : unread.push([this, event, run])), ...how);
  }
}

function readOn() {
  isReading = true;
  const all = unread;
  unread = [];
  for (const [line, event, run = line.onmessage] of all) if (line === socket) run.call(line, event);
}

// The client.

let client = null;
let joined = new Map();

function show(className, ...what) {
  const list = $("heard");
  const time = new Date().toLocaleTimeString([], { hour12: false });
  list.prepend(make("li", "", make("span", "quiet", `${time} `), make("span", className, ...what)));
  while (list.children.length > MOST_SHOWN) list.lastChild.remove();
}

function showRooms() {
  const rooms = [...joined].map(([name, room]) => `${name} (${room.count.get() ?? room.presence.get().size} there)`);
  $("rooms").textContent = rooms.length ? `in ${rooms.join(", ")}` : "";
}

function showState(state) {
  const { at } = state;
  const seconds = Math.max(0, Math.ceil((state.until - Date.now()) / 1000));
  $("state").dataset.at = at;
  $("state").textContent = {
    idle: "Not connected",
    connecting: `Connecting by ${state.transport}…`,
    online: `Connected by ${state.transport} as ${state.user ?? state.session}`,
    waiting: `Trying again in ${seconds} s`,
    degraded: "No connection; trying now and then",
    refused: `Refused: ${state.refusal?.code}`,
    closed: "Closed",
  }[at];
  if (at === "refused") show("bad", `refused: ${state.refusal.code}, ${state.refusal.message}`);
  $("connect").disabled = !["idle", "refused", "closed"].includes(at);
  $("close").disabled = ["idle", "closed"].includes(at);
  $("cut").disabled = $("read").disabled = at !== "online";
}

/** What stands in the field: JSON, or a token. */
function identity() {
  const text = $("auth").value.trim();
  if (!text) return {};
  try {
    const value = JSON.parse(text);
    if (typeof value === "object" && value) return value;
  } catch {
    // Then it is a token.
  }
  return { token: text };
}

const keys = ({ up }) => Object.fromEntries(Object.entries(up).filter(([, it]) => it.key).map(([name, it]) => [name, it.key]));

function open() {
  client?.close();
  joined = new Map();
  const path = $("namespace").value;
  const here = contract.namespaces[path];
  // A mistake of the page's own would be taken for the app's.
  const described = { hash: here.hash, keys: keys(here) };
  const url = new URL("." + (path === "/" ? "" : path), location.href);
  client = connect(url.href.replace(/\/$/, ""), { contract: described, auth: () => identity(), transports: ["websocket"], WebSocket: Line });
  client.state.subscribe(showState);
  for (const name of [...Object.keys(here.down), ...SALON]) client.on(name, (data, place) => heard(name, data, place));
  for (const name of Object.keys(here.ask))
    client.answer(name, (data) => {
      show("", "asked ", code(name), ` ${json(data)}`);
      const answer = prompt(`The server asks ${name} ${json(data)}. The answer, as JSON:`, "null");
      if (answer === null) throw new Error("nothing was answered");
      return JSON.parse(answer);
    });
}

const SALON = ["salon:presence", "salon:lapsing", "salon:lapsed", "salon:dropped", "salon:evicted"];

function heard(name, data, place) {
  const at = place ? ` ${place.room} ${place.seq ?? `behind ${place.after}`}` : "";
  show("", "← ", code(name), ` ${data === undefined ? "" : json(data)}`, make("span", "quiet", at));
  showRooms();
}

async function send(name, event, text) {
  let data;
  try {
    data = text === undefined || !text.trim() ? undefined : JSON.parse(text);
  } catch (error) {
    return show("bad", "what stands there is no JSON: ", error.message);
  }
  if (!client) open();
  show("", "→ ", code(name), ` ${data === undefined ? "" : json(data)}`);
  try {
    const answer = event.by === "join" ? await join(name, data) : await client.send(name, data);
    show("good", "= ", code(name), ` ${answer === undefined ? "done" : json(answer)}`);
  } catch (refusal) {
    show("bad", "✗ ", code(name), ` ${refusal.code}: ${refusal.message}${refusal.data ? ` ${json(refusal.data)}` : ""}`);
  }
}

async function join(name, data) {
  const room = await client.join(name, data);
  const former = joined.get(room.name);
  joined.set(room.name, room);
  former?.leave();
  const isThis = () => joined.get(room.name) === room;
  room.on("lost", () => isThis() && show("bad", `${room.name}: what was missed is not there any more; it begins anew`));
  room.on("out", (why) => {
    if (!isThis()) return;
    joined.delete(room.name);
    show("bad", `out of ${room.name}: ${why.code}`);
    showRooms();
  });
  room.state.subscribe((state) => isThis() && state === "rejoining" && show("quiet", `${room.name}: coming back`));
  room.presence.subscribe(showRooms);
  return room.snapshot.get();
}

// The form of one event.

/** A field for one property, if it is of a simple type. What is typed goes where `put` puts it. */
function field(name, schema, isNeeded, put) {
  const { description, enum: values, oneOf } = resolve(schema);
  const all = values ?? (oneOf?.every((one) => "const" in one) ? oneOf.map((one) => one.const) : undefined);
  const type = types(resolve(schema)).find((one) => one !== "null");
  const about = `${name}${isNeeded ? "" : " (may be left out)"}${description ? `: ${description}` : ""}`;
  if (type === "boolean") {
    const input = make("input");
    input.type = "checkbox";
    input.onchange = () => put(input.checked);
    return make("label", "tick", input, make("span", "", about));
  }
  if (all) {
    const input = make("select", "", ...(isNeeded ? [] : [new Option("–", "")]), ...all.map((one) => new Option(String(one), JSON.stringify(one))));
    input.onchange = () => put(input.value ? JSON.parse(input.value) : undefined);
    return make("label", "", make("span", "", about), input);
  }
  if (!["string", "integer", "number"].includes(type)) return null;
  const input = make("input");
  if (type !== "string") input.type = "number";
  input.oninput = () => put(input.value === "" && (!isNeeded || type !== "string") ? undefined : type === "string" ? input.value : Number(input.value));
  return make("label", "", make("span", "", about), input);
}

function form(name, event) {
  const made = make("form");
  const { carries, schema } = event.payload ?? { carries: "one" };
  let text;
  if (carries !== "nothing") {
    text = make("textarea");
    text.setAttribute("aria-label", `What ${name} carries, as JSON`);
    text.spellcheck = false;
    text.value = JSON.stringify(schema === undefined ? {} : example(schema), null, 2);
    const { properties = {}, required = [] } = resolve(schema);
    const put = (property) => (value) => {
      try {
        text.value = JSON.stringify({ ...JSON.parse(text.value || "{}"), [property]: value }, null, 2);
      } catch {
        text.value = JSON.stringify({ [property]: value }, null, 2);
      }
    };
    const fields = Object.entries(properties).map(([property, of]) => field(property, of, required.includes(property), put(property)));
    made.append(make("div", "fields", ...fields.filter(Boolean)), text);
  }
  const go = make("button", "act main", event.by === "join" ? "Join" : "Send");
  made.append(make("p", "", go));
  made.onsubmit = (submitted) => {
    submitted.preventDefault();
    void send(name, event, text?.value);
  };
  return made;
}

function schemaOf(title, schema) {
  const about = resolve(schema);
  const part = make("div", "", make("h3", "", `${title}: ${typeOf(schema)}`));
  if (schema !== undefined && (about.properties || about.oneOf || about.anyOf)) {
    const shown = make("details", "", make("summary", "", "schema"), make("pre", "", JSON.stringify(about, null, 2)));
    part.append(shown);
  }
  return part;
}

function choose(kind, name, event) {
  for (const other of document.querySelectorAll("nav button")) other.setAttribute("aria-current", String(other.dataset.event === `${kind} ${name}`));
  const { carries, schema } = event.payload ?? {};
  const reply = typeof event.reply === "object" ? event.reply.value : undefined;
  const parts = [make("h2", "", code(name))];
  if (event.description) parts.push(make("p", "", event.description));
  parts.push(make("ul", "tags", ...tags(event).map((tag) => make("li", "", tag))));
  if (carries && carries !== "nothing") parts.push(schemaOf("Carries", schema ?? undefined));
  if (typeof event.reply === "object") parts.push(schemaOf(kind === "ask" ? "You answer" : "Answered by", reply ?? undefined));
  if (kind === "up") parts.push(form(name, event));
  $("event").replaceChildren(...parts);
}

function list(kind, title, events) {
  const all = Object.entries(events).map(([name, event]) => {
    const choice = make("button", "", name);
    choice.type = "button";
    choice.dataset.event = `${kind} ${name}`;
    choice.onclick = () => choose(kind, name, event);
    return make("li", "", choice);
  });
  return all.length ? [make("h3", "", title), make("ul", "", ...all)] : [];
}

function showNamespace() {
  const { up, down, ask, untyped = [], hash } = contract.namespaces[$("namespace").value];
  const loose = Object.fromEntries(untyped.map((name) => [name, { description: "It has a handler without types." }]));
  $("events").replaceChildren(
    ...list("up", "You send", { ...up, ...loose }),
    ...list("down", "You get", down),
    ...list("ask", "You are asked", ask),
  );
  $("hash").textContent = hash;
  $("event").replaceChildren(make("p", "quiet", "Choose an event."));
}

for (const name of Object.keys(contract.namespaces)) $("namespace").append(new Option(name, name));
$("namespace").onchange = () => {
  client?.close();
  client = null;
  showNamespace();
};
$("line").onsubmit = (event) => {
  event.preventDefault();
  open();
};
$("close").onclick = () => client.close();
$("cut").onclick = () => {
  show("quiet", "the line is cut");
  // As if it was lost: a close with 1000 would be a goodbye.
  socket?.close(4000);
};
$("read").onclick = () => {
  if (isReading) isReading = false;
  else readOn();
  $("read").setAttribute("aria-pressed", String(!isReading));
  $("read").textContent = isReading ? "Stop reading" : "Read on";
};
showNamespace();
