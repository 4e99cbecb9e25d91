/**
 * `nearfeed retrain`: the loop closed in one command. New events are pulled, a release is trained on all there are, compared
 * with the active one on events that neither has learnt from, and takes its place unless it is measurably worse.
 */
import type { Channel } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { packageVersion } from "../package-root.ts";
import { changeChannel, checkSigner } from "../publish/change-channel.ts";
import { uploadRelease } from "../publish/publish-release.ts";
import { withoutImpressions } from "../read/without-impressions.ts";
import { readJsonFile } from "../read/json-file.ts";
import { listReleaseFolders } from "../release/release-folder.ts";
import { formatDifference } from "../evaluate/format-difference.ts";
import { formatVerdict, type Verdict } from "../retrain/verdict.ts";
import { openIncumbent } from "../retrain/incumbent.ts";
import { datasetHash, recipeHash } from "../retrain/recipe.ts";
import { retrainedOf } from "../retrain/retrained.ts";
import { type Challenger, trainChallenger } from "../retrain/train-challenger.ts";
import { type LinearFit, parseFit } from "../tune/tune-linear.ts";
import { integerOption, percentOption, textOption } from "./arguments.ts";
import type { Command, CommandInput } from "./command.ts";
import { DATA_OPTIONS } from "./data-options.ts";
import { EDGE_OPTIONS, edgeOf, SECRET_NOTE } from "./edge-options.ts";
import { LOGS_FOLDER } from "./logs.ts";
import { readRetrainData, type RetrainData } from "./retrain-data.ts";
import { SIGN_OPTIONS, signerIn } from "./sign-options.ts";
import { checkDeepPackages } from "../train/train-deep-release.ts";
import { stageProgress } from "./stages.ts";
import { MAX_SEED, RELEASES_FOLDER } from "./train.ts";

export const retrain: Command = {
  summary: "pull new events, train, and activate what is not worse than the active release",
  usage: "retrain [base files…] [--items FILES] [--edge URL] [--channel NAME] [options]",
  options: {
    ...EDGE_OPTIONS,
    ...SIGN_OPTIONS,
    logs: { type: "string", value: "DIR", help: `folder of the event log (default ${LOGS_FOLDER})` },
    releases: { type: "string", value: "DIR", help: `folder of releases (default ${RELEASES_FOLDER})` },
    deep: { type: "boolean", help: "train the deep floor too (encoder and ranker)" },
    exposures: {
      type: "boolean",
      help: "learn what people take of what they are shown, in place of what they take next, and compare by that",
    },
    canary: { type: "string", value: "PERCENT", help: "activate it for so many of a hundred devices only" },
    force: { type: "boolean", help: "activate it even where the gate refuses it" },
    seed: { type: "string", value: "N", help: "the same seed and data give the same models and vectors (default 1)" },
    fit: { type: "string", value: "FILE", help: "weights found before, as for train; without it they are tuned" },
    ...DATA_OPTIONS,
  },
  notes: [
    "Base files are logs from elsewhere, to learn from beside the event log; options that name columns are about them.",
    "The gate: both releases rank, each by its best floor, what people of the event log liked by themselves in the last fifth of what came since the active release was made; the new one learns from what came before. Where more people have taken and left something of what they were shown, and always with --exposures, both put that in order, and the figure is the GAUC of what was taken. It is refused, with exit code 5, where the whole 95 % interval of the difference lies below zero. A liked item that a release lacks is a miss for it; of what was shown both are asked of the items that both have.",
    "Where nothing is new since the active release, nothing is done. What was trained from the same data before is not trained again.",
    SECRET_NOTE,
  ],
  positionals: [0, Infinity],
  run: async (input) => {
    const { terminal, signal } = input;
    const settings = await settingsOf(input);
    const edge = edgeOf(input);
    const { client, channel } = edge;
    const signer = await signerIn(input);
    const current = await client.channel(channel);
    checkSigner(current, signer);
    const active = current?.release;
    const data = await readRetrainData(input, settings.logs);
    const challenger = await challengerOf(input, settings, { ...edge, active }, data);
    if (challenger === undefined) {
      terminal.say(`no new events since the active release ${active} was made: nothing to do`);
      return { unchanged: true, active, data: data.description };
    }
    const { id, folder, made } = challenger;
    const place = challenger.isKnown && !settings.force && current ? placeOf(current, id) : undefined;
    if (place !== undefined) {
      terminal.say(`no new events since release ${id} was made, which is ${place}: nothing to do`);
      return { unchanged: true, active, data: data.description };
    }
    const { verdict, from } = made;
    if (verdict && from !== undefined) {
      for (const line of formatVerdict(verdict, from)) terminal.say(line);
      if (!verdict.passed && !settings.force) throw refusal(verdict, folder);
      terminal.say(verdict.passed ? "gate: passed" : "gate: refused, and overruled by --force");
    } else terminal.say(`nothing is active on channel ${channel}, so there is nothing to compare with`);
    const progress = terminal.start("upload");
    await uploadRelease(client, folder, { onBytes: (done, total) => progress.update(done, total), signer, signal });
    progress.done();
    signal.throwIfAborted();
    const now = (await client.channel(channel))?.release;
    if (now !== active) throw changedMeanwhile(active, now);
    const { percent } = settings;
    const changed: Channel = await changeChannel(
      client,
      channel,
      percent === undefined ? { action: "activate", release: id } : { action: "canary", release: id, percent },
      { signer },
    );
    const what = percent === undefined ? "active" : `the canary of ${percent} % of the devices`;
    terminal.say(`release ${id} is ${what} on channel ${channel} (sequence ${changed.sequence})`);
    return { release: id, folder, against: active ?? null, gate: made, data: data.description, channel: changed };
  },
};

