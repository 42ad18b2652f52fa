// Paints figures in the colors of the theme: "var(--chart-1)" becomes the variable's present
// value. The server's figure stays untouched in its store, so a theme switch paints again from it.
(function () {
  "use strict";
  const PLAIN = new Set(["x", "y", "z", "customdata", "labels", "values", "text", "hovertemplate"]);
  const NARROW = 600;
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

  // Half of the labels below the bars, where all would run into each other.
  function thinned(axis) {
    const every = (values) => values.filter((_, n) => n % 2 === 0);
    return { ...axis, tickvals: every(axis.tickvals), ticktext: every(axis.ticktext) };
  }

  function paint(figure) {
    if (!figure) return window.dash_clientside.no_update;
    const shown = painted(figure, getComputedStyle(document.documentElement));
    const axis = shown.layout.xaxis;
    if (window.innerWidth < NARROW && axis && axis.ticktext && axis.ticktext.length > 5) {
      shown.layout.xaxis = thinned(axis);
    }
    return shown;
  }

  // A bar's customdata ends with the address it leads to, or "".
  function follow(click, store) {
    const points = (click && click.points) || [];
    const addresses = points.map((point) => (point.customdata || []).slice(-1)[0]);
    const address = addresses.find((found) => typeof found === "string" && found.startsWith("/"));
    if (address) window.meterbookView.go(store, new URL(address, window.location.href));
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.meterbook = Object.assign(window.dash_clientside.meterbook || {}, {
    paint,
    follow,
  });
})();
