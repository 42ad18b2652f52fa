/* Sends a chosen or dropped file to the server in one streamed PUT, with progress.
 * dcc.Upload would turn the file into base64 text and crash the tab at 200 MB.
 * A zone marked data-receives="<page>" takes files; all ids begin with the page's name. The answer
 * (the staged file's id) is handed to Dash through the store "<page>-staged". */
(function () {
  "use strict";
  let request = null;
  let page = ""; // whose file is being sent

  const set = (part, props) => window.dash_clientside.set_props(page + "-" + part, props);
  const dropZone = (event) =>
    event.target instanceof Element ? event.target.closest("[data-receives]") : null;

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  function size(bytes) {
    if (bytes < 1e6) return (bytes / 1e3).toFixed(1) + " kB";
    return (bytes / 1e6).toFixed(1) + " MB";
  }

  function refuse(sentence) {
    set("sending", { hidden: true });
    set("refused", { children: sentence, hidden: false });
  }

  function answered() {
    const sent = request;
    request = null;
    let answer = {};
    try {
      answer = JSON.parse(sent.responseText);
    } catch (error) {
      answer = {};
    }
    if (sent.status === 401) {
      window.location.assign("/sign-in");
    } else if (sent.status >= 200 && sent.status < 300) {
      set("staged", { data: answer });
    } else {
      refuse(answer.detail || "The server did not take the file (" + sent.status + "). Try again.");
    }
  }

  function send(file, zone) {
    if (request) return;
    page = zone.dataset.receives;
    set("refused", { children: "", hidden: true });
    set("name", { children: file.name + ", " + size(file.size) });
    set("bar", { value: "0" });
    set("sending", { hidden: false });
    request = new XMLHttpRequest();
    request.open("PUT", "/uploads/files?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("X-CSRFToken", cookie("_csrf_token"));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      set("bar", { value: String(Math.round((100 * event.loaded) / event.total)) });
      set("sent", { children: size(event.loaded) + " of " + size(event.total) });
    };
    request.onload = answered;
    request.onabort = () => {
      request = null;
      set("sending", { hidden: true });
    };
    request.onerror = () => {
      request = null;
      refuse("The connection broke while the file was being sent. Nothing was imported.");
    };
    request.send(file);
  }

  function choose(zone) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = zone.dataset.accept;
    input.addEventListener("change", () => input.files.length && send(input.files[0], zone));
    input.click();
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const zone = dropZone(event);
    if (zone && button.id === zone.dataset.receives + "-choose") choose(zone);
    if (request && button.id === page + "-stop") request.abort();
  });
  document.addEventListener("dragover", (event) => {
    const zone = dropZone(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    const zone = dropZone(event);
    if (zone) zone.classList.remove("is-over");
  });
  document.addEventListener("drop", (event) => {
    const zone = dropZone(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0], zone);
  });
})();
