/** What the log is like that the release was learnt from. */
import type { DataProfile } from "../data-profile.ts";
import { html } from "../html.ts";
import { count, day, decimal, duration, percent } from "../numbers.ts";
import { dataTable, figure, figures, type Section, tiles } from "../page.ts";
import { columnChart } from "../plots/column-chart.ts";
import { lineChart } from "../plots/line-chart.ts";

export function dataSection(data: DataProfile): Section {
  const { people, items, itemsMet, events, likes, span, sessions, eventsAPerson, tail, badRows } = data;
  const head = tail.points.find(({ items: share }) => share >= 0.0099) ?? tail.points.at(-1);
  return {
    id: "data",
    title: "The data",
    lead: `${data.files.join(", ")}. ${
      span
        ? `From ${day(span.from)} to ${day(span.to)}, ${duration(span.to - span.from)}.`
        : data.ordered
          ? "Without times; the order is that of the log."
          : "Without times, and the order means nothing."
    }`,
    content: [
      tiles([
        { name: "people", value: count(people) },
        { name: "items", value: count(items), more: `${count(itemsMet)} with an event` },
        { name: "events", value: count(events), more: `${count(likes)} of them likes` },
        {
          name: "events a person, median",
          value: count(eventsAPerson.median),
          more: `${count(eventsAPerson.most)} at most`,
        },
        ...(sessions
          ? [
              {
                name: "sessions",
                value: count(sessions.count),
                more: `median ${count(sessions.medianEvents)} events, ${minutes(sessions.medianMinutes)}`,
              },
            ]
          : []),
      ]),
      figures(
        figure(
          "Events a person",
          columnChart({
            title: "People by how many events they have",
            names: ["people"],
            groups: eventsAPerson.bins.map(({ from, count: of }) => ({ label: count(from), values: [of] })),
            xName: "events, from this many on",
            y: count,
          }),
          `Half of the people have ${count(eventsAPerson.median)} events or fewer, nobody more than ${count(eventsAPerson.most)}.`,
          dataTable(
            ["events", "people"],
            eventsAPerson.bins.map(({ from, to, count: of }) => [`${count(from)}–${count(to)}`, count(of)]),
          ),
        ),
        figure(
          "How much the most popular items have",
          lineChart({
            title: "Share of events by share of items",
            lines: [
              {
                name: "events",
                tone: "own",
                dots: false,
                points: tail.points.map((point) => ({ x: point.items, y: point.events })),
              },
            ],
            xTicks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: percent(at, 0) })),
            xName: "items, the most popular first",
            y: (value) => percent(value, 0),
            yIncludes: [0, 1],
            diagonal: true,
          }),
          `${head ? `The most popular ${percent(head.items, 0)} of the items have ${percent(head.events, 0)} of the events. ` : ""}The dashed line is where all would have as many. Gini coefficient ${decimal(tail.gini, 2)}.`,
          dataTable(
            ["items", "events"],
            tail.points.map((point) => [percent(point.items), percent(point.events)]),
          ),
        ),
      ),
      figure(
        "What the log holds, and what of it could not be used",
        dataTable(
          ["", "count"],
          [
            ...data.kinds.map(({ kind, count: of }) => [`events of kind ${kind}`, count(of)]),
            ["rows read", count(badRows.read)],
            ["rows that cannot be used, left out", count(badRows.bad)],
            ["exact duplicates, removed", count(data.duplicates)],
            ["events of the future, from clocks that are wrong", count(data.future)],
            ["people who are probably machines", count(data.machines.people)],
            ["events of these people", count(data.machines.events)],
            ["events taken back by an undo", count(data.undone)],
            ["items that the item table lacks", count(data.unknownItems)],
          ],
        ),
        badRows.samples.length === 0
          ? "An event of several kinds is counted for each."
          : html`The first of the rows left out:
            ${badRows.samples.map((sample, i) => html`${i > 0 && "; "}<bdi>${sample}</bdi>`)}.`,
      ),
    ],
  };
}

function minutes(value: number): string {
  return value < 1 ? "less than a minute" : `${count(Math.round(value))}\u00a0min`;
}
