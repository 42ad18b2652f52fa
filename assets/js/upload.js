/* Sends a chosen or dropped file to the server in one streamed PUT, with progress.
 * dcc.Upload would turn the file into base64 text and crash the tab at 200 MB.
 * The answer (the staged file's id) is handed to Dash through the store "upload-staged". */
(function () {
  "use strict";
  const CHOOSE = "upload-choose";
  const DROP = "upload-drop";
  const STOP = "upload-stop";
  let request = null;

  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const dropZone = (event) =>
    event.target instanceof Element ? event.target.closest("#" + DROP) : null;

  function cookie(name) {
    const found = document.cookie.split("; ").find((part) => part.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  function size(bytes) {
    if (bytes < 1e6) return (bytes / 1e3).toFixed(1) + " kB";
    return (bytes / 1e6).toFixed(1) + " MB";
  }

  function refuse(sentence) {
    set("upload-sending", { hidden: true });
    set("upload-refused", { children: sentence, hidden: false });
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
      set("upload-staged", { data: answer });
    } else {
      refuse(answer.detail || "The server did not take the file (" + sent.status + "). Try again.");
    }
  }

  function send(file) {
    if (request) return;
    set("upload-refused", { children: "", hidden: true });
    set("upload-name", { children: file.name + ", " + size(file.size) });
    set("upload-bar", { value: "0" });
    set("upload-sending", { hidden: false });
    request = new XMLHttpRequest();
    request.open("PUT", "/uploads/files?name=" + encodeURIComponent(file.name));
    request.setRequestHeader("X-CSRFToken", cookie("_csrf_token"));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      set("upload-bar", { value: String(Math.round((100 * event.loaded) / event.total)) });
      set("upload-sent", { children: size(event.loaded) + " of " + size(event.total) });
    };
    request.onload = answered;
    request.onabort = () => {
      request = null;
      set("upload-sending", { hidden: true });
    };
    request.onerror = () => {
      request = null;
      refuse("The connection broke while the file was being sent. Nothing was imported.");
    };
    request.send(file);
  }

  function choose() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = ".csv,.txt,text/csv,text/plain";
    input.addEventListener("change", () => input.files.length && send(input.files[0]));
    input.click();
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button && button.id === CHOOSE) choose();
    if (button && button.id === STOP && request) request.abort();
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
    if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });
})();
