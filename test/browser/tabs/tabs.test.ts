import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Consent } from "../../../client-sdk/index.ts";
import { sharedName } from "../../../client-sdk/tabs/tab-channel.ts";
import { parseTabMessage } from "../../../client-sdk/tabs/tab-messages.ts";
import { createTabs } from "../../../client-sdk/tabs/tabs.ts";
import type { TabNews, Tabs } from "../../../client-sdk/tabs/tabs.ts";
import { NearfeedError } from "../../../shared/errors.ts";
import { freshNamespace, until } from "../open.ts";

const ID = "01HF7YAT00TMB5S1RNMA000001";

interface Tab extends Tabs {
  readonly heard: TabNews[];
}

const opened: Tab[] = [];
afterEach(() => {
  for (const tab of opened.splice(0)) tab.close();
});

function openTab(namespace: string, consent: Consent): Tab {
  const heard: TabNews[] = [];
  const tabs = createTabs({ namespace, consent, hear: (news) => heard.push(news), changed() {} });
  const tab = Object.create(tabs, { heard: { value: heard } }) as Tab;
  opened.push(tab);
  return tab;
}

/** Everything that was said before has been heard when this comes back. */
async function settled(namespace: string): Promise<void> {
  const [from, to] = [new BroadcastChannel(`${namespace}-echo`), new BroadcastChannel(`${namespace}-echo`)];
  await new Promise((resolve) => {
    to.addEventListener("message", resolve, { once: true });
    from.postMessage(0);
  });
  from.close();
  to.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
}

test("what one tab says every other tab of the namespace hears, and no other", async () => {
  const namespace = freshNamespace();
  const [a, b, c] = [openTab(namespace, "full"), openTab(namespace, "local"), openTab(freshNamespace(), "full")];
  const news: TabNews[] = [
    { kind: "events", ids: [ID] },
    { kind: "sent", ids: [] },
    { kind: "stored", what: "release" },
    { kind: "looked" },
    { kind: "lowered", to: "local" },
    { kind: "erased" },
  ];
  for (const each of news) a!.tell(each);
  await until(() => b!.heard.length === news.length);
  expect(b!.heard.map(({ kind }) => kind)).toEqual(news.map(({ kind }) => kind));
  expect(b!.heard[0]).toMatchObject({ ids: [ID] });
  expect([a!.heard, c!.heard]).toEqual([[], []]);
});

test("at denied nothing is said, nothing is heard and no name is shared", async () => {
  const namespace = freshNamespace();
  const [denied, full] = [openTab(namespace, "denied"), openTab(namespace, "full")];
  const said: unknown[] = [];
  const line = new BroadcastChannel(sharedName(namespace));
  line.addEventListener("message", ({ data }) => said.push(data));
  await until(() => full.leads);
  denied.tell({ kind: "events", ids: [ID] });
  full.tell({ kind: "events", ids: [ID] });
  await until(() => said.length > 0);
  await settled(namespace);
  expect(said.filter((each) => (each as TabNews).kind === "events")).toHaveLength(1);
  expect([denied.heard, full.heard]).toEqual([[], []]);
  expect(denied.leads).toBe(true);
  const { held = [], pending = [] } = await navigator.locks.query();
  expect([...held, ...pending].filter((lock) => lock.name!.includes(namespace))).toHaveLength(1);
  line.close();
});

test("a tab that is lowered leaves the line and the lock, and one that is raised joins them", async () => {
  const namespace = freshNamespace();
  const [a, b] = [openTab(namespace, "full"), openTab(namespace, "full")];
  await until(() => a.leads);
  a.join("denied");
  await until(() => b.leads);
  b.tell({ kind: "looked" });
  await settled(namespace);
  expect(a.heard).toEqual([]);
  a.join("full");
  b.tell({ kind: "looked" });
  await until(() => a.heard.length === 1);
  expect(a.leads).toBe(false);
});

test("tabs of two levels lead apart: one at local never stands in the way of one at full", async () => {
  const namespace = freshNamespace();
  const tabs = [
    openTab(namespace, "local"),
    openTab(namespace, "local"),
    openTab(namespace, "full"),
    openTab(namespace, "full"),
  ];
  const leading = () => tabs.map(({ leads }) => leads);
  await until(() => leading().filter(Boolean).length === 2);
  expect(leading()).toEqual([true, false, true, false]);
});

test("whatever comes over the line is a message or is ignored", async () => {
  const namespace = freshNamespace();
  const tab = openTab(namespace, "full");
  const line = new BroadcastChannel(sharedName(namespace));
  const odd = [null, 7, "events", [], {}, { kind: "events", ids: [ID] }, { v: 2, kind: "looked" }];
  const bad = [{ ids: "x" }, { ids: ["x"] }, { ids: [ID], extra: 1 }].map((rest) => ({
    v: 1,
    kind: "events",
    ...rest,
  }));
  for (const each of [...odd, ...bad, { v: 1, kind: "lowered", to: "full" }, { v: 1, kind: "constructor" }]) {
    line.postMessage(each);
  }
  line.postMessage({ v: 1, kind: "looked" });
  await until(() => tab.heard.length > 0);
  expect(tab.heard.map(({ kind }) => kind)).toEqual(["looked"]);
  line.close();
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        parseTabMessage(value);
      } catch (error) {
        expect(error).toBeInstanceOf(NearfeedError);
      }
    }),
  );
});
