/** `npm run size`: fails when something a visitor downloads is over its budget, or was not measured. */
import type { Row } from "../schema.ts";
import { run } from "../size.ts";

/** In bytes. An entry that loads within one round trip; a worker and models that do not matter beside one picture. */
const BUDGETS = new Map([
  ["sdk-entry-brotli", 12_000],
  ["sdk-worker-brotli", 52_000],
  ["model-bytes", 500_000],
]);

const measured = new Map<string, number>();
try {
  for await (const row of run()) if (isOurs(row)) measured.set(row.id, row.value);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}

let failed = false;
for (const [id, budget] of BUDGETS) {
  const bytes = measured.get(id);
  const holds = bytes !== undefined && bytes <= budget;
  failed ||= !holds;
  console.log(`${holds ? "ok    " : "FAILED"} ${id}: ${bytes ?? "not measured"} of ${budget} bytes`);
}
process.exitCode = failed ? 1 : 0;

function isOurs(row: Row): row is Row & { value: number } {
  return row.variant === undefined && "value" in row;
}
