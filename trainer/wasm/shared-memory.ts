/** Arrays in one memory that threads and wasm kernels share; an array's address in a kernel is its `byteOffset`. */
import { wasm, type WasmMemory } from "./webassembly.ts";

export interface SharedArrays {
  readonly memory: WasmMemory;
  /** Zeros. */
  floats(length: number): Float32Array;
  doubles(length: number): Float64Array;
  words(length: number): Uint32Array;
  counters(length: number): Int32Array;
}

const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach: 4 GiB. */
const MAX_PAGES = 65_536;
/** A line of the cache: threads that write to different arrays do not wait for each other. */
const ALIGNMENT = 64;

/** @throws RangeError where an array does not fit any more */
export function createSharedArrays(): SharedArrays {
  // Shared memory grows in place: views that there are stay valid.
  const memory = new wasm.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  // Address 0 means "none" to kernels.
  let next = ALIGNMENT;
  const take = (bytes: number): number => {
    const address = next;
    next += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = Math.ceil((next - memory.buffer.byteLength) / PAGE_BYTES);
    if (next > MAX_PAGES * PAGE_BYTES) {
      throw new RangeError(`This needs more than ${(next / 2 ** 30).toFixed(1)} GiB of one memory, got 4 at most.`);
    }
    if (missing > 0) memory.grow(missing);
    return address;
  };
  return {
    memory,
    floats: (length) => at(Float32Array, length),
    doubles: (length) => at(Float64Array, length),
    words: (length) => at(Uint32Array, length),
    counters: (length) => at(Int32Array, length),
  };

  function at<T>(
    type: { new (buffer: ArrayBufferLike, offset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const address = take(length * type.BYTES_PER_ELEMENT);
    return new type(memory.buffer, address, length);
  }
}
