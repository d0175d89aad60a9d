/* The calendar: a grid per table, weeks across and days down, a symbol for every date that is not fine. */

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WEEK = 7;
const WIDEST = 26;

/** The grids of a season, and where the keyboard is in them. */
class Calendar {
  constructor(place, states, open) {
    this.place = place;
    this.bySymbol = new Map(states.map((state) => [state.symbol, state]));
    this.open = open;
    place.addEventListener("click", (event) => this.clicked(event));
    place.addEventListener("keydown", (event) => this.pressed(event));
    place.addEventListener("focusin", (event) => this.follow(event.target));
    place.addEventListener("pointerover", (event) => this.follow(event.target));
    place.addEventListener("pointerleave", () => this.follow(document.activeElement));
  }

  show(season, about) {
    const kept = this.where(document.activeElement);
    this.season = season;
    const first = day(season.dates[0] ?? "2000-01-01");
    const shift = (first.getUTCDay() + 6) % WEEK;
    this.places = season.dates.map((date) => (day(date) - first) / DAY + shift);
    this.said = season.dates.map((date, at) => [SHORT.format(day(date)), counted(season.games[at], "game")]);
    this.cells = new Map();
    const wasOpen = this.sources?.open ?? false;
    const [features, sources] = [false, true].map((isSource) =>
      season.tables.filter((table) => about.get(table.name).is_source === isSource).map((table) => [table, this.card(table, about.get(table.name), first, shift)]));
    const lacking = sources.filter(([table]) => table.present < table.due).length;
    this.sources = el("details", { id: "sources", open: wasOpen },
      el("summary", {}, el("b", {}, counted(sources.length, "source table")),
        el("span", { class: lacking ? "part lacking" : "part" }, lacking ? `${number(lacking)} with dates missing` : "no dates missing")),
      el("div", { class: "cards" }, sources.map(([, card]) => card)));
    this.cells = new Map([...features, ...sources].map(([table]) => [table.name, this.cells.get(table.name)]));
    this.place.replaceChildren(...features.map(([, card]) => card), this.sources);
    if (kept && this.cells.get(kept.table)?.[kept.index]) this.focus(kept.table, kept.index);
  }

  card(table, about, first, shift) {
    const part = table.due ? `${number(table.present)} of ${number(table.due)} dates` : "no dates due";
    const lacking = table.due - table.present;
    return el("section", { class: "card" },
      el("header", {},
        el("h2", { title: about.doc }, table.name),
        el("span", { class: lacking ? "part lacking" : "part" }, part)),
      this.grid(table, first, shift));
  }

  grid(table, first, shift) {
    const weeks = Math.ceil(((this.places.at(-1) ?? 0) + 1) / WEEK);
    const rows = WEEKDAYS.map((name, row) =>
      el("tr", {}, el("th", { scope: "row" }, row % 2 ? "" : name, row % 2 ? el("span", { class: "unseen" }, name) : null)));
    const filled = new Array(weeks * WEEK).fill(null);
    const cells = this.season.dates.map((_, index) => {
      const cell = this.cell(table, index);
      filled[this.places[index]] = cell;
      return cell;
    });
    filled.forEach((cell, place) => rows[place % WEEK].append(cell ?? el("td", { class: "none" })));
    this.cells.set(table.name, cells);
    if (cells.length) cells[0].tabIndex = 0;
    const grid = el("table", { role: "grid", "aria-label": `${table.name}, dates of ${this.season.season}` },
      el("thead", {}, el("tr", {}, el("td"), ...months(first, shift, weeks))),
      el("tbody", {}, ...rows));
    grid.style.maxWidth = `${30 + weeks * WIDEST}px`; // a month is no wider than it need be
    return grid;
  }

  cell(table, index) {
    const state = this.bySymbol.get(table.symbols[index]);
    const [date, games] = this.said[index];
    const said = `${date}: ${words(state.name)}, ${games}`;
    const cell = el("td", { role: "gridcell", class: `s-${state.color} is-${state.name}`, tabindex: -1, "aria-label": said, title: said }, symbolOf(state));
    cell.where = { table: table.name, index, state: state.name };
    return cell;
  }

