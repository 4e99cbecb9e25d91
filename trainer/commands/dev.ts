/**
 * `nearfeed dev`, which is `npm start`: the whole loop on one machine. The page is usable on the linear floor within
 * seconds; the deep release trains behind it and swaps into the open page.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { changeChannel } from "../publish/change-channel.ts";
import { createEdgeClient, type EdgeClient } from "../publish/edge-client.ts";
import { uploadRelease } from "../publish/publish-release.ts";
import { DEFAULT_CHANNEL } from "../../shared/channel.ts";
import { NearfeedError } from "../../shared/errors.ts";
import { checkPortFree, startEdge } from "../dev/edge-process.ts";
import { runNode } from "../dev/background.ts";
import { serveTrainingStatus, type TrainingStatus } from "../dev/training-status.ts";
import { makeFolder } from "../make-folder.ts";
import { listReleaseFolders, readReleaseFolder } from "../release/release-folder.ts";
import { formatSeconds, type Terminal } from "../terminal/terminal.ts";
import type { Release } from "../../shared/release.ts";
import { signatureOf } from "../release/model-signature.ts";
import { retrainedOf } from "../retrain/retrained.ts";
import { PACKAGE_ROOT } from "../package-root.ts";
import { integerOption, textOption } from "./arguments.ts";
import type { Command } from "./command.ts";

const DEFAULT_PORT = 8787;

/** Below this a port needs rights that nobody should give a development server. */
const LEAST_PORT = 1024;

const SECRET_BYTES = 24;

export const dev: Command = {
  summary: "train on the bundled data, run the edge and the demo page locally",
  usage: "dev [--port N] [--state DIR] [--linear]",
  options: {
    port: { type: "string", value: "N", help: `port of the page and the API (default ${DEFAULT_PORT})` },
    state: { type: "string", value: "DIR", help: "folder of everything it makes (default .nearfeed)" },
    linear: { type: "boolean", help: "stay on the linear floor: train no deep release" },
  },
  notes: [
    "The first start trains on 100,000 bundled film ratings; later starts use what is there. Delete the state folder to begin anew.",
    "The publish secret of the local edge is in the state folder, file publish-secret.",
  ],
  positionals: [0, 0],
  run: async ({ values, terminal, signal }) => {
    const began = performance.now();
    const port = integerOption(values, "port", { min: LEAST_PORT, max: 65_535, default: DEFAULT_PORT });
    const state = resolve(textOption(values, "state") ?? ".nearfeed");
    const root = PACKAGE_ROOT;
    if (!existsSync(join(root, "wrangler.toml"))) {
      throw new NearfeedError(
        "missing_dependency",
        "nearfeed dev runs in a clone of the repository: this package has no edge to start",
        { hint: "Clone the repository and run npm start there." },
      );
    }
    await checkPortFree(port);
    await makeFolder(state, "--state");
    const secret = await publishSecret(state);
    const folder = join(state, "releases");
    const training = await serveTrainingStatus(() => performance.now());
    const started = buildPage(root, signal, terminal).then(() =>
      timed(terminal, "edge", () => startEdge({ root, port, state, secret, trainingUrl: training.url, signal })),
    );
    const [trained, edge] = await both(newestRelease("linear", { root, folder, terminal, signal }), started);
    try {
      const linear = trained();
      const client = createEdgeClient({ edge: edge.url, secret, fetch, signal });
      const mine = await timed(terminal, "publish", () => serve(client, linear, folder, terminal));
      terminal.print(`nearfeed ready ${edge.url} (${formatSeconds(performance.now() - began)})`);
      const ended = edge.exited.then(() => {
        throw new NearfeedError("edge_failed", "The local edge has ended");
      });
      // A release that was retrained from what people did is not given up for one of the bundled films.
      const isRetrained = retrainedOf((await readReleaseFolder(linear)).metrics) !== undefined;
      if (mine && !isRetrained && values["linear"] !== true)
        await Promise.race([goDeep({ root, folder, linear, client, terminal, signal, began, training }), ended]);
      await Promise.race([aborted(signal), ended]);
    } finally {
      await edge.stop();
      training.close();
    }
    return { stopped: true };
  },
};

interface DeepStart {
  readonly root: string;
  readonly folder: string;
  /** The release that people have meanwhile. */
  readonly linear: string;
  readonly client: EdgeClient;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly began: number;
  readonly training: TrainingStatus;
}

