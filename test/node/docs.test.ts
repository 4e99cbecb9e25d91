// What the guides show exists: the React program is a file that the compiler checks, figures are the code's, links lead somewhere.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  IMPRESSION_MS,
  MEDIA_SKIP_BELOW_MS,
  SKIP_BELOW_MS,
  VIEW_FRACTION,
  VIEW_MS,
} from "../../client-sdk/observe/attention.ts";

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

test("every link between the guides leads to a file", async () => {
  const guides = (await readdir(join(ROOT, "docs"))).filter((name) => name.endsWith(".md"));
  expect(guides.length).toBeGreaterThan(1);
  for (const guide of guides) {
    const links = [...(await read(`docs/${guide}`)).matchAll(/\]\(([^)#]+)/g)].map(([, path]) => path!);
    const missing = links
      .filter((path) => !path.includes("://"))
      .map((path) => join(ROOT, dirname(`docs/${guide}`), path));
    expect(
      missing.filter((path) => !existsSync(path)),
      guide,
    ).toEqual([]);
  }
});
