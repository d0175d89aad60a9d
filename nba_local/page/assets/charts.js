/* Pictures of a season: readiness by date, distributions by month. */

const HIGH = 76;

/** Share of ready rows by date, a bar each, for every table that has ready rows. */
function readiness(season, open) {
  const tables = season.tables.filter((table) => table.ready);
  return [
    el("p", { class: "intro" }, "Share of rows that may be used for predictions, by date. Click a bar to open its date."),
    ...tables.map((table) => readinessOf(season, table, open)),
  ];
}

function readinessOf(season, table, open) {
  const told = el("output", {}, " ");
  const step = 100 / Math.max(season.dates.length, 1);
  const said = (at) =>
    table.rows[at]
      ? `${SHORT.format(day(season.dates[at]))}: ${number(table.ready[at])} of ${number(table.rows[at])} rows ready, ${percent(table.ready[at], table.rows[at])}`
      : `${SHORT.format(day(season.dates[at]))}: no rows`;
  const bars = season.dates.flatMap((_, at) => {
    if (!table.rows[at]) return [];
    const height = (HIGH * table.ready[at]) / table.rows[at];
    const place = { x: `${(at * step).toFixed(3)}%`, width: `${(0.85 * step).toFixed(3)}%` };
    return [
      svg("rect", { ...place, y: 0, height: HIGH, class: "unready" }),
      svg("rect", { ...place, y: (HIGH - height).toFixed(2), height: height.toFixed(2), class: "ready" }),
    ];
  });
  const at = (event) => {
    const box = picture.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * season.dates.length);
    return Math.min(Math.max(place, 0), season.dates.length - 1);
  };
  const total = `${percent(sum(table.ready), sum(table.rows))} of ${number(sum(table.rows))} rows ready`;
  const picture = svg("svg", { height: HIGH + 18, class: "readiness", role: "img", "aria-label": `${table.name}: ${total}`,
    pointermove: (event) => (told.textContent = said(at(event))), pointerleave: () => (told.textContent = " "),
    click: (event) => open(table.name, season.dates[at(event)]) },
  [0.5, 1].map((share) => svg("line", { x1: 0, x2: "100%", y1: HIGH * (1 - share), y2: HIGH * (1 - share), class: "rule" })),
  ...bars, ...monthMarks(season.dates, step));
  return el("figure", { class: "card" },
    el("figcaption", {}, el("h2", {}, table.name), el("span", {}, total), told),
    picture,
    el("details", {}, el("summary", {}, "By month"), byMonth(season, table)));
}

function monthMarks(dates, step) {
  const marks = [];
  dates.forEach((date, at) => {
    if (at && date.slice(0, 7) === dates[at - 1].slice(0, 7)) return;
    const x = `${(at * step).toFixed(3)}%`;
    marks.push(svg("line", { x1: x, x2: x, y1: HIGH, y2: HIGH + 5, class: "tick" }));
    marks.push(svg("text", { x, dx: 4, y: HIGH + 14 }, MONTH.format(day(date))));
  });
  return marks;
}

function byMonth(season, table) {
  const found = new Map();
  season.dates.forEach((date, at) => {
    const month = date.slice(0, 7);
    const [ready, rows] = found.get(month) ?? [0, 0];
    found.set(month, [ready + table.ready[at], rows + table.rows[at]]);
  });
  return el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, ["month", "ready", "rows", "share"].map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, [...found].map(([month, [ready, rows]]) =>
      el("tr", {}, el("th", { scope: "row" }, month), [number(ready), number(rows), percent(ready, rows)].map((cell) => el("td", {}, cell))))));
}

/** The columns of a feature table, each with a ribbon of quantiles and its null share. */
class Distributions {
  constructor(place) {
    this.place = place;
    this.filter = el("input", { type: "search", placeholder: "filter columns", "aria-label": "filter columns", input: () => this.draw() });
    this.order = el("select", { "aria-label": "order", change: () => this.draw() },
      [["table", "in the table's order"], ["name", "by name"], ["null", "most nulls first"], ["shift", "largest shift first"]].map(([value, name]) => el("option", { value }, name)));
    this.table = el("select", { "aria-label": "table", change: () => this.show(this.season) });
    this.cards = el("div", { class: "features" });
    this.note = el("p", { class: "aside" });
    place.append(
      el("div", { class: "tools" }, this.table, this.filter, this.order, this.note),
      el("p", { class: "intro" }, el("span", { class: "key outer" }), " 5–95 % of rows ", el("span", { class: "key inner" }), " 25–75 % ",
        el("span", { class: "key middle" }), " median ", el("span", { class: "key nulls" }), " null share, by month; of columns of 0 and 1 the share of 1"),
      this.cards);
  }

