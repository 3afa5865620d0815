/** The page: what a player sees and does. How it reaches the server is in salon.js. */

import { Board } from "/board.js";
import { Guest } from "/guest.js";
import { Salon } from "/salon.js";
import { $, badge, button, element, enter, fill, log, onSubmit, trouble } from "/view.js";

const kept = sessionStorage;
/** How long the server keeps a seat. */
const GRACE = 30_000;

const guest = new Guest();
const salon = new Salon(() => guest.auth());
const board = new Board($("board"), claim);

/** The lobby to be in, whether or not the connection is up: its code, and what for. */
let wanted = JSON.parse(kept.getItem("lobby"));
/** How that lobby is, as the server said last. */
let lobby = null;
/** Who is there besides, by user: what presence says. */
let present = new Map();
/** The match whose board is shown, and whether it is still on. */
let match = null;
/** What the list of lobbies says, by code. */
const lobbies = new Map();
/** Since when the token has run out. */
let lapsedAt = null;

// Sign in, and stay signed in.

async function signIn(name) {
  try {
    await guest.signIn(name);
  } catch (error) {
    return trouble(error);
  }
  trouble(null);
  lapsedAt = null;
  showAccount();
  salon.open();
}

/** Presents a new token over the open connection: nothing is interrupted. */
async function refresh() {
  try {
    await salon.emit("salon:refresh", { token: await guest.signIn() });
  } catch (error) {
    trouble(error);
  }
  showAccount();
}

function showAccount() {
  $("account").hidden = !guest.name;
  $("my-name").textContent = guest.name ?? "";
  const seconds = Math.ceil(guest.millisecondsLeft / 1000);
  $("life-left").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  $("life").style.setProperty("--left", guest.millisecondsLeft / guest.life);
  $("life").classList.toggle("low", guest.millisecondsLeft < guest.life / 4);
  $("lapsed").hidden = lapsedAt === null;
  const kept = Math.ceil((lapsedAt + GRACE - Date.now()) / 1000);
  const seat = wanted?.role === "player" ? (kept > 0 ? `Your seat is kept for ${kept} s.` : "Your seat was given up.") : "";
  $("lapsed-seat").textContent = seat;
}
setInterval(showAccount, 500);

function lapsed() {
  lapsedAt = Date.now();
  salon.close();
  showAccount();
  $("sign-in-again").focus();
}

salon.on("salon:lapsing", () => guest.letsLapse || refresh());
salon.on("salon:lapsed", () => {
  guest.distrust();
  lapsed();
});

let hasTriedAgain = false;
salon.onState((state, detail) => {
  const words = {
    connecting: () => "Connecting…",
    online: () => "Connected",
    offline: (wait) => `Reconnecting in ${Math.ceil(wait / 1000)} s`,
    refused: () => "Refused",
    closed: () => (lapsedAt === null ? "Not connected" : "Sign-in lapsed"),
  };
  if (state === "closed" && guest.name && guest.millisecondsLeft === 0) lapsedAt ??= Date.now();
  $("connection").dataset.state = state === "closed" && lapsedAt !== null ? "lapsed" : state;
  $("connection").textContent = words[state](detail);
  document.body.classList.toggle("offline", state !== "online");
  for (const control of document.querySelectorAll("#hall button, #lobby button, #refresh")) control.disabled = state !== "online";
  if (state === "online") {
    hasTriedAgain = false;
    comeIn();
  } else if (state === "refused" && !hasTriedAgain) {
    // The server was started anew, and knows none of the old tokens.
    hasTriedAgain = true;
    guest.distrust();
    salon.open();
  } else if (state === "refused") {
    trouble(detail);
    enter("welcome", "name");
  }
});

/** Back to where the player was: after the first connection, and after each that was lost. */
function comeIn() {
  trouble(null);
  showAccount();
  if (match) match.isOn = false;
  watch();
  if (wanted) join(wanted.lobby, wanted.role);
  else enter("hall", "hall-title");
}

