// What this isolate has counted of requests since it started. Not of the whole edge: a Worker runs in many isolates that
// share no memory, so every series carries the name of its isolate, drawn when it starts, and a scrape sees one of them.

import type { ErrorCode } from "../../shared/errors.ts";
import type { Family, Sample } from "./prometheus.ts";

/** Upper bounds in seconds: from an answer out of memory to one that a person would notice. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

/** Methods of our routes; a request may name any other. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

interface Latency {
  /** Requests a bucket, not cumulated; the last one has no bound. */
  readonly buckets: number[];
  sumSeconds: number;
}

/** The counters of an isolate. */
export interface RequestMetrics {
  /** `pattern` is a route as it is written in the application, undefined where none was found. */
  request(request: { method: string; pattern: string | undefined; status: number; elapsedMs: number }): void;
  error(code: ErrorCode): void;
  verdicts(counts: { accepted: number; refused: number }): void;
  families(): Family[];
}

/** Counters that all stand at zero. `isolate` names them. */
export function createRequestMetrics(isolate: () => string): RequestMetrics {
  const requests = new Map<string, { route: string; status: string; count: number }>();
  const errors = new Map<ErrorCode, number>();
  const latencies = new Map<string, Latency>();
  const verdicts = { accepted: 0, refused: 0 };

  return {
    request({ method, pattern, status, elapsedMs }) {
      const route = pattern === undefined ? "none" : `${METHODS.has(method) ? method : "other"} ${pattern}`;
      const statusClass = `${Math.floor(status / 100)}xx`;
      const key = `${route} ${statusClass}`;
      const counted = requests.get(key) ?? { route, status: statusClass, count: 0 };
      counted.count++;
      requests.set(key, counted);
      let latency = latencies.get(route);
      if (latency === undefined) {
        latencies.set(route, (latency = { buckets: Array(BUCKETS_SECONDS.length + 1).fill(0), sumSeconds: 0 }));
      }
      const seconds = elapsedMs / 1_000;
      const bucket = BUCKETS_SECONDS.findIndex((bound) => seconds <= bound);
      latency.buckets[bucket === -1 ? BUCKETS_SECONDS.length : bucket]++;
      latency.sumSeconds += seconds;
    },
    error: (code) => void errors.set(code, (errors.get(code) ?? 0) + 1),
    verdicts({ accepted, refused }) {
      verdicts.accepted += accepted;
      verdicts.refused += refused;
    },
    families() {
      const own = { isolate: isolate() };
      return [
        {
          name: "nearfeed_requests_total",
          type: "counter",
          help: "Answers by route and class of status.",
          samples: [...requests.values()].map(({ route, status, count }) => ({
            labels: { ...own, route, status },
            value: count,
          })),
        },
        {
          name: "nearfeed_errors_total",
          type: "counter",
          help: "Refusals and failures by error code.",
          samples: [...errors].map(([code, value]) => ({ labels: { ...own, code }, value })),
        },
        {
          name: "nearfeed_request_duration_seconds",
          type: "histogram",
          help: "Time to an answer by route. The clock of Workers stands still while they compute, so this is time spent waiting.",
          samples: [...latencies].flatMap(([route, latency]) => histogram({ ...own, route }, latency)),
        },
        {
          name: "nearfeed_event_verdicts_total",
          type: "counter",
          help: "Events that devices sent, by verdict. One that is sent again is accepted again.",
          samples: (["accepted", "refused"] as const).map((verdict) => ({
            labels: { ...own, verdict },
            value: verdicts[verdict],
          })),
        },
      ];
    },
  };
}

function histogram(labels: Record<string, string>, { buckets, sumSeconds }: Latency): Sample[] {
  let sum = 0;
  const samples: Sample[] = buckets.map((count, i) => {
    const le = i < BUCKETS_SECONDS.length ? String(BUCKETS_SECONDS[i]) : "+Inf";
    return { suffix: "_bucket", labels: { ...labels, le }, value: (sum += count) };
  });
  return [...samples, { suffix: "_sum", labels, value: sumSeconds }, { suffix: "_count", labels, value: sum }];
}
