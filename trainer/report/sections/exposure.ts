/** Popular and rare: where the places of lists go, and how much of the catalogue is shown. */
import type { ListFigures } from "../figures.ts";
import { count, percent } from "../numbers.ts";
import { dataTable, figure, figures, legend, type Section } from "../page.ts";
import { columnChart } from "../plots/column-chart.ts";
import { barPlot } from "../plots/rows.ts";

const WORDS = { shown: "as shown", "by score": "by score alone", popularity: "most popular" } as const;

export function exposureSection({ exposure }: ListFigures): Section {
  const { lists, tenths, coverage } = exposure;
  const [head] = tenths;
  const ratio = head.liked > 0 ? `, ${(head.shown / head.liked).toFixed(1)} times their part of what people liked` : "";
  const shown = coverage.find(({ list }) => list === "shown")!;
  return {
    id: "popularity",
    title: "Popular and rare",
    lead: `The ${count(head.items)} most popular items have a tenth of all likes. They get ${percent(head.shown)} of the places of these lists${ratio}. ${count(lists)} lists of ten show ${count(shown.items)} different items, ${percent(shown.share)} of the catalogue.`,
    content: figures(
      figure(
        "Places of lists against likes",
        [
          legend("places of the lists", "held-out likes"),
          columnChart({
            title: "Shares of places and of likes by popularity",
            names: ["places of the lists", "held-out likes"],
            groups: tenths.map(({ shown: places, liked }, t) => ({ label: String(t + 1), values: [places, liked] })),
            xName: "tenths of all likes, from the most popular items on",
            y: (value) => percent(value, 0),
          }),
        ],
        `Items are grouped so that each group had a tenth of the likes of training: ${count(tenths[0].items)} items in the first, ${count(tenths.at(-1)!.items)} in the last. Blue above orange: shown more than it is liked.`,
        dataTable(
          ["tenth", "items", "places", "likes"],
          tenths.map(({ items, shown: places, liked }, t) => [t + 1, count(items), percent(places), percent(liked)]),
        ),
      ),
      figure(
        "Different items on the lists",
        barPlot(
          "lists",
          "items",
          coverage.map(({ list, items }) => ({ name: WORDS[list], value: items, text: count(items) })),
        ),
        `On ${count(lists)} lists of ten, one for each person. Half of the places go to items that at most so many people had met: ${coverage.map(({ list, medianPeople }) => `${WORDS[list]} ${count(medianPeople)}`).join(", ")}.`,
        dataTable(
          ["lists", "items", "of the catalogue", "people who had met it, median"],
          coverage.map(({ list, items, share, medianPeople }) => [
            WORDS[list],
            count(items),
            percent(share),
            count(medianPeople),
          ]),
        ),
      ),
    ),
  };
}
