/**
 * WebKit as Debian builds it: MiniBrowser of WebKitGTK, driven by WebKitWebDriver over plain WebDriver. It needs a display
 * and gets one of its own.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../harness/dev-stack.ts";
import type { BrowserKind, Visitor } from "./visitor.ts";
import { findProgram } from "./which.ts";

const START_LIMIT_MS = 30_000;
const SCRIPT_LIMIT_MS = 60_000;
const CALL_LIMIT_MS = 90_000;
const POLL_MS = 50;

/** A script of WebDriver answers by calling its last argument. */
const ASYNC = "const done = arguments[0];";

export const webkit: BrowserKind = {
  name: "WebKitGTK",
  packages: "webkit2gtk-driver xvfb",
  async isInstalled() {
    const [driver, display] = await Promise.all([findProgram("WebKitWebDriver"), findProgram("Xvfb")]);
    return driver !== undefined && display !== undefined;
  },
  async open() {
    const display = await startDisplay();
    const port = await freePort();
    const env = {
      ...process.env,
      DISPLAY: display.name,
      // Its sandbox needs rights that containers do not give; the only pages opened are ours.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
    };
    const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
    const stop = async () => {
      await end(driver);
      await end(display.process);
    };
    try {
      return await openSession(`http://127.0.0.1:${port}`, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

async function openSession(base: string, stop: () => Promise<void>): Promise<Visitor> {
  await answers(base);
  const alwaysMatch = { timeouts: { script: SCRIPT_LIMIT_MS } };
  const { sessionId, capabilities } = await call<Session>(base, "POST", "/session", { capabilities: { alwaysMatch } });
  const session = `/session/${sessionId}`;
  return {
    name: `WebKitGTK ${capabilities.browserVersion}`,
    goto: (url) => call(base, "POST", `${session}/url`, { url }),
    async run(body) {
      const settle = ".then((value) => done({ value }), (error) => done({ error: String(error) }))";
      const script = `${ASYNC} (async () => {${body}})()${settle};`;
      const answer = await call<{ value: never; error?: string }>(base, "POST", `${session}/execute/async`, {
        script,
        args: [],
      });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    },
    async close() {
      await call(base, "DELETE", session);
      await stop();
    },
  };
}

interface Session {
  readonly sessionId: string;
  readonly capabilities: { readonly browserVersion: string };
}

/** One command. @throws Error with WebDriver's own words */
async function call<R>(base: string, method: string, path: string, body?: object): Promise<R> {
  const signal = AbortSignal.timeout(CALL_LIMIT_MS);
  const response = await fetch(base + path, { method, signal, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: R & { message?: string } };
  if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${value?.message ?? response.status}`);
  return value;
}

async function answers(base: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await fetch(`${base}/status`).catch(() => undefined))) {
    if (Date.now() > deadline) throw new Error("WebKitWebDriver does not answer.");
    await sleep(POLL_MS);
  }
}

/** An X server without a screen, on a number that it chooses itself. */
async function startDisplay(): Promise<{ name: string; process: ChildProcess }> {
  const display = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [number] = (await once(display.stdio[3] as NodeJS.ReadableStream, "data", {
    signal: AbortSignal.timeout(START_LIMIT_MS),
  })) as [Buffer];
  return { name: `:${number.toString().trim()}`, process: display };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}
