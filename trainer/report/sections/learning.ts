/** How encoder and ranker learnt: what they made of held-out events and people at each checkpoint. */
import type { Checkpoint, LearningCurves } from "../../deep/learning-curve.ts";
import { count, decimal } from "../numbers.ts";
import { dataTable, figure, figures, legend, type Section } from "../page.ts";
import { type Line, lineChart } from "../plots/line-chart.ts";
import { digitsOf, roundTicks } from "../plots/scale.ts";

export function learningSection({ encoder, ranker }: LearningCurves): Section | undefined {
  const [start, end] = [encoder[0], encoder.at(-1)];
  if (start === undefined || end === undefined || start === end) return undefined;
  const best = encoder.reduce((least, each) => (each.value < least.value ? each : least));
  const ofHeads = ranker.measure === "gauc";
  return {
    id: "learning",
    title: "How it learnt",
    lead: `On what the same people did next, which it had not seen, the encoder's loss went from ${decimal(start.value, 3)} to ${decimal(best.value, 3)} nats a target within ${count(best.step)} of ${count(end.step)} steps. What was best at a checkpoint is kept.`,
    content: figures(
      curveFigure(
        "Encoder: loss on held-out events",
        { name: "encoder", points: encoder, unit: "nats a target" },
        "Of the running average of weights and vectors, in guessing what somebody takes next; less is better. At step 0 it is the factorisation as it came.",
      ),
      ranker.points.length > 1 &&
        curveFigure(
          ofHeads ? "Ranker: GAUC on held-out people" : "Ranker: loss on held-out people",
          { ...ranker, name: ofHeads ? "heads alone" : "with the ranker", unit: ofHeads ? "GAUC" : "nats a target" },
          ofHeads
            ? "Mean of the heads that count, each by itself: how often what somebody took stands above what the same person left. More is better."
            : "Of linear score and ranker together, at the share that serves held-out people best; less is better.",
        ),
    ),
  };
}

interface Curve {
  readonly name: string;
  readonly points: readonly Checkpoint[];
  readonly linear?: number | null;
  readonly unit: string;
}

function curveFigure(title: string, { name, points, linear = null, unit }: Curve, caption: string) {
  const last = points.at(-1)!.step;
  const own: Line = { name, tone: "own", points: points.map(({ step, value }) => ({ x: step, y: value })) };
  const beside: Line[] =
    linear === null
      ? []
      : [{ name: "linear score alone", tone: "other", dots: false, points: [0, last].map((x) => ({ x, y: linear })) }];
  const values = [...points.map(({ value }) => value), ...(linear === null ? [] : [linear])];
  // As many as tell the lines of the axis apart.
  const digits = Math.max(2, digitsOf(roundTicks(Math.min(...values), Math.max(...values), 4)));
  const chart = lineChart({
    title,
    lines: [own, ...beside],
    xTicks: [0, last / 2, last].map((at) => ({ at, label: count(Math.round(at)) })),
    xName: "steps",
    y: (value) => decimal(value, digits),
  });
  const heads = ["step", unit, ...(linear === null ? [] : ["linear score alone"])];
  const rows = points.map(({ step, value }) => [
    count(step),
    decimal(value, 4),
    ...(linear === null ? [] : [decimal(linear, 4)]),
  ]);
  return figure(title, [linear !== null && legend(name, "linear score alone"), chart], caption, dataTable(heads, rows));
}
