/**
 * `fetch` that asks again where no answer came because the connection was closed: a server ends connections that were idle,
 * and on a busy machine the next request may just be on its way. Not for what may not be done twice.
 */

const TRIES = 5;

/** @throws TypeError of `fetch` where no try reaches anybody */
export async function reach(url: string, options: RequestInit = {}): Promise<Response> {
  for (let left = TRIES; ; left--) {
    try {
      return await fetch(url, options);
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}
