/* Pictures: bars, axes and tooltips by uPlot in our colors, with a mouse or the arrow keys. */

const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const PALE = { stroke: color("--line"), width: 1 };
const SMALL = "10px system-ui, sans-serif";

/* Drawn when they come into sight, again when their room or the color scheme changes. */
const inSight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    inSight.unobserve(target);
    target.draw();
    inSize.observe(target);
  }
}, { rootMargin: "300px" });
const inSize = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    if (contentRect.width) target.plot.setSize({ width: contentRect.width, height: target.plot.height });
  }
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const node of document.querySelectorAll(".picture")) node.plot?.redraw();
});

/** Put other content into a place; pictures that were in it let go of the window. */
function refill(place, ...children) {
  for (const node of place.querySelectorAll(".picture")) {
    inSight.unobserve(node);
    inSize.unobserve(node);
    node.plot?.destroy();
    node.plot = null;
  }
  place.replaceChildren(...children);
}

/**
 * A picture of values at `labels`, a place each from left to right; `values` has a list per series.
 *
 * The tooltip is uPlot's legend. To a screen reader it is a slider: its value is what the tooltip says.
 */
function picture({ label, high, labels, ticks, series, values, scales = {}, axes = [], pick = null }) {
  const last = labels.length - 1;
  const node = el("div", { class: pick ? "picture picked" : "picture", role: "slider", tabindex: 0, "aria-label": label,
    "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": 0, "aria-valuetext": labels[0],
    keydown: (event) => {
      const at = node.plot.cursor.idx ?? -1;
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (to !== undefined) pointAt(node.plot, Math.min(Math.max(to, 0), last));
      else if (event.key === "Enter" && pick && at >= 0) pick(at);
      else return;
      event.preventDefault();
    },
    blur: () => node.plot?.setCursor({ left: -10, top: -10 }) });
  node.style.height = `${high}px`;
  node.draw = () => {
    node.plot = new uPlot({
      width: node.clientWidth, height: high, padding: [8, 6, 0, 0],
      legend: { mount: (plot, box) => plot.over.append(box), markers: { width: 0 } },
      cursor: { y: false, drag: { x: false, y: false, click: () => {} }, points: { show: false } },
      scales: { x: { time: false, range: () => [-0.6, last + 0.6] }, ...scales },
      series: [{ label: "", value: (_, at) => labels[at] ?? "" }, ...series],
      axes: [
        { size: 20, gap: 2, font: SMALL, stroke: color("--soft"), grid: { show: false }, ticks: { ...PALE, size: 4 },
          splits: (plot) => spaced(ticks, plot.width), values: (_, places) => places.map((at) => ticks.get(at) ?? "") },
        ...axes.map((axis) => ({ size: 42, gap: 4, font: SMALL, stroke: color("--soft"), grid: PALE, ticks: { show: false }, space: 22, ...axis })),
      ],
      hooks: { setLegend: [(plot) => told(node, plot)], setCursor: [beside] },
    }, [labels.map((_, at) => at), ...values], node);
    const { over } = node.plot;
    if (pick) over.addEventListener("click", (event) => pick(node.plot.posToIdx(event.clientX - over.getBoundingClientRect().left)));
  };
  inSight.observe(node);
  return node;
}

function pointAt(plot, at) {
  plot.setCursor({ left: plot.valToPos(at, "x"), top: plot.over.clientHeight / 2 });
}

/** The tooltip keeps to the side of the pointer that has room. */
function beside(plot) {
  const box = plot.over.querySelector(".u-legend");
  const isRight = plot.cursor.left > plot.over.clientWidth / 2;
  box.style.left = isRight ? "auto" : `${plot.cursor.left + 12}px`;
  box.style.right = isRight ? `${plot.over.clientWidth - plot.cursor.left + 12}px` : "auto";
}

function told(node, plot) {
  const at = plot.legend.idx;
  node.classList.toggle("told", at !== null && at !== undefined);
  if (at === null || at === undefined) return;
  const [place, ...others] = plot.over.querySelectorAll(".u-series:not(.silent)");
  const lines = [place.lastChild.textContent, ...others.map((line) => [...line.children].map((part) => part.textContent).join(": "))];
  node.setAttribute("aria-valuenow", at);
  node.setAttribute("aria-valuetext", lines.join(", "));
}

/** As many ticks as have room. */
function spaced(ticks, width) {
  const every = [...ticks.keys()];
  const step = Math.ceil((every.length * 30) / Math.max(width - 50, 30));
  return every.filter((_, at) => at % step === 0);
}

/** Bars, from `low` where it is given, else from 0. */
function bars(label, fill, value, { low = null, size = 0.75, ...more } = {}) {
  const floating = low && { y0: { unit: 1, values: () => low }, y1: { unit: 1, values: (plot, series) => plot.data[series] } };
  return { label, fill: color(fill), stroke: color(fill), width: 0, points: { show: false }, value,
    paths: uPlot.paths.bars({ size: [size, 44], ...(floating ? { disp: floating } : {}) }), ...more };
}

/** What a color means. */
const key = (name, meaning) => el("span", { class: "meant" }, el("span", { class: `key ${name}` }), meaning);

/** Values that the tooltip says and nobody draws. */
const unseen = (label, value, more = {}) => ({ label, value, paths: () => null, points: { show: false }, ...more });

const monthTicks = (months) => new Map(months.map((month, at) => [at, MONTH.format(day(`${month}-01`))]));
const inPercent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
const shares = { values: (_, places) => places.map((share) => `${Math.round(100 * share)} %`), splits: () => [0, 0.5, 1] };

/** A number as short as it can be read. */
function short(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 10000) return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
