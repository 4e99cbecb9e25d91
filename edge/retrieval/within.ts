// A promise with a deadline. What it was waiting for goes on; only the waiting ends.

import { NearfeedError } from "../../shared/errors.ts";

/** What `promise` gives, or after `ms` milliseconds a rejection. @throws NearfeedError unavailable when it is late */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NearfeedError("unavailable", `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
