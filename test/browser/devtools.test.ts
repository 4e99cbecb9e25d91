// The panel, mounted as any app mounts it: what it shows is what the recommender says, and it leaves nothing behind.
import { afterEach, expect, test, vi } from "vitest";
import { mountPanel } from "../../client-sdk/devtools/index.ts";
import type { Panel, PanelOptions } from "../../client-sdk/devtools/index.ts";
import { roundedToSum } from "../../client-sdk/devtools/rounded-to-sum.ts";
import type { Feed, Item } from "../../client-sdk/index.ts";
import { testEdge } from "../harness/synthetic/edge.ts";
import { syntheticRelease } from "../harness/synthetic/release.ts";
import * as fc from "fast-check";
import { after, open, shown, until, type Opened } from "./open.ts";

const release = await syntheticRelease({ items: 200, seed: 1 });

let mounted: { host: HTMLElement; panel: Panel<Item> }[] = [];
afterEach(() => {
  for (const { host, panel } of mounted) {
    panel[Symbol.dispose]();
    host.remove();
  }
  mounted = [];
});

async function mount(options: PanelOptions<Item> = {}) {
  const opened = open(testEdge(release), { consent: "local" });
  const feed = opened.recommender.feed({ surface: "home" });
  await opened.recommender.sync();
  await shown(feed, ({ floor }) => floor === "linear");
  const host = document.createElement("div");
  document.body.append(host);
  const panel = mountPanel(host, opened.recommender, options);
  mounted.push({ host, panel });
  const root = host.shadowRoot!;
  const text = (selector: string) => root.querySelector(selector)?.textContent ?? "";
  return { ...opened, feed, host, panel, root, text };
}

function showOf(panel: Panel<Item>, feed: Feed): void {
  const [current, ...next] = feed.getSnapshot().entries;
  panel.show({ current, next });
}

const like = (opened: Opened, feed: Feed, item: string) =>
  after(opened, feed, () => opened.recommender.track("like", item));

test("of a stranger it says so, and after a like it shows a bar a category", async () => {
  const opened = await mount();
  await until(() => opened.text("#taste-none") === "Nothing known about you.");
  await like(opened, opened.feed, "item-3");
  await until(() => opened.root.querySelectorAll("#taste .bar-row").length > 0);
  const { categories } = await opened.recommender.profile.get();
  const strongest = categories.filter(({ taste }) => taste > 0).slice(0, 6);
  const rows = [...opened.root.querySelectorAll<HTMLElement>("#taste .bar-row")];
  expect(rows.map((row) => row.dataset["category"])).toEqual(strongest.map(({ name }) => name));
  expect(rows.map((row) => row.querySelector(".value")!.textContent)).toEqual(
    strongest.map(({ taste }) => `+${taste.toFixed(1)}`.replace("+0.0", "0.0")),
  );
});

test("less of a category adjusts the profile, and says so", async () => {
  const opened = await mount();
  const { feed, recommender, root } = opened;
  await like(opened, feed, "item-3");
  await until(() => root.querySelectorAll("#taste .bar-row").length > 0);
  const row = root.querySelector<HTMLElement>("#taste .bar-row")!;
  const category = row.dataset["category"]!;
  row.querySelector<HTMLElement>('[data-by="-1"]')!.click();
  await until(() => row.querySelector(".set")!.textContent === "you: −0.5");
  expect((await recommender.profile.get()).adjustments).toEqual({ [category]: -0.5 });
  row.querySelector<HTMLElement>('[data-by="-1"]')!.click();
  await until(() => row.querySelector('[data-by="-1"]')!.ariaDisabled === "true");
  // Two quick presses are two steps, and the row stays under the finger.
  const more = row.querySelector<HTMLElement>('[data-by="1"]')!;
  const before = [...root.querySelectorAll("#taste .bar-row")];
  for (let press = 0; press < 3; press++) more.click();
  await until(() => row.querySelector(".set")!.textContent === "you: +0.5");
  expect([...root.querySelectorAll("#taste .bar-row")]).toEqual(before);
});

test("why this: the sentence is the recommender's own, and the figures add up", async () => {
  const opened = await mount();
  const { feed, recommender, panel, root, text } = opened;
  await like(opened, feed, "item-3");
  showOf(panel, feed);
  await until(() => text("#why .sum .term-value") !== "");
  const entry = feed.getSnapshot().entries[0]!;
  const explanation = (await recommender.explain(entry))!;
  expect(text("#why .sentence")).toBe(explanation.sentence);
  const cents = [...root.querySelectorAll("#why .term-value")].map((figure) =>
    Math.round(100 * Number(figure.textContent!.replace("−", "-"))),
  );
  expect(cents.at(-1)).toBe(Math.round(100 * explanation.score));
  expect(cents.slice(0, -1).reduce((sum, each) => sum + each, 0)).toBe(cents.at(-1));
});

