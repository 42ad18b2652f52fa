// A session that has ended leads to the sign-in page instead of to a page that stops answering,
// and a server that cannot be reached is said in words.
(function () {
  "use strict";
  const ask = window.fetch.bind(window);

  // Gives an answer that never comes: the page is being left, nobody needs it.
  function leave() {
    const here = window.location.pathname + window.location.search;
    window.location.assign("/sign-in?next=" + encodeURIComponent(here));
    return new Promise(() => {});
  }

  function reachable(yes) {
    let banner = document.getElementById("unreachable");
    if (yes && banner) banner.remove();
    if (yes || banner || !document.body) return;
    banner = document.createElement("p");
    banner.id = "unreachable";
    banner.className = "banner banner-maintenance";
    banner.setAttribute("role", "alert");
    banner.textContent = "The server cannot be reached. What you see may be out of date.";
    document.body.prepend(banner);
  }

  window.fetch = async function (resource, options) {
    const address = new URL(resource.url || resource, window.location.href);
    const ours = address.origin === window.location.origin;
    try {
      const answer = await ask(resource, options);
      if (ours) reachable(true);
      if (ours && answer.status === 401) return leave();
      return answer;
    } catch (error) {
      if (ours && error.name !== "AbortError") reachable(false);
      throw error;
    }
  };
})();
