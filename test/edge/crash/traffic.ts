/**
 * What devices do meanwhile: one sends events and keeps what was not answered for later, one reads the channel and asks for
 * candidates. Whatever is answered must be right; only that nobody answers is forgiven, and only once the edge was killed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { decodeCandidates } from "../../../shared/candidates-file.ts";
import type { Envelope, Event } from "../../../shared/event.ts";
import { HEADERS, parseManifest, ROUTES, type EventsAnswer } from "../../../shared/protocol.ts";
import type { Random } from "../../../shared/runtime.ts";
import { createUlid } from "../../../shared/ulid.ts";
import { text } from "../../harness/small-release.ts";

const PAUSE_MS = 2;
const CANDIDATES = 50;

/** Everything that devices have sent, over all lives of the edge. */
export interface Sent {
  /** Answered 202. */
  readonly accepted: Set<string>;
  /** Not answered: they are sent again. */
  readonly unanswered: Event[][];
  /** Answers of any kind. */
  answers: number;
}

export interface Traffic {
  /** From now on nobody needs to answer. */
  expectSilence(): void;
  /** @throws the first answer that was wrong */
  stop(): Promise<void>;
}

/**
 * Devices at one edge. They first send what was not answered before.
 *
 * @param envelopeEvents events that are sent together
 */
export function startTraffic(url: string, sent: Sent, random: Random, envelopeEvents: number): Traffic {
  const nextId = createUlid(Date.now, random);
  let [stopped, silent] = [false, false];
  let sequence = 0;

  async function whileAnswered(step: () => Promise<void>): Promise<void> {
    while (!stopped) {
      try {
        await step();
      } catch (error) {
        // fetch rejects with a TypeError where nobody answers, and where an answer breaks off.
        if (silent && error instanceof TypeError) return;
        throw error;
      }
      sent.answers++;
      await sleep(PAUSE_MS);
    }
  }

  async function sendEvents(): Promise<void> {
    const events =
      sent.unanswered.shift() ??
      Array.from({ length: envelopeEvents }, (_, i) => ({
        id: nextId(),
        type: "like" as const,
        item: `item-${i}`,
        at: Date.now(),
      }));
    const envelope: Envelope = { v: 1, key: "dev", release: "r", surface: "home", events };
    sent.unanswered.push(events);
    const answer = await fetch(url + ROUTES.events(), { method: "POST", body: JSON.stringify(envelope) });
    // The status is the answer: what follows may break off.
    if (answer.status !== 202) throw new Error(`events were answered ${answer.status}: ${await answer.text()}`);
    sent.unanswered.pop();
    for (const { id } of events) sent.accepted.add(id);
    const { accepted } = (await answer.json()) as EventsAnswer;
    if (accepted !== events.length) throw new Error(`${accepted} of ${events.length} events were accepted`);
  }

  async function readCandidates(): Promise<void> {
    const answer = await fetch(url + ROUTES.manifest("stable"));
    if (!answer.ok) throw new Error(`the manifest was answered ${answer.status}: ${await answer.text()}`);
    const { channel, release } = parseManifest(await answer.json());
    if (channel.sequence < sequence) throw new Error(`the sequence fell from ${sequence} to ${channel.sequence}`);
    sequence = channel.sequence;
    if (release.id !== channel.release) throw new Error("the manifest has another release than its channel");
    const body = JSON.stringify({ space: release.space, queries: [Array(release.dim).fill(0.5)], count: CANDIDATES });
    const found = await fetch(url + ROUTES.retrieve(release.id), { method: "POST", body });
    if (!found.ok) throw new Error(`retrieve was answered ${found.status}: ${await found.text()}`);
    if (found.headers.get(HEADERS.release) !== release.id) throw new Error("candidates of another release");
    const { columns } = decodeCandidates(new Uint8Array(await found.arrayBuffer()), text);
    if (columns.size !== CANDIDATES) throw new Error(`${columns.size} candidates, not ${CANDIDATES}`);
  }

  const running = Promise.all([whileAnswered(sendEvents), whileAnswered(readCandidates)]);
  running.catch(() => undefined); // it is told by stop
  return {
    expectSilence() {
      silent = true;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
