/** What a tab holds in memory after a collection: its page and its web worker, by the DevTools protocol. */
import type { CDPSession, Page } from "playwright-core";

/** Kilobytes of objects and of the buffers they hold. */
export interface Heap {
  readonly page: number;
  readonly worker: number;
}

interface Usage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

export async function heapOf(page: Page): Promise<Heap> {
  const session = await page.context().newCDPSession(page);
  try {
    const worker = await attachWorker(session);
    return {
      page: await measured((method) => session.send(method as "Runtime.getHeapUsage")),
      worker: await measured(worker),
    };
  } finally {
    await session.detach();
  }
}

type Send = (method: string) => Promise<unknown>;

async function measured(send: Send): Promise<number> {
  await send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize = 0 } = (await send("Runtime.getHeapUsage")) as Usage;
  return Math.round((usedSize + backingStorageSize) / 1024);
}

/** The protocol of a worker is spoken through its page's session, in messages. */
async function attachWorker(session: CDPSession): Promise<Send> {
  const attached = new Promise<string>((resolve) => {
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") resolve(sessionId);
    });
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await attached;
  let last = 0;
  return (method) => {
    const id = ++last;
    const answer = new Promise<unknown>((resolve, reject) => {
      session.on("Target.receivedMessageFromTarget", ({ message }) => {
        const reply = JSON.parse(message) as { id?: number; result?: unknown; error?: { message: string } };
        if (reply.id !== id) return;
        if (reply.error) reject(new Error(reply.error.message));
        else resolve(reply.result);
      });
    });
    return session
      .send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) })
      .then(() => answer);
  };
}
