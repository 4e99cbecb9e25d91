/** How soon lists are good for somebody new: quality by the number of events that are known. */
import type { ColdPeopleRow } from "../../evaluate/cold-people.ts";
import type { ListFigures } from "../figures.ts";
import { count, decimal, signed } from "../numbers.ts";
import { dataTable, figure, legend, type Section } from "../page.ts";
import { lineChart } from "../plots/line-chart.ts";

export function coldStartSection({ coldStart: { people, models } }: ListFigures): Section | undefined {
  const [[name, rows] = [], [other, others] = []] = Object.entries(models);
  if (name === undefined || rows === undefined || other === undefined || others === undefined || rows.length < 2)
    return undefined;
  const [first, last] = [rows[0], rows.at(-1)!];
  // As far from each other as they come: 20 events are not twenty times as far as one.
  const points = (of: readonly ColdPeopleRow[]) =>
    of.map(({ ndcg }, x) => ({ x, y: ndcg.mean, low: ndcg.low, high: ndcg.high }));
  return {
    id: "newcomers",
    title: "Newcomers",
    lead: `Before the first event, NDCG@10 is ${decimal(first.ndcg.mean, 3)} (${decimal(first.ndcg.low, 3)} to ${decimal(first.ndcg.high, 3)}); ${count(last.events)} events later it is ${decimal(last.ndcg.mean, 3)} (${decimal(last.ndcg.low, 3)} to ${decimal(last.ndcg.high, 3)}), a change of ${signed(last.ndcg.mean - first.ndcg.mean, 3)}.`,
    content: figure(
      "NDCG@10 by the number of events that are known",
      [
        legend(`${name} floor`, other),
        lineChart({
          title: "NDCG@10 by the number of events that are known",
          lines: [
            { name, tone: "own", points: points(rows) },
            { name: other, tone: "other", points: points(others) },
          ],
          xTicks: rows.map(({ events }, at) => ({ at, label: count(events) })),
          xName: "events known of the person",
          y: (value) => decimal(value, 2),
          yIncludes: [0],
        }),
      ],
      `The same next like of the same ${count(people)} people is guessed each time, from so many of their last events, as if there were no earlier ones. Bands are 95 % intervals; nearfeed evaluate --protocol cold-start asks more people.`,
      dataTable(
        [
          "events",
          ...[name, other].flatMap((of) => [`NDCG@10, ${of}`, "95 % interval", `HR@10, ${of}`, "95 % interval"]),
        ],
        rows.map(({ events }, at) => [
          count(events),
          ...[rows[at], others[at]].flatMap(({ ndcg, hr }) => [
            decimal(ndcg.mean),
            `${decimal(ndcg.low)}–${decimal(ndcg.high)}`,
            decimal(hr.mean),
            `${decimal(hr.low)}–${decimal(hr.high)}`,
          ]),
        ]),
      ),
    ),
  };
}
