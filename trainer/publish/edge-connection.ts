/**
 * One edge over HTTP, with the publish secret: requests, and every refusal as a NearfeedError. It knows no route; the
 * clients beside it do.
 */
import { errorFromBody, NearfeedError } from "../../shared/errors.ts";

export interface EdgeOptions {
  /** Base address. */
  readonly edge: string;
  /** The publish secret. */
  readonly secret: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal;
}

/** An answer, read to its end. */
export interface Answer extends Pick<Response, "ok" | "status" | "headers"> {
  readonly bytes: Uint8Array;
}

export interface EdgeConnection {
  /** @throws NearfeedError `edge_failed` where nobody answers, or the signal's reason */
  call(path: string, init?: RequestInit & { readonly timeoutMs?: number }): Promise<Answer>;
  /**
   * What an answer says. `what` names the request in the message.
   * @throws NearfeedError `edge_failed` for a refusal, or where it is not what an edge says
   */
  read<T>(answer: Answer, what: string, parse: (body: unknown) => T): T;
  /** @throws NearfeedError `edge_failed` for a refusal. `what` names the request in the message. */
  check(answer: Answer, what: string): void;
}

/** For what moves a file of 32 MB over a slow line. */
export const TRANSFER_TIMEOUT_MS = 600_000;

/** Everything else is small; an edge that is silent for longer is not there. */
const ANSWER_TIMEOUT_MS = 30_000;

const decoder = new TextDecoder();

export function createEdgeConnection({ edge, secret, fetch, signal }: EdgeOptions): EdgeConnection {
  function unreachable(reason: string, cause: unknown): NearfeedError {
    return new NearfeedError("edge_failed", `The edge ${edge} cannot be reached: ${reason}`, {
      path: "--edge",
      hint: "Is the address right and the edge running?",
      cause,
    });
  }

  return {
    async call(path, { timeoutMs = ANSWER_TIMEOUT_MS, ...init } = {}) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const headers = { Authorization: `Bearer ${secret}`, ...(init.headers as Record<string, string> | undefined) };
      try {
        // Nothing of Nearfeed redirects, and the secret is for this address alone.
        const ends = AbortSignal.any([timeout, ...(signal ? [signal] : [])]);
        const answer = await fetch(new URL(path, edge), { ...init, headers, redirect: "manual", signal: ends });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        return { ok: answer.ok, status: answer.status, headers: answer.headers, bytes };
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        if (timeout.aborted) throw unreachable("no answer in time", cause);
        const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
        throw unreachable(reason, cause);
      }
    },
    read(answer, what, parse) {
      checkAnswer(answer, what);
      try {
        return parse(jsonOf(answer));
      } catch (cause) {
        if (!(cause instanceof NearfeedError)) throw cause;
        throw new NearfeedError("edge_failed", `${edge} does not answer as an edge of Nearfeed: ${cause.message}`, {
          path: "--edge",
          hint: "Is the address right, and the edge of the same version?",
          cause,
        });
      }
    },
    check: checkAnswer,
  };
}

/** The error that a refusal carries; undefined for one of something else than an edge. */
export function refusalOf(answer: Answer): NearfeedError | undefined {
  return errorFromBody(jsonOf(answer));
}

function checkAnswer(answer: Answer, what: string): void {
  if (answer.ok) return;
  const refused = refusalOf(answer);
  throw new NearfeedError(
    "edge_failed",
    `The edge refused to ${what}: ${refused ? `${refused.code}: ${refused.message}` : `HTTP ${answer.status}`}`,
    { path: refused?.path, hint: refused?.hint, cause: refused },
  );
}

/** Undefined where an answer is not JSON: it then comes from something else than an edge. */
function jsonOf({ bytes }: Answer): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
