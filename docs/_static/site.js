/* Explain pages take the theme that the reader chose for the site, and as much height as they need.
   They are told, and tell, by messages: opened as files, without a server, browsers keep pages apart
   in every other way. */

const tell = (frame, message) => frame.contentWindow.postMessage(message, "*");
const dress = (frame) => tell(frame, { theme: document.body.dataset.theme });
const TALLEST = 4000;

document.addEventListener("DOMContentLoaded", () => {
  const frames = [...document.querySelectorAll(".explained iframe")];
  for (const frame of frames) {
    const greet = () => {
      dress(frame);
      tell(frame, { ask: "height" });
    };
    frame.addEventListener("load", greet);
    greet();
  }
  addEventListener("message", (event) => {
    const frame = frames.find((x) => x.contentWindow === event.source);
    const { height } = event.data ?? {};
    if (frame && Number.isFinite(height)) frame.style.height = `${Math.min(height, TALLEST)}px`;
  });
  const changed = new MutationObserver(() => frames.forEach(dress));
  changed.observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
});
