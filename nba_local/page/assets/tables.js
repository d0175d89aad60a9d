/* Tables: the way from source to store, and what every column of a table is, holds and lacks. */

const NODE = { wide: 226, high: 30, gap: 10, apart: 64 };
const ORDERS = [["table", "in the table's order"], ["name", "by name"], ["null", "most nulls first"], ["shift", "largest shift first"]];

class Tables {
  constructor(place, page) {
    this.place = place;
    this.page = page;
    this.filter = el("input", { type: "search", placeholder: "filter columns", "aria-label": "filter columns", input: () => this.draw() });
    this.order = el("select", { "aria-label": "order", change: () => this.draw() }, ORDERS.map(([value, name]) => el("option", { value }, name)));
    this.note = el("p", { class: "aside", role: "status" });
    this.graph = el("div", { class: "graph", tabindex: 0, role: "group", "aria-label": "tables, from source to store" });
    this.head = el("section", { class: "card about", hidden: true });
    this.cards = el("div", { class: "columns" });
    place.append(
      this.graph, this.head, el("div", { class: "tools" }, this.filter, this.order, this.note),
      el("p", { class: "intro keys" }, "By month:", key("outer", "5–95 % of rows"), key("inner", "25–75 %"), key("middle", "median"), key("share", "share of yes"), key("nulls", "share of NULL")),
      this.cards);
  }

  async show(season) {
    this.season = season;
    this.note.textContent = "…";
    const found = await this.page.attempt(async () => {
      this.tables ??= await load("tables");
      this.name ??= this.tables.at(-1).name;
      const { name } = this;
      const [dates, nulls] = await Promise.all([load(`distributions/${season}/${name}`), load(`nulls/${name}`)]);
      return { dates, nulls, name, season };
    });
    if (!found || found.name !== this.name || found.season !== this.season) return;
    this.found = found;
    refill(this.graph, ...graph(this.tables, this.name, (name) => this.choose(name)));
    this.head.hidden = false;
    refill(this.head, ...about(this.table, (name) => this.choose(name)));
    this.draw();
  }

  get table() {
    return this.tables.find((table) => table.name === this.name);
  }

  choose(name) {
    const hadFocus = this.graph.contains(document.activeElement);
    this.name = name;
    this.page.remember();
    return this.show(this.season).then(() => hadFocus && this.graph.querySelector("[aria-pressed='true']").focus());
  }

  draw() {
    if (!this.found) return;
    const wanted = this.filter.value.trim().toLowerCase();
    const every = this.table.columns.map((column) => columnOf(column, this.found));
    const shown = every.filter(({ name, doc }) => `${name} ${doc}`.toLowerCase().includes(wanted));
    const by = {
      table: () => 0,
      name: (a, b) => a.name.localeCompare(b.name),
      null: (a, b) => b.worst - a.worst,
      shift: (a, b) => b.shift - a.shift,
    }[this.order.value];
    shown.sort((a, b) => Number(b.isEmpty) - Number(a.isEmpty) || by(a, b));
    const empty = every.filter(({ isEmpty }) => isEmpty).length;
    this.note.textContent = `${counted(shown.length, "column")} of ${number(every.length)}${empty ? `, ${number(empty)} NULL all season` : ""}`;
    refill(this.cards, ...shown.map((column) => columnCard(column, this.found)));
  }
}

/** A column with what is known of the season: its cells (itself, or elements of its lists), nulls, shift. */
function columnOf(column, { dates, nulls, season }) {
  const cells = dates.features.filter(({ name }) => name === column.name || name.startsWith(`${column.name}.`));
  const bySeason = Object.entries(nulls[column.name] ?? {});
  const isEmpty = dates.empty.includes(column.name) || nulls[column.name]?.[season] === 1;
  const worst = Math.max(nulls[column.name]?.[season] ?? 0, ...cells.flatMap((cell) => cell.null));
  const isConstant = dates.constant.includes(column.name);
  return { ...column, cells, bySeason, isEmpty, isConstant, worst, shift: Math.max(-1, ...cells.map(shiftOf)) };
}

