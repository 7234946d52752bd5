/* Explain pages take the theme that the reader chose for the site. They are told by a message:
   opened as files, without a server, browsers keep pages apart in every other way. */

const dress = (frame) => frame.contentWindow.postMessage({ theme: document.body.dataset.theme }, "*");

document.addEventListener("DOMContentLoaded", () => {
  const frames = [...document.querySelectorAll(".explained iframe")];
  for (const frame of frames) {
    frame.addEventListener("load", () => dress(frame));
    dress(frame);
  }
  const changed = new MutationObserver(() => frames.forEach(dress));
  changed.observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
});
