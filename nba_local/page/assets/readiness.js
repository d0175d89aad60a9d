/* Readiness: the share of rows that may be used for predictions, by date. */

function readiness(season, open) {
  const tables = season.tables.filter((table) => table.ready);
  return [
    el("p", { class: "intro keys" }, "Share of rows that may be used for predictions, by date:", key("ready", "ready"), key("unready", "not ready"),
      "Click a bar, or press Enter on it, to open its date."),
    ...tables.map((table) => readinessOf(season, table, open)),
  ];
}

function readinessOf(season, table, open) {
  const total = `${percent(sum(table.ready), sum(table.rows))} of ${number(sum(table.rows))} rows ready`;
  const ready = table.rows.map((rows, at) => (rows ? table.ready[at] / rows : null));
  const ticks = new Map(season.dates.flatMap((date, at) => (at && date.slice(0, 7) === season.dates[at - 1].slice(0, 7) ? [] : [[at, MONTH.format(day(date))]])));
  const rowsOf = (_, __, ___, at) => (at === null || !table.rows[at] ? "no rows" : `${number(table.ready[at])} of ${number(table.rows[at])} rows, ${percent(table.ready[at], table.rows[at])}`);
  const isSparse = season.dates.length < 40;
  return el("figure", { class: "card" },
    el("figcaption", {}, el("h2", {}, table.name), el("span", {}, total)),
    picture({ label: `${table.name}: ${total}`, high: 104, labels: season.dates.map((date) => SHORT.format(day(date))), ticks,
      series: [bars("all", "--unready", () => "", { class: "silent", size: isSparse ? 0.75 : 0.9 }), bars("ready", "--ready", rowsOf, { size: isSparse ? 0.75 : 0.9 })],
      values: [ready.map((share) => (share === null ? null : 1)), ready],
      scales: { y: { range: () => [0, 1] } }, axes: [shares],
      pick: (at) => open(table.name, season.dates[at]) }),
    el("details", {}, el("summary", {}, "By month"), byMonth(season, table)));
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