/** Sends an event. What the server answers, or nothing if it refused: then the page says why. */
async function tell(name, content, say = trouble) {
  try {
    const answer = await salon.emit(name, content);
    say(null);
    return answer ?? true;
  } catch (refusal) {
    say(refusal);
  }
}

// The hall.

async function watch() {
  const filter = { open: $("open-only").checked, text: $("filter").value };
  // What comes before the answer is about the filter before.
  if (await tell("hall:watch", filter)) lobbies.clear();
}

salon.on("hall:lobbies", ({ removed, listed }) => {
  for (const code of removed) lobbies.delete(code);
  for (const line of listed) lobbies.set(line.lobby, line);
  showLobbies();
});

function showLobbies() {
  fill($("lobbies"), [...lobbies.values()].map((line) => {
    const { lobby, name, host, taken, free, locked, playing } = line;
    const isOpen = free > 0 && !locked;
    const state = [`${taken} of ${taken + free}`, playing && "playing", locked && "locked"].filter(Boolean).join(" · ");
    const about = element("span", "name", element("b", "", name), element("span", "muted", host ? `hosted by ${host}` : "nobody is there"));
    const go = isOpen
      ? button("Join", "small", () => join(lobby, "player"), `Join ${name}`)
      : button("Watch", "small quiet", () => join(lobby, "spectator"), `Watch ${name}`);
    const row = element("li", "", about, element("span", "state", state));
    if (isOpen) row.append(button("Watch", "small plain", () => join(lobby, "spectator"), `Watch ${name}`));
    row.append(go);
    return row;
  }));
  const isFiltered = $("filter").value || $("open-only").checked;
  const none = isFiltered ? "No lobby matches." : "No lobby is open yet. Open the first one.";
  $("lobby-count").textContent = lobbies.size === 1 ? "1 lobby" : lobbies.size ? `${lobbies.size} lobbies` : none;
}

// The lobby.

async function join(code, role) {
  const isNew = lobby?.lobby !== code;
  if (isNew) [lobby, match, present] = [null, null, new Map()];
  wanted = { lobby: code, role };
  if (isNew) $("log").replaceChildren();
  const joined = await tell("lobby:join", wanted);
  if (joined) {
    kept.setItem("lobby", JSON.stringify(wanted));
    enter("lobby", "lobby-title");
  } else if (salon.id) {
    backToHall();
  }
}

function backToHall() {
  [wanted, lobby, match] = [null, null, null];
  kept.removeItem("lobby");
  $("kick").close();
  enter("hall", "hall-title");
}

const isHere = (name) => wanted && name === `lobby:${wanted.lobby}`;

salon.on("lobby:state", (state) => {
  if (state.lobby !== wanted?.lobby) return;
  lobby = state;
  if (lobby.match && (match?.id !== lobby.match || !match.isOn)) enterMatch(lobby.match);
  showLobby();
});

salon.on("salon:joined", ({ room, presence }) => {
  if (!isHere(room)) return;
  present = new Map(presence.users.map((user) => [user.user, user.metas]));
});

salon.on("salon:presence", ({ room, joined = [], updated = [], left = [] }) => {
  if (!isHere(room)) return;
  for (const user of [...joined, ...updated]) present.set(user.user, user.metas);
  for (const user of left) present.delete(user);
  showWatchers();
});

salon.on("salon:evicted", ({ room, code, message }) => {
  if (match?.isOn && room === `match:${match.id}` && code === "internal") hint("The match has broken down.", true);
  if (!isHere(room)) return;
  const name = lobby?.name ?? "the lobby";
  backToHall();
  const why = code === "kicked" ? `The host put you out of ${name}: ${message}.` : `${name} was closed.`;
  trouble({ message: why });
});

salon.on("salon:restarted", ({ room }) => {
  if (isHere(room)) log("news", "The lobby had a fault, and goes on.");
  else if (match?.isOn && room === `match:${match.id}`) enterMatch(match.id);
});

