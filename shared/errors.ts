// The one error class of the project and the closed list of its codes. What it is not: HTTP. The edge turns an
// error into a response by the `status` written here; the SDK and the trainer use the same codes without one.

/**
 * Every code an error of Nearfeed can have, with its HTTP status at the edge (0: never on the wire). Codes are a contract:
 * they may be added, never renamed or reused. What they mean is said in comments, which no device downloads.
 */
export const ERROR_CODES = {
  // The shape of a request or file. Every one of these names the path of the offending value.
  /** The body is not JSON, or not UTF-8. */
  bad_json: 400,
  /** A value has another JSON type than the one the field needs. */
  wrong_type: 400,
  /** A required field is absent. */
  missing_field: 400,
  /** A field that this version does not know; typing errors must not pass silently. */
  unknown_field: 400,
  /** The type is right, but the value is outside what the field allows. */
  bad_value: 400,
  /** A number is NaN or infinite. */
  not_finite: 400,
  /** An id is longer than the limit. */
  id_too_long: 400,
  /** A string is longer than the limit. */
  too_long: 400,
  /** An array or object has more entries than the limit. */
  too_many: 400,
  /** A vector does not have the dimension of the space. */
  bad_vector_length: 400,
  /** A vector belongs to another embedding space than the release. */
  wrong_space: 400,
  /** A format, protocol or envelope version that this build does not read. */
  wrong_version: 400,
  /** An event happened longer ago than ids are kept, so it could be counted twice. */
  too_old: 400,
  /** A query parameter that the route does not know; refused so that caches stay clean. */
  unknown_query: 400,

  // Routing, rights and size.
  /** The public key of an envelope is not the one of this edge. */
  bad_key: 401,
  /** The publish secret is missing or wrong. */
  unauthorized: 401,
  /** A page of this origin may not post here. */
  forbidden_origin: 403,
  /** There is no such route. */
  not_found: 404,
  /** No release of this id was published. */
  unknown_release: 404,
  /** No channel of this name exists. */
  unknown_channel: 404,
  /** No artifact of this hash was published. */
  unknown_blob: 404,
  /** The event log has no part of this name, or has it no longer. */
  unknown_part: 404,
  /** The release has no item of this id. */
  unknown_item: 404,
  /** The release has no interest cell of this number. */
  unknown_cell: 404,
  /** The release has no row block of this number. */
  unknown_block: 404,
  /** The route exists, but not for this method. */
  method_not_allowed: 405,
  /** An upload has no Content-Length, so its size cannot be checked first. */
  length_required: 411,
  /** A body or file is larger than the limit. */
  too_large: 413,
  /** The body has a content type or encoding that the route does not take. */
  bad_media_type: 415,
  /** The Range header asks for bytes that the artifact does not have. */
  bad_range: 416,

  /** Too many requests from one address; the answer says in Retry-After how long to wait. */
  rate_limited: 429,

  // State.
  /** The release is no longer served; the hint names the current one. */
  stale_release: 409,
  /** The channel has moved since it was read. */
  sequence_conflict: 409,
  /** The channel has no previous release to roll back to. */
  no_previous: 409,
  /** The channel has no canary to promote or to cancel. */
  no_canary: 409,
  /** A file that the release names is absent or of another size. */
  incomplete_release: 409,
  /** A binary file is truncated, of another format or contradicts itself. */
  bad_format: 422,
  /** The bytes do not have the hash they claim. */
  hash_mismatch: 422,

  // The service.
  /** A defect of Nearfeed. */
  internal: 500,
  /** A release is damaged or contradicts itself; the SDK keeps the one it has. */
  bad_release: 503,
  /** A binding or variable of the Worker is missing or wrong. */
  bad_configuration: 500,
  /** Temporarily refused; try again after the time in Retry-After. */
  unavailable: 503,

  // The SDK. None of these is thrown into the host page, except bad_option from createRecommender.
  /** An option or argument is missing, of the wrong type or unknown. */
  bad_option: 0,
  /** The recommender was closed. */
  closed: 0,
  /** The caller's AbortSignal fired. */
  aborted: 0,
  /** The edge could not be reached. */
  offline: 0,
  /** The edge answered something that the protocol does not allow. */
  bad_answer: 0,
  /** No release is installed yet and none could be fetched. */
  no_release: 0,
  /** IndexedDB is absent, full or refused the operation. */
  storage: 0,
  /** The model runtime could not be loaded, or a model could not be run. */
  model: 0,
  /** The web worker could not be started or has died. */
  worker: 0,
  /** The consent level does not allow the operation. */
  consent: 0,
  /** A release or channel is unsigned, or not signed by the key that was given. */
  bad_signature: 0,
  /** Nobody renewed the channel in time; the SDK keeps the release it has. */
  expired_channel: 0,
  /** The channel is older than one that this device has seen. */
  replayed_channel: 0,
  /** More events wait to be sent than the device keeps; some were dropped. */
  outbox_full: 0,
  /** No event of this id is in the log. */
  unknown_event: 0,

  // The trainer and the command line.
  /** A command-line argument is missing, unknown or out of range. */
  bad_argument: 0,
  /** A file, glob or folder matches nothing. */
  file_not_found: 0,
  /** A file cannot be read as what it is said to be. */
  bad_file: 0,
  /** A table has no column for a required field. */
  missing_column: 0,
  /** More rows were refused than the limit allows. */
  too_many_bad_rows: 0,
  /** Nothing is left to train or evaluate on. */
  no_data: 0,
  /** An optional package that the command needs is not installed. */
  missing_dependency: 0,
  /** The Node version is too old. */
  wrong_runtime: 0,
  /** The edge refused a publish, or could not be reached or started. */
  edge_failed: 0,
  /** Another program listens on the port. */
  port_in_use: 0,
  /** Training produced numbers that are not finite. */
  diverged: 0,
  /** A file cannot be written: the disk is full, or refuses it. */
  write_failed: 0,
  /** The new release is measurably worse than the active one. */
  gate_refused: 0,
  /** The command was interrupted; nothing is left half-written. */
  cancelled: 0,
} as const satisfies Record<string, number>;

/** One of the codes of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Where and what to do: `path` in the notation `events[3].at` (or `file:row:field`), `hint` as one sentence. */
export interface ErrorDetails {
  path?: string;
  hint?: string;
  cause?: unknown;
}

/** The JSON shape of an error on the wire. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; path?: string; hint?: string };
}

/** The only error class that Nearfeed throws or reports. */
export class NearfeedError extends Error {
  override readonly name = "NearfeedError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly hint: string | undefined;

  /**
   * @param code one of {@link ERROR_CODES}
   * @param message what happened and what was got and expected, without a full stop at the end being required
   */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.hint = details.hint;
  }
}

/** True for a string that is one of our codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}

/** The wire shape of an error; absent details are left out. */
export function errorBody(error: NearfeedError): ErrorBody {
  const { code, message, path, hint } = error;
  return { error: { code, message, ...(path !== undefined && { path }), ...(hint !== undefined && { hint }) } };
}

/** The error that an answer's JSON carries, or undefined when the JSON is not of the wire shape. */
export function errorFromBody(body: unknown): NearfeedError | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error) || !isErrorCode(error.code)) return undefined;
  const text = (key: "message" | "path" | "hint"): string | undefined => {
    const value = (error as Record<string, unknown>)[key];
    return typeof value === "string" ? value : undefined;
  };
  return new NearfeedError(error.code, text("message") ?? error.code, {
    path: text("path"),
    hint: text("hint"),
  });
}
