// Charts in the page's colours, light or dark. A chart is asked for by a canvas and a description:
//   {x: {title, log}, y: {title, log, max}, right: {title}, lines: [{label, color, points, ...}]}
// Points are [x, y]; a y of null is a gap. `color` is a variable of style.css without its dashes.
// A line may be dashed ([drawn, left out]), thin, of the right axis, or unlisted in the legend.
"use strict";

const charts = new Map();

function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function axis(of, more) {
  const short = new Intl.NumberFormat("en", {maximumSignificantDigits: 3});
  return Object.assign({
    type: of.log ? "logarithmic" : "linear",
    title: {display: true, text: of.title, color: colorOf("quiet")},
    grid: {color: colorOf("line")},
    min: of.min, max: of.max, suggestedMax: of.suggestedMax,
    ticks: {
      color: colorOf("quiet"), maxRotation: 0, autoSkipPadding: 12, stepSize: of.step,
      // On a log axis only powers of ten are named, on a short one their double and fivefold too:
      // the rest would stand on one another.
      callback(value) {
        const first = Number(value.toExponential().split("e")[0]);
        const named = this.max / this.min < 100 ? [1, 2, 5] : [1];
        if (of.log && !named.some((one) => Math.abs(one - first) < 1e-6)) return null;
        return of.form ? of.form(value) : short.format(value);
      },
    },
  }, more || {});
}

function datasetOf(line) {
  return {
    label: line.label, data: line.points.map(([x, y]) => ({x, y})),
    borderColor: colorOf(line.color), backgroundColor: colorOf(line.color),
    borderWidth: line.thin ? 1 : 2, borderDash: line.dashed || [], pointRadius: 0,
    pointHitRadius: 8, yAxisID: line.right ? "right" : "y",
    spanGaps: false, tension: 0, unlisted: line.unlisted || false,
  };
}

function optionsOf(what) {
  const scales = {x: axis(what.x), y: axis(what.y)};
  if (!what.y.log && what.y.min === undefined) scales.y.beginAtZero = true;
  if (what.right) {
    scales.right = axis(what.right, {position: "right", beginAtZero: true});
    scales.right.grid = {drawOnChartArea: false};
  }
  return {
    animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
    normalized: true, interaction: {mode: "nearest", axis: "x", intersect: false}, scales,
    plugins: {
      legend: {position: "bottom", labels: {
        color: colorOf("text"), boxWidth: 18, boxHeight: 2,
        filter: (item, data) => !data.datasets[item.datasetIndex].unlisted}},
      tooltip: {callbacks: {title: (items) => items.length
        ? `${what.x.title}: ${what.x.form ? what.x.form(items[0].parsed.x)
                                          : items[0].parsed.x.toPrecision(3)}` : ""}},
    },
  };
}

function drawLines(canvas, what) {
  let chart = charts.get(canvas)?.chart;
  if (chart && chart.config.type === "line") {
    chart.data.datasets = what.lines.map(datasetOf);
    chart.options = optionsOf(what);
    chart.update("none");
  } else {
    chart = new Chart(canvas, {type: "line", data: {datasets: what.lines.map(datasetOf)},
                               options: optionsOf(what)});
  }
  charts.set(canvas, {chart, again: () => drawLines(canvas, what)});
}

// {labels, y, bars: [{label, color, values}]}
function drawBars(canvas, what) {
  charts.get(canvas)?.chart.destroy();
  const options = optionsOf({x: {title: ""}, y: what.y});
  options.parsing = true;
  options.normalized = false;
  options.interaction = {mode: "index", intersect: false};
  options.scales.x = {ticks: {color: colorOf("quiet"), autoSkip: false}, grid: {display: false}};
  options.plugins.tooltip = {};
  options.plugins.legend.labels.boxHeight = 10;
  const datasets = what.bars.map((bar) => ({
    label: bar.label, data: bar.values, backgroundColor: colorOf(bar.color), maxBarThickness: 26}));
  const chart = new Chart(canvas, {type: "bar", data: {labels: what.labels, datasets}, options});
  charts.set(canvas, {chart, again: () => drawBars(canvas, what)});
}

// {x, y, label, color, cells: [[x, y, weight]]}
function drawCells(canvas, what) {
  charts.get(canvas)?.chart.destroy();
  const most = Math.max(...what.cells.map(([, , weight]) => weight), 0);
  const base = colorOf(what.color);
  // Even the palest of them can be seen.
  const shade = (weight) => base + Math.round(40 + 215 * Math.sqrt(weight / most))
      .toString(16).padStart(2, "0");
  const options = optionsOf(what);
  options.plugins.legend.display = false;
  const chart = new Chart(canvas, {type: "scatter", options, data: {datasets: [{
    label: what.label, data: what.cells.map(([x, y]) => ({x, y})), pointStyle: "rect",
    pointRadius: 4, pointBorderWidth: 0,
    pointBackgroundColor: what.cells.map(([, , weight]) => shade(weight))}]}});
  charts.set(canvas, {chart, again: () => drawCells(canvas, what)});
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const {again} of [...charts.values()]) again();
});

// A card with a chart in it, at the end of `place`; returns the canvas.
function addChart(place, question, explanation) {
  const card = document.createElement("section");
  card.className = "card";
  const title = document.createElement("h3");
  title.textContent = question;
  const text = document.createElement("p");
  text.textContent = explanation;
  const frame = document.createElement("div");
  frame.className = "chart";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", question);
  frame.append(canvas);
  card.append(title, text, frame);
  place.append(card);
  return canvas;
}
