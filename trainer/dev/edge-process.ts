/**
 * The edge on this machine: wrangler with workerd, all state in one folder, nothing written elsewhere.
 *
 * wrangler starts further processes and passes signals down; killed outright it leaves them behind, holding the port.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NearfeedError } from "../../shared/errors.ts";
import { ROUTES } from "../../shared/protocol.ts";

export interface EdgeProcess {
  readonly url: string;
  /** Resolves when the process has ended by itself. */
  readonly exited: Promise<void>;
  /** Ends it and waits until its port is free. */
  stop(): Promise<void>;
}

export interface EdgeProcessOptions {
  /** The package's folder, which holds wrangler.toml. */
  readonly root: string;
  readonly port: number;
  /** Folder of the edge's state. */
  readonly state: string;
  readonly secret: string;
  /** Where it is said what is being trained; absent where nothing is. */
  readonly trainingUrl?: string;
  readonly signal: AbortSignal;
}

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** wrangler needs about a second to stop workerd. */
const STOP_TIMEOUT_MS = 8_000;

const HOST = "127.0.0.1";

/** @throws NearfeedError `port_in_use`, `missing_dependency` or `edge_failed` */
export async function startEdge(options: EdgeProcessOptions): Promise<EdgeProcess> {
  const { root, port, state, secret, trainingUrl, signal } = options;
  const child = spawn(
    process.execPath,
    [
      wranglerFile(root),
      "dev",
      join(root, "edge/local-worker.ts"),
      `--config=${join(root, "wrangler.toml")}`,
      `--ip=${HOST}`,
      `--port=${port}`,
      "--inspector-port=0",
      `--persist-to=${join(state, "edge")}`,
      `--var=PUBLISH_SECRET:${secret}`,
      ...(trainingUrl === undefined ? [] : [`--var=TRAINING_URL:${trainingUrl}`]),
      "--show-interactive-dev-session=false",
    ],
    {
      cwd: root,
      // A terminal sends ctrl-C to every process of a group; wrangler must get it from us, once.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        CI: "1",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_SEND_ERROR_REPORTS: "false",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_LOG: "warn",
        WRANGLER_LOG_PATH: join(state, "wrangler-logs"),
        WRANGLER_REGISTRY_PATH: join(state, "wrangler-registry"),
      },
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const edge = { url: `http://${HOST}:${port}`, exited, stop: () => stop(child, exited) };
  try {
    await untilHealthy(edge.url, child, () => said, signal);
  } catch (error) {
    await edge.stop();
    throw error;
  }
  return edge;
}

/** @throws NearfeedError `port_in_use` */
export async function checkPortFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === "EADDRINUSE"
          ? `Port ${port} is used by another program`
          : `Port ${port} cannot be used: ${cause.message}`;
      reject(
        new NearfeedError("port_in_use", message, { path: "--port", hint: "Choose another with --port N.", cause }),
      );
    });
    server.listen(port, HOST, () => server.close(() => resolve()));
  });
}

async function untilHealthy(url: string, child: ChildProcess, said: () => string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new NearfeedError("edge_failed", `The local edge ended at its start:\n${said().trim()}`);
    }
    const answer = await fetch(new URL(ROUTES.health(), url)).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(POLL_MS);
  }
  throw new NearfeedError(
    "edge_failed",
    `The local edge did not answer within ${START_TIMEOUT_MS / 1000} s:\n${said().trim()}`,
  );
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const ended = await Promise.race([exited.then(() => true), sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
  if (ended || child.pid === undefined) return;
  // Its whole group, or workerd would live on and keep the port.
  process.kill(-child.pid, "SIGKILL");
  await exited;
}

function wranglerFile(root: string): string {
  try {
    const manifest = createRequire(join(root, "package.json")).resolve("wrangler/package.json");
    return join(dirname(manifest), "bin", "wrangler.js");
  } catch (cause) {
    throw new NearfeedError(
      "missing_dependency",
      "Running the edge locally needs the package wrangler, which is not installed",
      {
        hint: "npm install --save-dev wrangler",
        cause,
      },
    );
  }
}
