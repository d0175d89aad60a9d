/* The lab: every trial with its verdict and interval, and what one of them rests on. */

const signed = (value) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
const intervalOf = ({ mean, low, high }) => `${signed(mean)} ${low === null ? "(too few dates for an interval)" : `[${signed(low)}, ${signed(high)}]`}`;

class Lab {
  constructor(place, page) {
    this.place = place;
    this.page = page;
    this.list = el("div", {});
    this.report = el("section", { class: "card report", hidden: true, tabindex: -1, "aria-label": "trial" });
    place.append(this.list, this.report);
  }

  async show() {
    const trials = await this.page.attempt(() => load("lab"));
    if (!trials) return;
    if (!trials.length) {
      refill(this.list, el("p", { class: "intro" }, "No trial yet. The lab judges an idea for a feature, from its values to a verdict:"),
        command(`nba-local lab try FILE SEASONS${this.page.start.flags}`));
      return;
    }
    refill(this.list, ...trialList(trials, (number) => this.open(number)));
    if (this.number) await this.open(this.number, false);
  }

  async open(number, isAsked = true) {
    this.number = number;
    this.page.remember();
    const found = await this.page.attempt(() => load(`lab/${number}`));
    if (!found || this.number !== number) return;
    const told = new DOMParser().parseFromString(found.html, "text/html"); // made and escaped by lab/html.py
    this.report.replaceChildren(...told.body.children,
      found.code ? el("details", {}, el("summary", {}, "Code"), el("pre", { tabindex: 0 }, found.code)) : "");
    this.report.hidden = false;
    for (const button of this.list.querySelectorAll("[data-trial]")) button.setAttribute("aria-pressed", String(button.dataset.trial === String(number)));
    if (!isAsked) return;
    this.report.focus();
    this.report.scrollIntoView({ block: "start" });
  }
}

function trialList(trials, open) {
  const judged = trials.filter((trial) => trial.difference && trial.difference.low !== null).reverse();
  return [
    el("p", { class: "intro" }, `${counted(trials.length, "trial")}, newest first. A difference in error below 0 is a gain; an interval that holds 0 may be chance.`),
    judged.length ? el("figure", { class: "card" },
      el("figcaption", {}, el("h2", {}, "Differences in error"),
        el("span", { class: "keys" }, key("inner", "95 % interval"), key("middle", "difference"))),
      picture({ label: "differences in error by trial, with 95 % intervals", high: 150, ticks: new Map(judged.map((trial, at) => [at, String(trial.trial)])),
        labels: judged.map((trial) => `trial ${trial.trial}: ${trial.verdict}`),
        series: [bars("to", "--inner", (_, value) => signed(value ?? 0), { low: judged.map((trial) => trial.difference.low), size: 0.5 }),
          { label: "difference", width: 0, stroke: color("--middle"), paths: () => null, points: { show: true, size: 8, fill: color("--middle") }, value: (_, value) => signed(value ?? 0) },
          unseen("from", (_, value) => signed(value ?? 0)), unseen("no difference", () => "", { class: "silent" })],
        values: [judged.map((trial) => trial.difference.high), judged.map((trial) => trial.difference.mean), judged.map((trial) => trial.difference.low), judged.map(() => 0)],
        axes: [{ size: 54, values: (_, places) => places.map((value) => value.toFixed(3)) }],
        pick: (at) => open(judged[at].trial) })) : null,
    el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "trials" }, el("table", { class: "plain trials" },
      el("thead", {}, el("tr", {}, ["Trial", "Verdict", "Difference [95 %]", "Seasons", "Hypothesis"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, trials.map((trial) => el("tr", {},
        el("td", {}, el("button", { type: "button", "data-trial": trial.trial, "aria-pressed": "false", click: () => open(trial.trial) }, String(trial.trial))),
        el("td", {}, el("span", { class: `verdict ${trial.is_good ? "good" : "bad"}` }, trial.verdict)),
        el("td", { class: "took" }, trial.difference ? intervalOf(trial.difference) : "–"),
        el("td", {}, trial.seasons.length > 1 ? `${trial.seasons[0]} to ${trial.seasons.at(-1)}` : trial.seasons[0]),
        el("td", { class: "did" }, trial.hypothesis, el("span", { class: "aside" }, trial.added.length ? ` ${trial.added.join(", ")}` : "")))))) ),
  ].filter(Boolean);
}
