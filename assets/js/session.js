// A session that has ended leads to the sign-in page instead of to a page that stops answering,
// a server that cannot be reached is said in words, and so is a callback that failed.
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

  // While no readings are taken the server says so on each answer; the page says it too.
  function notice(sentence) {
    const banner = document.getElementById("notice");
    if (!banner || banner.hidden === !sentence) return;
    banner.lastElementChild.textContent = sentence;
    banner.hidden = !sentence;
  }

  // What has failed, by what it should have filled; said until it succeeds or the page is left.
  const failed = new Map();

  function say() {
    let banner = document.getElementById("failed");
    const sentence = [...failed.values()].pop();
    if (!sentence) return banner && banner.remove();
    if (!banner) {
      banner = document.createElement("p");
      banner.id = "failed";
      banner.className = "banner banner-maintenance";
      banner.setAttribute("role", "alert");
      document.body.prepend(banner);
    }
    banner.textContent = sentence;
  }

  async function hear(answer, options) {
    const asked = JSON.parse(options.body).output;
    if (answer.ok) {
      if (failed.delete(asked)) say();
      return;
    }
    let detail = "the server answered " + answer.status + ".";
    const type = answer.headers.get("Content-Type") || "";
    if (type.includes("json")) {
      const problem = await answer.clone().json().catch(() => ({}));
      detail = problem.detail || detail;
    }
    failed.delete(asked); // the newest stands last
    failed.set(asked, "That did not work: " + detail);
    say();
  }

  function left() {
    failed.clear();
    say();
  }
  window.addEventListener("popstate", left);
  window.addEventListener("_dashprivate_pushstate", left);

  window.fetch = async function (resource, options) {
    const address = new URL(resource.url || resource, window.location.href);
    const ours = address.origin === window.location.origin;
    try {
      const answer = await ask(resource, options);
      if (ours) reachable(true);
      if (ours && answer.status === 401) return leave();
      if (ours && address.pathname === "/_dash-update-component") {
        notice(answer.headers.get("Meterbook-Notice") || "");
        await hear(answer, options);
      }
      return answer;
    } catch (error) {
      if (ours && error.name !== "AbortError") reachable(false);
      throw error;
    }
  };
})();
