// What works with script only is shown only where there is script.
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

// A file that would be refused for its size is named before it is sent.
for (const input of document.querySelectorAll("[data-most-bytes]")) {
  const said = document.createElement("p");
  said.className = "errorlist";
  said.setAttribute("role", "alert");
  said.hidden = true;
  input.before(said);
  input.addEventListener("change", () => {
    const most = Number(input.dataset.mostBytes);
    const words = [...input.files].some((file) => file.size > most) ? input.dataset.tooLarge : "";
    said.textContent = words;
    said.hidden = !words;
    input.setCustomValidity(words);
  });
}
