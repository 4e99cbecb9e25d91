/** What variety costs: NDCG and the distance within lists over the diversity dial. */
import type { Estimate } from "../../evaluate/bootstrap.ts";
import type { ListFigures } from "../figures.ts";
import { count, decimal, signedPercent } from "../numbers.ts";
import { dataTable, figure, figures, type Section } from "../page.ts";
import { lineChart } from "../plots/line-chart.ts";

/** Settings that the axis names: those below lie too close for words. */
const NAMED = [0, 0.2, 0.5, 1];

export function diversitySection({ dial }: ListFigures): Section | undefined {
  const { points, people } = dial;
  if (points.length === 0) return undefined;
  const usual = points.find((point) => point.dial === dial.default);
  const curve = (name: string, of: (point: (typeof points)[number]) => Estimate) =>
    lineChart({
      title: `${name} by the diversity dial`,
      lines: [
        {
          name,
          tone: "own",
          points: points.map((point) => ({
            x: point.dial,
            y: of(point).mean,
            low: of(point).low,
            high: of(point).high,
          })),
        },
      ],
      xTicks: NAMED.map((at) => ({ at, label: String(at) })),
      xName: "diversity dial",
      y: (value) => signedPercent(value, 0),
      yIncludes: [0],
      mark: { at: dial.default, label: "default" },
    });
  const range = ({ mean, low, high }: Estimate) =>
    `${signedPercent(mean)} (${signedPercent(low)} to ${signedPercent(high)})`;
  return {
    id: "diversity",
    title: "Variety",
    lead: usual
      ? `At the default dial of ${dial.default}, the distance within a list changes by ${range(usual.variety)} against the order of the scores, and NDCG@10 by ${range(usual.change)}.`
      : "What lists gain in variety, and lose in what people wanted, as the dial is turned.",
    content: [
      figures(
        figure(
          "Change of NDCG@10",
          curve("NDCG@10", (point) => point.change),
          `Of lists for ${count(people)} people, against the order of the scores. The band is the 95 % interval; one list a person is few for this line, and nearfeed evaluate --protocol exploration draws it with more.`,
          dataTable(
            ["dial", "NDCG@10", "95 % interval", "change", "95 % interval"],
            points.map(({ dial: at, ndcg, change }) => [
              at,
              decimal(ndcg.mean),
              `${decimal(ndcg.low)}–${decimal(ndcg.high)}`,
              signedPercent(change.mean),
              `${signedPercent(change.low)} to ${signedPercent(change.high)}`,
            ]),
          ),
        ),
        figure(
          "Change of the distance within a list of 20",
          curve("distance@20", (point) => point.variety),
          "Distance is the mean of 1 − cosine over all pairs of a list. KL, under the numbers, says how far the list's categories are from the shares in which the person likes them: less is nearer.",
          dataTable(
            ["dial", "distance@20", "95 % interval", "change", "95 % interval", "KL", "95 % interval"],
            points.map(({ dial: at, distance, variety, divergence }) => [
              at,
              decimal(distance.mean, 3),
              `${decimal(distance.low, 3)}–${decimal(distance.high, 3)}`,
              signedPercent(variety.mean),
              `${signedPercent(variety.low)} to ${signedPercent(variety.high)}`,
              decimal(divergence.mean, 3),
              `${decimal(divergence.low, 3)}–${decimal(divergence.high, 3)}`,
            ]),
          ),
        ),
      ),
    ],
  };
}
