// `GET /v1/metrics`: everything that is counted, as Prometheus text.

import type { EdgeEnv } from "../bindings.ts";
import { eventMetrics } from "./event-metrics.ts";
import { formatMetrics, PROMETHEUS_TYPE } from "./prometheus.ts";
import type { RequestMetrics } from "./request-metrics.ts";

/** The answer to a scrape. */
export async function getMetrics(env: EdgeEnv, requests: RequestMetrics): Promise<Response> {
  const text = formatMetrics([...requests.families(), ...(await eventMetrics(env))]);
  return new Response(text, { headers: { "Cache-Control": "no-store", "Content-Type": PROMETHEUS_TYPE } });
}
