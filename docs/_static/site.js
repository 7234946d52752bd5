/* Explain pages take the theme that the reader chose for the site. Opened as files, without a
   server, browsers keep pages apart: there they follow the system. */

const chosen = () => document.body.dataset.theme;

const dress = (frame) => {
  const inside = frame.contentDocument?.documentElement;
  if (!inside) return;
  if (chosen() === "auto") delete inside.dataset.theme;
  else inside.dataset.theme = chosen();
};

document.addEventListener("DOMContentLoaded", () => {
  const frames = [...document.querySelectorAll(".explained iframe")];
  for (const frame of frames) {
    frame.addEventListener("load", () => dress(frame));
    dress(frame);
  }
  const changed = new MutationObserver(() => frames.forEach(dress));
  changed.observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
});
