// What works with script only is shown only where there is script.
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
