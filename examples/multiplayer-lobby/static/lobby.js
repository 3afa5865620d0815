/** The page: what a player sees and does. How it reaches the server is the client's: /salon/client.js. */

import { lobby as contract } from "/contract.js";
import { Guest } from "/guest.js";
import { Hall } from "/hall.js";
import { Match } from "/match.js";
import { connect } from "/salon/client.js";
import { $, badge, button, element, enter, fill, log, onSubmit, trouble } from "/view.js";

const kept = sessionStorage;
/** How long the server keeps a seat. */
const GRACE = 30_000;

const guest = new Guest();
const salon = connect("/salon", { contract, auth: (why) => guest.auth(why), open: false });
const hall = new Hall(salon, tell, join);
const match = new Match(salon, tell, () => guest.user);

/** The lobby to be in: its code, and what for. */
let wanted = JSON.parse(kept.getItem("lobby"));
/** What the client keeps it by: whenever the connection was lost, it comes to the lobby again. */
let room = null;
/** How that lobby is, as the server said last. */
let lobby = null;
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
  guest.asks();
  try {
    await salon.refresh();
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

salon.on("salon:lapsed", () => guest.distrust());

let session = null;
salon.state.subscribe((state) => {
  const { at } = state;
  const isLapsed = at === "refused" && guest.name && guest.letsLapse && guest.millisecondsLeft === 0;
  if (isLapsed && lapsedAt === null) {
    lapsedAt = Date.now();
    showAccount();
    $("sign-in-again").focus();
  }
  const wait = Math.max(0, Math.ceil((state.until - Date.now()) / 1000));
  const [look, words] = {
    idle: ["closed", "Not connected"],
    connecting: ["connecting", "Connecting…"],
    online: ["online", "Connected"],
    waiting: ["offline", wait < Infinity ? `Reconnecting in ${wait} s` : "Not connected"],
    degraded: ["offline", "No connection. Trying now and then"],
    refused: isLapsed ? ["lapsed", "Sign-in lapsed"] : ["refused", "Refused"],
    closed: ["closed", "Not connected"],
  }[at];
  $("connection").dataset.state = look;
  $("connection").textContent = words;
  document.body.classList.toggle("offline", at !== "online");
  for (const control of document.querySelectorAll("#hall button, #lobby button, #refresh")) control.disabled = at !== "online";
  if (at === "online" && state.session !== session) {
    ({ session } = state);
    trouble(null);
    showAccount();
    hall.watch();
    if (!wanted) enter("hall", "hall-title");
    else if (!room) join(wanted.lobby, wanted.role);
  } else if (at === "refused" && !isLapsed) {
    trouble(state.refusal);
    enter("welcome", "name");
  }
});

let told = 0;
/** Which of what was told was refused last. */
let refused = 0;

/**
 * Sends an event, to a room or to the player's own session. What the server answers, or nothing if it refused:
 * then the page says why, until something goes well that was told later. A refusal may come ahead of the answer
 * to what was told before.
 */
async function tell(to, name, content, say = trouble) {
  const turn = ++told;
  try {
    const answer = await to.send(name, content, { queue: false });
    if (turn > refused) say(null);
    return answer ?? true;
  } catch (refusal) {
    refused = Math.max(refused, turn);
    say(refusal);
  }
}

// The lobby.

/** Comes to a lobby, or is there as something else from now on: whether it is so. */
async function join(code, role, attempt = 0) {
  if (lobby?.lobby !== code) {
    forget();
    $("log").replaceChildren();
  }
  const before = wanted;
  const target = (wanted = { lobby: code, role });
  const isWanted = () => wanted === target;
  try {
    const joined = await salon.join("lobby:join", target);
    if (!isWanted()) return joined.leave();
    const former = room;
    room = joined;
    former?.leave();
    follow(joined);
    trouble(null);
    kept.setItem("lobby", JSON.stringify(target));
    enter("lobby", "lobby-title");
    if (lobby) showLobby();
  } catch (refusal) {
    if (!isWanted()) return;
    trouble(refusal);
    // Who is there goes on being there as before.
    if (room) wanted = before;
    else if (refusal.retry === "never") backToHall();
    // The server is busy or has a fault: the seat is not given up for that.
    else setTimeout(() => isWanted() && join(code, role, attempt + 1), Math.min(10_000, 1_000 * 2 ** attempt));
  }
}

function follow(joined) {
  const isHere = () => room === joined;
  joined.presence.subscribe(() => isHere() && showWatchers());
  joined.count.subscribe(() => isHere() && showWatchers());
  joined.on("restarted", () => isHere() && log("news", "The lobby had a fault, and goes on."));
  joined.on("out", (why) => {
    if (!isHere()) return;
    backToHall();
    trouble(why);
  });
}

function forget() {
  const former = room;
  [room, lobby] = [null, null];
  former?.leave();
  match.forget();
}

function backToHall() {
  left = lobby?.name;
  wanted = null;
  forget();
  kept.removeItem("lobby");
  $("kick").close();
  enter("hall", "hall-title");
}

/** What the lobby was called that the player was in last. */
let left = null;
salon.on("salon:evicted", ({ room, code, message }) => {
  if (!room.startsWith("lobby:") || wanted) return;
  const name = left ?? "the lobby";
  const why = code === "kicked" ? `The host put you out of ${name}: ${message}.` : `${name} was closed.`;
  trouble({ message: why });
});

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
  const present = [...(room?.presence.get().values() ?? [])];
  const names = present.flatMap((metas) => metas.slice(0, 1)).filter(({ role }) => role === "spectator").map(({ name }) => name);
  const watching = names.length ? `Watching: ${names.join(", ")}` : "";
  const crowd = room?.count.get();
  $("watchers").textContent = crowd === undefined ? watching : `${crowd} are here`;
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
  $("kick-form").onsubmit = () => tell(room, "lobby:kick", { user, reason: $("reason").value });
  $("kick").showModal();
  $("reason").select();
}

// The chat.

salon.on("lobby:said", ({ user, name, text }) => log(user === guest.user ? "mine" : "", element("span", "by", name), ` ${text}`));
salon.on("lobby:news", ({ text }) => log("news", text));

// What the player does.

onSubmit("name-form", "name", signIn);
onSubmit("create-form", "lobby-name", async (name) => {
  const code = await tell(salon, "hall:create", { name, private: $("private").checked });
  if (!code) return;
  $("lobby-name").value = "";
  join(code, "player");
});
onSubmit("code-form", "code", (code) => join(code.toUpperCase(), "player"));
onSubmit("say-form", "say", async (text) => {
  $("say").value = "";
  $("say").focus();
  const accepted = await tell(room, "lobby:say", { text });
  // What was refused is there to be sent again, unless the player is writing something else by now.
  if (!accepted && !$("say").value) $("say").value = text;
});
$("play").onclick = async () => {
  const code = await tell(salon, "hall:play");
  if (code) join(code, "player");
};
$("ready").onclick = () => {
  const { ready } = lobby.seats.find(({ user }) => user === guest.user);
  tell(room, "lobby:ready", { ready: !ready });
};
// Who is refused goes on watching.
$("sit").onclick = () => join(wanted.lobby, "player");
$("lock").onclick = () => tell(room, "lobby:lock", { locked: !lobby.locked });
$("leave").onclick = async () => {
  if (await tell(room, "lobby:leave")) backToHall();
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
  [wanted, lapsedAt, session] = [null, null, null];
  salon.close();
  forget();
  showAccount();
  enter("welcome", "name");
};

if (guest.name) {
  $("name").value = guest.name;
  salon.open();
}
