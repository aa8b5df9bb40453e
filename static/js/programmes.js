/* Narrows the list of programmes in the reader's browser. All of them are in the page, so that one cached copy answers
   every question; what was asked stands in the address after #, to come back to or to send on. */

const form = document.querySelector("[data-narrow]");
const rows = [...document.querySelectorAll("[data-programmes] > .programme")];
const found = form.querySelector("[data-found]");

/* Each answers yes (true), no (false), or null where it is not known. */
const among = (said, asked) => (said === "unknown" ? null : asked.split(" ").includes(said));
const tests = {
  maintenance: (row, asked) => among(row.maintenance, asked),
  recurring: (row, asked) => among(row.recurring, asked),
  eligible: (row, asked) => (row.eligible ? row.eligible.split(" ").includes(asked) : null),
  country: (row, asked) =>
    row.countries ? row.countries === "any" || row.countries.split(" ").includes(asked) : null,
  day(row, asked) {
    if ((row.opens && asked < row.opens) || (row.closes && asked > row.closes)) return false;
    return row.opens && row.closes ? true : null;
  },
  amount(row, asked) {
    if (row.largest) return Number(row.largest) >= Number(asked);
    return row.smallest && Number(row.smallest) >= Number(asked) ? true : null;
  },
};

function narrow() {
  const asked = Object.entries(tests).filter(([name]) => form.elements[name].value);
  const unknown = form.elements.unknown.checked;
  for (const row of rows) {
    row.hidden = !asked.every(([name, test]) => test(row.dataset, form.elements[name].value) ?? unknown);
  }
  const shown = rows.filter((row) => !row.hidden).length;
  found.textContent = found.dataset.words.replace("%(shown)s", shown).replace("%(all)s", rows.length);
  const kept = new URLSearchParams(asked.map(([name]) => [name, form.elements[name].value]));
  if (!unknown) kept.set("unknown", "no");
  history.replaceState(null, "", kept.size ? `#${kept}` : location.pathname);
}

function fromAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(tests)) form.elements[name].value = kept.get(name) ?? "";
  form.elements.unknown.checked = kept.get("unknown") !== "no";
}

fromAddress();
narrow();
form.hidden = false;
form.addEventListener("input", narrow);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(narrow));
addEventListener("hashchange", () => {
  fromAddress();
  narrow();
});
