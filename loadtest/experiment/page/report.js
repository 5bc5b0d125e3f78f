// The charts of report.html and compare.html, from the JSON in the page.
"use strict";

const report = JSON.parse(document.getElementById("results").textContent);
const milliseconds = {title: "ms", log: true};

function points(curve, name, factor = 1) {
  return curve.map((point) => [point.t, point[name] === null || point[name] === undefined
    ? null : point[name] * factor]);
}

// How many are slower than x, for a look at the tail: 1e-2 is p99.
function slower(distribution) {
  return distribution.filter(([, share]) => share < 1)
      .map(([bound, share]) => [bound * 1000, 1 - share]);
}

function shortName(run) {
  return [`${run.users}`, run.client === "fast" ? "Fast" : "Http"];
}

// A log axis shows no 0: what lies below the first bucket stands on the axis.
function shown(seconds) {
  return seconds === null ? null : Math.max(seconds * 1000, 0.01);
}

function drawOverview(runs) {
  drawBars(document.getElementById("overview"), {
    labels: runs.map((one) => shortName(one.run)), y: milliseconds,
    bars: [["intended", "from the intended start", "intended"], ["sent", "from the send", "client"],
           ["server", "in the server", "server"]].map(([view, label, color]) => ({
      label, color, values: runs.map((one) => shown(one.views.get[view].p99))}))});
}

const runCharts = {
  rates: ["How many requests a second, and how many users?",
          "As each side counts them, the seed included; the users who send them."],
  percentiles: ["How do the percentiles of GET go over time?",
                "A point a second. With fewer than 100 GETs in it p99 is its slowest."],
  distribution: ["Where does the time go?",
                 "Share of all GETs that were slower, seen from three places: 0.01 is p99."],
  processors: ["Who runs out of processor?",
               "Cores used. A Locust process can use one; above 0.9 its own waiting is in what it "
               + "measures."],
};

function drawRun(canvases, one) {
  const {client, server} = one.curves;
  const x = {title: "seconds", min: 0};
  drawLines(canvases.rates, {x, y: {title: "requests/s"}, right: {title: "users"}, lines: [
    {label: "client", color: "client", points: points(client, "requests_per_second")},
    {label: "server", color: "server", dashed: [5, 4],
     points: points(server, "requests_per_second")},
    {label: "users", color: "users", right: true, thin: true, points: points(client, "users")}]});
  drawLines(canvases.percentiles, {x, y: milliseconds, lines: [
    {label: "p99, intended start", color: "intended", points: points(client, "intended_p99", 1e3)},
    {label: "p99, send", color: "client", points: points(client, "p99", 1e3)},
    {label: "p50, send", color: "client", dashed: [2, 3], points: points(client, "p50", 1e3)},
    {label: "p99, server", color: "server", points: points(server, "p99", 1e3)}]});
  const distributions = one.distributions;
  drawLines(canvases.distribution, {
    x: {title: "ms", log: true}, y: {title: "share slower", log: true, min: 1e-4, max: 1}, lines: [
      {label: "intended start", color: "intended", points: slower(distributions.intended)},
      {label: "send", color: "client", points: slower(distributions.sent)},
      {label: "server", color: "server", points: slower(distributions.server)}]});
  drawLines(canvases.processors, {x, y: {title: "cores", suggestedMax: 1}, lines: [
    {label: "Locust", color: "client", points: points(client, "cpu")},
    {label: "server", color: "server", points: points(server, "cpu")}]});
}

function chooser(place, titles, choose) {
  const buttons = titles.map((title, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => pick(index));
    place.append(button);
    return button;
  });
  function pick(index) {
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
    choose(index);
  }
  pick(titles.length - 1);
}

function addRuns(runs) {
  const place = document.getElementById("charts");
  const canvases = {};
  for (const [name, [question, explanation]] of Object.entries(runCharts)) {
    canvases[name] = addChart(place, question, explanation);
  }
  chooser(document.getElementById("chooser"), runs.map((one) => one.title),
          (index) => drawRun(canvases, runs[index]));
}

function addComparison({names, pairs}) {
  const place = document.getElementById("charts");
  const labels = pairs.map(([one]) => shortName(one.run));
  const both = (value) => names.map((label, at) => ({
    label, color: at ? "client" : "server", values: pairs.map((pair) => value(pair[at]))}));
  for (const quantile of ["p50", "p99"]) {
    drawBars(addChart(place, `GET ${quantile}: how long do clients wait?`,
                      "From the intended start."),
             {labels, y: milliseconds,
              bars: both((one) => shown(one.views.get.intended[quantile]))});
  }
  drawBars(addChart(place, "What does the same load cost the server?",
                    "Cores used, mean of the run."),
           {labels, y: {title: "cores"}, bars: both((one) => one.server_cpu.mean)});
  const canvas = addChart(place, "How are the GETs of one run spread?",
                          "Share of GETs that were slower, from the intended start: 0.01 is p99.");
  chooser(document.getElementById("chooser"), pairs.map(([one]) => one.title), (index) => {
    drawLines(canvas, {
      x: {title: "ms", log: true}, y: {title: "share slower", log: true, min: 1e-4, max: 1},
      lines: names.map((label, at) => ({
        label, color: at ? "client" : "server",
        points: slower(pairs[index][at].distributions.intended)}))});
  });
}

if (report.pairs) {
  addComparison(report);
} else {
  drawOverview(report.runs);
  addRuns(report.runs);
}
