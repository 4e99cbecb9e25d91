// The one error class of the project and the closed list of its codes. What it is not: HTTP. The edge turns an
// error into a response by the `status` written here; the SDK and the trainer use the same codes without one.

/** How one code is defined: its HTTP status at the edge (0 = never on the wire) and what it means to the reader. */
interface CodeEntry {
  readonly status: number;
  readonly meaning: string;
}

/** Every code an error of Nearfeed can have. Codes are a contract: they may be added, never renamed or reused. */
export const ERROR_CODES = {
  // The shape of a request or file. Every one of these names the path of the offending value.
  bad_json: { status: 400, meaning: "The body is not JSON, or not UTF-8." },
  wrong_type: { status: 400, meaning: "A value has another JSON type than the one the field needs." },
  missing_field: { status: 400, meaning: "A required field is absent." },
  unknown_field: {
    status: 400,
    meaning: "A field that this version does not know; typing errors must not pass silently.",
  },
  bad_value: { status: 400, meaning: "The type is right, but the value is outside what the field allows." },
  not_finite: { status: 400, meaning: "A number is NaN or infinite." },
  id_too_long: { status: 400, meaning: "An id is longer than the limit." },
  too_long: { status: 400, meaning: "A string is longer than the limit." },
  too_many: { status: 400, meaning: "An array or object has more entries than the limit." },
  bad_vector_length: { status: 400, meaning: "A vector does not have the dimension of the space." },
  wrong_space: { status: 400, meaning: "A vector belongs to another embedding space than the release." },
  wrong_version: { status: 400, meaning: "A format, protocol or envelope version that this build does not read." },
  too_old: { status: 400, meaning: "An event happened longer ago than ids are kept, so it could be counted twice." },
  unknown_query: {
    status: 400,
    meaning: "A query parameter that the route does not know; refused so that caches stay clean.",
  },

  // Routing, rights and size.
  bad_key: { status: 401, meaning: "The public key of an envelope is not the one of this edge." },
  unauthorized: { status: 401, meaning: "The publish secret is missing or wrong." },
  forbidden_origin: { status: 403, meaning: "A page of this origin may not post here." },
  not_found: { status: 404, meaning: "There is no such route." },
  unknown_release: { status: 404, meaning: "No release of this id was published." },
  unknown_channel: { status: 404, meaning: "No channel of this name exists." },
  unknown_blob: { status: 404, meaning: "No artifact of this hash was published." },
  unknown_item: { status: 404, meaning: "The release has no item of this id." },
  unknown_cell: { status: 404, meaning: "The release has no interest cell of this number." },
  method_not_allowed: { status: 405, meaning: "The route exists, but not for this method." },
  length_required: { status: 411, meaning: "An upload has no Content-Length, so its size cannot be checked first." },
  too_large: { status: 413, meaning: "A body or file is larger than the limit." },
  bad_media_type: { status: 415, meaning: "The body has a content type or encoding that the route does not take." },
  bad_range: { status: 416, meaning: "The Range header asks for bytes that the artifact does not have." },

  // State.
  stale_release: { status: 409, meaning: "The release is no longer served; the hint names the current one." },
  sequence_conflict: { status: 409, meaning: "The channel has moved since it was read." },
  no_previous: { status: 409, meaning: "The channel has no previous release to roll back to." },
  incomplete_release: { status: 409, meaning: "A file that the release names is absent or of another size." },
  bad_format: { status: 422, meaning: "A binary file is truncated, of another format or contradicts itself." },
  hash_mismatch: { status: 422, meaning: "The bytes do not have the hash they claim." },

  // The service.
  internal: { status: 500, meaning: "A defect of Nearfeed." },
  bad_release: { status: 503, meaning: "A release is damaged or contradicts itself; the SDK keeps the one it has." },
  bad_configuration: { status: 500, meaning: "A binding or variable of the Worker is missing or wrong." },
  unavailable: { status: 503, meaning: "Temporarily refused; try again after the time in Retry-After." },

  // The SDK. None of these is thrown into the host page, except bad_option from createRecommender.
  bad_option: { status: 0, meaning: "An option or argument is missing, of the wrong type or unknown." },
  closed: { status: 0, meaning: "The recommender was closed." },
  aborted: { status: 0, meaning: "The caller's AbortSignal fired." },
  offline: { status: 0, meaning: "The edge could not be reached." },
  bad_answer: { status: 0, meaning: "The edge answered something that the protocol does not allow." },
  no_release: { status: 0, meaning: "No release is installed yet and none could be fetched." },
  storage: { status: 0, meaning: "IndexedDB is absent, full or refused the operation." },
  model: { status: 0, meaning: "The model runtime could not be loaded, or a model could not be run." },
  worker: { status: 0, meaning: "The web worker could not be started or has died." },
  consent: { status: 0, meaning: "The consent level does not allow the operation." },
  bad_signature: { status: 0, meaning: "A release or channel is unsigned, or not signed by the key that was given." },
  expired_channel: { status: 0, meaning: "Nobody renewed the channel in time; the SDK keeps the release it has." },
  replayed_channel: { status: 0, meaning: "The channel is older than one that this device has seen." },
  outbox_full: { status: 0, meaning: "More events wait to be sent than the device keeps; some were dropped." },
  unknown_event: { status: 0, meaning: "No event of this id is in the log." },

  // The trainer and the command line.
  bad_argument: { status: 0, meaning: "A command-line argument is missing, unknown or out of range." },
  file_not_found: { status: 0, meaning: "A file, glob or folder matches nothing." },
  bad_file: { status: 0, meaning: "A file cannot be read as what it is said to be." },
  missing_column: { status: 0, meaning: "A table has no column for a required field." },
  too_many_bad_rows: { status: 0, meaning: "More rows were refused than the limit allows." },
  no_data: { status: 0, meaning: "Nothing is left to train or evaluate on." },
  missing_dependency: { status: 0, meaning: "An optional package that the command needs is not installed." },
  wrong_runtime: { status: 0, meaning: "The Node version is too old." },
  edge_failed: { status: 0, meaning: "The edge refused a publish, or could not be reached or started." },
  port_in_use: { status: 0, meaning: "Another program listens on the port." },
  diverged: { status: 0, meaning: "Training produced numbers that are not finite." },
  gate_refused: { status: 0, meaning: "The new release is measurably worse than the active one." },
  cancelled: { status: 0, meaning: "The command was interrupted; nothing is left half-written." },
} as const satisfies Record<string, CodeEntry>;

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
  return new NearfeedError(error.code, text("message") ?? ERROR_CODES[error.code].meaning, {
    path: text("path"),
    hint: text("hint"),
  });
}
