/* The drawer: one date of one table, and why it is as it is. */

class Detail {
  constructor(place, page) {
    this.place = place;
    this.page = page;
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        page.close();
      }
    });
  }

  get isOpen() {
    return !this.place.hidden;
  }

  async show(table, date) {
    this.asked = `${table}/${date}`;
    this.told = "";
    this.frame(table, date, [el("p", { class: "aside" }, "…")]);
    byId("detail-title").focus();
    await this.fill(table, date);
  }

  /** The same date once more, left alone where nothing of it changed. */
  async renew(table, date) {
    const { scrollTop } = this.place;
    await this.fill(table, date);
    this.place.scrollTop = scrollTop;
  }

  async fill(table, date) {
    let found;
    try {
      found = await load(`date/${table}/${date}`);
    } catch (error) {
      found = { trouble: error.message };
    }
    const text = JSON.stringify(found);
    // another date was asked for meanwhile, or nothing changed
    if (this.asked !== `${table}/${date}` || this.told === text) return;
    this.told = text;
    const body = found.trouble ? [el("p", { class: "bad" }, found.trouble)] : this.body(found);
    const isInside = this.place.contains(document.activeElement);
    this.frame(table, date, body.flat().filter(Boolean));
    if (isInside) byId("detail-title").focus();
  }

  hide() {
    this.asked = this.told = "";
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  frame(table, date, body) {
    const state = this.page.calendar.stateOf(table, date);
    const dates = this.page.calendar.season.dates;
    const at = dates.indexOf(date);
    const go = (index, mark, name) =>
      el("button", { type: "button", disabled: !dates[index], "aria-label": name, title: dates[index] ? BRIEF.format(day(dates[index])) : null,
        click: () => this.page.open(table, dates[index]) }, mark);
    this.place.replaceChildren(
      el("header", {},
        el("div", {},
          el("h2", { id: "detail-title", tabindex: -1 }, table),
          el("p", {}, LONG.format(day(date)))),
        el("nav", { "aria-label": "Dates" }, go(at - 1, "‹", "date before"), go(at + 1, "›", "date after"),
          el("button", { type: "button", id: "close", "aria-label": "close", click: () => this.page.close() }, "×"))),
      el("p", { class: "state" }, badge(state), el("b", {}, words(state.name))),
      el("div", { class: "body" }, ...body));
    this.place.hidden = false;
  }

  body(found) {
    return [
      el("p", { class: "said" }, found.said),
      found.why ? el("section", { id: "why" }, el("h3", {}, "Why"), way(found.why)) : null,
      this.numbers(found),
      claims(found),
      this.lacking(found),
      issues(found),
      this.everywhere(found),
      this.ask(found),
    ];
  }

  numbers(found) {
    const rows = [["Games", found.others ? `${number(found.games)} (not computed: ${found.others})` : number(found.games)]];
    if (found.expected !== null) {
      rows.push([`Expected ${found.unit}`, [`${number(found.found)} of ${number(found.expected)}`, meter(found.found, found.expected)]]);
    }
    if (found.missing) rows.push(["Without a row", counted(found.missing.number, found.unit.replace(/s$/, ""), found.unit)]);
    rows.push(["Rows stored", number(found.rows)]);
    if (found.ready !== null && found.rows) {
      rows.push(["Rows ready", [`${number(found.ready)} of ${number(found.rows)}`, meter(found.ready, found.rows)]]);
    }
    if (found.ready !== null) rows.push(["Pushed", pushed(found.push)]);
    if (found.changed) rows.push(["Last changed", `${clock(found.changed.when)} UTC by ${found.changed.run}`]);
    return el("section", {}, el("h3", {}, "Counts"),
      el("dl", {}, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
  }

  lacking(found) {
    const missing = found.missing ? [{ reason: `expected ${found.unit} without a row`, number: found.missing.number, who: found.missing.who.map((name) => [name, ""]) }] : [];
    const every = [...missing, ...found.lacking];
    if (!every.length) return null;
    return el("section", {}, el("h3", {}, "Who has no row, and why"), every.map((one) =>
      el("div", { class: "reason" },
        el("p", {}, el("b", {}, words(one.reason)), ` ${number(one.number)}`,
          one.category ? el("span", { class: "aside" }, ` ${one.category}${one.can_retry ? ", may be tried again" : ""}`) : null),
        el("ul", { class: "who" }, one.who.map(([name, detail]) => el("li", {}, this.entity(found, name, detail)))),
        one.number > one.who.length ? el("p", { class: "aside" }, `and ${number(one.number - one.who.length)} more`) : null)));
  }

  /** A name that leads to its own explanation, where there is somebody to ask. */
  entity(found, name, detail) {
    const told = detail ? el("span", { class: "aside" }, ` ${detail}`) : null;
    if (isStatic) return [name, told];
    return [el("button", { type: "button", class: "link", click: () => this.explain(found, name) }, name), told];
  }

  everywhere(found) {
    const { season } = this.page.calendar;
    const at = season.dates.indexOf(found.date);
    return el("section", {}, el("h3", {}, "This date in all tables"), el("ul", { class: "everywhere" }, season.tables.map((table) => {
      const state = this.page.calendar.bySymbol.get(table.symbols[at]);
      const here = table.name === found.table;
      return el("li", {}, el("button", { type: "button", "aria-current": here ? "true" : null, click: () => this.page.open(table.name, found.date) },
        badge(state), el("span", {}, table.name), el("span", { class: "aside" }, words(state.name))));
    })));
  }

  ask(found) {
    const head = el("h3", {}, "A player or a team");
    if (isStatic) {
      return el("section", {}, head, command(`nba-local why ${found.table} ${found.date} ENTITY${this.page.start.flags}`));
    }
    const input = el("input", { name: "entity", autocomplete: "off", spellcheck: "false", placeholder: "lebronjames or LAL", "aria-label": "player or team" });
    const form = el("form", { submit: (event) => {
      event.preventDefault();
      if (input.value.trim()) this.explain(found, input.value.trim());
    } }, input, el("button", {}, "Explain"));
    return el("section", { id: "entity" }, head, form, el("div", { id: "explained", role: "status" }));
  }

  async explain(found, name) {
    const place = byId("explained");
    place.replaceChildren(el("p", { class: "aside" }, `${name} …`));
    let told;
    try {
      const answer = await load(`entity/${found.table}/${found.date}/${encodeURIComponent(name)}`);
      told = [el("p", {}, el("b", {}, answer.entity), `: ${answer.said}`), answer.why ? way(answer.why) : null];
    } catch (error) {
      told = [el("p", { class: "bad" }, error.message)];
    }
    if (this.asked !== `${found.table}/${found.date}`) return;
    place.replaceChildren(...told.flat(2).filter(Boolean));
    place.scrollIntoView({ block: "nearest" });
  }
}

/** From what is missing, link by link, to the root and what fixes it. */
function way(why) {
  return [
    el("ol", { class: "chain" }, why.links.map((link) =>
      el("li", {}, link.said.startsWith("the pull") ? null : el("span", { class: "where" }, `${link.table} ${link.date}${link.entity ? ` ${link.entity}` : ""}`), el("span", {}, link.said)))),
    el("div", { class: "root" }, el("p", {}, el("b", {}, "Root cause: "), why.cause.text), fixing(why.cause)),
    why.also.length
      ? el("details", {}, el("summary", {}, `Also: ${counted(why.also.length, "other cause")}`), el("ul", {}, why.also.map((text) => el("li", {}, text))))
      : null,
  ];
}

function claims(found) {
  if (!found.checks || !(found.rows || found.claims.length)) return null;
  const names = new Set(found.claims.map((one) => one.claim));
  const told = names.size ? `${number(names.size)} of ${counted(found.checks, "check")} do not hold` : `All ${number(found.checks)} checks hold.`;
  return el("section", { id: "checks" }, el("h3", {}, "Checks"), el("p", { class: names.size ? null : "good" }, names.size ? `${told}:` : told),
    el("ul", { class: "claims" }, found.claims.map((one) =>
      el("li", {},
        el("p", {}, el("span", { class: `severity ${one.severity}` }, one.severity), el("b", {}, words(one.claim)), el("span", { class: "aside" }, counted(one.rows, "row"))),
        el("p", {}, one.detail),
        one.sample ? el("p", { class: "aside" }, `e.g. ${one.sample}`) : null))));
}

function issues(found) {
  const every = Object.entries(found.issues);
  if (!every.length) return null;
  return el("section", {}, el("h3", {}, "Why rows are not ready"),
    el("dl", {}, every.map(([name, rows]) => [el("dt", {}, words(name)), el("dd", {}, counted(rows, "row"))])));
}

function pushed(push) {
  if (!push) return "nothing was pushed from this folder, or nothing is due";
  const what = push.push ? `${number(push.rows)} rows, push ${push.push}${push.verified ? ", read back" : ", not read back"}` : "never";
  return `${push.is_there ? "as here" : "not as here"} at ${push.place}: ${what}`;
}

function meter(part, whole) {
  return el("meter", { min: 0, max: whole || 1, value: part, "aria-hidden": "true" });
}
