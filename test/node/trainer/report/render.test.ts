import { describe, expect, test } from "vitest";
import type { ReportFigures } from "../../../../trainer/report/figures.ts";
import * as numbers from "../../../../trainer/report/numbers.ts";
import { renderReport } from "../../../../trainer/report/render.ts";
import { formatSeconds } from "../../../../trainer/terminal/terminal.ts";
import { sampleFigures } from "./sample-figures.ts";

/** What a number of the figures may look like, by where it stands. */
function looks(path: string, value: number): string[] {
  const { decimal, percent, signed, signedPercent } = numbers;
  if (/createdAt|until/.test(path)) return [numbers.minute(value)];
  if (/span/.test(path)) return [numbers.day(value)];
  if (path.endsWith("step")) return [numbers.count(value)];
  if (/seconds/.test(path)) return [formatSeconds(1_000 * value)];
  if (/p50|p95/.test(path)) return [numbers.milliseconds(value)];
  if (/seed|dim$|coldStart.*\.events$|dial$|holdout|default/.test(path)) return [String(value)];
  if (Number.isInteger(value) && value !== 1 && value !== 0) return [numbers.count(value), numbers.bytes(value)];
  if (/change|variety/.test(path)) return [signed(value), signedPercent(value)];
  if (/shown|liked|share|error|predicted|observed|tail\.points/.test(path)) return [percent(value)];
  if (/distance|divergence|whole/.test(path)) return [decimal(value, 3)];
  if (/gini|byVector/.test(path)) return [decimal(value, 2)];
  if (/byNeighbours/.test(path)) return [decimal(value, 3)];
  return [decimal(value), signed(value)];
}

/** Every number and every text of the figures, with where it stands. */
function leaves(value: unknown, path = ""): [path: string, leaf: number | string][] {
  if (typeof value === "number" || typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, path === "" ? key : `${path}.${key}`));
}

/** Words of the format, which the page has words of its own for. */
const NAMES = /\.(list|stage|role|head|protocol|without|measure)$|^head\.floor$|^quality\.protocol$/;

describe("the page of a report", () => {
  const figures = sampleFigures();
  const page = renderReport(figures);
  const isShown = (text: string) => new RegExp(`(?<![\\d.])${text.replace(/[.+*?()[\]]/g, "\\$&")}(?!\\d)`).test(page);

  test("shows every figure there is", () => {
    const missing = leaves(figures)
      .filter(([path]) => !NAMES.test(path))
      .filter(([path, leaf]) => {
        const forms = typeof leaf === "number" ? looks(path, leaf) : [leaf];
        return !forms.some(isShown);
      });
    expect(missing).toEqual([]);
  });

  test("does not show what is not among them", () => {
    const other = { ...figures, data: { ...figures.data, likes: 987_123 } };
    expect(isShown("987,123")).toBe(false);
    expect(renderReport(other)).toContain("987,123");
  });

  test("needs nothing but itself: no script, no network, no file", () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<object|@import|url\(|javascript:|https?:/i);
    for (const [, target] of page.matchAll(/\s(?:src|href|action|data|poster|srcset|xlink:href)\s*=\s*"([^"]*)"/g))
      expect(target).toMatch(/^#[a-z]+$/);
    for (const [, id] of page.matchAll(/href="#([a-z]+)"/g)) expect(page).toContain(`<section id="${id}">`);
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`);
  });

  test("opens and closes its elements in pairs", () => {
    const open: string[] = [];
    for (const [, end, name, , empty] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s[^>]*?)?)(\/?)>/g)) {
      if (end) expect(open.pop()).toBe(name);
      else if (!empty && name !== "meta") open.push(name);
    }
    expect(open).toEqual([]);
  });

  test("takes titles, categories, files and notices for text", () => {
    const evil = `<script>document.title="taken"</script><img src=x onerror="alert(1)">`;
    const [title] = figures.knownTitles;
    const hostile: ReportFigures = {
      ...figures,
      data: { ...figures.data, files: [evil], badRows: { ...figures.data.badRows, samples: [evil] } },
      knownTitles: [
        {
          ...title,
          title: evil,
          category: evil,
          byVector: [{ title: evil, value: 1 }],
          byNeighbours: [{ title: evil, value: 1 }],
        },
      ],
      stages: [{ stage: evil, seconds: 1 }],
      card: { ...figures.card, licence: evil, limits: [evil] },
    };
    const made = renderReport(hostile);
    expect(made).not.toMatch(/<script|<img/);
    expect(
      made.split("&lt;script&gt;document.title=&quot;taken&quot;&lt;/script&gt;").length - 1,
    ).toBeGreaterThanOrEqual(9);
  });

  test("leaves out what was not measured, and says so", () => {
    const { quality: _, lists: __, ...rest } = figures;
    const bare = renderReport({ ...rest, knownTitles: [], stages: [] });
    for (const id of ["quality", "diversity", "newcomers", "popularity", "calibration", "ablation", "titles"])
      expect(bare).not.toContain(`id="${id}"`);
    for (const id of ["data", "cost", "card"]) expect(bare).toContain(`id="${id}"`);
    expect(bare).toContain("how good its lists are is not known");
  });

  test("says of a difference what its interval allows", () => {
    const withDeep = (low: number, high: number) =>
      renderReport({
        ...figures,
        quality: {
          ...figures.quality!,
          differences: { ...figures.quality!.differences, "deep - linear": { mean: (low + high) / 2, low, high } },
        },
      });
    expect(withDeep(0.001, 0.003)).toContain(
      "The deep floor is above the linear one: NDCG@10 +0.0020 (+0.0010 to +0.0030).",
    );
    expect(withDeep(-0.003, -0.001)).toContain("The deep floor is below the linear one");
    expect(withDeep(-0.001, 0.003)).toContain("The deep floor is not told apart from the linear one");
    const against = (low: number) => {
      const difference = { mean: 0.02, low, high: 0.03 };
      const differences = { ...figures.quality!.differences, "linear - popularity": difference };
      return renderReport({ ...figures, quality: { ...figures.quality!, differences } });
    };
    expect(against(0.01)).toContain("above popularity by 0.0200 of NDCG@10 (0.0100 to 0.0300).");
    expect(against(-0.01)).toContain(
      "too few to call the linear score better than popularity: NDCG@10 +0.0200 (−0.0100",
    );
  });
});
