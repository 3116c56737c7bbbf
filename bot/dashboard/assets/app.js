// Keeps the page live: the stream, the countdowns, the decisions, and the questions before a command.
"use strict";
(() => {
  const get = (id) => document.getElementById(id);
  const rows = 50;
  const home = document.body.dataset.home; // the page's path, with a slash at its end

  // The HTML is from the server.
  function parse(html) {
    const t = document.createElement("template");
    t.innerHTML = html;
    return t.content;
  }

  // Changes only what differs, so that the focus stays and screen readers repeat nothing.
  function morph(from, to) {
    const olds = [...from.childNodes], news = [...to.childNodes];
    news.forEach((n, i) => {
      const o = olds[i];
      if (!o) from.append(n);
      else if (o.nodeType !== n.nodeType || o.nodeName !== n.nodeName || o.id !== n.id) o.replaceWith(n);
      else if (n.nodeType === Node.TEXT_NODE) {
        if (o.data !== n.data) o.data = n.data;
      } else if (!o.isEqualNode(n)) {
        for (const a of [...o.attributes]) if (!n.hasAttribute(a.name)) o.removeAttribute(a.name);
        for (const a of n.attributes) if (o.getAttribute(a.name) !== a.value) o.setAttribute(a.name, a.value);
        morph(o, n);
      }
    });
    for (const o of olds.slice(news.length)) o.remove();
  }

  function span(s) {
    s = Math.max(0, Math.round(s));
    const two = (n) => String(n).padStart(2, "0");
    if (s < 60) return s + " s";
    if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)} min`;
    if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s / 60) % 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
  }

  let skew = 0; // this machine's clock minus the server's, in milliseconds

  function tick(root = document) {
    const now = Date.now() - skew;
    for (const t of root.querySelectorAll("[data-until]")) {
      const left = (Date.parse(t.dateTime) - now) / 1e3, whole = Number(t.dataset.whole);
      const ending = left > 0 ? span(left) + " left" : "ends at the next reading";
      t.textContent = t.dataset.with ? `${t.dataset.with}, ${ending}` : ending;
      const bar = t.closest("li")?.querySelector(".left rect");
      if (bar && whole) bar.setAttribute("width", Math.min(100, Math.max(0, left / whole * 100)).toFixed(2));
    }
    for (const t of root.querySelectorAll("[data-age]")) {
      t.textContent = span((now - Date.parse(t.dateTime)) / 1e3) + " ago";
      t.classList.toggle("overdue", now > Date.parse(t.dataset.late));
    }
    if (root === document) gone(now);
  }

  // Failed connections in a row, and the time of the first.
  let lost = 0, since = 0;

  // Grays the page while it does not show the present.
  function gone(now) {
    const beat = document.querySelector("[data-late]");
    let why = "";
    if (lost > 1) why = `The bot has not responded since ${charts.clock(since)}.`;
    else if (beat && now > Date.parse(beat.dataset.late)) why = `The bot has not taken a reading since ${charts.clock(Date.parse(beat.dateTime))}.`;
    const was = document.body.classList.contains("gone");
    document.body.classList.toggle("gone", why !== "");
    if (why && !was) document.title = "No connection – " + document.querySelector("h1").textContent;
    const p = get("gone");
    p.hidden = !why;
    if (why) why += " This page shows the state of that time.";
    if (p.textContent !== why) p.textContent = why;
  }

  function link(state, words) {
    const p = get("link");
    if (p.dataset.state !== state) {
      p.dataset.state = state;
      p.querySelector(".words").textContent = words;
    }
  }

  // Whether a row matches the filter.
  function fits(row) {
    const f = new FormData(get("filter"));
    return (!f.get("verdict") || f.get("verdict") === row.dataset.verdict) && (!f.get("rule") || f.get("rule") === row.dataset.rule) &&
      (!f.get("changed") || row.hasAttribute("data-changed"));
  }

  function addRow(html) {
    const body = get("rows"), row = parse(html).querySelector("tr");
    if (!body.hasAttribute("data-live") || !row || !fits(row)) return;
    const when = row.querySelector("time").dateTime;
    if ([...body.querySelectorAll("time")].some((t) => t.dateTime === when)) return;
    row.classList.add("fresh");
    body.prepend(row);
    while (body.rows.length > rows) body.lastElementChild.remove();
    get("decisions-part").querySelector(".empty")?.remove();
  }

  function beat(b) {
    const next = parse(b.now);
    const newest = next.querySelector("[data-age]");
    if (newest && b.point) skew = Date.now() - Date.parse(newest.dateTime);
    if (b.point && skew < 3000 && skew > -1000) skew = 0; // network delay, not a wrong clock
    tick(next);
    morph(get("live"), next);
    document.title = b.title;
    gone(Date.now() - skew);
    if (b.row) addRow(b.row);
    if (b.say) get("say").textContent = b.say;
    charts.add(b);
    if (b.point) catchUp();
  }

  // Reloads what depends on the history, such as the charts' summary and the cost. A heartbeat is in the history after about a second. Requests are
  // at least 10 s apart, or 2 s while the page is new. A part that failed is loaded again.
  const lag = 2000, fresh = 120000, rest = () => performance.now() < fresh ? 2000 : 10000;
  let due = 0, caughtUp = 0, behind = false;
  function catchUp() {
    behind = true;
    if (due || document.hidden) return;
    due = setTimeout(async () => {
      behind = false;
      caughtUp = Date.now();
      let all = [];
      try {
        all = await Promise.all([charts.again(), part("money", "money-part"), recover()]);
      } finally {
        due = 0;
      }
      if (behind || all.includes(false)) catchUp();
    }, Math.max(lag + Math.random() * 500, caughtUp + rest() - Date.now()));
  }
  document.addEventListener("visibilitychange", () => { if (behind) catchUp(); });

  // If the page was served without the decisions, loads them and then removes the warning.
  async function recover() {
    const trouble = get("trouble");
    if (!trouble) return true;
    const ok = await part("decisions?" + filterQuery(), "decisions-part");
    if (ok) trouble.remove();
    return ok;
  }

  function listen() {
    const s = new EventSource(home + "stream");
    let before = false;
    s.addEventListener("open", () => {
      link("on", "live");
      lost = 0;
      if (before) catchUp();
      before = true;
    });
    s.addEventListener("beat", (e) => beat(JSON.parse(e.data)));
    s.addEventListener("error", () => {
      link("lost", "disconnected");
      if (!lost++) since = Date.now() - skew;
      tick();
      // A browser gives up if the response is not a stream. The session may have ended.
      if (s.readyState === EventSource.CLOSED) setTimeout(() => fetch(home + "money").then((r) => r.status === 401 ? location.reload() : listen(), listen), 5000);
    });
  }

  // Reloads a part of the page, and returns whether that succeeded.
  const turns = {}; // an answer that comes after a newer request is not shown
  async function part(what, into) {
    const mine = turns[into] = (turns[into] ?? 0) + 1;
    try {
      const r = await fetch(home + what);
      if (r.status === 401) location.reload();
      const text = await r.text();
      if (r.ok && mine === turns[into]) morph(get(into), parse(text));
      return r.ok;
    } catch {
      return false;
    }
  }

  // Filters the decisions without reloading the page, and puts the filter into the URL.
  function table(query, into = "replaceState", hash = "#decisions") {
    history[into](null, "", home + (query && "?" + query) + hash);
    here = location.search;
    return part("decisions?" + query, "decisions-part");
  }
  let here = location.search;

  // The decisions follow the charts. Each period has an entry in the browser's history.
  const iso = (t) => t ? new Date(t * 1e3).toISOString().replace(/\.\d+Z/, "Z") : "";
  charts.follow(({ from, to, last, at }) => {
    const f = get("filter");
    [f.from.value, f.to.value, f.last.value, f.at.value] = [iso(from), iso(to), last || "", iso(at)];
    table(filterQuery(), "pushState", "");
  });
  window.addEventListener("popstate", () => {
    if (location.search === here) return; // a link within the page
    here = location.search;
    const q = new URLSearchParams(here), seconds = (name) => q.get(name) ? Date.parse(q.get(name)) / 1e3 : 0;
    charts.restore({ from: seconds("from"), to: seconds("to"), last: q.get("last"), at: seconds("at") });
    part("decisions" + here, "decisions-part");
  });
  const filterQuery = () => new URLSearchParams([...new FormData(get("filter"))].filter(([, v]) => v)).toString();
  document.addEventListener("change", (e) => { if (e.target.form === get("filter")) table(filterQuery()); });

  let toastTimer = 0;
  function toast(text) {
    const t = get("toast");
    t.hidden = false;
    t.textContent = text;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { t.hidden = true; }, 8000);
  }

  const ask = get("ask");
  async function send(form, button) {
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.append(button.name, button.value);
    const r = await fetch(form.getAttribute("action"), { method: "POST", headers: { "X-Part": "1" }, body });
    if (r.status === 401) location.reload();
    return { ok: r.ok, text: (await r.text()).trim() };
  }

  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (form.id === "filter") {
      e.preventDefault();
      table(filterQuery());
    } else if (form.hasAttribute("data-ask")) {
      e.preventDefault();
      const r = await send(form, e.submitter).catch(() => ({ text: "The bot does not respond." }));
      if (!r.ok) return toast(r.text);
      ask.replaceChildren(parse(r.text));
      ask.showModal();
      ask.querySelector("button.main").focus();
    } else if (ask.contains(form)) {
      e.preventDefault();
      const button = form.querySelector("button.main");
      if (button.disabled) return;
      button.disabled = true;
      const r = await send(form).catch(() => ({ text: "The bot does not respond." }));
      button.disabled = false;
      if (!r.ok) {
        form.querySelector(".trouble").textContent = r.text;
        return;
      }
      ask.close();
      toast(r.text);
    }
  });
  document.addEventListener("click", (e) => {
    if (e.target.closest("[data-close]")) {
      e.preventDefault();
      ask.close();
    }
    const older = e.target.closest("#decisions-part a.button");
    if (older) {
      e.preventDefault();
      table(new URL(older.href).searchParams.toString());
    }
  });

  setInterval(tick, 1000);
  tick();
  charts.begin();
  listen();
})();
