// Paints figures in the colors of the theme: "var(--chart-1)" becomes the variable's present
// value. The server's figure stays untouched in its store, so a theme switch paints again from it.
(function () {
  "use strict";
  const PLAIN = new Set(["x", "y", "z", "customdata", "labels", "values", "text", "hovertemplate"]);
  const VARIABLE = /^var\((--[a-z0-9-]+)\)$/;

  // Dash loads the full plotly.js when the first graph appears; ours is a third of its size.
  const plotly = document.querySelector('meta[name="plotly"]');
  if (plotly) {
    Object.defineProperty(window, "_dashPlotlyJSURL", {
      get: () => plotly.content,
      set: () => {},
    });
  }

  function painted(value, style) {
    if (typeof value === "string") {
      const variable = VARIABLE.exec(value);
      return variable ? style.getPropertyValue(variable[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((part) => painted(part, style));
    if (value === null || typeof value !== "object") return value;
    const copy = {};
    for (const name of Object.keys(value)) {
      copy[name] = PLAIN.has(name) ? value[name] : painted(value[name], style);
    }
    return copy;
  }

  function paint(figure) {
    if (!figure) return window.dash_clientside.no_update;
    return painted(figure, getComputedStyle(document.documentElement));
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.meterbook = Object.assign(window.dash_clientside.meterbook || {}, { paint });
})();
