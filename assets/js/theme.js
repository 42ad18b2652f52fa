// Light or dark, decided before the first paint; switched without asking the server.
// The choice is kept in this browser; without one the system's preference is followed.
(function () {
  "use strict";
  const KEY = "meterbook-theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch (error) {
      return null; // storage may be forbidden; then the system decides
    }
  }

  function keep(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch (error) {
      root.dataset.themeNotKept = "true";
    }
  }

  function show(theme) {
    root.dataset.bsTheme = theme;
    const dash = window.dash_clientside;
    if (dash && dash.set_props && document.querySelector(".frame")) {
      dash.set_props("shell-theme", { data: theme });
    }
  }

  function toggle() {
    const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
    keep(next);
    show(next);
  }

  show(chosen() || (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => {
    if (!chosen()) show(system.matches ? "dark" : "light");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) toggle();
  });
  window.meterbookTheme = { toggle };
})();
