// The page's state is its address. Links and forms marked data-view="<id of the view store>"
// write the address and hand the same words to the store; Back and Forward hand back the former.
(function () {
  "use strict";

  function words(search) {
    const view = {};
    for (const [name, value] of new URLSearchParams(search)) {
      if (!(name in view)) view[name] = value;
      else view[name] = [].concat(view[name], value);
    }
    return view;
  }

  // The path the mounted page was opened with; a store of another page must not be written.
  let mounted = window.location.pathname;

  function viewStore() {
    const marked = document.querySelector("[data-view]");
    return marked && marked.dataset.view;
  }

  // Dash builds links and fields anew with each answer; the keyboard stays where it was.
  let focused = null;

  function labelOf(element) {
    return element.id || element.getAttribute("aria-label") || element.textContent;
  }

  function keepFocus() {
    const active = document.activeElement.closest("[data-view], [data-view] *");
    focused = active && { tag: active.tagName, label: labelOf(active) };
  }

  new MutationObserver(() => {
    if (!focused || document.activeElement !== document.body) return;
    const candidates = document.querySelectorAll(`[data-view], [data-view] ${focused.tag}`);
    const again = [...candidates].find(
      (element) => element.tagName === focused.tag && labelOf(element) === focused.label,
    );
    if (again) again.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });

  document.addEventListener("focusin", (event) => {
    if (focused && labelOf(event.target) !== focused.label) focused = null;
  });
  document.addEventListener("pointerdown", () => {
    focused = null;
  });

  function show(store, search) {
    keepFocus();
    window.dash_clientside.set_props(store, { data: words(search) });
  }

  function go(store, address, { replace = false } = {}) {
    const same = address.pathname + address.search === location.pathname + location.search;
    const method = replace || same ? "replaceState" : "pushState";
    history[method]({}, "", address.pathname + address.search);
    show(store, address.search);
  }

  function isPlainClick(event) {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    return event.button === 0 && !modified && !event.defaultPrevented;
  }

  function formAddress(form) {
    const address = new URL(form.getAttribute("action"), location.href);
    for (const [name, value] of new FormData(form)) {
      if (value !== "") address.searchParams.append(name, value);
    }
    return address;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-view]");
    if (!link || !isPlainClick(event) || link.pathname !== location.pathname) return;
    event.preventDefault();
    go(link.dataset.view, new URL(link.href));
  });

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target.closest("form[data-view]");
      if (!form) return;
      event.preventDefault();
      event.stopPropagation();
      go(form.dataset.view, formAddress(form));
    },
    true,
  );

  document.addEventListener("change", (event) => {
    const control = event.target.closest("select, input[type=checkbox], input[type=radio]");
    const form = control && control.closest("form[data-view]");
    // React writes the new value into the control after this event; read the form then.
    if (form) setTimeout(() => go(form.dataset.view, formAddress(form)), 0);
  });

  // Registered before Dash's own listener: inside one page the store is enough, and Dash would
  // build the whole page again.
  function moved(event) {
    const store = viewStore();
    if (location.pathname === mounted && store) {
      event.stopImmediatePropagation();
      show(store, location.search);
    }
    mounted = location.pathname;
  }
  window.addEventListener("popstate", moved);
  window.addEventListener("_dashprivate_pushstate", moved);

  window.meterbookView = { go };
})();