test("rounded parts sum to the rounded whole, each within a hundredth of its part", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 }), (parts) => {
      const whole = parts.reduce((sum, part) => sum + part, 0);
      const figures = roundedToSum(parts, whole, 2);
      const cents = figures.reduce((sum, figure) => sum + Math.round(figure * 100), 0);
      expect(cents - Math.round(whole * 100)).toBeCloseTo(0, 9);
      figures.forEach((figure, i) => expect(Math.abs(figure - parts[i]!)).toBeLessThanOrEqual(0.01 + 1e-9));
    }),
  );
});

test("up next: eight rows, then all; a row that stays keeps its element, and its buttons speak of what it is now", async () => {
  const acts: [string, string, string][] = [];
  const opened = await mount({ onAct: (type, { id, list }) => acts.push([type, id, list]) });
  const { feed, panel, root } = opened;
  showOf(panel, feed);
  const rows = () => [...root.querySelectorAll<HTMLElement>("#queue .row")];
  await until(() => rows().length === 8);
  root.querySelector<HTMLElement>("#queue-more")!.click();
  expect(rows()).toHaveLength(19);
  const [first] = rows();
  await like(opened, feed, "item-150");
  showOf(panel, feed);
  await until(() => opened.text("#why .subject") !== "");
  const again = rows().find((row) => row.dataset["item"] === first!.dataset["item"]);
  if (again) expect(again).toBe(first);
  const row = rows()[2]!;
  row.querySelector<HTMLElement>('[data-action="skip"]')!.click();
  expect(acts).toEqual([["skip", row.dataset["item"], feed.getSnapshot().id]]);
});

test("a row with the focus is never moved in the document, wherever it goes on the screen", async () => {
  const { panel, root, feed } = await mount({ onAct() {} });
  const entries = feed.getSnapshot().entries;
  panel.show({ next: entries.slice(0, 6) });
  await until(() => root.querySelectorAll("#queue .row").length === 6);
  const button = root.querySelector<HTMLElement>(`#queue [data-item="${entries[2]!.id}"] [data-action="like"]`)!;
  button.focus();
  const order = [5, 2, 0, 4, 1, 3].map((i) => entries[i]!);
  panel.show({ next: order });
  const ids = () => [...root.querySelectorAll<HTMLElement>("#queue .row")].map((row) => row.dataset["item"]);
  await until(() => ids()[0] === order[0]!.id);
  expect(ids()).toEqual(order.map(({ id }) => id));
  expect(root.activeElement).toBe(button);
});

test("every request is listed as it was sent", async () => {
  const opened = await mount();
  const { recommender, root } = opened;
  const sent: string[] = [];
  recommender.on("sent", ({ method, url }) => sent.push(`${method} ${new URL(url).pathname}${new URL(url).search}`));
  await recommender.sync();
  root.querySelector<HTMLDetailsElement>("#sent details")!.open = true;
  const listed = () => [...root.querySelectorAll("#requests code")].map((code) => code.textContent).reverse();
  await until(() => listed().length === sent.length);
  expect(listed()).toEqual(sent);
  expect(opened.text("#sent summary")).toBe("1 request · nothing of yours");
});

test("erasing asks once, then erases, and the bars are gone at once", async () => {
  const opened = await mount();
  const { feed, root, recommender } = opened;
  await like(opened, feed, "item-3");
  await until(() => root.querySelectorAll("#taste .bar-row").length > 0);
  const button = root.querySelector<HTMLButtonElement>('[data-action="erase"]')!;
  button.click();
  expect(button.textContent).toBe("Really erase everything?");
  expect((await recommender.profile.get()).positives).toBe(1);
  button.click();
  await until(() => opened.text("#taste-none") === "Nothing known about you.");
  expect(root.querySelectorAll("#taste .bar-row")).toHaveLength(0);
  expect((await recommender.profile.get()).events).toBe(0);
});

test("titles are text, whatever is in them", async () => {
  const evil = '<img src="x" onerror="globalThis.hacked = true">';
  const { panel, feed, root, text } = await mount({ describe: () => ({ title: evil, line: evil }) });
  showOf(panel, feed);
  await until(() => text("#why .subject") !== "");
  expect(text("#why .subject")).toBe(evil);
  expect(root.querySelector("img")).toBeNull();
  expect(globalThis).not.toHaveProperty("hacked");
});

