/* Beside the calendar: what the symbols mean, and the gaps by root cause. Both point out dates. */

/** The legend: every state of the season with the number of its dates. */
function legend(season, states, press) {
  const counts = new Map();
  for (const table of season.tables) {
    for (const symbol of table.symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  }
  const used = states.filter((state) => counts.has(state.symbol));
  return [
    el("h2", {}, "Legend", el("span", { class: "aside" }, `${number(sum([...counts.values()]))} dates of tables`)),
    el("ul", { class: "legend" }, used.map((state) =>
      el("li", {}, el("button", { type: "button", "aria-pressed": "false", "data-key": `state ${state.name}`,
        click: () => press(`state ${state.name}`) },
      badge(state), el("span", { class: "name" }, words(state.name)), el("span", { class: "count" }, number(counts.get(state.symbol))))))),
  ];
}

const sizeOf = (gap) => sum(Object.values(gap.dates).map((dates) => dates.length));

/** Root causes: what lacks rows first, then what is doubtful. */
function causes(season, press) {
  const numbered = season.gaps.map((gap, index) => ({ ...gap, index }));
  const lacking = numbered.filter((gap) => gap.is_gap);
  const doubtful = numbered.filter((gap) => !gap.is_gap);
  const list = (gaps) => el("ol", { class: "causes" }, gaps.map((gap) => cause(season, gap, press)));
  const told = (gaps) => el("span", { class: "aside" }, `${counted(gaps.length, "cause")}, ${number(sum(gaps.map(sizeOf)))} dates of tables`);
  return [
    el("h2", {}, "Gaps by root cause", lacking.length ? told(lacking) : null),
    season.silent.length ? el("p", { class: "bad" }, el("b", {}, "NULL all season: "), breaking(season.silent.join(", "))) : null,
    season.unusual.length ? el("details", {}, el("summary", {}, `${counted(season.unusual.length, "column")} unlike their own history on a date`),
      season.unusual.map((found) => el("p", {}, `${found.date} ${found.column}: ${found.detail}`))) : null,
    season.unchecked.length ? el("p", { class: "unchecked" }, el("b", {}, "Not checked: "), `${season.unchecked.join(", ")}. A cause may be hidden.`) : null,
    season.outside.map((found) => el("p", { class: "outside" },
      el("b", {}, `${found.table}.${found.claim}: `), `${found.detail} Outside of the season: ${inWords(found.dates)}`)),
    lacking.length ? list(lacking) : el("p", { class: "good" }, "Nothing is missing."),
    doubtful.length ? el("details", { id: "doubtful" }, el("summary", {}, "Doubtful or not pushed", told(doubtful)), list(doubtful)) : null,
  ];
}

function cause(season, gap, press) {
  const id = `cause-${gap.index}`;
  const tables = Object.keys(gap.dates);
  return el("li", {},
    el("button", { type: "button", class: "cause", "aria-pressed": "false", "aria-expanded": "false", "aria-controls": id,
      "data-key": `gap ${gap.index}`, click: () => press(`gap ${gap.index}`) },
    el("span", { class: "text" }, breaking(gap.text)),
    el("span", { class: "aside" }, `${counted(sizeOf(gap), "date")} in ${counted(tables.length, "table")}`)),
    el("div", { id, class: "more", hidden: true },
      alike(gap.dates).map(([names, places]) =>
        el("p", {}, el("b", {}, breaking(names.join(", "))), ": ", inWords(places.map((place) => season.dates[place])))),
      fixing(gap)));
}

/** Tables with the same dates together. */
function alike(dates) {
  const found = new Map();
  for (const [table, places] of Object.entries(dates)) {
    const key = places.join();
    if (!found.has(key)) found.set(key, [[], places]);
    found.get(key)[0].push(table);
  }
  return [...found.values()];
}

/** Which cells a pressed button is about. */
function hits(season, key) {
  const [kind, name] = key.split(" ");
  if (kind === "state") return (cell) => cell.state === name;
  const gap = season.gaps[Number(name)];
  const sets = new Map(Object.entries(gap.dates).map(([table, places]) => [table, new Set(places)]));
  return (cell) => Boolean(sets.get(cell.table)?.has(cell.index));
}
