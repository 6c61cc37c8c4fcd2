// Pages that show something moving look again by themselves, and stop when nobody looks.
(function () {
  "use strict";

  function busy() {
    const at = document.activeElement;
    const typing = at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && at.type !== "checkbox";
    const reading = document.querySelector("#h-live details[open]");
    return document.hidden || typing || reading || document.querySelector("input.action-select:checked");
  }

  async function lookAgain(part) {
    if (busy()) return;
    try {
      const answer = await fetch(window.location.href, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok || answer.redirected) return;
      const now = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = now.getElementById(part.id);
      if (!fresh || busy()) return;
      part.innerHTML = fresh.innerHTML;
      if (window.htmx) window.htmx.process(part);
      part.dataset.live = fresh.dataset.live;
      // The state and the acts above belong to what has moved.
      const head = document.querySelector(".h-headline"), freshHead = now.querySelector(".h-headline");
      if (head && freshHead) head.innerHTML = freshHead.innerHTML;
    } catch (error) {
      // Out of reach: the next round looks again.
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    const part = document.getElementById("h-live");
    const seconds = part ? Number(part.dataset.live) : 0;
    if (seconds > 0) window.setInterval(() => Number(part.dataset.live) && lookAgain(part), seconds * 1000);
  });

  // Unfold hides the page until its scripts have run; the focus that the browser gave a field is lost by then.
  window.addEventListener("load", function () {
    const wanted = document.querySelector("[autofocus]");
    if (wanted && document.activeElement === document.body) wanted.focus();
  });

  // A second click on the same button would ask twice. What htmx sends stays on the page, and may be asked again.
  document.addEventListener("submit", function (event) {
    const button = event.submitter;
    if (!event.defaultPrevented && button && !button.closest(".h-menu") && button.classList.contains("h-button")) {
      window.setTimeout(() => { button.setAttribute("aria-busy", "true"); button.disabled = true; }, 0);
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll(".h-button[aria-busy]").forEach((button) => { button.disabled = false; button.removeAttribute("aria-busy"); });
  });

  // What is shown for copying is copied by a click.
  document.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch (error) {
      // Not allowed here: the text can be selected by hand.
    }
  });

  // A file may be dropped anywhere on the page that asks for one.
  document.addEventListener("DOMContentLoaded", function () {
    const field = document.querySelector("input[type=file][data-drop]");
    const area = field && field.closest("form");
    if (!area) return;
    ["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, function (event) {
      event.preventDefault();
      area.classList.toggle("h-dropping", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) field.files = event.dataTransfer.files;
    }));
  });

  // Choosing a company: 1–9 link, C creates, U leaves unlinked; in a review N is the next, Z undoes what was decided last.
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-keys]")) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const target = document.querySelector('[data-press="' + event.key.toLowerCase() + '"]');
    if (target) { event.preventDefault(); target.click(); }
  });
})();