/** How far the monthly median wanders, in widths of the middle half. */
function shiftOf(cell) {
  const months = (cell.is_share ? [] : (cell.ribbon ?? [])).filter((month) => month[2] !== null);
  if (!months.length) return -1;
  const medians = months.map((month) => month[2]);
  const width = sum(months.map((month) => month[3] - month[1])) / months.length;
  const wander = Math.max(...medians) - Math.min(...medians);
  return width ? wander / width : wander ? Infinity : 0;
}

function columnCard(column, { dates }) {
  const kind = [column.type, column.unit, column.mode === "NULLABLE" ? "" : column.mode.toLowerCase()].filter(Boolean).join(" · ");
  const some = column.bySeason.filter(([, share]) => share > 0);
  const nulls = some.length
    ? ["NULL: ", some.map(([season, share]) => el("span", { class: share === 1 ? "share bad" : "share" }, `${season} ${inPercent(share)}`))]
    : [column.bySeason.length ? `no NULL in ${counted(column.bySeason.length, "season")}` : "not measured"];
  const drawn = column.isEmpty ? [] : column.cells.filter((cell) => cell.ribbon || Math.max(0, ...cell.null) > 0);
  return el("figure", { class: column.isEmpty ? "card column empty" : "card column" },
    el("figcaption", {}, el("h3", {}, breaking(column.name)), el("span", { class: "aside" }, kind)),
    column.isEmpty ? el("p", { class: "bad" }, el("b", {}, "NULL all season")) : null,
    el("p", {}, column.doc),
    el("p", { class: "aside" }, breaking(column.origin), column.readers.length ? ["; read by ", breaking(column.readers.join(", "))] : "; read by no feature table"),
    el("p", { class: "aside nulls-by-season" }, ...nulls.flat()),
    column.isConstant && !column.isEmpty ? el("p", { class: "aside" }, "one value all season") : null,
    drawn.map((cell) => [
      cell.name === column.name ? null : el("h4", {}, breaking(cell.name.slice(column.name.length + 1))),
      distribution(cell, dates),
    ]).flat());
}

/** Quantiles of a column, or its share of yes, and its nulls, by month. */
function distribution(cell, { months, rows }) {
  const hasNulls = cell.null.some((share) => share > 0);
  const place = { scale: "null", size: 0.75 };
  const nulls = bars("NULL", "--nulls", (_, share) => inPercent(share), place);
  const common = {
    label: `${cell.name} by month`, high: 112, ticks: monthTicks(months),
    labels: months.map((month, at) => `${month}, ${counted(rows[at], "row")}`),
  };
  const scales = { null: { range: () => [0, 4] } }; // at the foot, a quarter high at most
  if (cell.is_share) {
    const yes = bars("yes", "--share", (_, share) => inPercent(share));
    return picture({ ...common, series: [yes, nulls], values: [cell.mean, cell.null], scales: { ...scales, y: { range: () => [0, 1] } }, axes: [shares] });
  }
  if (!cell.ribbon) {
    return picture({ ...common, high: 64, series: [bars("NULL", "--nulls", (_, share) => inPercent(share)), unseen("values", (_, count) => number(count ?? 0), { scale: "count" })],
      values: [cell.null, cell.values], scales: { y: { range: () => [0, 1] }, count: { auto: false, range: () => [0, 1] } }, axes: [{ ...shares, splits: () => [0, 1] }] });
  }
  const quantile = (at) => cell.ribbon.map((month) => month[at]);
  const said = (_, value) => short(value);
  const roomy = (_, low, high) => {
    const width = high - low || Math.abs(high) || 1;
    return [low - (hasNulls ? 0.34 : 0.05) * width, high + 0.05 * width];
  };
  return picture({ ...common,
    series: [
      bars("95 %", "--outer", said, { low: quantile(0) }), bars("75 %", "--inner", said, { low: quantile(1) }),
      { label: "median", stroke: color("--middle"), width: 1.6, value: said, points: { show: true, size: 5, fill: color("--middle") } },
      unseen("25 %", said), unseen("5 %", said), unseen("mean", said), nulls,
    ],
    values: [quantile(4), quantile(3), quantile(2), quantile(1), quantile(0), cell.mean, cell.null],
    scales: { ...scales, y: { range: roomy } },
    axes: [{ values: (plot, places) => places.map((value) => (hasNulls && value < Math.min(...quantile(0).filter((one) => one !== null)) - 1e-9 ? "" : short(value))) }] });
}

