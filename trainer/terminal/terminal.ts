/**
 * What commands say: progress and messages go to stderr, results to stdout, so that `--json` output can be piped.
 *
 * On a terminal a progress line is redrawn; elsewhere a line is printed at the start, at the end and every few seconds.
 */

/** One long step under way. */
export interface Progress {
  /** @param done how much of `total` is done; the rate and the time left follow from it */
  update(done: number, total: number): void;
  /** Ends the step, with an optional remark. */
  done(remark?: string): void;
}

export interface Terminal {
  /** A line for people; nothing where only JSON is wanted. */
  say(line: string): void;
  /** A line that is always printed to stdout. */
  print(line: string): void;
  /** A warning; on stderr in every mode. */
  warn(line: string): void;
  start(label: string): Progress;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Only results on stdout; progress stays on stderr. */
  readonly json: boolean;
  /** Epoch ms. */
  readonly now: () => number;
}

const REDRAW_MS = 100;
const LINE_EVERY_MS = 5_000;

export function createTerminal({ stdout, stderr, json, now }: TerminalOptions): Terminal {
  const people = json ? stderr : stdout;
  return {
    say: (line) => void people.write(`${line}\n`),
    print: (line) => void stdout.write(`${line}\n`),
    warn: (line) => void stderr.write(`${line}\n`),
    start(label) {
      const began = now();
      let shown = -Infinity;
      const show = (text: string, last: boolean) => {
        if (stderr.isTTY) stderr.write(`\r\u001b[2K${text}${last ? "\n" : ""}`);
        else stderr.write(`${text}\n`);
      };
      return {
        update(done, total) {
          if (now() - shown < (stderr.isTTY ? REDRAW_MS : LINE_EVERY_MS)) return;
          // Elsewhere than on a terminal, a step that ends soon needs no line but its last.
          if (!stderr.isTTY && shown === -Infinity && now() - began < LINE_EVERY_MS) return;
          shown = now();
          show(`${label}: ${describeProgress(done, total, now() - began)}`, false);
        },
        done(remark) {
          show(`${label}: ${formatSeconds(now() - began)}${remark ? `, ${remark}` : ""}`, true);
        },
      };
    },
  };
}

/** From here on two digits would be a power of ten: "1.0e+2". */
const WHOLE_FROM = 99.5;

/** "40 of 100, 8.0/s, 8 s left" */
export function describeProgress(done: number, total: number, elapsedMs: number): string {
  const count = `${formatCount(done)} of ${formatCount(total)}`;
  if (done === 0 || elapsedMs === 0) return count;
  const perSecond = (done / elapsedMs) * 1000;
  const leftMs = ((total - done) / done) * elapsedMs;
  return `${count}, ${perSecond >= WHOLE_FROM ? formatCount(Math.round(perSecond)) : perSecond.toPrecision(2)}/s, ${formatSeconds(leftMs)} left`;
}

/** "0.4 s", "12 s", "3 min 20 s" */
export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}