function showLobby() {
  const { seats, host, locked } = lobby;
  const isPlaying = Boolean(lobby.match);
  const isHost = host === guest.user;
  const mine = seats.find(({ user }) => user === guest.user);
  $("lobby-title").textContent = lobby.name;
  $("copy").textContent = `Code ${lobby.lobby}`;
  $("badges").textContent = [lobby.private && "private", locked && "locked", !mine && "you are watching"].filter(Boolean).join(" · ");
  $("lock").hidden = !isHost;
  $("lock").textContent = locked ? "Unlock" : "Lock";
  $("match").hidden = !match;
  $("clock").hidden = $("hint").hidden = !isPlaying;
  $("seating").hidden = isPlaying;
  const rows = seats.map((seat) => seatRow(seat, { isHost: seat.user === host, isMine: seat === mine, mayKick: isHost && seat !== mine }));
  const free = 8 - seats.length;
  if (free) rows.push(element("li", "free", free === 1 ? "1 seat is free" : `${free} seats are free`));
  fill($("seats"), rows);
  showWatchers();
  showScores();
  $("ready").hidden = !mine;
  $("ready").textContent = mine?.ready ? "I am not ready" : "I am ready";
  $("ready").classList.toggle("quiet", Boolean(mine?.ready));
  $("say-form").hidden = !mine;
  $("status").textContent = statusOf(seats);
  $("status").className = lobby.countdown ? "status counting" : "status";
  if (!isPlaying) showOutcome();
}

function seatRow({ user, name, colour, ready, away }, { isHost, isMine, mayKick }) {
  const label = element("span", "name", name);
  if (isMine) label.append(element("span", "tag", "you"));
  if (isHost) label.append(element("span", "tag host", "host"));
  const [state, words] = away ? ["away", "Away"] : ready ? ["ready", "Ready"] : ["", "Not ready"];
  const row = element("li", away ? "away" : "", badge(colour), label, element("span", `state ${state}`, words));
  if (mayKick) row.append(button("Put out", "small plain", () => askWhy(user, name), `Put ${name} out`));
  return row;
}

function statusOf(seats) {
  if (lobby.countdown) return `Starting in ${lobby.countdown}…`;
  if (seats.length < 2) return "Waiting for another player.";
  return `Waiting for ${seats.filter(({ ready }) => !ready).length} of ${seats.length} to be ready.`;
}

function showWatchers() {
  const names = [...present.values()].flatMap((metas) => metas.slice(0, 1)).filter(({ role }) => role === "spectator").map(({ name }) => name);
  $("watchers").textContent = names.length ? `Watching: ${names.join(", ")}` : "";
}

function showOutcome() {
  const { outcome } = lobby;
  $("outcome").hidden = !outcome;
  if (!outcome) return;
  const [first] = outcome.scores;
  const isMine = outcome.winner && first.user === guest.user;
  const won = isMine ? `You won, with ${first?.cells} cells.` : `${outcome.winner} won, with ${first?.cells} cells.`;
  $("outcome").textContent = outcome.winner ? won : first ? "A draw." : "The match did not come to its end.";
  // From the board, on which nothing can be done any more, to what came of it.
  if ($("board").contains(document.activeElement)) $("outcome").focus();
}

function askWhy(user, name) {
  $("kick-title").textContent = `Put ${name} out?`;
  $("kick-form").onsubmit = () => tell("lobby:kick", { lobby: wanted.lobby, user, reason: $("reason").value });
  $("kick").showModal();
  $("reason").select();
}

// The match.

async function enterMatch(id) {
  match = { id, isOn: true };
  const shown = await tell("match:join", { match: id });
  if (!shown || match?.id !== id) return;
  board.show(shown, guest.user);
  showClock(shown.seconds);
  hint(board.plays ? "Take free cells that touch yours: click, or arrow keys and space." : "You are watching.");
  showLobby();
  if (board.plays && document.activeElement !== $("say")) board.focus();
}

