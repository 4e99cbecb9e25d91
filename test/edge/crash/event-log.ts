/** Reads the event log over HTTP, as `nearfeed logs pull` does: it asks the bucket only, and wakes no store. */
import { gunzipSync } from "node:zlib";
import type { LogList } from "../../../shared/event-log.ts";
import { ROUTES } from "../../../shared/protocol.ts";
import type { PublishTarget } from "../../harness/publish-small.ts";

/** The ids of all events in the log, each as often as it is there, in parts by name. */
export async function loggedIds(edge: PublishTarget): Promise<string[]> {
  const ids: string[] = [];
  for (const { name } of await listParts(edge)) {
    const answer = await ask(edge, ROUTES.logPart(name));
    const lines = gunzipSync(Buffer.from(await answer.arrayBuffer()))
      .toString("utf8")
      .trimEnd()
      .split("\n");
    for (const line of lines) ids.push((JSON.parse(line) as { id: string }).id);
  }
  return ids;
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
