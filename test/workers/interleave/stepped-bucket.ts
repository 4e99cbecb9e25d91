// The bucket, with a hand on every operation: whoever holds the step decides when it is done, and whether the one who
// asked for it lives on. The operations themselves are those of the real bucket.

/** Runs an operation when it likes. A promise that never settles is how an isolate dies: nothing of it happens any more. */
export type Step = <T>(operation: () => Promise<T>) => Promise<T>;

/** The operations that the edge uses. */
export function steppedBucket(bucket: R2Bucket, step: Step): R2Bucket {
  const stepped = {
    head: (key: string) => step(() => bucket.head(key)),
    get: (key: string, options?: R2GetOptions) => step(() => bucket.get(key, options)),
    put(key: string, value: string | ReadableStream, options?: R2PutOptions) {
      // Read at once: workerd cannot take up a stream that was kept waiting. What is stored, and when, is the same.
      const whole = typeof value === "string" ? Promise.resolve(value) : new Response(value).arrayBuffer();
      whole.catch(() => undefined);
      return step(async () => bucket.put(key, await whole, options));
    },
    delete: (keys: string | string[]) => step(() => bucket.delete(keys)),
    list: (options?: R2ListOptions) => step(() => bucket.list(options)),
  };
  return stepped as unknown as R2Bucket;
}

/** Where an isolate dies: around its operation of this number, from 0. */
export interface Crash {
  readonly at: number;
  /** After: the bucket has done it, and nobody is told. */
  readonly when: "before" | "after";
}

/** A step that lets everything pass until the crash, and `crashed`, which resolves then. */
export function crashStep({ at, when }: Crash): { step: Step; crashed: Promise<void> } {
  let crash!: () => void;
  const crashed = new Promise<void>((resolve) => (crash = resolve));
  const never = new Promise<never>(() => undefined);
  let [count, dead] = [0, false];
  return {
    crashed,
    async step(operation) {
      if (dead) return never;
      const isLast = count++ === at;
      if (!isLast) return operation();
      dead = true;
      if (when === "after") await operation();
      crash();
      return never;
    },
  };
}
