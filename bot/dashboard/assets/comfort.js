// What makes the page comfortable: the theme, help with the keyboard, and buttons that copy settings.
"use strict";
(() => {
  const get = (id) => document.getElementById(id);

  function themes() {
    for (const b of document.querySelectorAll("[data-theme]")) b.setAttribute("aria-pressed", String(b.dataset.theme === theme.chosen()));
  }
  for (const b of document.querySelectorAll("[data-theme]")) {
    b.addEventListener("click", () => {
      theme.choose(b.dataset.theme);
      themes();
      charts.redraw();
    });
  }
  get("comfort").hidden = false;
  themes();

  const help = get("help");
  get("open-help").addEventListener("click", () => help.showModal());
  help.querySelector("button").addEventListener("click", () => help.close());
  document.addEventListener("keydown", (e) => {
    if (e.key !== "?" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, select, textarea, dialog[open]")) return;
    e.preventDefault();
    help.showModal();
  });

  // A page without HTTPS has no clipboard, but can copy what is selected.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  for (const row of document.querySelectorAll("#settings tbody tr")) {
    const name = row.querySelector("code").textContent, value = row.querySelector(".value");
    const shown = value.querySelector(".muted") ? "" : value.textContent.trim();
    const text = name + "=" + (shown === "(set, hidden)" ? "" : shown);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy " + name);
    button.addEventListener("click", async () => {
      await copy(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    row.querySelector("th").prepend(button);
  }
})();
