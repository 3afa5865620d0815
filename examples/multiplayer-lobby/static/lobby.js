/** The page: what a player sees and does. How it reaches the server is in salon.js. */

import { Guest } from "/guest.js";
import { Hall } from "/hall.js";
import { Match } from "/match.js";
import { Salon } from "/salon.js";
import { $, badge, button, element, enter, fill, log, onSubmit, trouble } from "/view.js";

const kept = sessionStorage;
/** Why a lobby is not to be joined, now or ever; with any other refusal it is tried again. */
const FINAL = ["not_found", "kicked", "full", "locked", "forbidden", "invalid_payload"];
/** How long the server keeps a seat. */
const GRACE = 30_000;

const guest = new Guest();
const salon = new Salon(() => guest.auth());
const hall = new Hall(salon, tell, join);
const match = new Match(salon, tell, () => guest.user);

/** The lobby to be in, whether or not the connection is up: its code, and what for. */
let wanted = JSON.parse(kept.getItem("lobby"));
/** How that lobby is, as the server said last. */
let lobby = null;
/** Who is there besides, by user: what presence says. */
const present = new Map();
/** How many are there, if they are too many to be told by name. */
let crowd = null;
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
  const left = Math.ceil((lapsedAt + GRACE - Date.now()) / 1000);
  const seat = wanted?.role === "player" ? (left > 0 ? `Your seat is kept for ${left} s.` : "Your seat was given up.") : "";
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
  match.isOn = false;
  hall.watch();
  if (wanted) join(wanted.lobby, wanted.role);
  else enter("hall", "hall-title");
}

let told = 0;
/** Which of what was told was refused last. */
let refused = 0;

/**
 * Sends an event. What the server answers, or nothing if it refused: then the page says why, until
 * something goes well that was told later. A refusal may come ahead of the answer to what was told before.
 */
async function tell(name, content, say = trouble) {
  const turn = ++told;
  try {
    const answer = await salon.emit(name, content);
    if (turn > refused) say(null);
    return answer ?? true;
  } catch (refusal) {
    refused = Math.max(refused, turn);
    say(refusal);
  }
}

// The lobby.

async function join(code, role, attempt = 0) {
  const isNew = lobby?.lobby !== code;
  if (isNew) {
    [lobby, crowd] = [null, null];
    match.forget();
    present.clear();
    $("log").replaceChildren();
  }
  const target = (wanted = { lobby: code, role });
  const isWanted = () => wanted === target && salon.id;
  let why = null;
  const joined = await tell("lobby:join", target, (refusal) => trouble((why = refusal)));
  if (joined) {
    kept.setItem("lobby", JSON.stringify(target));
    enter("lobby", "lobby-title");
  } else if (isWanted() && FINAL.includes(why.code)) {
    backToHall();
  } else if (isWanted()) {
    // The server is busy or has a fault: the seat is not given up for that.
    setTimeout(() => isWanted() && join(code, role, attempt + 1), Math.min(10_000, 1_000 * 2 ** attempt));
  }
}

function backToHall() {
  [wanted, lobby] = [null, null];
  match.forget();
  kept.removeItem("lobby");
  $("kick").close();
  enter("hall", "hall-title");
}

const isHere = (name) => wanted && name === `lobby:${wanted.lobby}`;

salon.on("lobby:state", (state) => {
  if (state.lobby !== wanted?.lobby) return;
  lobby = state;
  if (lobby.match && (match.id !== lobby.match || !match.isOn)) enterMatch(lobby.match);
  showLobby();
});

async function enterMatch(id) {
  if (!(await match.enter(id)) || !lobby) return;
  showLobby();
  match.focus();
}

salon.on("salon:joined", ({ room, presence }) => isHere(room) && takePresence(presence));
salon.on("salon:presence", ({ room, ...change }) => isHere(room) && takePresence(change));

/** Who is there: all of them, how many they are, or what has changed. */
function takePresence({ users, count, joined = [], updated = [], left = [] }) {
  if (users || count !== undefined) {
    present.clear();
    crowd = count ?? null;
  }
  for (const user of [...(users ?? []), ...joined, ...updated]) present.set(user.user, user.metas);
  for (const user of left) present.delete(user);
  showWatchers();
}

salon.on("salon:evicted", ({ room, code, message }) => {
  if (match.isCalled(room) && code === "internal") match.breakDown();
  if (!isHere(room)) return;
  const name = lobby?.name ?? "the lobby";
  backToHall();
  const why = code === "kicked" ? `The host put you out of ${name}: ${message}.` : `${name} was closed.`;
  trouble({ message: why });
});

salon.on("salon:restarted", ({ room, presence }) => {
  if (match.isCalled(room)) enterMatch(match.id);
  if (!isHere(room)) return;
  takePresence(presence);
  log("news", "The lobby had a fault, and goes on.");
});

function showLobby() {
  const { seats, free, host, locked } = lobby;
  const isPlaying = Boolean(lobby.match);
  const isHost = host === guest.user;
  const mine = seats.find(({ user }) => user === guest.user);
  $("lobby-title").textContent = lobby.name;
  $("copy").textContent = `Code ${lobby.lobby}`;
  $("badges").textContent = [lobby.private && "private", locked && "locked", !mine && "you are watching"].filter(Boolean).join(" · ");
  $("lock").hidden = !isHost;
  $("lock").textContent = locked ? "Unlock" : "Lock";
  $("seating").hidden = isPlaying;
  const rows = seats.map((seat) => seatRow(seat, { isHost: seat.user === host, isMine: seat === mine, mayKick: isHost && seat !== mine }));
  if (free) rows.push(element("li", "free", free === 1 ? "1 seat is free" : `${free} seats are free`));
  fill($("seats"), rows);
  showWatchers();
  match.show(isPlaying, seats);
  $("sit").hidden = Boolean(mine) || !free || locked;
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
  const watching = names.length ? `Watching: ${names.join(", ")}` : "";
  $("watchers").textContent = crowd === null ? watching : `${crowd} are here`;
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

// The chat.

salon.on("lobby:said", ({ user, name, text }) => log(user === guest.user ? "mine" : "", element("span", "by", name), ` ${text}`));
salon.on("lobby:news", ({ text }) => log("news", text));

// What the player does.

onSubmit("name-form", "name", signIn);
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
$("play").onclick = async () => {
  const code = await tell("hall:play");
  if (code) join(code, "player");
};
$("ready").onclick = () => {
  const { ready } = lobby.seats.find(({ user }) => user === guest.user);
  tell("lobby:ready", { lobby: wanted.lobby, ready: !ready });
};
$("sit").onclick = async () => {
  const seated = { ...wanted, role: "player" };
  // Who is refused goes on watching.
  if (!(await tell("lobby:join", seated)) || wanted?.lobby !== seated.lobby) return;
  wanted = seated;
  kept.setItem("lobby", JSON.stringify(wanted));
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
  [wanted, lobby, lapsedAt] = [null, null, null];
  match.forget();
  salon.close();
  showAccount();
  enter("welcome", "name");
};

if (guest.name) {
  $("name").value = guest.name;
  salon.open();
}
