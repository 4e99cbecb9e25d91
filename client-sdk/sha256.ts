/**
 * SHA-256 (FIPS 180-4) in plain script, for pages that browsers give no `crypto.subtle`: those served over http from
 * another address than localhost, such as a phone that opens a development server. Elsewhere the browser's own is used.
 */

const BLOCK_BYTES = 64;
const WORDS = 64;

/** §4.2.2 and §5.3.3: fractional parts of the cube and square roots of the first primes. */
const ROUND_CONSTANTS = firstPrimes(WORDS).map((prime) => fraction(Math.cbrt(prime)));
const INITIAL = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)));

/** The 32 bytes of the hash. */
export function sha256InScript(bytes: Uint8Array): Uint8Array {
  const padded = pad(bytes);
  const view = new DataView(padded.buffer);
  const hash = Uint32Array.from(INITIAL);
  const schedule = new Uint32Array(WORDS);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    for (let t = 0; t < 16; t++) schedule[t] = view.getUint32(at + 4 * t);
    for (let t = 16; t < WORDS; t++) {
      const a = schedule[t - 15]!;
      const b = schedule[t - 2]!;
      const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      schedule[t] = schedule[t - 16]! + small0 + schedule[t - 7]! + small1;
    }
    mix(hash, schedule);
  }
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  hash.forEach((word, i) => words.setUint32(4 * i, word));
  return out;
}

/** §6.2.2, steps 2 to 4. */
function mix(hash: Uint32Array, schedule: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < WORDS; t++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + big1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t]! + schedule[t]!) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (hash[i]! += word));
}

/** A one bit, zeros, and the length in bits as the last 8 bytes. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits after the point. */
function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32) >>> 0;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}
