// Runs before the page is painted: shows it in the theme that was chosen here, or in the system's.
"use strict";
window.theme = (() => {
  const system = "(prefers-color-scheme: dark)", media = { dark: "all", light: "not all" };
  let chosen = "";
  try {
    chosen = localStorage.getItem("theme") ?? "";
  } catch { /* storage is off */ }
  function apply() { document.getElementById("dark").media = media[chosen] ?? system; }
  apply();
  return {
    chosen: () => chosen,
    choose(name) {
      chosen = name;
      apply();
      try {
        localStorage.setItem("theme", name);
      } catch { /* it lasts until the page is left */ }
    },
  };
})();
