/** A hash of short texts for tables of them. Not for secrets: whoever wants two texts to meet finds them. */

/** 32-bit FNV-1a over UTF-16 units, with a final mix: tables use only some of its bits. */
export function hashText(value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
