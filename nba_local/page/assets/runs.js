/* The history: what ran, how long it took, how it ended and what it changed. */

function runList(runs) {
  const longest = Math.max(...runs.map((run) => run.seconds ?? 0), 0.01);
  const heads = ["Started (UTC)", "Run", "Status", "Took", "Asked", "Did", "Changed dates"];
  return [
    el("p", { class: "intro" }, `${counted(runs.length, "run")}, newest first`),
    el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "runs" }, el("table", { class: "plain runs" },
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, runs.map((run) => runRow(run, longest))))),
  ];
}

function runRow(run, longest) {
  const changed = Object.entries(run.changed);
  return el("tr", {},
    el("td", {}, clock(run.started)),
    el("td", {}, el("b", {}, run.verb), el("span", { class: "aside" }, run.run.split("-").at(-1))),
    el("td", {}, el("span", { class: `status ${run.status}` }, run.status)),
    el("td", { class: "took" }, run.seconds === null ? "–" : [`${run.seconds.toFixed(1)} s`, meter(run.seconds, longest)]),
    el("td", { class: "asked" }, run.asked),
    el("td", { class: "did" }, run.did),
    el("td", {}, changed.length
      ? el("details", {}, el("summary", {}, `${number(sum(changed.map(([, dates]) => dates)))} in ${counted(changed.length, "table")}`),
        el("ul", {}, changed.map(([table, dates]) => el("li", {}, `${table}: ${number(dates)}`))))
      : "–"));
}
