/* The chart that one can explore, loaded only when somebody asks for it. */

const button = document.querySelector("[data-explore]");
const picture = document.querySelector("[data-chart]");
const dark = matchMedia("(prefers-color-scheme: dark)");

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function library(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
}

function paint(figure) {
  const [received, pace] = figure.data;
  const axis = { gridcolor: colour("--line"), linecolor: colour("--line-strong"), zerolinecolor: colour("--line-strong") };
  Object.assign(received.line, { color: colour("--money") });
  received.fillcolor = colour("--money-soft");
  figure.layout.shapes.forEach((rule) => Object.assign(rule.line, { color: colour("--ink-soft") }));
  if (pace) Object.assign(pace.line, { color: colour("--time") });
  Object.assign(figure.layout, {
    autosize: true,
    font: { family: colour("--sans"), color: colour("--ink"), size: 13 },
    hoverlabel: { bgcolor: colour("--surface"), font: { color: colour("--ink") } },
  });
  Object.assign(figure.layout.xaxis, axis);
  Object.assign(figure.layout.yaxis, axis);
  return figure;
}

async function explore() {
  if (button.ariaDisabled === "true") return;
  const label = button.textContent;
  button.ariaDisabled = "true";
  button.textContent = button.dataset.busy;
  try {
    const [answer, Plotly] = await Promise.all([fetch(button.dataset.figure), library(button.dataset.library)]);
    if (!answer.ok) throw new Error(answer.status);
    const figure = await answer.json();
    const box = document.createElement("div");
    picture.dataset.large = "";
    picture.replaceChildren(box);
    box.className = "chart-box";
    const draw = () => {
      const { data, layout } = paint(structuredClone(figure));
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      return Plotly.react(box, data, still ? { ...layout, transition: { duration: 0 } } : layout, {
        responsive: true,
        displaylogo: false,
        displayModeBar: false,
      });
    };
    await draw();
    dark.addEventListener("change", draw);
    button.closest("p").remove();
  } catch {
    button.textContent = label;
    button.ariaDisabled = "false";
    button.insertAdjacentText("afterend", ` ${button.dataset.failed}`);
  }
}

if (button) {
  button.hidden = false;
  button.addEventListener("click", explore);
}
