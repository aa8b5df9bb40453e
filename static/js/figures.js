/* Keeps the figures of a campaign true while the page is open: renews them without flicker, says aloud only what
   changed, and says so when they have grown old. The page is whole without this file. */

const OLD_AFTER = 15 * 60 * 1000;
let renewed = Date.now();
let shown = "";
let said = "";

const headline = () => document.querySelector("[data-headline]")?.innerText.replace(/\s+/g, " ").trim() ?? "";
const isFigures = (event) => event.detail.target?.id === "figures";

/* A cache may answer for a site that is down. Only the servers' clocks are compared: the reader's may be wrong. */
function madeAt(xhr) {
  const age = Date.parse(xhr.getResponseHeader("Date")) - Date.parse(xhr.getResponseHeader("X-Made"));
  return Date.now() - (age || 0);
}

function markAge() {
  document.querySelector("[data-out-of-date]").hidden = Date.now() - renewed < OLD_AFTER;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isFigures(event)) return;
  const { xhr } = event.detail;
  if (xhr.status !== 200) return;
  if (!xhr.getResponseHeader("X-Stale")) {
    renewed = madeAt(xhr);
    document.querySelectorAll("[data-old-copy]").forEach((banner) => banner.remove());
  }
  markAge();
  // What has not changed stays as it is, with the reader's focus and selection in it.
  event.detail.shouldSwap = xhr.responseText !== shown;
  shown = xhr.responseText;
  said = headline();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const now = headline();
  if (event.detail.elt?.id === "figures" && said !== now) {
    document.querySelector("[data-say]").textContent = now;
  }
});

setInterval(markAge, 30_000);
