// The charts: response time above, the number of dynos below, on one time axis.
"use strict";
window.charts = (() => {
  const day = 86400;
  const box = document.getElementById("charts");
  const tip = document.getElementById("tip");
  const timed = document.getElementById("chart-response") !== null; // false without heartbeats
  const { one, many } = document.body.dataset; // the platform's words for dynos
  const zone = known(document.body.dataset.zone || undefined);
  // A time zone that the browser does not know is replaced by its own.
  function known(name) {
    try {
      return name && new Intl.DateTimeFormat("en", { timeZone: name }) && name;
    } catch {
      return undefined;
    }
  }

  // The columns of data other than t, and their names in the stream.
  const columnsOf = { median: "ms", p95: "ms", low: "low", high: "high", dynos: "dynos", min: "min", max: "max", unanswered: "unanswered" };
  let plots = [], data = null, view = null, last = 0, asked = 0;
  const first = Number(document.querySelector("[data-last][aria-pressed=true]").dataset.last);
  let chosen = 0; // the selected moment, in seconds since 1970; 0 for none
  let follow = () => {}; // is called with the new period and moment when somebody changes them
  let recent = []; // the newest points of the stream, which may not be in the history yet

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const date = (t) => zone ? uPlot.tzDate(new Date(t * 1e3), zone) : new Date(t * 1e3);
  const moment = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const millis = (v) => v == null ? "–" : v < 9.95 ? v.toFixed(1) + " ms" : v < 9999.5 ? Math.round(v) + " ms" : (v / 1000).toFixed(1) + " s";

  // Heartbeats and upcoming limits share one axis.
  function columns() {
    const d = data;
    const later = d.ahead.filter((a) => a[0] > (d.t.at(-1) ?? -Infinity));
    if (d.to < d.now - 1) later.length = 0;
    const gap = (a) => a.concat(later.map(() => null));
    const t = d.t.concat(later.map((a) => a[0]));
    const none = d.t.map(() => null);
    // Both begin at the end of the past, to avoid a gap.
    const to = [1, 2].map((i) => {
      const past = none.slice();
      if (past.length && later.length) past[past.length - 1] = (i === 1 ? d.min : d.max).at(-1);
      return past.concat(later.map((a) => a[i]));
    });
    return {
      response: [t, gap(d.p95), gap(d.median), gap(d.low), gap(d.high)],
      dynos: [t, gap(d.max), gap(d.min), gap(d.dynos), to[1], to[0]],
    };
  }

  // The end of the time axis: a live chart shows some of the upcoming limits.
  const right = (span) => data.now + Math.min(day, span / 6);

  // Only the lower chart labels the time axis.
  function axes(format, lower) {
    const common = { stroke: color("soft"), font: "12px " + getComputedStyle(document.body).fontFamily, ticks: { show: false } };
    const grid = { stroke: color("grid"), width: 1 };
    return [
      { ...common, grid, space: 70, size: lower ? 42 : 6, values: !lower ? (u, ticks) => ticks.map(() => "") : [
        [3600 * 24 * 365, "{YYYY}", null, null, null, null, null, null, 1],
        [3600 * 24 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
        [3600 * 24, "{D} {MMM}", null, null, null, null, null, null, 1],
        [3600, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
        [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
        [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
      ] },
      { ...common, grid, size: 58, space: 32, values: (u, ticks) => ticks.map(format) },
    ];
  }

  // Keeps a single timeout from flattening the rest of the chart.
  function top(u, low, high) {
    const numbers = u.data[1].filter((v) => v != null).sort((a, b) => a - b);
    const bound = Math.max(...u.data[4].filter((v) => v != null), 1);
    const usual = numbers[Math.floor(numbers.length * .98)] ?? bound;
    const newest = data.median.findLast((v) => v != null) ?? 0;
    return [0, Math.max(bound * 1.25, Math.min(high ?? bound, Math.max(usual * 1.3, bound * 2, Math.min(newest * 1.1, bound * 6))))];
  }

  function make(id, series, bands, format, range, lower, hooks) {
    const at = document.getElementById(id);
    at.replaceChildren();
    return new uPlot({
      width: at.clientWidth, height: at.clientHeight, tzDate: date, legend: { show: false }, pxAlign: 1, padding: [8, 20, 0, 0],
      scales: { x: { time: true, range: (u, a, b) => [a, b] }, y: { range } },
      series: [{}, ...series], bands, axes: axes(format, lower),
      cursor: { sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
      hooks: { ready: [(u) => u.over.addEventListener("click", (e) => choose(u, e))], setSelect: [(u) => select(u)], setCursor: [(u) => hover(u)], draw: [now, ...hooks] },
    }, null, at);
  }

  const stepped = () => uPlot.paths.stepped({ align: 1 });
  const line = (name, width, extra) => ({ stroke: color(name), width, points: { show: false }, ...extra });
  // Points between two gaps, which no line shows.
  const alone = (u, i) => [...u.data[i].keys()].filter((k) => u.data[i][k] != null && u.data[i][k - 1] == null && u.data[i][k + 1] == null);
  const dots = (size) => ({ points: { show: () => false, filter: alone, size } });

  function fill(c) {
    if (timed) plots[0].setData(c.response, false);
    plots.at(-1).setData(c.dynos, false);
    scale();
  }

  function draw() {
    for (const p of plots) p.destroy();
    const c = columns();
    plots = [];
    if (timed) {
      plots.push(make("chart-response", [
        line("p95", 1.25, dots(4)), line("median", 1.5, dots(4)),
        line("bound", 1, { dash: [5, 4], paths: stepped() }), line("bound", 1, { dash: [5, 4], paths: stepped() }),
      ], [{ series: [1, 2], fill: color("p95") + "40" }], (v) => v >= 1000 ? v / 1000 + " s" : v + " ms", top, false, [unanswered]));
    }
    plots.push(make("chart-dynos", [
      line("band", 1, { paths: stepped() }), line("band", 1, { paths: stepped() }),
      line("dynos", 2, { paths: stepped(), ...dots(5) }),
      line("dynos", 1, { dash: [4, 4], paths: stepped() }), line("dynos", 1, { dash: [4, 4], paths: stepped() }),
    ], [{ series: [1, 2], fill: color("band") }, { series: [4, 5], fill: color("band") + "66" }],
    (v) => Number.isInteger(v) ? v : "", (u, low, high) => [0, Math.max(2, (high ?? 1) * 1.15)], true, [spans, marks]));
    fill(c);
  }

  function update() {
    if (!plots.length) return draw();
    fill(columns());
  }

  function scale() {
    for (const p of [...plots, ...signalPlots]) p.setScale("x", { min: view.from, max: view.to });
  }

  // Lines between past and future, and at the selected moment.
  function now(u) {
    upright(u, data.now, "edge", 1);
    if (chosen) upright(u, chosen, "main", 2);
  }

  function upright(u, t, name, width) {
    const x = Math.round(u.valToPos(t, "x", true));
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
    u.ctx.save();
    u.ctx.strokeStyle = color(name);
    u.ctx.lineWidth = width * devicePixelRatio;
    u.ctx.setLineDash([]);
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  }

  // Strips at the top: incidents above what people have set.
  function spans(u) {
    const d = devicePixelRatio;
    u.ctx.save();
    for (const s of data.spans) {
      const [x, end] = [s.from, s.to].map((t) => Math.min(Math.max(u.valToPos(t, "x", true), u.bbox.left), u.bbox.left + u.bbox.width));
      u.ctx.fillStyle = color(s.kind === "incident" ? "alert" : "calm");
      u.ctx.fillRect(x, u.bbox.top + (s.kind === "incident" ? 0 : 6) * d, Math.max(end - x, 2 * d), 4 * d);
    }
    u.ctx.restore();
  }

  const kinds = { up: "dynos", down: "median", failed: "alert", hand: "busy", dry: "soft", deploy: "ink" };

  // A triangle for each change, up or down.
  function marks(u) {
    const s = 5 * devicePixelRatio, foot = u.bbox.top + u.bbox.height;
    u.ctx.save();
    for (const m of data.marks) {
      const x = u.valToPos(m.t, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      const up = m.kind !== "down";
      u.ctx.fillStyle = color(kinds[m.kind] || "soft");
      if (m.kind === "deploy") {
        u.ctx.fillRect(x - s / 5, u.bbox.top, s / 2.5, u.bbox.height);
        continue;
      }
      u.ctx.beginPath();
      u.ctx.moveTo(x - s, up ? foot : foot - 1.7 * s);
      u.ctx.lineTo(x + s, up ? foot : foot - 1.7 * s);
      u.ctx.lineTo(x, up ? foot - 1.7 * s : foot);
      u.ctx.fill();
    }
    u.ctx.restore();
  }

  // A cross at the bottom for each bucket with heartbeats without a response.
  function unanswered(u) {
    const s = 3 * devicePixelRatio, y = u.bbox.top + u.bbox.height - 2 * s;
    u.ctx.save();
    u.ctx.strokeStyle = color("alert");
    u.ctx.lineWidth = 1.5 * devicePixelRatio;
    u.ctx.setLineDash([]); // uPlot leaves the dash of the last line
    u.ctx.beginPath();
    data.t.forEach((t, i) => {
      const x = u.valToPos(t, "x", true);
      if (!data.unanswered[i] || x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
      u.ctx.moveTo(x - s, y - s);
      u.ctx.lineTo(x + s, y + s);
      u.ctx.moveTo(x - s, y + s);
      u.ctx.lineTo(x + s, y - s);
    });
    u.ctx.stroke();
    u.ctx.restore();
  }

  const lacking = (i) => !data.unanswered[i] ? "" : data.unanswered[i] === 1 ? "1 heartbeat without a response" : `${data.unanswered[i]} heartbeats without a response`;

  function paragraph(text, strong) {
    const p = document.createElement("p"), in_ = document.createElement(strong ? "b" : "span");
    in_.textContent = text;
    p.append(in_);
    return p;
  }

  let touched = null; // the chart that a finger touched last, which shows its values
  box.addEventListener("pointerdown", (e) => { touched = e.pointerType === "touch" ? e.target.closest(".uplot") : null; });

  function hover(u) {
    if (![...plots, ...signalPlots].includes(u) || u.cursor.left == null || u.cursor.left < 0 || u.cursor.idx == null || !(u.root === touched || u.root.matches(":hover"))) {
      if (!box.matches(":hover")) tip.hidden = true;
      return;
    }
    const t = u.posToVal(u.cursor.left, "x"), i = plots[0].valToIdx(t);
    const near = data.marks.filter((m) => Math.abs(u.valToPos(m.t, "x") - u.cursor.left) < 7);
    const lines = [];
    if (i < data.t.length && data.median[i] !== undefined) {
      lines.push(paragraph(moment.format(data.t[i] * 1e3), true));
      if (timed && data.median[i] != null) lines.push(paragraph(`median ${millis(data.median[i])}, 95th percentile ${millis(data.p95[i])}`));
      if (data.unanswered[i]) lines.push(paragraph(lacking(i)));
      lines.push(paragraph(`${data.dynos[i] ?? "–"} ${data.dynos[i] === 1 ? one : many}, limits ${data.min[i] ?? "–"} to ${data.max[i] ?? "–"}`));
      const at = signals.t.findLastIndex((s) => s <= data.t[i] + data.step);
      if (at >= 0) for (const s of signals.signals) lines.push(paragraph(`${s.name} ${s.values[at] ?? "–"}`));
    } else {
      const a = data.ahead.findLast((a) => a[0] <= t) || data.ahead[0];
      lines.push(paragraph(moment.format(t * 1e3), true), paragraph(`upcoming limits ${a[1]} to ${a[2]}`));
    }
    for (const s of data.spans) if (s.from <= t && t <= s.to) lines.push(paragraph(s.text, true));
    for (const m of near.slice(-3)) lines.push(paragraph(m.text, true), paragraph(m.why));
    if (near.length > 3) lines.push(paragraph(`and ${near.length - 3} more; zoom in to see each`));
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const outer = box.getBoundingClientRect(), inner = u.over.getBoundingClientRect();
    let x = inner.left - outer.left + u.cursor.left + 14;
    if (x + tip.offsetWidth > outer.width) x = Math.max(0, x - tip.offsetWidth - 28);
    tip.style.transform = `translate(${x}px, ${inner.top - outer.top + 8}px)`;
  }

  function select(u) {
    const { left, width } = u.select;
    if (width > 8) pick(() => show(u.posToVal(left, "x"), u.posToVal(left + width, "x")));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }

  // A chart for each signal, such as the length of a queue or the CPU, below the others.
  const below = document.getElementById("chart-signals");
  let signals = { t: [], signals: [] }, signalPlots = [];
  async function drawSignals(query) {
    if (!below) return;
    const got = await fetched(query, "signals?");
    if (got) signals = got;
    plotSignals();
  }

  function plotSignals() {
    if (!below) return;
    for (const p of signalPlots) p.destroy();
    below.replaceChildren();
    signalPlots = signals.signals.map((s, i) => {
      const head = document.createElement("h3"), at = document.createElement("div");
      head.textContent = s.unit ? `${s.name}, ${s.unit}` : s.name;
      at.className = "chart";
      at.id = "chart-signal-" + i;
      below.append(head, at);
      const levels = [s.low, s.high].filter((v) => v != null);
      const plot = make(at.id, [line("median", 1.5, dots(4)), ...levels.map(() => line("bound", 1, { dash: [5, 4] }))], [], (v) => String(+v.toPrecision(6)),
        (u, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 0, ...levels, 1e-9) * 1.15], i === signals.signals.length - 1, []);
      plot.setData([signals.t, s.values, ...levels.map((v) => signals.t.map(() => v))], false);
      plot.setScale("x", { min: view.from, max: view.to });
      return plot;
    });
  }

  // Selects the change or the heartbeat that was clicked.
  function choose(u, e) {
    const left = e.clientX - u.over.getBoundingClientRect().left, i = plots[0].valToIdx(u.posToVal(left, "x"));
    if (i >= data.t.length) return;
    if (u.root === touched) u.setCursor({ left, top: 10 });
    const near = data.marks.findLast((m) => Math.abs(u.valToPos(m.t, "x") - left) < 7);
    pick(() => mark(near ? near.t : data.t[i]));
  }

  function mark(t) {
    chosen = t;
    const p = document.getElementById("moment");
    p.hidden = !t;
    if (t) p.querySelector("span").textContent = moment.format(t * 1e3) + ".";
    for (const u of [...plots, ...signalPlots]) u.redraw(false);
  }

  // Shows a period or moment that somebody chose. The decisions and the URL follow.
  let picks = 0;
  async function pick(action) {
    const mine = ++picks;
    await action();
    if (view && mine === picks) follow({ from: last ? 0 : view.from, to: last ? 0 : view.to, last: last === first ? 0 : last, at: chosen });
  }

  // Loads a period. An error is shown below the charts.
  async function ask(query) {
    const mine = ++asked;
    const got = await fetched(query);
    if (mine !== asked) return false;
    if (!got) {
      document.getElementById("chart-summary").textContent = "The history is unavailable.";
      return false;
    }
    data = got;
    return true;
  }

  // The result is undefined after an error.
  async function fetched(query, what = "series?") {
    try {
      const r = await fetch(document.body.dataset.home + what + query, { headers: { Accept: "application/json" } });
      if (r.status === 401) location.reload();
      return r.ok ? await r.json() : undefined;
    } catch {
      return undefined;
    }
  }

  function buttons() {
    for (const b of document.querySelectorAll("button[data-last]")) b.setAttribute("aria-pressed", String(Number(b.dataset.last) === last));
  }

  // Shows the newest period and follows it. Returns whether the history contains everything from the stream.
  async function live(seconds) {
    const other = last !== seconds;
    last = seconds;
    if (chosen && chosen < Date.now() / 1e3 - seconds) mark(0);
    buttons();
    if (!await ask("last=" + seconds)) return false;
    recent = recent.filter((p) => p.t >= (data.t.length ? data.t.at(-1) + data.step : 0));
    recent.forEach(push);
    view = { from: data.now - seconds, to: right(seconds) };
    update();
    words();
    if (other) await drawSignals("last=" + seconds);
    return recent.length === 0;
  }

  function push(p) {
    data.now = data.to = Math.max(data.now, p.t);
    data.t.push(p.t);
    for (const [name, of] of Object.entries(columnsOf)) data[name].push(p[of]);
  }

  // Shows a fixed period.
  async function show(from, to) {
    const middle = (from + to) / 2, span = Math.min(Math.max(to - from, 120), 399 * day);
    from = middle - span / 2;
    to = Math.min(middle + span / 2, (data ? data.now : Date.now() / 1e3) + day);
    last = 0;
    if (chosen && (chosen < from || chosen > to)) mark(0);
    buttons();
    const query = `from=${from.toFixed(3)}&to=${Math.max(from + 60, to).toFixed(3)}`;
    if (await ask(query)) {
      view = { from, to };
      update();
      words();
      await drawSignals(query);
    }
  }

  function move(how) {
    if (!view) return;
    const span = view.to - view.from, middle = (view.from + view.to) / 2;
    pick(() => {
      if (how === "earlier") return show(view.from - span / 3, view.to - span / 3);
      if (how === "later") return show(view.from + span / 3, view.to + span / 3);
      if (how === "in") return show(middle - span / 4, middle + span / 4);
      return show(middle - span, middle + span);
    });
  }

  // The newest changes, deploys and incidents. Each selects its moment.
  function events() {
    const list = document.getElementById("chart-events");
    if (!list.open) return;
    const all = [...data.marks.map((m) => ({ t: m.t, text: `${m.text}: ${m.why}` })), ...data.spans.map((s) => ({ t: s.from, text: s.text }))];
    const rows = all.sort((a, b) => b.t - a.t).slice(0, 50).map((e) => {
      const row = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = `${moment.format(e.t * 1e3)} · ${e.text}`;
      button.addEventListener("click", () => pick(() => mark(e.t)));
      row.append(button);
      return row;
    });
    if (!rows.length) rows.push(Object.assign(document.createElement("li"), { textContent: "None in this period." }));
    list.querySelector("ul").replaceChildren(...rows);
  }

  const iso = (t) => new Date(t * 1e3).toISOString().replace(/\.\d+Z/, "Z");

  // The links to files are of the shown period.
  function files() {
    for (const a of document.querySelectorAll("#files a")) {
      const to = new URL(a.href);
      for (const name of ["from", "to", "last", "at"]) to.searchParams.delete(name);
      if (last) to.searchParams.set("last", last);
      else {
        to.searchParams.set("from", iso(view.from));
        to.searchParams.set("to", iso(Math.min(view.to, data.now)));
      }
      a.href = to.pathname + to.search;
    }
  }

  // Describes the charts in text, for screen readers too.
  function words() {
    document.getElementById("chart-summary").textContent = data.summary;
    files();
    events();
    const table = document.getElementById("chart-table");
    if (!table.open) return;
    const rows = [], step = Math.max(1, Math.ceil(data.t.length / 48));
    for (let i = 0; i < data.t.length; i += step) {
      const row = document.createElement("tr");
      const limits = data.max[i] == null ? "–" : `${data.min[i]} to ${data.max[i]}`;
      const times = timed ? [[data.median[i] == null && data.unanswered[i] ? "" : millis(data.median[i]), lacking(i)].filter((s) => s).join(", "), millis(data.p95[i])] : [];
      for (const text of [moment.format(data.t[i] * 1e3), ...times, data.dynos[i] ?? "–", limits]) {
        const cell = document.createElement(row.children.length ? "td" : "th");
        if (!row.children.length) cell.scope = "row";
        cell.textContent = text;
        row.append(cell);
      }
      rows.push(row);
    }
    if (!rows.length) {
      const row = document.createElement("tr"), cell = document.createElement("td");
      cell.colSpan = table.querySelectorAll("thead th").length;
      cell.textContent = data.summary;
      row.append(cell);
      rows.push(row);
    }
    table.querySelector("tbody").replaceChildren(...rows);
  }

  // Adds a heartbeat from the stream.
  function add(beat) {
    const p = beat.point;
    if (!p) return;
    recent = [...recent.slice(-63), p];
    if (!data) return;
    if (beat.mark) data.marks.push(beat.mark);
    if (!last || p.t <= (data.t.at(-1) ?? 0)) return;
    push(p);
    view = { from: p.t - last, to: right(last) };
    signals.t.push(p.t);
    for (const s of signals.signals) s.values.push(p.signals?.[s.name] ?? null);
    signalPlots.forEach((plot, i) => {
      const s = signals.signals[i];
      plot.setData([signals.t, s.values, ...[s.low, s.high].filter((v) => v != null).map((v) => signals.t.map(() => v))], false);
    });
    update();
  }

  for (const b of document.querySelectorAll("button[data-last]")) b.addEventListener("click", () => pick(() => { mark(0); return live(Number(b.dataset.last)); }));
  for (const b of document.querySelectorAll("[data-move]")) b.addEventListener("click", () => move(b.dataset.move));
  box.addEventListener("keydown", (e) => {
    const how = { ArrowLeft: "earlier", ArrowRight: "later", "+": "in", "-": "out" }[e.key];
    if (how && e.target === box) {
      e.preventDefault();
      move(how);
    }
  });
  box.addEventListener("mouseleave", () => { tip.hidden = true; });
  box.addEventListener("dblclick", () => pick(() => { mark(0); return live(first); }));
  // A horizontal wheel, or Shift with a wheel, moves through time.
  let turning = 0;
  box.addEventListener("wheel", (e) => {
    const by = e.deltaX || (e.shiftKey ? e.deltaY : 0);
    if (!by || !view) return;
    e.preventDefault();
    const span = view.to - view.from, shift = by / box.clientWidth * span;
    view = { from: view.from + shift, to: Math.min(view.to + shift, data.now + day) };
    last = 0;
    scale();
    clearTimeout(turning);
    turning = setTimeout(() => pick(() => show(view.from, view.to)), 250);
  }, { passive: false });
  for (const id of ["chart-table", "chart-events"]) document.getElementById(id).addEventListener("toggle", () => data && words());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (data) { draw(); plotSignals(); } });
  new ResizeObserver(() => {
    for (const p of [...plots, ...signalPlots]) {
      const at = p.root.parentElement;
      if (at.clientWidth && (p.width !== at.clientWidth || p.height !== at.clientHeight)) p.setSize({ width: at.clientWidth, height: at.clientHeight });
    }
  }).observe(box);

  // Shows what a URL asks for: seconds since 1970, or since then for last. Empty values are as at first.
  async function restore({ from, to, last: seconds, at }) {
    if (Number(from)) await show(Number(from), Number(to));
    else await live(Number(seconds) || first);
    mark(Number(at) || 0);
  }

  return { begin: () => restore(box.dataset), restore, follow: (f) => { follow = f; }, clock: (ms) => moment.format(ms), redraw: () => { if (data) { draw(); plotSignals(); } }, add, again: async () => !last || live(last), signals: () => signals, points: () => data ? data.t.length : 0 };
})();