/** What a table is. */
function about(table, choose) {
  const names = (every) => every.map((name, at) => [at ? ", " : "", el("button", { type: "button", class: "link", click: () => choose(name) }, breaking(name))]);
  const rows = [
    [table.is_source ? "pulled from" : "pushed to", breaking(table.place)],
    ["key", breaking(table.key.join(", "))],
    ["partitioned by", breaking(table.partition)],
    table.inputs.length ? ["made from", names(table.inputs)] : null,
    ["read by", table.readers.length ? names(table.readers) : "no feature table"],
    ["checks", number(table.checks)],
  ].filter(Boolean);
  return [el("h2", {}, breaking(table.name)), el("p", {}, table.doc),
    el("dl", {}, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, ...[value].flat(3))]))];
}

/** The tables as boxes, a column for each step away from the sources; edges lead to who reads them. */
function graph(tables, chosen, choose) {
  const layers = [];
  for (const table of tables) (layers[table.depth] ??= []).push(table);
  const most = Math.max(...layers.map((layer) => layer.length));
  const high = most * (NODE.high + NODE.gap) - NODE.gap;
  const wide = layers.length * (NODE.wide + NODE.apart) - NODE.apart;
  const at = new Map(layers.flatMap((layer, depth) => layer.map((table, place) => {
    const row = NODE.high + NODE.gap;
    // boxes of other layers stand beside the gaps of the first, so that lines pass between them
    const middle = depth ? Math.round(((place + 0.5) * most) / layer.length) * row - NODE.gap / 2 : (place + 0.5) * row - NODE.gap / 2;
    return [table.name, { x: depth * (NODE.wide + NODE.apart), y: middle - NODE.high / 2 }];
  })));
  const edges = tables.flatMap((table) => table.inputs.map((input) => [input, table.name]));
  edges.sort((a, b) => Number(a.includes(chosen)) - Number(b.includes(chosen)));
  const lines = edges.map(([from, to]) => {
    const [x1, y1] = [at.get(from).x + NODE.wide, at.get(from).y + NODE.high / 2];
    const [x2, y2] = [at.get(to).x, at.get(to).y + NODE.high / 2];
    const bend = (x1 + x2) / 2;
    return svg("path", { d: `M${x1},${y1} C${bend},${y1} ${bend},${y2} ${x2},${y2}`, class: from === chosen || to === chosen ? "edge near" : "edge" });
  });
  const boxes = tables.map((table) => {
    const box = el("button", { type: "button", class: table.is_source ? "node source" : "node", title: table.doc, "aria-pressed": String(table.name === chosen), click: () => choose(table.name) }, table.name);
    const { x, y } = at.get(table.name);
    Object.assign(box.style, { left: `${x}px`, top: `${y}px`, width: `${NODE.wide}px`, height: `${NODE.high}px` });
    return box;
  });
  const sheet = el("div", { class: "sheet" }, svg("svg", { width: wide, height: high, "aria-hidden": "true" }, ...lines), ...boxes);
  Object.assign(sheet.style, { width: `${wide}px`, height: `${high}px` });
  return [sheet];
}
