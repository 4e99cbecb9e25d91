// What the guides show exists: the React program is a file that the compiler checks, figures are the code's, links lead somewhere.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  IMPRESSION_MS,
  MEDIA_SKIP_BELOW_MS,
  SKIP_BELOW_MS,
  VIEW_FRACTION,
  VIEW_MS,
} from "../../client-sdk/observe/attention.ts";
import { MAX_ID_CHARS } from "../../shared/item.ts";
import { installCommand } from "../../trainer/package-root.ts";
import { EVENT_COLUMNS, ITEM_COLUMNS, parseMapping } from "../../trainer/read/mapping.ts";
import { anchorsOf, pages } from "../harness/read-pages.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");

test("the programs of the guide to React are examples/react", async () => {
  const guide = await read("docs/react.md");
  const programs = [...guide.matchAll(/^```tsx?\n(.*?)^```$/gms)].map(([, program]) => program!);
  expect(programs).toEqual([await read("examples/react/app.tsx"), await read("examples/react/server-list.ts")]);
});

test("the guide to observing names the limits that hold", async () => {
  const rows = (await read("docs/observe.md")).split("\n").filter((line) => line.startsWith("|"));
  const row = (text: string) => rows.find((line) => line.includes(text))!;
  expect(row("`impression`")).toContain(`${IMPRESSION_MS} ms`);
  expect(row("`view`")).toContain(`${VIEW_MS / 1_000} s`);
  expect(VIEW_FRACTION).toBe(0.5);
  expect(row("half of a video")).toBeDefined();
  expect(row("`skip`")).toContain(`less than ${SKIP_BELOW_MS / 1_000} s`);
  expect(row("has played")).toContain(`less than ${MEDIA_SKIP_BELOW_MS / 1_000} s`);
});

test("the guide to training names every column of a mapping, and its example is one", async () => {
  const guide = await read("docs/training.md");
  const [, example] = /^```json\n(.*?)^```$/ms.exec(guide)!;
  const { items, flags } = parseMapping(JSON.parse(example!));
  expect([items!.id, Object.values(flags!)]).toEqual(["clip", ["click", "like", "skip", "hide"]]);
  const named = guide.split("\n").filter((line) => line.startsWith("| `"));
  for (const field of EVENT_COLUMNS) {
    expect(
      named.some((line) => line.split("|")[1]!.includes(`\`${field}\``)),
      field,
    ).toBe(true);
  }
  const ofItems = named.find((line) => line.startsWith("| `items`"))!;
  for (const field of ITEM_COLUMNS) expect(ofItems, field).toContain(`\`${field}\``);
  expect(guide).toContain(`at most ${MAX_ID_CHARS} characters`);
});

test("the guide to training installs every package that the command line may ask for, and none else", async () => {
  const guide = await read("docs/training.md");
  const { peerDependencies } = JSON.parse(await read("package.json")) as { peerDependencies: Record<string, string> };
  const installed = [...guide.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) => names!.trim().split(/\s+/));
  // React is for pages.
  const { react: _, ...ofTraining } = peerDependencies;
  const [own, ...others] = installed;
  expect(own).toMatch(/^\.\/nearfeed-.*\.tgz$/);
  const wanted = installCommand(...Object.keys(ofTraining))
    .split(" ")
    .slice(2);
  expect(others.toSorted()).toEqual(wanted.toSorted());
  // In the versions that the package asks for: what came out since would be refused.
  expect(wanted).toContain(`@duckdb/node-api@${peerDependencies["@duckdb/node-api"]}`);
  expect(wanted).toContain("onnxruntime-web@1");
});

test("every link of a page leads to a file, and where it names a heading, to one that is there", async () => {
  let named = 0;
  for (const page of await pages()) {
    for (const [, path, anchor] of (await read(page)).matchAll(/\]\(([^)#\s]*)#?([^)\s]*)\)/g)) {
      if (path!.includes("://")) continue;
      const target = path === "" ? page : join(dirname(page), path!);
      expect(existsSync(join(ROOT, target)), `${page}: ${path}`).toBe(true);
      if (!anchor) continue;
      named++;
      expect(anchorsOf(await read(target)), `${page}: ${path}#${anchor}`).toContain(anchor);
    }
  }
  expect(named).toBeGreaterThan(20);
});

test("the index of the guides names every one of them", async () => {
  const index = await read("docs/README.md");
  for (const page of await pages()) {
    const name = page.slice("docs/".length);
    if (page.startsWith("docs/") && name !== "README.md") expect(index).toContain(`](${name})`);
  }
});
