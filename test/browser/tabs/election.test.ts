import { afterEach, expect, test, vi } from "vitest";
import { ANSWER_MS, BEAT_MS, SILENCE_MS, standInElection } from "../../../client-sdk/tabs/election.ts";
import type { Election } from "../../../client-sdk/tabs/election.ts";
import { until } from "../open.ts";

/** A tab of an election over the browser's own locks; the line between the tabs can be cut, as freezing a tab does. */
interface Candidate extends Election {
  readonly history: boolean[];
  /** As the browser does it: the lock is kept, nothing is said and nothing is heard. */
  frozen: boolean;
}

const standing: Candidate[] = [];
afterEach(() => {
  for (const each of standing.splice(0)) each.leave();
  vi.useRealTimers();
});

function stand(name: string, { locks = navigator.locks as typeof navigator.locks | undefined, deaf = false } = {}) {
  const history: boolean[] = [];
  const say = (what: "leading" | "who-leads") => {
    if (candidate.frozen) return;
    for (const other of standing) if (other !== candidate && !other.frozen) queueMicrotask(() => other.heard(what));
  };
  const election = standInElection({
    name,
    locks,
    say: deaf ? undefined : say,
    changed: (leads) => history.push(leads),
  });
  const candidate: Candidate = {
    history,
    frozen: false,
    get leads() {
      return election.leads;
    },
    heard: election.heard,
    leave: election.leave,
  };
  standing.push(candidate);
  return candidate;
}

function leaders(): number {
  return standing.filter(({ leads }) => leads).length;
}

const name = () => `election-${crypto.randomUUID()}`;

test("one of several leads, and another one as soon as it has left", async () => {
  const of = name();
  const tabs = [stand(of), stand(of), stand(of)];
  for (let left = 3; left > 0; left--) {
    await until(() => leaders() === 1);
    const leader = tabs.find(({ leads }) => leads)!;
    leader.leave();
    expect(leader.leads).toBe(false);
    expect(leader.history).toEqual([true, false]);
  }
  expect(leaders()).toBe(0);
});

test("elections of different names do not know each other", async () => {
  const [a, b] = [stand(name()), stand(name())];
  await until(() => a.leads && b.leads);
});

test("a leader that beats keeps the lead, however long", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const of = name();
  const [first] = [stand(of), stand(of), stand(of)];
  await vi.waitUntil(() => first!.leads);
  for (let i = 0; i < 20; i++) await vi.advanceTimersByTimeAsync(SILENCE_MS / 2);
  expect(first!.history).toEqual([true]);
  expect(leaders()).toBe(1);
});

test("the lock of a frozen leader is stolen within the stated time, and it notices and queues up again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const of = name();
  const [frozen, next] = [stand(of), stand(of)];
  await vi.waitUntil(() => frozen.leads);
  await vi.advanceTimersByTimeAsync(BEAT_MS);
  frozen.frozen = true;
  await vi.advanceTimersByTimeAsync(SILENCE_MS - BEAT_MS - 100);
  expect(next.leads).toBe(false);
  await vi.advanceTimersByTimeAsync(BEAT_MS + ANSWER_MS + 100);
  await vi.waitUntil(() => next.leads && !frozen.leads);
  expect(frozen.history).toEqual([true, false]);
  frozen.frozen = false;
  next.leave();
  await vi.waitUntil(() => frozen.leads);
  expect(frozen.history).toEqual([true, false, true]);
});

test("a tab that slept through the beats asks first, and steals nothing from a leader that answers", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const of = name();
  const [leader, sleeper] = [stand(of), stand(of)];
  await vi.waitUntil(() => leader.leads);
  // Awake again: its own timer is long due, and no beat has reached it.
  sleeper.frozen = true;
  const heard = vi.fn<(what: "leading" | "who-leads") => void>();
  const { heard: real } = leader;
  Object.assign(leader, { heard: (what: "leading" | "who-leads") => (heard(what), real(what)) });
  await vi.advanceTimersByTimeAsync(SILENCE_MS - 300);
  sleeper.frozen = false;
  await vi.advanceTimersByTimeAsync(300);
  expect(heard).toHaveBeenCalledWith("who-leads");
  await vi.advanceTimersByTimeAsync(ANSWER_MS * 2);
  expect([leader.history, sleeper.history]).toEqual([[true], []]);
});

test("of several that steal at once one leads in the end", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const of = name();
  const [frozen, ...others] = [stand(of), stand(of), stand(of), stand(of)];
  await vi.waitUntil(() => frozen!.leads);
  frozen!.frozen = true;
  await vi.advanceTimersByTimeAsync(SILENCE_MS + ANSWER_MS + 100);
  await vi.waitUntil(() => others.filter(({ leads }) => leads).length === 1);
  for (let i = 0; i < 10; i++) await vi.advanceTimersByTimeAsync(BEAT_MS);
  expect(leaders()).toBe(1);
});

test("without locks, or where they do not work, every tab leads", async () => {
  const of = name();
  const none = standInElection({ name: of, locks: undefined, say: undefined, changed() {} });
  expect(none.leads).toBe(true);
  none.leave();
  expect(none.leads).toBe(false);
  const request = () => Promise.reject(new DOMException("not here", "SecurityError"));
  const broken = stand(of, { locks: { request } as unknown as LockManager });
  await until(() => broken.leads);
});

test("where nothing can be heard, nothing is stolen", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const of = name();
  const [first, second] = [stand(of, { deaf: true }), stand(of, { deaf: true })];
  await vi.waitUntil(() => first.leads);
  await vi.advanceTimersByTimeAsync(10 * (SILENCE_MS + ANSWER_MS));
  expect([first.leads, second.leads]).toEqual([true, false]);
});

test("leaving before the lock is granted holds up nobody", async () => {
  const of = name();
  const gone = stand(of);
  gone.leave();
  const next = stand(of);
  await until(() => next.leads);
  expect(gone.history).toEqual([]);
});