  offer(tables) {
    this.table.replaceChildren(...tables.filter((table) => !table.is_source).map((table) => el("option", {}, table.name)));
    this.table.value = this.table.options[this.table.options.length - 1]?.value ?? "";
  }

  async show(season) {
    this.season = season;
    const path = `distributions/${season}/${this.table.value}`;
    this.path = path;
    this.note.textContent = "…";
    try {
      const found = await load(path);
      if (this.path !== path) return;
      this.found = found;
      this.draw();
    } catch (error) {
      if (this.path !== path) return;
      this.cards.replaceChildren(el("p", { class: "bad" }, error.message));
      this.note.textContent = "";
    }
  }

  draw() {
    if (!this.found) return;
    const wanted = this.filter.value.trim().toLowerCase();
    const drawn = this.found.features.filter((feature) => feature.ribbon || Math.max(...feature.null));
    const plain = this.found.features.filter((feature) => !drawn.includes(feature)).map((feature) => feature.name);
    const every = drawn.filter((feature) => feature.name.toLowerCase().includes(wanted));
    const by = {
      table: () => 0,
      name: (a, b) => a.name.localeCompare(b.name),
      null: (a, b) => Math.max(...b.null) - Math.max(...a.null),
      shift: (a, b) => shiftOf(b) - shiftOf(a),
    }[this.order.value];
    every.sort(by);
    const { constant, empty } = this.found;
    this.note.textContent = `${counted(every.length, "column")} of ${number(drawn.length)}`;
    this.cards.replaceChildren(
      empty.length ? el("p", { class: "bad" }, el("b", {}, "NULL all season: "), empty.join(", ")) : "",
      ...every.map((feature) => featureCard(feature, this.found)),
      folded(plain, "of text without nulls"), folded(constant, "with one value all season"));
  }
}

function folded(names, what) {
  return names.length ? el("details", { class: "constant" }, el("summary", {}, `${counted(names.length, "column")} ${what}`), el("p", {}, names.join(", "))) : "";
}

/** How far the monthly median wanders, in widths of the middle half. */
function shiftOf(feature) {
  const months = (feature.is_share ? [] : (feature.ribbon ?? [])).filter((month) => month[2] !== null);
  if (!months.length) return -1;
  const medians = months.map((month) => month[2]);
  const width = sum(months.map((month) => month[3] - month[1])) / months.length;
  const wander = Math.max(...medians) - Math.min(...medians);
  return width ? wander / width : wander ? Infinity : 0;
}

const CARD = { wide: 240, high: 72, nulls: 14, left: 0 };

function featureCard(feature, found) {
  const [low, high] = feature.is_share ? [0, 1] : feature.ribbon ? bounds(feature.ribbon) : [null, null];
  const worst = Math.max(...feature.null, 0);
  const told = worst ? `up to ${(100 * worst).toFixed(worst < 0.1 ? 1 : 0)} % null` : "no nulls";
  return el("figure", { class: "card feature" },
    el("figcaption", {}, el("h3", { title: feature.name }, feature.name), el("span", { class: worst ? "aside warn" : "aside" }, told)),
    el("div", { class: "plot" },
      el("div", { class: "scale" }, low === null ? "text" : [high, low].map((value, at) => (at && low === high ? null : el("span", {}, feature.is_share ? `${100 * value} %` : short(value))))),
      ribbon(feature, found, low, high)));
}

/** The lowest and highest quantile of the ribbon. */
function bounds(months) {
  const values = months.flat().filter((value) => value !== null);
  return values.length ? [Math.min(...values), Math.max(...values)] : [null, null];
}

const short = (value) => (value === null ? "" : Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 3 }));

