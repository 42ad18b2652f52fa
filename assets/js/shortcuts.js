// Keys for those who prefer them, and menus that close when one looks elsewhere.
(function () {
  "use strict";
  const FIRST_FIELD =
    "#main [data-search], #main input[type=search], #main form select, #main form input:not([type=hidden])";

  function isTyping(element) {
    return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  }

  function help() {
    const dialog = document.getElementById("shell-help");
    if (dialog && !dialog.open) dialog.showModal();
  }

  const actions = {
    "/": () => {
      const field = document.querySelector(FIRST_FIELD);
      if (field) field.focus();
    },
    "?": help,
    t: () => window.meterbookTheme.toggle(),
  };

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.user-menu[open], details.choices[open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.activeElement.closest("details[open]");
      closeMenus(null);
      if (menu) menu.querySelector("summary").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    if (!event.target.closest("[data-help]")) return;
    closeMenus(null);
    help();
  });
})();
