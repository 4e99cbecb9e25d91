/**
 * What the closed loop brings: 200 simulated people browse through the real SDK and a real edge, a release is trained on what they did, and
 * the same people's later finds are ranked by it and by the first release. The test `test/e2e/loop.test.ts` is what runs, and fails
 * where the new release is not better, or a log that paid accounts have filled is not stopped. `--quick` has fourteen people.
 */
import { join } from "node:path";
import { run as runCommand } from "../scripts/run.ts";
import { rounded } from "./quality/change-rows.ts";
import type { Row, SuiteOptions } from "./schema.ts";

const ROOT = join(import.meta.dirname, "..");
const PEOPLE = 200;

/** As the test says what it measured. */
const SAID =
  /(gate|later): (\d+) likes of (\d+) people, ([\d.]+) to ([\d.]+), difference (-?[\d.]+), (-?[\d.]+) to (-?[\d.]+)/g;

export async function* run({ quick, seed }: SuiteOptions): AsyncIterable<Row> {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--project", "e2e", "test/e2e/loop.test.ts", "--retry", "0"];
  const env = { ...(!quick && { NEARFEED_LOOP_PEOPLE: String(PEOPLE) }), NEARFEED_LOOP_SEED: String(seed) };
  const { code, output } = await runCommand("node", args, { quiet: true, cwd: ROOT, env });
  if (code !== 0) throw new Error(`the loop's test failed:\n${output}`);
  const said = [...output.matchAll(SAID)];
  if (said.length !== 2) throw new Error(`the loop's test says nothing of its gate or of later:\n${output}`);
  for (const [, when, likes, people, before, after, mean, low, high] of said) {
    const note = `${likes} likes of ${people} people`;
    const unit = "NDCG@10";
    yield { id: `loop-${when}`, unit, value: Number(after), seed, note };
    yield { id: `loop-${when}`, unit, value: Number(before), variant: "first-release", seed };
    const [difference, least, most] = [mean, low, high].map((each) => rounded(Number(each)));
    yield { id: `loop-${when}-difference`, unit, value: difference!, low: least!, high: most!, seed };
  }
}
