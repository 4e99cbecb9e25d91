/** Whether stated probabilities come true. */
import type { ListFigures } from "../figures.ts";
import { count, percent } from "../numbers.ts";
import { dataTable, figure, figures, type Section } from "../page.ts";
import { lineChart } from "../plots/line-chart.ts";
import { roundTicks } from "../plots/scale.ts";

export function calibrationSection({ calibration }: ListFigures): Section | undefined {
  if (!calibration) return undefined;
  const { people, exposures, curves } = calibration;
  return {
    id: "calibration",
    title: "Calibration",
    lead: `What the ranker's heads predicted for ${count(exposures)} exposures of ${count(people)} people after training, and what these did. On the dashed line, as much came true as was predicted.`,
    content: figures(
      curves.map(({ head, bins, error }) => {
        const most = Math.max(...bins.flatMap(({ predicted, observed }) => [predicted, observed.high]));
        return figure(
          `Head ${head}`,
          lineChart({
            title: `Predicted and observed, head ${head}`,
            lines: [
              {
                name: "observed",
                tone: "own",
                points: bins.map(({ predicted, observed }) => ({
                  x: predicted,
                  y: observed.mean,
                  low: observed.low,
                  high: observed.high,
                })),
              },
            ],
            xTicks: roundTicks(0, most, 4).map((at) => ({ at, label: percent(at, 0) })),
            xName: "predicted",
            y: (value) => percent(value, 0),
            yIncludes: [0, most],
            diagonal: true,
          }),
          `Predicted and observed differ by ${percent(error)} of all exposures, mean over ${count(bins.length)} bins of as many exposures each. The band is the 95 % interval.`,
          dataTable(
            ["predicted", "observed", "95 % interval", "exposures"],
            bins.map(({ predicted, observed, exposures: of }) => [
              percent(predicted),
              percent(observed.mean),
              `${percent(observed.low)} to ${percent(observed.high)}`,
              count(of),
            ]),
          ),
        );
      }),
    ),
  };
}
