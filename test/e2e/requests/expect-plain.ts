/** What every request must be whatever it asks for: nothing of the person in its headers, and in its body only what the table says. */
import { expect } from "vitest";
import type { PrivacyTable } from "../../harness/privacy-table.ts";
import type { RecordedRequest } from "../../harness/recording-proxy.ts";

/** What a browser adds by itself, the same to every address. */
const OF_BROWSER =
  /^(host|connection|user-agent|accept|accept-encoding|accept-language|cache-control|pragma|origin|sec-ch-ua.*|sec-fetch-.*)$/;
/** What belongs to fetching a file: its part, and the copy that is held. */
const OF_FILES = /^(range|if-none-match|if-modified-since)$/;
const OF_BODIES = /^content-(type|length)$/;

/** Sent as the page goes, by the page itself. */
export const isBeacon = ({ method, headers }: RecordedRequest) =>
  method === "POST" && headers["sec-fetch-mode"] === "no-cors";

/** @param kind the row of the table that it matches */
export function expectPlain(request: RecordedRequest, kind: string, table: PrivacyTable): void {
  const { method, path, headers, body } = request;
  const isExpected = (name: string) =>
    OF_BROWSER.test(name) ||
    (method === "GET" ? OF_FILES : OF_BODIES).test(name) ||
    // Of a beacon the page's own policy decides.
    (isBeacon(request) && name === "referer");
  expect(
    Object.keys(headers).filter((name) => !isExpected(name)),
    `headers of ${method} ${path}`,
  ).toEqual([]);
  if (method === "GET") return expect(body, path).toBe("");
  expect(headers["content-type"], path).toMatch(/^text\/plain\b/);
  const sent = JSON.parse(body) as { events?: object[] };
  const beyond = (value: object, of: string) => Object.keys(value).filter((key) => !table.fields(of).includes(key));
  expect(beyond(sent, kind)).toEqual([]);
  for (const event of sent.events ?? []) expect(beyond(event, `${kind} event`)).toEqual([]);
}
