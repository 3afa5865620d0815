/** The page: what a player sees and does. How it reaches the server is in salon.js. */

import { Salon } from "/salon.js";

const $ = (id) => document.getElementById(id);

/** Kept per tab, so that two tabs are two players and a reload changes nothing. */
const kept = sessionStorage;

let salon = null;
/** The lobby this player wants to be in, whether or not the connection is up. */
let wanted = kept.getItem("lobby");
let seats = [];
/** While the countdown runs, its seconds are the status. */
let counting = false;

// The three views, and the words in them.

function show(view) {
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== view;
  }
}

/** Shows a view that the player has just come to, and takes the keyboard there. */
function enter(view, focus) {
  if ($(view).hidden) {
    show(view);
    $(focus).focus();
  }
}

/** A refusal in words for people; what is not listed here says it well itself. */
const WORDS = {
  rate_limited: "Not so fast: wait a second, then try again.",
  invalid_payload: "That does not fit: write a short text on one line.",
  not_a_member: "You are not in this lobby any more.",
};

function trouble(refusal) {
  $("trouble").textContent = refusal ? (WORDS[refusal.code] ?? refusal.message) : "";
  $("trouble").hidden = !refusal;
}

/** Sends an event about the lobby. True if it was accepted; if not, the page says why. */
async function tell(name, content = {}) {
  try {
    await salon.emit(name, { lobby: wanted, ...content });
    trouble(null);
    return true;
  } catch (refusal) {
    trouble(refusal);
    return false;
  }
}

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

// Who I am.

function introduce(name) {
  kept.setItem("name", name);
  $("my-name").textContent = name;
  $("me").hidden = false;
  salon?.close();
  salon = new Salon({ name });
  salon.onState(stateChanged);
  salon.on("hall:lobbies", showLobbies);
  salon.on("lobby:roster", showRoster);
  salon.on("lobby:countdown", showCountdown);
  salon.on("lobby:said", ({ id, name, text }) => {
    log(id === salon.id ? "mine" : "", element("span", "by", `${name}: `), text);
  });
  salon.on("lobby:news", ({ text }) => log("news", text));
  salon.open();
}

function stateChanged(state, detail) {
  const words = {
    connecting: () => "Connecting…",
    online: () => "Online",
    offline: (wait) => `Offline, retry in ${Math.ceil(wait / 1000)} s`,
    refused: () => "Refused",
    closed: () => "Not connected",
  };
  $("connection").dataset.state = state;
  $("connection").textContent = words[state](detail);
  for (const control of document.querySelectorAll("#hall button, #lobby button")) {
    control.disabled = state !== "online";
  }
  if (state === "online") comeIn();
  if (state === "refused") {
    trouble(detail);
    enter("welcome", "name");
  }
}

/** Back to where the player was: after the first connection, and after each that was lost. */
function comeIn() {
  trouble(null);
  counting = false;
  if (wanted) join(wanted);
  else enter("hall", "hall-title");
}

// The hall.

function showLobbies({ lobbies }) {
  const rows = lobbies.map(({ name, players, seats }) => {
    const button = element("button", "quiet", "Join");
    button.type = "button";
    button.setAttribute("aria-label", `Join ${name}`);
    button.onclick = () => join(name);
    return element("li", "", element("span", "name", name), element("span", "state", `${players} of ${seats}`), button);
  });
  const open = lobbies.length === 1 ? "1 lobby is open." : `${lobbies.length} lobbies are open.`;
  $("lobby-count").textContent = lobbies.length ? open : "No lobby is open yet. Open the first one.";
  $("lobbies").hidden = !lobbies.length;
  // A list that is replaced under the player's fingers must not lose the keyboard.
  const focused = document.activeElement.getAttribute("aria-label");
  $("lobbies").replaceChildren(...rows);
  rows.find((row) => row.lastChild.ariaLabel === focused)?.lastChild.focus();
}

async function join(name) {
  const isNew = $("lobby").hidden;
  wanted = name;
  if (await tell("lobby:join")) {
    kept.setItem("lobby", name);
    if (isNew) $("log").replaceChildren();
    $("lobby-title").textContent = name;
    enter("lobby", "lobby-title");
  } else if (salon.id) {
    backToHall();
  }
}

function backToHall() {
  wanted = null;
  kept.removeItem("lobby");
  enter("hall", "hall-title");
}

// The lobby.

function showRoster(roster) {
  if (roster.lobby !== wanted) return;
  seats = roster.seats;
  $("count").textContent = `${seats.length}`;
  $("seats").replaceChildren(...seats.map(({ id, name, ready }, index) => {
    const label = element("span", "name", name);
    if (id === salon.id) label.append(element("span", "tag", "you"));
    if (index === 0) label.append(element("span", "tag host", "host"));
    return element("li", "", label, element("span", ready ? "state ready" : "state", ready ? "Ready" : "Not ready"));
  }));
  const ready = isReady();
  $("ready").textContent = ready ? "I am not ready" : "I am ready";
  $("ready").classList.toggle("quiet", ready);
  if (!counting) showStatus(waitingFor());
}

const isReady = () => seats.some(({ id, ready }) => id === salon.id && ready);

function waitingFor() {
  const others = seats.filter(({ ready }) => !ready).length;
  if (seats.length < 2) return "Waiting for another player.";
  return `Waiting for ${others} of ${seats.length} to be ready.`;
}

function showCountdown({ seconds }) {
  counting = seconds > 0;
  if (seconds === null) showStatus(waitingFor());
  else showStatus(counting ? `Starting in ${seconds}…` : "Go!", "counting");
}

function showStatus(text, kind = "") {
  $("status").textContent = text;
  $("status").className = `status ${kind}`;
}

function log(className, ...content) {
  const list = $("log");
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(element("li", className, ...content));
  if (list.children.length > 200) list.firstChild.remove();
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

// What the player does.

function onSubmit(form, field, action) {
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $(field).value.trim();
    if (text) action(text);
  });
}

onSubmit("name-form", "name", introduce);
onSubmit("open-form", "lobby-name", async (name) => {
  $("lobby-name").value = "";
  await join(name);
});
onSubmit("say-form", "say", async (text) => {
  $("say").value = "";
  $("say").focus();
  const accepted = await tell("lobby:say", { text });
  // What was refused is there to be sent again, unless the player is writing something else by now.
  if (!accepted && !$("say").value) $("say").value = text;
});
$("ready").onclick = () => tell("lobby:ready", { ready: !isReady() });
$("leave").onclick = async () => {
  if (await tell("lobby:leave")) backToHall();
};
$("rename").onclick = () => {
  salon.close();
  wanted = null;
  kept.removeItem("lobby");
  $("me").hidden = true;
  enter("welcome", "name");
};

const name = kept.getItem("name");
if (name) {
  $("name").value = name;
  introduce(name);
}
