/** What `nearfeed train` does to measure what it has trained: the table of the events that it held out. */
import { type EvaluationOptions, type EvaluationTable, evaluationTable } from "../evaluate/protocols.ts";
import type { Dataset } from "../read/dataset.ts";
import { formatCount } from "../terminal/terminal.ts";
import type { TrainedLinear } from "../train/train-linear.ts";
import type { CommandInput } from "./command.ts";

/** @param graphs of the deep floor, where there is one */
export async function measureHeldOut(
  { terminal, signal }: CommandInput,
  dataset: Dataset,
  { split, signals, assembly, model }: TrainedLinear,
  graphs: EvaluationOptions["graphs"],
  seed: number,
): Promise<EvaluationTable> {
  const progress = terminal.start("evaluation");
  const total = split.test.reduce((sum, { from, to }) => sum + to - from, 0);
  let targets = 0;
  const table = await evaluationTable({
    ...(graphs && { graphs }),
    dataset,
    signals,
    assembly,
    model,
    ranges: split.test,
    // Without order the held-out events of a person are one set, and none comes before another.
    asSet: !dataset.ordered,
    seed,
    signal,
    onTarget: (done) => {
      targets = done;
      progress.update(done, total);
    },
  });
  progress.done(`${formatCount(targets)} targets`);
  return table;
}
