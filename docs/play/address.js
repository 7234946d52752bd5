/* A program as the part of an address behind #: packed, in letters that need no escape. It is never
 * sent anywhere: a browser keeps that part to itself. */

const KEY = "program";

async function through(bytes, stream) {
  const flow = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(flow).arrayBuffer());
}

export async function packed(text) {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  const letters = btoa(Array.from(bytes, (x) => String.fromCharCode(x)).join(""));
  return `#${KEY}=${letters.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/* Whether an address is meant to carry a program, be it broken. */
export function isLink(hash) {
  return hash.startsWith(`#${KEY}=`);
}

/* The program that an address carries; null if it carries none that can be read. */
export async function unpacked(hash) {
  const found = new RegExp(`^#${KEY}=([\\w-]+)$`).exec(hash);
  if (!found) return null;
  try {
    const letters = atob(found[1].replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(letters, (x) => x.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream("deflate-raw"));
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    return null;
  }
}
