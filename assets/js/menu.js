// The button that opens the list of pages on a phone. The list follows the button in the order of
// the keyboard, so opening it moves no focus; whatever leads away from both closes it.
(function () {
  "use strict";
  const BUTTON = ".nav-button";

  function buttonOf(element) {
    const navigation = element.closest && element.closest(".navigation");
    return navigation && navigation.querySelector(BUTTON);
  }

  function isOpen(button) {
    return button.getAttribute("aria-expanded") === "true";
  }

  function close() {
    const button = document.querySelector(BUTTON);
    if (button && isOpen(button)) button.setAttribute("aria-expanded", "false");
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(BUTTON);
    if (button) button.setAttribute("aria-expanded", String(!isOpen(button)));
    else close(); // a page chosen from the list, the one already shown too, or a look elsewhere
  });

  document.addEventListener("focusout", (event) => {
    if (event.relatedTarget && buttonOf(event.target) && !buttonOf(event.relatedTarget)) close();
  });

  document.addEventListener("keydown", (event) => {
    const button = event.key === "Escape" && buttonOf(document.activeElement);
    if (button && isOpen(button)) button.focus();
    if (event.key === "Escape") close();
  });

  window.addEventListener("popstate", close);
})();
