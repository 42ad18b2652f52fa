// Marks the current page in the navigation, and moves the focus to a page's heading when another
// page has been opened, so that keyboard and screen reader users land where the page begins.
(function () {
  "use strict";
  let path = window.location.pathname;
  let arriving = false;

  // On a narrow screen the entries scroll sideways; the page itself must not move.
  function bringIntoView(link) {
    const list = link.closest(".nav-list");
    const middle = link.offsetLeft - list.offsetLeft + link.offsetWidth / 2;
    list.scrollLeft = middle - list.clientWidth / 2;
  }

  function mark() {
    for (const link of document.querySelectorAll(".navigation a")) {
      const current = link.pathname === window.location.pathname;
      if (current && link.getAttribute("aria-current") !== "page") {
        link.setAttribute("aria-current", "page");
        bringIntoView(link);
      }
      if (!current && link.hasAttribute("aria-current")) link.removeAttribute("aria-current");
    }
  }

  function arrive() {
    const heading = arriving && document.querySelector("#main h1");
    if (!heading) return;
    arriving = false;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  function moved() {
    if (window.location.pathname === path) return;
    path = window.location.pathname;
    arriving = true;
    mark();
    for (const menu of document.querySelectorAll("details.user-menu[open]")) menu.open = false;
  }

  window.addEventListener("popstate", moved);
  window.addEventListener("_dashprivate_pushstate", moved);
  new MutationObserver(() => {
    mark();
    arrive();
  }).observe(document, { childList: true, subtree: true });
})();
