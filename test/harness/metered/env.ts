// The bindings of the edge, counted as they are billed: operations of the bucket by class, messages of the queue by the 64 kB,
// calls of objects by class and method.

import type { EdgeEnv } from "../../../edge/index.ts";
import { SHARD_BINDINGS } from "../../../edge/shards/slots.ts";
import { meter } from "./meter.ts";

/** Operations that change something or list; deletions cost nothing, all else reads. */
const CLASS_A = new Set(["put", "list", "createMultipartUpload"]);
const FREE = new Set(["delete", "resumeMultipartUpload"]);

/** What a queue bills as one, and the bytes that it adds to a message. */
const QUEUE_UNIT_BYTES = 64_000;
const QUEUE_MESSAGE_BYTES = 100;

const OBJECTS: Readonly<Record<string, string>> = {
  EVENT_STORE: "EventStore",
  LOG_KEEPER: "LogKeeper",
  CATALOGUE: "Catalogue",
  TRENDING: "Trending",
  ...Object.fromEntries(SHARD_BINDINGS.map((binding) => [binding, "IndexShard"])),
};

/** The same bindings, counted. */
export function meteredEnv(env: EdgeEnv): EdgeEnv {
  const objects = Object.entries(OBJECTS).map(([binding, name]) => [
    binding,
    meteredNamespace(env[binding as keyof EdgeEnv] as DurableObjectNamespace, name),
  ]);
  return {
    ...env,
    ...Object.fromEntries(objects),
    BUCKET: calls(env.BUCKET, (method, [key]) => {
      const kind = CLASS_A.has(method) ? "bucket-a" : FREE.has(method) ? "bucket-free" : "bucket-b";
      meter(`${kind}:${method} ${folderOf(key)}`);
    }),
    ...(env.EVENT_QUEUE && {
      EVENT_QUEUE: calls(env.EVENT_QUEUE, (_method, [message]) => {
        const bytes = JSON.stringify(message).length + QUEUE_MESSAGE_BYTES;
        meter("queue:messages");
        // Written, read and deleted.
        meter("queue:operations", 3 * Math.ceil(bytes / QUEUE_UNIT_BYTES));
      }),
    }),
  };
}

function folderOf(key: unknown): string {
  const path = typeof key === "string" ? key : ((key as { prefix?: string } | undefined)?.prefix ?? "");
  return path.split("/")[0]!;
}

function meteredNamespace(namespace: DurableObjectNamespace, name: string): DurableObjectNamespace {
  return new Proxy(namespace, {
    get(target, property) {
      if (property !== "get") return bound(target, property);
      return (id: DurableObjectId) => {
        const stub = target.get(id);
        return calls(stub, (method) => meter(`object:${name}.${method}`));
      };
    },
  });
}

/** The same object, with what it is asked told. */
function calls<T extends object>(of: T, told: (method: string, values: readonly unknown[]) => void): T {
  return new Proxy(of, {
    get(target, property) {
      // A stub has every method, and must not be taken for a promise.
      if (property === "then" || typeof property === "symbol") return undefined;
      return (...values: unknown[]) => {
        told(property, values);
        return (target as Record<string, (...values: unknown[]) => unknown>)[property]!(...values);
      };
    },
  });
}

function bound(target: object, property: string | symbol): unknown {
  const value = Reflect.get(target, property, target) as unknown;
  return typeof value === "function" ? value.bind(target) : value;
}
