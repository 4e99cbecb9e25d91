/**
 * Noise that is a function of its names: the same list, place and item draw the same number on every device and at every
 * re-ranking. Not for keys, ids or tokens.
 */

/** 2³², the number of hash values. */
const HASHES = 4_294_967_296;

/**
 * MurmurHash3 of a string's UTF-16 units (Appleby 2011, x86_32 with one unit a block), uniform over 32 bits.
 *
 * @param seed makes another hash function
 */
export function seededHash(text: string, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) {
    let unit = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    unit = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593);
    hash ^= unit;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  return mixBits(hash ^ text.length);
}

/** MurmurHash3's last step: a permutation of the 32-bit numbers in which every bit depends on every bit. */
export function mixBits(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A draw of the standard Gumbel distribution, by name: adding one to each logit and taking the largest draws a softmax. */
export function gumbelOf(text: string, seed: number): number {
  const uniform = (seededHash(text, seed) + 0.5) / HASHES;
  return -Math.log(-Math.log(uniform));
}
