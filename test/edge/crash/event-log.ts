/** Reads the event log over HTTP, as `nearfeed logs pull` does: it asks the bucket only, and wakes no store. */
import { gunzipSync } from "node:zlib";
import type { LogList } from "../../../shared/event-log.ts";
import { ROUTES } from "../../../shared/protocol.ts";
import type { PublishTarget } from "../../harness/publish-small.ts";

/** The ids of all events in the log, each as often as it is there. */
export type ReadLog = (edge: PublishTarget) => Promise<string[]>;

/** A reader that fetches each part once, however often it is asked. */
export function createLogReader(): ReadLog {
  const known = new Map<string, readonly string[]>();
  return async (edge) => {
    const parts = await listParts(edge);
    for (const { name, md5 } of parts) {
      const version = `${name} ${md5}`;
      if (!known.has(version)) known.set(version, await idsOf(edge, name));
    }
    return parts.flatMap(({ name, md5 }) => known.get(`${name} ${md5}`)!);
  };
}

async function idsOf(edge: PublishTarget, name: string): Promise<string[]> {
  const answer = await ask(edge, ROUTES.logPart(name));
  const lines = gunzipSync(Buffer.from(await answer.arrayBuffer()))
    .toString("utf8")
    .trimEnd();
  return lines.split("\n").map((line) => (JSON.parse(line) as { id: string }).id);
}

/** Every part that the log has. */
export async function listParts(edge: PublishTarget): Promise<LogList["parts"]> {
  const parts: LogList["parts"][number][] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = (await (await ask(edge, ROUTES.logs(after))).json()) as LogList;
    parts.push(...page.parts);
    after = page.next;
  }
  return parts;
}

async function ask({ url, secret }: PublishTarget, path: string): Promise<Response> {
  const answer = await fetch(url + path, { headers: { Authorization: `Bearer ${secret}` } });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer;
}