async function goDeep({ root, folder, linear, client, terminal, signal, began, training }: DeepStart): Promise<void> {
  training.begin();
  try {
    const deep = await newestRelease("deep", {
      root,
      folder,
      previous: linear,
      terminal,
      signal,
      onLine: training.line,
    });
    training.end();
    if (!(await serve(client, deep, folder, terminal))) return;
    terminal.print(`nearfeed deep ready (${formatSeconds(performance.now() - began)})`);
  } catch (error) {
    if (signal.aborted || !(error instanceof NearfeedError)) throw error;
    training.end();
    // The page is in use on the linear floor: that is no reason to take it away.
    terminal.warn(`no deep release, the page stays on the linear floor: ${error.message}`);
  }
}

interface ReleaseOptions {
  readonly root: string;
  readonly folder: string;
  /** The release that the new one follows, so that it carries profiles into its own space. */
  readonly previous?: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** The folder of the newest release of a kind; trained now where there is none. A deep release serves as a linear one too. */
async function newestRelease(
  kind: "linear" | "deep",
  { root, folder, previous, terminal, signal, onLine = () => {} }: ReleaseOptions,
): Promise<string> {
  const { found, damaged } = await listReleaseFolders(folder);
  for (const { error } of damaged) terminal.warn(`left aside, damaged: ${error.message}`);
  const fitting = found.find(({ release }) => !isRefused(release) && (kind === "linear" || isRunnable(release)));
  if (fitting) return fitting.folder;
  const data = join(import.meta.dirname, "../datasets/movielens-small");
  const cli = join(root, "bin/nearfeed.js");
  const out = join(folder, `${kind}-${randomBytes(4).toString("hex")}`);
  const args = [
    "train",
    join(data, "ratings.parquet"),
    `--items=${join(data, "movies.parquet")}`,
    `--mapping=${join(data, "mapping.json")}`,
    `--fit=${join(data, "linear-fit.json")}`,
    `--out=${out}`,
    "--no-evaluation",
    "--no-report",
    "--json",
    ...(kind === "deep" ? ["--deep"] : []),
    ...(previous === undefined ? [] : [`--previous=${previous}`]),
  ];
  await timed(terminal, `${kind} release`, () =>
    runNode(cli, args, {
      cwd: root,
      signal,
      low: kind === "deep",
      onLine(line) {
        terminal.warn(`  ${kind}: ${line}`);
        onLine(line);
      },
    }),
  );
  return out;
}

/** Whether the gate of `retrain` has refused it. */
function isRefused({ metrics }: Release): boolean {
  return retrainedOf(metrics)?.verdict?.passed === false;
}

/** Whether this version's devices run the graphs: a signature of other features or shapes keeps them on the linear floor. */
function isRunnable({ heads, signature, dim }: Release): boolean {
  return heads !== null && signature === signatureOf(dim, heads);
}

/**
 * Uploads a release and activates it. A release that was published from elsewhere, or activated although the gate had refused it, stays
 * active: a restart must not take back what somebody has decided.
 *
 * @param made the folder of the releases that this state folder holds
 * @returns whether the release is active now
 */
async function serve(client: EdgeClient, folder: string, made: string, terminal: Terminal): Promise<boolean> {
  const channel = await client.channel(DEFAULT_CHANNEL);
  const { found } = await listReleaseFolders(made);
  const active = found.find(({ release }) => release.id === channel?.release);
  if (channel && (!active || isRefused(active.release))) {
    const how = active ? "activated although the gate had refused it" : "published from elsewhere";
    terminal.warn(`kept the active release ${channel.release}, which was ${how}`);
    return false;
  }
  const { release } = await uploadRelease(client, folder);
  if (channel?.release !== release.id) {
    await changeChannel(client, DEFAULT_CHANNEL, { action: "activate", release: release.id });
  }
  return true;
}

/** In a clone the page is built when its sources are newer; an installed package ships it built. */
async function buildPage(root: string, signal: AbortSignal, terminal: Terminal): Promise<void> {
  const script = join(root, "scripts/build.ts");
  if (!existsSync(script)) return;
  await timed(terminal, "page", () => runNode(script, ["--browser"], { cwd: root, signal }));
}

async function publishSecret(state: string): Promise<string> {
  const path = join(state, "publish-secret");
  if (existsSync(path)) return (await readFile(path, "utf8")).trim();
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return secret;
}

async function timed<T>(terminal: Terminal, label: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  terminal.say(`${label}: ${formatSeconds(performance.now() - began)}`);
  return result;
}

/** Waits for training and the edge together. A failed training is thrown by its function, once the edge can be stopped. */
async function both<A, B>(training: Promise<A>, edge: Promise<B>): Promise<[() => A, B]> {
  const [trained, started] = await Promise.allSettled([training, edge]);
  if (started.status === "rejected") throw started.reason;
  return [
    () => {
      if (trained.status === "rejected") throw trained.reason;
      return trained.value;
    },
    started.value,
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (signal.aborted) settle();
    else signal.addEventListener("abort", () => settle(), { once: true });
  });
}