function ribbon(feature, found, low, high) {
  const { wide, high: tall, nulls } = CARD;
  const step = wide / found.months.length;
  const x = (at) => (at + 0.5) * step;
  const y = (value) => 3 + (high === low ? (tall - 6) / 2 : ((high - value) / (high - low)) * (tall - 6));
  const parts = [];
  if (feature.is_share) parts.push(...shares(feature, step, y));
  for (const months of feature.ribbon && !feature.is_share ? stretches(feature.ribbon) : []) {
    const band = (from, to, name) => svg("polygon", { class: name, points: [...months.map((at) => [at, to]), ...[...months].reverse().map((at) => [at, from])]
      .flatMap(([at, quantile], place, all) => edge(x(at), y(feature.ribbon[at][quantile]), place, all.length, step)).join(" ") });
    parts.push(band(0, 4, "outer"), band(1, 3, "inner"));
    parts.push(svg("polyline", { class: "middle", points: months.flatMap((at, place) => edge(x(at), y(feature.ribbon[at][2]), months.length === 1 ? place : -1, 1, step)).join(" ") }));
  }
  const marks = found.months.map((month, at) => {
    const share = feature.null[at];
    const height = share ? Math.max(1.5, share * nulls) : 0;
    return [
      svg("rect", { class: "nulls", x: (at * step + 1).toFixed(1), width: (step - 2).toFixed(1), y: (tall + 2 + nulls - height).toFixed(1), height: height.toFixed(1) }),
      svg("rect", { class: "spot", x: (at * step).toFixed(1), width: step.toFixed(1), y: 0, height: tall + nulls + 16 }, svg("title", {}, monthTold(feature, found, at))),
      svg("text", { x: x(at), y: tall + nulls + 13 }, MONTH.format(day(`${month}-01`)).slice(0, 1)),
    ];
  });
  return svg("svg", { viewBox: `0 0 ${wide} ${tall + nulls + 16}`, role: "img", "aria-label": `${feature.name} by month` },
    svg("line", { class: "rule", x1: 0, x2: wide, y1: tall + nulls + 2, y2: tall + nulls + 2 }), ...parts, ...marks);
}

/** Of columns of 0 and 1: the share of 1, a bar a month. */
function shares(feature, step, y) {
  return feature.mean.flatMap((mean, at) =>
    mean === null ? [] : [svg("rect", { class: "inner", x: (at * step + 1).toFixed(1), width: (step - 2).toFixed(1), y: y(mean).toFixed(1), height: (y(0) - y(mean)).toFixed(1) })]);
}

/** A month alone has no neighbour to draw a ribbon to: it is as wide as its column. */
function edge(x, y, place, count, step) {
  if (count > 2 || place < 0) return [`${x.toFixed(1)},${y.toFixed(1)}`];
  const sides = place ? [0.4, -0.4] : [-0.4, 0.4];
  return sides.map((side) => `${(x + side * step).toFixed(1)},${y.toFixed(1)}`);
}

/** Months in a row that have values. */
function stretches(months) {
  const found = [];
  months.forEach((month, at) => {
    if (month[2] === null) return;
    if (found.length && found.at(-1).at(-1) === at - 1) found.at(-1).push(at);
    else found.push([at]);
  });
  return found;
}

function monthTold(feature, found, at) {
  const lines = [`${found.months[at]}: ${counted(found.rows[at], "row")}`];
  const ribbonOf = feature.ribbon?.[at];
  if (feature.is_share && feature.mean[at] !== null) lines.push(`${(100 * feature.mean[at]).toFixed(1)} % are 1`);
  else if (ribbonOf && ribbonOf[2] !== null) {
    lines.push(`median ${short(ribbonOf[2])}, mean ${short(feature.mean[at])}`);
    lines.push(`25–75 %: ${short(ribbonOf[1])} to ${short(ribbonOf[3])}`, `5–95 %: ${short(ribbonOf[0])} to ${short(ribbonOf[4])}`);
  }
  if (feature.values) lines.push(counted(feature.values[at], "value"));
  lines.push(`null: ${(100 * feature.null[at]).toFixed(1)} %`);
  return lines.join("\n");
}
