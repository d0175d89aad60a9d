"use strict";

/* What every part of the page is made with: elements, answers, words. */

const SVG = "http://www.w3.org/2000/svg";
const DAY = 86400000;

/** An element. Children that are strings become text, never markup. */
function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for pictures. */
function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/* A page in one file has its answers in it, a served one asks for them. */

const embedded = new Map(
  [...document.querySelectorAll('script[type="application/json"]')].map((block) => [block.dataset.path, block]),
);
const isStatic = embedded.size > 0;
const parsed = new Map();

/** The answer to a path; an error says in words why there is none. */
async function load(path) {
  if (isStatic) return fromFile(path);
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { cache: "no-store" });
  } catch {
    throw new Error("nba-local ui does not answer: start it again, then refresh");
  }
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.hint ? `${found.message} (${found.hint})` : found.message);
  return found;
}

function fromFile(path) {
  const [kind, table, date] = path.split("/");
  if (kind === "date") return fromFile(`dates/${seasonOf(date)}`)[`${table}/${date}`];
  if (!embedded.has(path)) throw new Error(`${path} is not in this file`);
  if (!parsed.has(path)) parsed.set(path, JSON.parse(embedded.get(path).textContent));
  return parsed.get(path);
}

/** The season of a date: it begins on 1 July. */
function seasonOf(date) {
  const first = Number(date.slice(0, 4)) - (date.slice(5, 7) < "07" ? 1 : 0);
  return `${first}-${String((first + 1) % 100).padStart(2, "0")}`;
}

/* Words. */

const shown = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
const LONG = shown({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const SHORT = shown({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const BRIEF = shown({ day: "numeric", month: "short" });
const MONTH = shown({ month: "short" });

const day = (text) => new Date(`${text}T00:00:00Z`);
const number = (value) => value.toLocaleString("en-US");
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");
const counted = (value, one, more = `${one}s`) => `${number(value)} ${value === 1 ? one : more}`;
/** A text whose names may break after each "_". */
const breaking = (text) => text.split(/(?<=_)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));
const words = (name) => name.replaceAll("_", " ");
const clock = (text) => text.slice(0, 16).replace("T", " ");
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Dates in a row as `2 Nov – 5 Nov`, the others one by one; `most` runs at most. */
function inWords(dates, most = 6) {
  const runs = [];
  for (const date of dates) {
    const last = runs.at(-1);
    if (last && day(date) - day(last[1]) === DAY) last[1] = date;
    else runs.push([date, date]);
  }
  const told = runs.slice(0, most).map(([from, to]) =>
    from === to ? BRIEF.format(day(from)) : `${BRIEF.format(day(from))} – ${BRIEF.format(day(to))}`,
  );
  const rest = sum(runs.slice(most).map(([from, to]) => (day(to) - day(from)) / DAY + 1));
  return told.join(", ") + (rest ? ` and ${rest} more` : "");
}

/** A command with a button that copies it. */
function command(text) {
  const button = el("button", { type: "button", class: "copy", "aria-label": `copy ${text}` }, "Copy");
  const code = el("code", {}, text);
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text, code)) ? "Copied" : "Press Ctrl-C";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return el("div", { class: "command" }, code, button);
}

/** Whether the text is in the clipboard; it is selected where it cannot be put there. */
async function copied(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(node);
    return false;
  }
}

/** What fixes a cause. */
function fixing(cause) {
  const then = cause.fix && cause.run.length ? ", then:" : "";
  return [
    cause.fix || cause.run.length ? el("p", { class: "fix" }, el("b", {}, "Fix: "), cause.fix + then) : null,
    cause.run.map(command),
  ];
}

/** The symbol of a state; none where all is as it should be. */
const symbolOf = (state) => (state.kind === "fine" ? "" : state.symbol);

/** The symbol of a state in its color. */
function badge(state) {
  return el("span", { class: `badge s-${state.color} is-${state.name}`, "aria-hidden": "true" }, symbolOf(state));
}
