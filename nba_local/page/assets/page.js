/* The page as a whole: which season, which view, which date; and keeping up with the folder. */

const VIEWS = [["calendar", "Calendar"], ["readiness", "Readiness"], ["tables", "Tables"], ["lab", "Lab"], ["runs", "Runs"]];
const LOOK_EVERY = 4000;

class Page {
  async begin() {
    this.start = await load("start");
    this.about = new Map(this.start.tables.map((table) => [table.name, table]));
    this.seasons = this.start.seasons;
    this.calendar = new Calendar(byId("grids"), this.start.states, (table, date) => this.open(table, date));
    this.detail = new Detail(byId("detail"), this);
    this.tables = new Tables(byId("tables"), this);
    this.lab = new Lab(byId("lab"), this);
    this.frame();
    const asked = new URLSearchParams(location.hash.slice(1));
    this.view = VIEWS.some(([name]) => name === asked.get("view")) ? asked.get("view") : "calendar";
    if (this.about.has(asked.get("of"))) this.tables.name = asked.get("of");
    this.lab.number = Number(asked.get("trial")) || null;
    const season = this.seasons.includes(asked.get("season")) ? asked.get("season") : this.seasons.at(-1);
    await this.choose(season);
    if (this.season.dates.includes(asked.get("date")) && this.about.has(asked.get("table"))) {
      this.open(asked.get("table"), asked.get("date"));
    }
    if (!isStatic) this.watch();
    this.survey();
  }

  frame() {
    byId("folder").textContent = `${this.start.folder} · ${this.start.rules}`;
    byId("folder").parentElement.title = byId("folder").textContent;
    document.title = `${this.start.folder} – nba_local`;
    const chooser = byId("season");
    chooser.replaceChildren(...this.seasons.map((season) => el("option", { value: season }, season)));
    chooser.addEventListener("change", () => this.choose(chooser.value));
    const step = (by) => () => this.choose(this.seasons[this.seasons.indexOf(this.named) + by]);
    byId("earlier").addEventListener("click", step(-1));
    byId("later").addEventListener("click", step(1));
    byId("tabs").replaceChildren(...VIEWS.map(([name, title]) =>
      el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": name, click: () => this.look(name) }, title)));
    byId("tabs").addEventListener("keydown", (event) => this.turn(event));
    byId("refresh").hidden = isStatic;
    byId("refresh").addEventListener("click", () => this.refresh());
    if (isStatic) this.tell(`as of ${clock(this.start.made)} UTC`);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (this.detail.isOpen) this.close();
      else this.press(null);
    });
  }

  /** Show a season. */
  async choose(name) {
    if (!this.seasons.includes(name)) return;
    const found = await this.attempt(() => load(`season/${name}`));
    if (!found) return;
    const isOther = this.named !== name;
    this.named = name;
    this.season = found;
    this.count(found);
    byId("season").value = name;
    byId("earlier").disabled = name === this.seasons[0];
    byId("later").disabled = name === this.seasons.at(-1);
    if (isOther) {
      this.pressed = null;
      if (this.detail.isOpen) this.close();
    }
    this.draw();
  }

  draw() {
    const isUnfolded = byId("doubtful")?.open;
    this.calendar.show(this.season, this.about);
    byId("legend").replaceChildren(...legend(this.season, this.start.states, (key) => this.press(key)));
    byId("gaps").replaceChildren(...causes(this.season, (key) => this.press(key)).filter(Boolean));
    if (isUnfolded && byId("doubtful")) byId("doubtful").open = true;
    this.mark();
    if (this.at) this.calendar.select(this.at.table, this.at.date);
    this.look(this.view);
  }

  /** Once all is shown: how many gaps the other seasons have, newest first. */
  async survey() {
    for (const name of [...this.seasons].reverse()) {
      if (name !== this.named) this.count(await load(`season/${name}`).catch(() => null));
    }
  }

  /** Say in the chooser how many dates a season lacks. */
  count(season) {
    if (!season) return;
    const gaps = sum(season.gaps.filter((gap) => gap.is_gap).map(sizeOf));
    const option = byId("season").options[this.seasons.indexOf(season.season)];
    option.textContent = `${season.season} · ${gaps ? counted(gaps, "gap") : "no gaps"}`;
  }