interface Settings {
  readonly logs: string;
  readonly releases: string;
  readonly seed: number;
  readonly deep: boolean;
  readonly exposures: boolean;
  readonly force: boolean;
  readonly fit: LinearFit | undefined;
  /** Of the devices, for a canary. */
  readonly percent: number | undefined;
}

async function settingsOf({ values }: CommandInput): Promise<Settings> {
  const fit = textOption(values, "fit");
  if (values["deep"] === true) await checkDeepPackages({ measured: true });
  return {
    logs: textOption(values, "logs") ?? LOGS_FOLDER,
    releases: textOption(values, "releases") ?? RELEASES_FOLDER,
    seed: integerOption(values, "seed", { min: 0, max: MAX_SEED, default: 1 }),
    deep: values["deep"] === true,
    exposures: values["exposures"] === true,
    force: values["force"] === true,
    fit: fit === undefined ? undefined : await readJsonFile(fit, parseFit),
    percent: percentOption(values, "canary"),
  };
}

/**
 * Trained now, or found where the same was trained before.
 *
 * @param edge `active` is the id of the active release; undefined where there is none
 * @returns undefined where the active release is of the same data
 */
async function challengerOf(
  { terminal, signal }: CommandInput,
  { releases, seed, deep, exposures, fit }: Settings,
  { client, channel, active }: ReturnType<typeof edgeOf> & { readonly active: string | undefined },
  { dataset, people, about }: RetrainData,
): Promise<(Challenger & { readonly isKnown?: true }) | undefined> {
  const { found, damaged } = await listReleaseFolders(releases);
  for (const { error } of damaged) terminal.warn(`left aside, damaged: ${error.message}`);
  const data = datasetHash(exposures ? dataset : withoutImpressions(dataset));
  const incumbent =
    active === undefined ? undefined : await openIncumbent(client, channel, active, { releases, found, signal });
  if (incumbent && retrainedOf(incumbent.release.metrics)?.data === data) return undefined;
  const recipe = recipeHash({
    data,
    against: active ?? null,
    seed,
    deep,
    exposures,
    fit: fit ?? null,
    version: packageVersion(),
  });
  for (const { folder, release } of found) {
    const made = retrainedOf(release.metrics);
    if (made?.recipe !== recipe) continue;
    terminal.say(`release ${release.id} was trained from the same before`);
    return { id: release.id, folder, made, isKnown: true };
  }
  if (incumbent?.graphs && !deep)
    terminal.warn("the active release has a deep floor, the new one has none without --deep");
  if (incumbent?.release.metrics["exposures"] === true && !exposures)
    terminal.warn(
      "the active release has learnt from what people were shown, the new one does not without --exposures",
    );
  const onStep = stageProgress(terminal);
  const challenger = await trainChallenger({
    dataset,
    people,
    incumbent,
    about,
    made: { data, recipe },
    releases,
    seed,
    deep,
    exposures,
    fit,
    now: Date.now,
    onStep,
    onNote: terminal.warn,
    signal,
  });
  onStep.done();
  terminal.say(`release ${challenger.id} in ${challenger.folder}`);
  return challenger;
}

/** What a release is that somebody has led people away from, or to with care: it is not activated by itself. */
function placeOf({ previous, canary }: Channel, release: string): string | undefined {
  if (canary?.release === release) return `the canary of ${canary.percent} % of the devices`;
  return previous === release ? "what was rolled back from" : undefined;
}

function refusal({ metric, difference }: Verdict, folder: string): NearfeedError {
  return new NearfeedError(
    "gate_refused",
    `The new release is worse than the active one: ${metric} ${formatDifference(difference)}, and zero lies outside the interval`,
    { path: folder, hint: "It is not published. Look for what went into its data; --force activates it all the same." },
  );
}

function changedMeanwhile(active: string | undefined, now: string | undefined): NearfeedError {
  return new NearfeedError(
    "edge_failed",
    `The active release has changed from ${active ?? "none"} to ${now ?? "none"} while this one was trained`,
    { path: "--channel", hint: "Run the command again: it compares with what is active now." },
  );
}
