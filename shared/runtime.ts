// What pure code asks of the runtime around it. `shared/` is compiled without any platform types, so text, hashes,
// time and chance come in as arguments; each side passes its own (TextEncoder, WebCrypto, Date.now, Math.random).

/** UTF-8 both ways. `decode` must throw on bytes that are not UTF-8, and keep a leading U+FEFF: ids may start with one. */
export interface TextCodec {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

/** SHA-256 of the bytes as 64 lower-case hex digits. */
export type Digest = (bytes: Uint8Array) => Promise<string>;

/** The time now, in epoch milliseconds. */
export type Clock = () => number;

/** A number in [0, 1). */
export type Random = () => number;
