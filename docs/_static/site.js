/* Explain pages take the theme that the reader chose for the site, and as much height as they need.
   They are told, and tell, by messages: opened as files, without a server, browsers keep pages apart
   in every other way. */

const tell = (frame, message) => frame.contentWindow.postMessage(message, "*");
const dress = (frame) => tell(frame, { theme: document.body.dataset.theme });
const TALLEST = 4000;

document.addEventListener("DOMContentLoaded", () => {
  // asked for anew each time: what runs on a page brings frames of its own
  const frames = () => [...document.querySelectorAll(".explained iframe")];
  const greet = (frame) => {
    dress(frame);
    tell(frame, { ask: "height" });
  };
  frames().forEach(greet);
  // load does not bubble: it is caught on its way down
  const loaded = ({ target }) => target.matches?.(".explained iframe") && greet(target);
  document.addEventListener("load", loaded, true);
  addEventListener("message", (event) => {
    const frame = frames().find((x) => x.contentWindow === event.source);
    const { height } = event.data ?? {};
    if (frame && Number.isFinite(height)) frame.style.height = `${Math.min(height, TALLEST)}px`;
  });
  const changed = new MutationObserver(() => frames().forEach(dress));
  changed.observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
});