  /** Show a view. */
  look(view) {
    this.view = view;
    for (const [name] of VIEWS) {
      const isShown = name === view;
      byId(name).hidden = !isShown;
      byId(`tab-${name}`).setAttribute("aria-selected", String(isShown));
      byId(`tab-${name}`).tabIndex = isShown ? 0 : -1;
    }
    if (view === "readiness") refill(byId(view), ...readiness(this.season, (table, date) => this.open(table, date)));
    if (view === "tables") this.tables.show(this.named);
    if (view === "lab") this.lab.show();
    if (view === "runs") this.attempt(async () => byId(view).replaceChildren(...runList(await load("runs"))));
    this.remember();
  }

  /** Arrow keys between the views. */
  turn(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const at = VIEWS.findIndex(([name]) => name === this.view);
    const [name] = VIEWS[(at + by + VIEWS.length) % VIEWS.length];
    this.look(name);
    byId(`tab-${name}`).focus();
  }

  /** Point out the dates of a cause or a state; the same once more, or null, ends that. */
  press(key) {
    this.pressed = key === this.pressed ? null : key;
    this.mark();
  }

  mark() {
    const buttons = [...document.querySelectorAll("[data-key]")];
    if (!buttons.some((button) => button.dataset.key === this.pressed)) this.pressed = null;
    for (const button of buttons) {
      const isPressed = button.dataset.key === this.pressed;
      button.setAttribute("aria-pressed", String(isPressed));
      const more = button.getAttribute("aria-controls");
      if (!more) continue;
      button.setAttribute("aria-expanded", String(isPressed));
      byId(more).hidden = !isPressed;
    }
    this.calendar.highlight(this.pressed && hits(this.season, this.pressed));
  }

  /** Open a date. */
  open(table, date) {
    this.at = { table, date };
    const cell = this.calendar.select(table, date);
    this.detail.show(table, date);
    cell?.scrollIntoView({ block: "nearest" });
    this.remember();
  }

  /** Close it; the keyboard goes back to where it came from. */
  close() {
    const cell = this.at && this.calendar.select(this.at.table, this.at.date);
    if (cell && this.view === "calendar") this.calendar.focus(this.at.table, this.season.dates.indexOf(this.at.date));
    else byId(`tab-${this.view}`).focus();
    cell?.removeAttribute("aria-selected");
    this.at = null;
    this.detail.hide();
    this.remember();
  }

  /** The address leads back to what is shown. */
  remember() {
    const shownNow = new URLSearchParams({ season: this.named, ...(this.view === "calendar" ? {} : { view: this.view }),
      ...(this.view === "tables" && this.tables.name ? { of: this.tables.name } : {}),
      ...(this.view === "lab" && this.lab.number ? { trial: this.lab.number } : {}), ...(this.at ?? {}) });
    history.replaceState(null, "", `#${shownNow}`);
  }

  /** Look every few seconds whether the folder changed. */
  watch() {
    const look = async () => {
      if (document.visibilityState === "visible") await this.keepUp();
      setTimeout(look, LOOK_EVERY);
    };
    look();
  }

  async keepUp() {
    const found = await this.attempt(() => load("version"));
    if (!found) return;
    const [run] = found.running;
    this.tell(run ? `${run.verb} running since ${clock(run.started).slice(11)} UTC` : "up to date", Boolean(run));
    if (this.version !== undefined && this.version !== found.version) await this.refresh();
    this.version = found.version;
  }

  async refresh() {
    await this.choose(this.named);
    if (this.at) this.detail.renew(this.at.table, this.at.date);
  }

  tell(text, isBusy = false) {
    const status = byId("status");
    if (status.textContent !== text) status.textContent = text;
    status.classList.toggle("busy", isBusy);
  }

  /** What an action gives; what goes wrong is said at the top until the next one goes well. */
  async attempt(action) {
    const trouble = byId("trouble");
    try {
      const found = await action();
      trouble.hidden = true;
      return found ?? true;
    } catch (error) {
      trouble.textContent = error.message;
      trouble.hidden = false;
      return null;
    }
  }
}

const page = new Page();
page.begin().catch((error) => {
  byId("trouble").textContent = error.message;
  byId("trouble").hidden = false;
});
