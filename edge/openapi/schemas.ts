// The bodies of requests and answers, by name. Most are the parsers that read them; of answers that only the other side
// reads, what stands here is held to the protocol's type by the compiler, and to what is really answered by a test.

import { channelActionParser, channelParser } from "../../shared/channel.ts";
import { ERROR_CODES } from "../../shared/errors.ts";
import type { ErrorBody, ErrorCode } from "../../shared/errors.ts";
import { EVENT_LIMITS, eventParser, headShape } from "../../shared/event.ts";
import { compactStepParser, logListParser } from "../../shared/event-log.ts";
import { garbageRequest, garbageStep } from "../../shared/garbage.ts";
import { id, itemParser } from "../../shared/item.ts";
import {
  array,
  boolean,
  integer,
  matching,
  number,
  object,
  oneOf,
  optional,
  plainObject,
  string,
  taking,
} from "../../shared/parse.ts";
import type { Parser } from "../../shared/parse.ts";
import { PROTOCOL_VERSION, REQUEST_LIMITS, TRENDING_COUNT } from "../../shared/protocol.ts";
import { manifestBody, retrieveBody, vectorsAnswerBody, vectorsRequestBody } from "../../shared/protocol-bodies.ts";
import type {
  DeleteItemAnswer,
  EventsAnswer,
  ForgetAnswer,
  HealthAnswer,
  PutAnswer,
  PutItemsAnswer,
  TrendingAnswer,
} from "../../shared/protocol.ts";
import { MAX_DIM, releaseParser } from "../../shared/release.ts";
import { SUBJECT } from "../../shared/subject.ts";
import { forgetRequest } from "../events/forget-request.ts";

const count = integer({ min: 0 });
/** Of messages, paths and hints: they are ours, and no reader need fear them. */
const words = string({ max: 4_096 });

/** Codes that an edge answers with, in the order of the list. */
export const EDGE_CODES = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code] > 0);

const errorCode = oneOf(EDGE_CODES);
const error = object({ code: errorCode, message: words, path: optional(words), hint: optional(words) });
const errorAnswer: Parser<ErrorBody> = object({ error });

const accepted = object({ index: count, id, accepted: boolean });
const refused = object({ index: count, id: optional(id), accepted: boolean, error });
const verdict = taking(
  (value, path) => ("error" in plainObject(value, path) ? refused : accepted)(value, path),
  "anyOf",
  accepted,
  refused,
) as Parser<EventsAnswer["verdicts"][number]>;

const items = array(itemParser, { max: REQUEST_LIMITS.putItems, min: 1 });

/** Every named body. */
export const SCHEMAS = {
  Error: errorAnswer,
  Health: object({ ok: boolean, protocol: oneOf([PROTOCOL_VERSION]) }) as Parser<HealthAnswer>,
  Manifest: manifestBody,
  Channel: channelParser,
  ChannelAction: channelActionParser,
  Release: releaseParser,
  RetrieveRequest: retrieveBody(
    array(number({ min: -REQUEST_LIMITS.magnitude, max: REQUEST_LIMITS.magnitude }), { min: 1, max: MAX_DIM }),
    REQUEST_LIMITS,
  ),
  Event: eventParser,
  Envelope: object({ ...headShape, events: array(eventParser, { max: EVENT_LIMITS.events }) }),
  EventsAnswer: object({
    accepted: count,
    refused: count,
    verdicts: array(verdict, { max: EVENT_LIMITS.events }),
  }) satisfies Parser<EventsAnswer>,
  ForgetRequest: forgetRequest,
  ForgetAnswer: object({ subject: matching(SUBJECT, "a subject") }) satisfies Parser<ForgetAnswer>,
  PutAnswer: object({ id, bytes: count, created: boolean }) satisfies Parser<PutAnswer>,
  Item: itemParser,
  PutItems: taking(
    (value, path) => (Array.isArray(value) ? items(value, path) : itemParser(value, path)),
    "anyOf",
    items,
    itemParser,
  ),
  PutItemsAnswer: object({
    items: array(object({ id, state: oneOf(["live", "released"]) }), { max: REQUEST_LIMITS.putItems }),
  }) satisfies Parser<PutItemsAnswer>,
  DeleteItemAnswer: object({ id, state: oneOf(["deleted"]) }) satisfies Parser<DeleteItemAnswer>,
  TrendingAnswer: object({
    items: array(object({ item: id, score: number({ min: 0 }) }), { max: TRENDING_COUNT }),
  }) satisfies Parser<TrendingAnswer>,
  VectorsRequest: vectorsRequestBody,
  VectorsAnswer: vectorsAnswerBody,
  LogList: logListParser,
  CompactStep: compactStepParser,
  GarbageRequest: garbageRequest,
  GarbageStep: garbageStep,
} as const satisfies Record<string, Parser<unknown>>;

/** The name of a body. */
export type SchemaName = keyof typeof SCHEMAS;