salon.on("match:claimed", ({ cell, by }) => {
  board.take(cell, by);
  showScores();
});

salon.on("match:clock", ({ seconds }) => showClock(seconds));

salon.on("match:over", () => {
  if (match) match.isOn = false;
  board.isOver = true;
  showClock(0);
  hint("");
});

let tooFastUntil = 0;

async function claim(cell) {
  const said = (refusal) => {
    if (refusal?.code === "rate_limited") {
      tooFastUntil = Date.now() + 1_000;
      hint("Not so fast: six cells a second.", true);
    } else if (Date.now() > tooFastUntil) {
      hint(refusal?.message ?? "", Boolean(refusal));
    }
  };
  if (match?.isOn) await tell("match:claim", { match: match.id, cell }, said);
}

function hint(text, isRefusal = false) {
  $("hint").textContent = text;
  $("hint").classList.toggle("refusal", isRefusal);
}

function showClock(seconds) {
  $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  $("clock").classList.toggle("low", seconds > 0 && seconds <= 10);
}

function showScores() {
  $("scores").replaceChildren(...board.scores().map(({ user, name, colour, cells }) => {
    const seat = lobby?.seats.find((seat) => seat.user === user);
    const gone = match?.isOn && (!seat ? "gone" : seat.away && "away");
    const bar = element("span", "bar");
    bar.style.setProperty("--share", cells / board.size);
    bar.dataset.colour = colour;
    const label = element("span", "name", user === guest.user ? `${name} (you)` : name);
    const row = element("li", gone ? "away" : "", badge(colour), label, bar, element("b", "", `${cells}`));
    if (gone) label.append(element("span", "tag", gone));
    return row;
  }));
}

// The chat.

salon.on("lobby:said", ({ user, name, text }) => log(user === guest.user ? "mine" : "", element("span", "by", name), ` ${text}`));
salon.on("lobby:news", ({ text }) => log("news", text));

// What the player does.

onSubmit("name-form", "name", signIn);
onSubmit("filter-form", "filter", watch);
onSubmit("create-form", "lobby-name", async (name) => {
  const code = await tell("hall:create", { name, private: $("private").checked });
  if (!code) return;
  $("lobby-name").value = "";
  join(code, "player");
});
onSubmit("code-form", "code", (code) => join(code.toUpperCase(), "player"));
onSubmit("say-form", "say", async (text) => {
  $("say").value = "";
  $("say").focus();
  const accepted = await tell("lobby:say", { lobby: wanted.lobby, text });
  // What was refused is there to be sent again, unless the player is writing something else by now.
  if (!accepted && !$("say").value) $("say").value = text;
});
$("filter").oninput = $("open-only").onchange = watch;
$("play").onclick = async () => {
  const code = await tell("hall:play");
  if (code) join(code, "player");
};
$("ready").onclick = () => {
  const { ready } = lobby.seats.find(({ user }) => user === guest.user);
  tell("lobby:ready", { lobby: wanted.lobby, ready: !ready });
};
$("lock").onclick = () => tell("lobby:lock", { lobby: wanted.lobby, locked: !lobby.locked });
$("leave").onclick = async () => {
  if (await tell("lobby:leave", { lobby: wanted.lobby })) backToHall();
};
$("copy").onclick = async () => {
  await navigator.clipboard?.writeText(lobby.lobby);
  $("copy").textContent = "Copied";
};
$("kick-cancel").onclick = () => $("kick").close();
$("refresh").onclick = refresh;
$("let-lapse").onchange = () => (guest.letsLapse = $("let-lapse").checked);
$("sign-in-again").onclick = () => signIn(guest.name);
$("rename").onclick = () => {
  guest.forget();
  [wanted, lobby, match, lapsedAt] = [null, null, null, null];
  salon.close();
  showAccount();
  enter("welcome", "name");
};

if (guest.name) {
  $("name").value = guest.name;
  salon.open();
}
