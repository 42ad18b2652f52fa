// A button marked data-copy="<id>" copies that element's text, and says so.
(function () {
  "use strict";

  // Without https there is no clipboard to write to: mark the text and let the browser copy it.
  function copyMarked(element) {
    window.getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }

  async function copied(element) {
    if (!navigator.clipboard) return copyMarked(element);
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch (error) {
      return copyMarked(element);
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element && event.target.closest("button[data-copy]");
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    button.setAttribute("aria-live", "polite");
    button.textContent = (await copied(source)) ? "Copied" : "Marked: press Ctrl+C";
  });
})();