  where(node) {
    return node?.closest?.("td")?.where ?? null;
  }

  clicked(event) {
    const at = this.where(event.target);
    if (!at) return;
    this.focus(at.table, at.index);
    this.open(at.table, this.season.dates[at.index]);
  }

  pressed(event) {
    const at = this.where(event.target);
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const names = [...this.cells.keys()];
    const table = names.indexOf(at.table);
    const last = this.season.dates.length - 1;
    const days = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -WEEK, ArrowRight: WEEK }[event.key];
    if (event.key === "Enter" || event.key === " ") this.open(at.table, this.season.dates[at.index]);
    else if (event.key === "Home") this.focus(at.table, 0);
    else if (event.key === "End") this.focus(at.table, last);
    else if (event.key === "PageUp") this.focus(names[Math.max(0, table - 1)], at.index);
    else if (event.key === "PageDown") this.focus(names[Math.min(names.length - 1, table + 1)], at.index);
    else if (days) this.step(at, days);
    else return;
    event.preventDefault();
  }

  /** To the date so many days away, or the nearest one in that direction. */
  step(at, days) {
    const wanted = this.places[at.index] + days;
    const there = this.places.indexOf(wanted);
    if (there >= 0) this.focus(at.table, there);
    else if (Math.abs(days) === 1) this.focus(at.table, Math.min(Math.max(at.index + days, 0), this.places.length - 1));
  }

  /** Move the keyboard there: one date of each grid is reached by Tab. */
  focus(table, index) {
    const cells = this.cells.get(table);
    this.reveal(cells[index]);
    cells.forEach((cell) => (cell.tabIndex = -1));
    cells[index].tabIndex = 0;
    cells[index].focus();
  }

  /** Mark the same date in every table. */
  follow(node) {
    const index = this.where(node)?.index;
    if (index === this.followed) return;
    for (const cells of this.cells?.values() ?? []) {
      cells[this.followed]?.classList.remove("same");
      cells[index]?.classList.add("same");
    }
    this.followed = index;
  }

  /** Mark the date that is open, or none. */
  select(table, date) {
    this.place.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
    const cell = this.cells?.get(table)?.[this.season.dates.indexOf(date)];
    if (!cell) return null;
    cell.setAttribute("aria-selected", "true");
    this.reveal(cell);
    return cell;
  }

  /** Unfold the source tables where a cell is one of theirs. */
  reveal(cell) {
    if (this.sources.contains(cell)) this.sources.open = true;
  }

  /** Leave only the cells that `isHit` bright; all of them without it. */
  highlight(isHit) {
    this.place.classList.toggle("dimmed", Boolean(isHit));
    let first = null;
    let last = null;
    for (const cells of this.cells.values()) {
      for (const cell of cells) {
        const hit = Boolean(isHit?.(cell.where));
        cell.classList.toggle("hit", hit);
        if (!hit) continue;
        first ??= cell;
        last = cell;
      }
    }
    if (!first) return;
    this.reveal(last); // source tables come last
    first.scrollIntoView({ block: "nearest" });
  }

  stateOf(table, date) {
    const at = this.season.dates.indexOf(date);
    const found = this.season.tables.find((one) => one.name === table);
    return this.bySymbol.get(found.symbols[at]);
  }
}

/** The months over the weeks that begin in them. */
function months(first, shift, weeks) {
  const heads = [];
  for (let week = 0; week < weeks; week += 1) {
    const name = MONTH.format(new Date(first.getTime() + (Math.max(week * WEEK, shift) - shift) * DAY));
    if (heads.at(-1)?.name === name) heads.at(-1).weeks += 1;
    else heads.push({ name, weeks: 1 });
  }
  return heads.map((head) => el("th", { scope: "colgroup", colspan: head.weeks, class: "month" }, head.weeks > 1 ? head.name : ""));
}
