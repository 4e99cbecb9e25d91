/** Waits no longer than is sensible for work that cannot be cancelled; the work itself goes on. */

/** Resolves with the work, or when it takes longer than `limitMs`; rejects as the work does. */
export async function inTime(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
