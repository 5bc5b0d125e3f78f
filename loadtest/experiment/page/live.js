// The live page: draws the panels of one dashboard from Prometheus, again and again.
"use strict";

const {dashboards, scrape_seconds: scrapeSeconds} =
    JSON.parse(document.getElementById("results").textContent);
const shownSeconds = 300;
// The page's own colours first, for the three views and their like; then others for the rest.
const lineColors = ["intended", "client", "server", "good", "open", "bad", "users"];
const leastShownSeconds = 60;
let panels = [];
// Of all that Prometheus has told: the axes begin there and not in a time that nobody watched.
let firstTime = Infinity;
let round = 0;

function number(value, digits = 3) {
  if (value === 0) return "0";
  return new Intl.NumberFormat("en", {maximumSignificantDigits: digits}).format(value);
}

function scaled(value, steps) {
  const [size, unit] = steps.find(([size]) => Math.abs(value) >= size) || steps[steps.length - 1];
  return `${number(value / size)} ${unit}`;
}

const bytes = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]];
const seconds = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"]];
const forms = {
  s: (value) => value === 0 ? "0 s" : scaled(value, seconds),
  bytes: (value) => scaled(value, bytes),
  Bps: (value) => `${scaled(value, bytes)}/s`,
  reqps: (value) => `${number(value)}/s`,
  cps: (value) => `${number(value)}/s`,
  percentunit: (value) => `${number(value * 100, 4)} %`,
  short: (value) => number(value),
};

function formOf(panel) {
  return forms[panel.unit] || forms.short;
}

function clock(time) {
  return new Date(time * 1000).toLocaleTimeString([], {hour12: false});
}

async function ask(expr, end) {
  const parameters = new URLSearchParams({
    query: expr, start: end - shownSeconds, end, step: scrapeSeconds});
  const answer = await fetch(`/api/v1/query_range?${parameters}`);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  const result = (await answer.json()).data.result;
  firstTime = Math.min(firstTime, ...result.map((series) => series.values[0][0]));
  return result;
}

// A gap in a series is a point of null, or the line would cross it.
function pointsOf(series) {
  const found = [];
  for (const [time, text] of series.values) {
    const before = found.length ? found[found.length - 1][0] : time;
    if (time - before > 1.5 * scrapeSeconds) found.push([before + scrapeSeconds, null]);
    const value = Number(text);
    found.push([time, Number.isFinite(value) ? value : null]);
  }
  return found;
}

function nameOf(legend, labels) {
  return legend.replace(/{{\s*(\w+)\s*}}/g, (_, label) => labels[label] || "").trim() || "value";
}

function showStat(panel, answers) {
  const last = answers.flat().flatMap((series) => pointsOf(series).slice(-1))
      .map(([, value]) => value).find((value) => value !== null);
  panel.value.textContent = last === undefined ? "no data" : formOf(panel)(last);
  const reached = panel.thresholds.filter(([from]) => from === null || last >= from).pop();
  panel.value.className = last === undefined ? "quiet"
    : {green: "good", orange: "open", yellow: "open", red: "bad"}[reached?.[1]] || "";
}

function timeAxis(end) {
  const begin = Math.max(end - shownSeconds, Math.min(firstTime, end - leastShownSeconds));
  return {title: "time", min: begin, max: end, step: end - begin > 150 ? 60 : 15, form: clock};
}

function showLines(panel, answers, end) {
  const lines = answers.flatMap((result, at) => result.map((series) => ({
    label: nameOf(panel.queries[at].legend, series.metric), points: pointsOf(series)})));
  lines.forEach((line, at) => { line.color = lineColors[at % lineColors.length]; });
  // What has no length on a log axis is not drawn there.
  if (panel.log) {
    for (const line of lines) {
      line.points = line.points.map(([x, y]) => [x, y > 0 ? y : null]);
    }
  }
  panel.frame.classList.toggle("empty", lines.length === 0);
  const x = timeAxis(end);
  for (const limit of panel.limits) {
    lines.push({label: "objective or limit", color: "bad", dashed: [6, 4], thin: true,
                unlisted: true, points: [[x.min, limit], [x.max, limit]]});
  }
  drawLines(panel.canvas, {x, y: {title: "", log: panel.log, form: formOf(panel)},
                           lines});
}

// A square for each bucket at each time, the darker the more are in it.
function showHeat(panel, answers, end) {
  const below = new Map();
  const cells = [];
  const all = answers.flat().filter((series) => series.metric.le !== "+Inf")
      .sort((one, other) => Number(one.metric.le) - Number(other.metric.le));
  for (const series of all) {
    for (const [time, value] of pointsOf(series)) {
      const more = value - (below.get(time) || 0);
      below.set(time, value);
      if (more > 1e-9) cells.push([time, Number(series.metric.le), more]);
    }
  }
  panel.frame.classList.toggle("empty", cells.length === 0);
  drawCells(panel.canvas, {x: timeAxis(end), y: {title: "", log: true, form: formOf(panel)},
                           color: "server", label: "requests a second", cells});
}

function show(panel, answers, end) {
  if (panel.kind === "stat") showStat(panel, answers);
  else if (panel.kind === "heatmap") showHeat(panel, answers, end);
  else showLines(panel, answers, end);
}

async function refresh() {
  const asked = round;
  const end = Math.floor(Date.now() / 1000 / scrapeSeconds) * scrapeSeconds;
  const state = document.getElementById("state");
  try {
    // One after the other: Prometheus and what it watches may share a small machine.
    for (const panel of panels) {
      const answers = [];
      for (const {expr} of panel.queries) answers.push(await ask(expr, end));
      if (asked !== round) return;
      show(panel, answers, end);
    }
    state.textContent = `Drawn at ${clock(Date.now() / 1000)}.`;
    state.className = "";
  } catch (error) {
    state.textContent = `Prometheus does not answer: ${error.message}`;
    state.className = "bad";
  }
}

async function keepRefreshing() {
  for (;;) {
    if (!document.hidden) await refresh();
    await new Promise((done) => setTimeout(done, scrapeSeconds * 1000));
  }
}

function element(kind, className, text) {
  const made = document.createElement(kind);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function addStat(place, panel) {
  const card = element("section", "card tile");
  card.title = panel.description;
  panel.value = element("b", "quiet", "…");
  card.append(element("span", "", panel.title), panel.value);
  place.append(card);
}

function addRow(board, row) {
  board.append(element("h2", "", row.title));
  const tiles = element("div", "tiles");
  const grid = element("div", "grid");
  for (const panel of row.panels.map((one) => ({...one}))) {
    if (panel.kind === "stat") {
      addStat(tiles, panel);
    } else {
      panel.canvas = addChart(grid, panel.title, panel.description);
      panel.frame = panel.canvas.parentElement;
    }
    panels.push(panel);
  }
  board.append(tiles, grid);
}

function choose(dashboard) {
  for (const {chart} of charts.values()) chart.destroy();
  charts.clear();
  panels = [];
  round += 1;
  const board = document.getElementById("board");
  board.replaceChildren();
  for (const row of dashboard.rows) addRow(board, row);
  location.hash = dashboard.name;
}

const wanted = location.hash.slice(1);
const buttons = dashboards.map((dashboard) => {
  const button = element("button", "", dashboard.title);
  button.type = "button";
  button.addEventListener("click", () => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
    choose(dashboard);
    refresh();
  });
  document.getElementById("chooser").append(button);
  return button;
});
const first = Math.max(0, dashboards.findIndex((dashboard) => dashboard.name === wanted));
buttons[first].setAttribute("aria-pressed", "true");
choose(dashboards[first]);
keepRefreshing();
