// What pages do in the browser without asking the server: clicks on charts become words of the
// address, grids with endless rows ask again, and a job that began is written into the address.
(function () {
  "use strict";
  const ours = (window.dash_clientside = window.dash_clientside || {});
  const SAME = () => window.dash_clientside.no_update;

  function go(store, search) {
    const query = search.toString();
    const address = location.pathname + (query ? "?" + query : "");
    window.meterbookView.go(store, new URL(address, location.href));
  }

  // A click on a bar or slice chooses its group; a second click lets it go again.
  function toggled(word) {
    return function (click, store) {
      const point = click && click.points && click.points[0];
      // A slice of what no group holds by itself leads nowhere.
      if (!point || [point.customdata].flat()[0] === false) return SAME();
      const value = String(point.label || point.customdata || point.y);
      const search = new URLSearchParams(location.search);
      const chosen = search.getAll(word);
      search.delete(word);
      const kept = chosen.includes(value)
        ? chosen.filter((each) => each !== value)
        : chosen.concat(value);
      for (const each of kept) search.append(word, each);
      go(store, search);
      return SAME();
    };
  }

  // Words for the address, such as {job: "12"}; an empty value removes its word.
  function setWords(words, store) {
    if (!words) return SAME();
    const search = new URLSearchParams(location.search);
    for (const [word, value] of Object.entries(words)) {
      if (value) search.set(word, value);
      else search.delete(word);
    }
    if (search.toString() !== new URLSearchParams(location.search).toString()) go(store, search);
    return SAME();
  }

  // The sorted column of a grid as a word of the address: "-kwh", "area". The usual order is not
  // written, so that opening a page does not change its address.
  const USUAL_ORDER = {
    "government-view": "-kwh",
    "readings-view": "-read_at",
    "billing-view": "-month",
  };

  function sorted(columns, store) {
    const column = (columns || []).find((each) => each.sort);
    if (!column) return SAME();
    const sort = (column.sort === "desc" ? "-" : "") + column.colId;
    return setWords({ sort: sort === USUAL_ORDER[store] ? "" : sort }, store);
  }

  // Endless grids keep blocks of rows; after a change of filter or data they fetch them anew.
  const shown = new WeakMap();

  async function askAgain(view, changed, grid) {
    const { sort, ...filter } = view || {};
    const wanted = JSON.stringify([filter, changed]);
    const api = await window.dash_ag_grid.getApiAsync(grid);
    if (shown.get(api) === wanted) return SAME(); // only the order is new: the grid asks by itself
    shown.set(api, wanted);
    api.deselectAll();
    api.purgeInfiniteCache();
    api.ensureIndexVisible(0);
    return SAME();
  }

  // A list of choices stays open while one chooses several, though Dash builds it anew each time.
  let openList = null;
  let lastBox = null;

  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.matches("details.choices")) return;
      const list = event.target.querySelector("fieldset > [id]");
      if (event.target.open) openList = list && list.id;
      else if (list && list.id === openList) openList = null;
    },
    true,
  );
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("details.choices")) lastBox = event.target.id;
  });
  new MutationObserver(() => {
    const list = openList && document.getElementById(openList);
    const details = list && list.closest("details.choices");
    if (!details || details.open) return;
    details.open = true;
    const box = lastBox && document.getElementById(lastBox);
    if (box && document.activeElement === document.body) box.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });

  // On a phone periods and cards are rows that move sideways: what is chosen is moved into sight.
  const CHOSEN = ".presets > [aria-current='true'], .cards > :has([aria-current='true'])";
  const inSight = new WeakMap();

  function showChosen() {
    for (const chosen of document.querySelectorAll(CHOSEN)) {
      const row = chosen.parentElement;
      if (inSight.get(row) === chosen) continue;
      inSight.set(row, chosen);
      const [own, around] = [chosen.getBoundingClientRect(), row.getBoundingClientRect()];
      row.scrollLeft += own.left - around.left - (around.width - own.width) / 2;
    }
  }

  new MutationObserver(showChosen).observe(document, {
    attributeFilter: ["aria-current"],
    childList: true,
    subtree: true,
  });

  ours.meterbook = Object.assign(ours.meterbook || {}, {
    toggleArea: toggled("area"),
    toggleDwelling: toggled("dwelling"),
    setWords,
    sorted,
    askAgain,
  });
})();
