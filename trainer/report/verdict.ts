/** What a table of held-out events comes to, in one sentence each, with the interval that says how sure it is. */
import type { EvaluationTable } from "../evaluate/protocols.ts";
import { TARGETS, type Verdict } from "../retrain/verdict.ts";
import { count, decimal, percent, signed } from "./numbers.ts";

/** How good the lists are, against what needs no model. */
export function verdict({ models, differences, length }: EvaluationTable): string {
  const floor = floorOf(models);
  const own = models[floor];
  const metric = own.hr === undefined ? "recall" : "hr";
  const [value, popular] = [own[metric]!, models["popularity"][metric]!];
  const [low, high] = own.intervals[metric];
  const interval = `(95 % interval ${percent(low)} to ${percent(high)})`;
  const times =
    popular > 0 ? `, ${(value / popular).toFixed(1)} times as many as with the most popular items for everybody` : "";
  const lists =
    metric === "hr"
      ? `${percent(value)} of the lists ${interval} have what the person liked next among their first ${length}${times}`
      : `${percent(value)} of what people liked later ${interval} is on their list of ${length}${times.replace("many", "much")}`;
  const difference = differences["linear - popularity"];
  if (!difference) return `${lists}.`;
  const { mean, low: least, high: most } = difference;
  if (least > 0) {
    return `${lists}; the linear score is above popularity by ${decimal(mean)} of NDCG@${length} (${decimal(least)} to ${decimal(most)}).`;
  }
  return `${lists}; these people are too few to call the linear score better than popularity: NDCG@${length} ${signed(mean)} (${signed(least)} to ${signed(most)}).`;
}

/** Whether the deep floor pays; undefined without one. */
export function floorVerdict({ differences, length }: EvaluationTable): string | undefined {
  const difference = differences["deep - linear"];
  if (!difference) return undefined;
  const { mean, low, high } = difference;
  const word = low > 0 ? "above" : high < 0 ? "below" : "not told apart from";
  return `The deep floor is ${word} the linear one: NDCG@${length} ${signed(mean)} (${signed(low)} to ${signed(high)}).`;
}

/** How a release stood beside the one before it, on what neither had learnt from. */
export function gateVerdict({ metric, challenger, incumbent, difference, people, targets }: Verdict): string {
  const [own, before] = [decimal(challenger.figure.mean), decimal(incumbent.figure.mean)];
  const { mean, low, high } = difference;
  const of = `${count(targets)} ${TARGETS[metric]} of ${count(people)} people that came after what either had learnt from`;
  return `On ${of}: ${metric} ${own}, the release before ${before}, the difference ${signed(mean)} (95 % interval ${signed(low)} to ${signed(high)}).`;
}

export function floorOf(models: EvaluationTable["models"]): "deep" | "linear" {
  return models["deep"] ? "deep" : "linear";
}