test("the part for developers shows timings, evidence, pool, release, log and errors", async () => {
  const opened = await mount({ developer: true });
  const { feed, recommender, panel } = opened;
  await like(opened, feed, "item-3");
  showOf(panel, feed);
  recommender.profile.adjust("no such category", 1);
  const text = () => opened.text("#developers");
  await until(() => text().includes("1 reactions: p50"));
  await until(() => text().includes(release.release.id));
  for (const word of ["linear, all items", "like", "item-3", "device", "stable, sequence 1", "1 of them evidence"]) {
    expect(text()).toContain(word);
  }
  await until(() => opened.errors.length === 0 || text().includes(opened.errors[0]!.code));
});

test("unmounted it is empty, and hears nothing any more", async () => {
  const opened = await mount();
  const { feed, panel, root, recommender } = opened;
  const asked = vi.spyOn(recommender, "inspect");
  panel[Symbol.dispose]();
  expect(root.childElementCount).toBe(0);
  asked.mockClear();
  await like(opened, feed, "item-3");
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked).not.toHaveBeenCalled();
});

test("once the recommender is closed it asks no more, and adds no error to the one it met", async () => {
  const { recommender, panel, feed, errors } = await mount();
  await recommender.close();
  showOf(panel, feed);
  await until(() => errors.some(({ code }) => code === "closed"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const [asked, told] = [vi.spyOn(recommender, "inspect"), errors.length];
  showOf(panel, feed);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked).not.toHaveBeenCalled();
  expect(errors.length).toBe(told);
});

test("an upload is still counted after many more requests than are listed", async () => {
  const listeners = new Map<string, (notice: never) => void>();
  const { recommender } = await mount();
  const told = {
    ...recommender,
    on: (kind: string, listener: (notice: never) => void) => (listeners.set(kind, listener), () => {}),
  };
  const host = document.body.appendChild(document.createElement("div"));
  const panel = mountPanel(host, told as typeof recommender);
  mounted.push({ host, panel });
  const sent = (events: number) =>
    listeners.get("sent")!({ url: "http://edge.test/v1/x", method: "POST", bytes: 1, events } as never);
  sent(3);
  for (let i = 0; i < 250; i++) sent(0);
  const summary = () => host.shadowRoot!.querySelector("#sent summary")!.textContent;
  await until(() => summary() === "251 requests · 3 events of yours");
});

test("an app's function that throws takes its own part with it and no other", async () => {
  const thrown: unknown[] = [];
  const hear = (event: ErrorEvent) => (event.preventDefault(), thrown.push(event.error));
  addEventListener("error", hear);
  const describe = () => {
    throw new Error("from the app");
  };
  const { panel, feed, text } = await mount({ describe });
  showOf(panel, feed);
  await until(() => thrown.length > 0);
  await until(() => text("#facts").includes("200 items"));
  panel[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve));
  removeEventListener("error", hear);
  expect(thrown.every((error) => (error as Error).message === "from the app")).toBe(true);
});

test("after an erase nothing of the person is left on the screen, evidence and reasons included", async () => {
  const opened = await mount({ developer: true });
  const { feed, panel, recommender, text, root } = opened;
  await like(opened, feed, "item-3");
  showOf(panel, feed);
  await until(() => text("#developers").includes("item-3") && text("#why .sum") !== "");
  const erased = recommender.erase();
  await until(() => !text("#developers").includes("item-3"), 1_000);
  expect(text("#why .terms")).toBe("");
  expect(root.querySelectorAll("#queue .row")).toHaveLength(0);
  await erased;
});

test("a second panel in one element is refused, one after the other is not", async () => {
  const { host, panel, recommender, root } = await mount();
  expect(() => mountPanel(host, recommender)).toThrow(/has a panel or a shadow root/);
  expect(root.childElementCount).toBeGreaterThan(0);
  panel[Symbol.dispose]();
  const again = mountPanel(host, recommender);
  mounted.push({ host, panel: again });
  expect(root.childElementCount).toBeGreaterThan(0);
  const foreign = document.createElement("div");
  foreign.attachShadow({ mode: "open" }).append("theirs");
  expect(() => mountPanel(foreign, recommender)).toThrow(/shadow root of its own/);
  expect(foreign.shadowRoot!.textContent).toBe("theirs");
});

test("unmounted it does not ask, whatever it is shown", async () => {
  const { recommender, panel, feed } = await mount();
  panel[Symbol.dispose]();
  const asked = vi.spyOn(recommender, "inspect");
  showOf(panel, feed);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(asked).not.toHaveBeenCalled();
});
