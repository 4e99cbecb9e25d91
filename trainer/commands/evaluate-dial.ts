/** What `nearfeed evaluate` does for the protocol `exploration`: the diversity dial as a curve, for each floor of a release and the plainest rivals. */
import type { Estimate } from "../evaluate/bootstrap.ts";
import { dialCurve, type DialPoint } from "../evaluate/dial.ts";
import { formatCount, type Terminal } from "../terminal/terminal.ts";
import { type ChangeOptions, withFloors } from "./evaluate-change.ts";

/** Enough that a change of 1 % of NDCG shows. */
const PEOPLE = 1_000;

/** @returns the curve of each floor, and of the plainest rivals */
export async function evaluateDial(
  terminal: Terminal,
  options: ChangeOptions,
): Promise<Record<string, readonly DialPoint[]>> {
  const progress = terminal.start("dial");
  const total = options.ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const curves = await withFloors(options, async (scorers) => {
    const made: Record<string, readonly DialPoint[]> = {};
    for (const [name, scorer] of Object.entries(scorers)) {
      const onTarget = (done: number) => progress.update(done, total);
      made[name] = await dialCurve({ ...options, scorer, people: PEOPLE, onTarget });
    }
    return made;
  });
  progress.done(`${formatCount(Math.min(PEOPLE, options.ranges.length))} people`);
  for (const [name, points] of Object.entries(curves)) {
    terminal.say(`  ${name}, by the dial`);
    for (const { dial, ndcg, change, distance, variety, divergence } of points) {
      const cells = [
        `NDCG@10 ${ndcg.mean.toFixed(4)} ${formatChange(change)}`,
        `distance@20 ${distance.mean.toFixed(3)} ${formatChange(variety)}`,
        `KL ${divergence.mean.toFixed(3)}`,
      ];
      terminal.say(`    ${String(dial).padEnd(5)} ${cells.join("  ")}`);
    }
  }
  return curves;
}

function formatChange({ mean, low, high }: Estimate): string {
  const percent = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;
  // Where nobody finds anything there is nothing to divide by.
  if (Number.isNaN(mean)) return "–";
  return `${percent(mean)} % (${percent(low)} to ${percent(high)})`;
}
