// A Vectorize index in memory with the documented limits of the real one, for which there is no local simulator. It refuses
// what Cloudflare's documentation says is refused (platform/limits, reference/metadata-filtering, reference/client-api,
// best-practices/insert-vectors and create-indexes of developers.cloudflare.com/vectorize), shows writes late, and knows the
// metadata of a vector only where a metadata index was there before it. What is not documented it does not imitate: where a
// filter names a property without an index, no vector is contained in that index, so nothing passes.

/** The limits, in the documentation's units. */
export const VECTORIZE_LIMITS = {
  topK: 100,
  topKWithValuesOrMetadata: 50,
  dimensions: 1_536,
  idBytes: 64,
  namespaceBytes: 64,
  metadataBytes: 10 * 1_024,
  indexedBytes: 64,
  metadataIndexes: 10,
  batchFromWorker: 1_000,
  /** Not documented, but refused with its error 40007. */
  idsADelete: 100,
  filterBytes: 2_048,
  filterKeyCharacters: 512,
} as const;

const DEFAULT_TOP_K = 5;

/** What it is made with. */
export interface StandInOptions {
  readonly dimensions: number;
  readonly metric?: VectorizeDistanceMetric;
  /** Epoch ms, or any clock. */
  readonly now: () => number;
  /** How long a write stays unseen. */
  readonly visibleAfterMs?: number;
  /** How far an approximate score is off its true one, as a factor; 1 where all are exact. */
  readonly error?: (id: string) => number;
  /** Throws where a query is to fail. */
  readonly onQuery?: (namespace: string | undefined) => void;
}

type Scalar = string | number | boolean | null;
type Stored = VectorizeVector & { readonly values: Float32Array; readonly indexed: ReadonlyMap<string, Scalar> };
type Mutation = { readonly id: string; readonly visibleAt: number; readonly apply: () => void };

/** What the binding `VECTORIZE` is in the tests. */
export class VectorizeStandIn implements Vectorize {
  /** Options of every query, in their order. */
  readonly queries: VectorizeQueryOptions[] = [];
  readonly #options: StandInOptions;
  readonly #vectors = new Map<string, Stored>();
  readonly #indexes = new Map<string, "string" | "number" | "boolean">();
  #mutations: Mutation[] = [];
  #processed: Mutation | undefined;
  #count = 0;

  constructor(options: StandInOptions) {
    check(options.dimensions <= VECTORIZE_LIMITS.dimensions, "too many dimensions");
    this.#options = options;
  }

  /** What `wrangler vectorize create-metadata-index` does. */
  createMetadataIndex(property: string, type: "string" | "number" | "boolean"): void {
    check(this.#indexes.has(property) || this.#indexes.size < VECTORIZE_LIMITS.metadataIndexes, "too many indexes");
    checkKey(property);
    this.#indexes.set(property, type);
  }

  async insert(vectors: VectorizeVector[]): Promise<VectorizeAsyncMutation> {
    return this.#write(vectors, (stored) => this.#vectors.has(stored.id) || this.#vectors.set(stored.id, stored));
  }

  async upsert(vectors: VectorizeVector[]): Promise<VectorizeAsyncMutation> {
    return this.#write(vectors, (stored) => this.#vectors.set(stored.id, stored));
  }

  async deleteByIds(ids: string[]): Promise<VectorizeAsyncMutation> {
    check(ids.length <= VECTORIZE_LIMITS.idsADelete, `too many ids in payload, got ${ids.length}`);
    return this.#enqueue(() => ids.forEach((id) => this.#vectors.delete(id)));
  }

  async getByIds(ids: string[]): Promise<VectorizeVector[]> {
    this.#settle();
    return ids
      .flatMap((id) => this.#vectors.get(id) ?? [])
      .map(({ id, values, metadata, namespace }) => ({
        id,
        values,
        metadata: metadata!,
        ...(namespace !== undefined && { namespace }),
      }));
  }

  async describe(): Promise<VectorizeIndexInfo> {
    this.#settle();
    return {
      vectorCount: this.#vectors.size,
      dimensions: this.#options.dimensions,
      // The types say numbers; the documentation, a date and a UUID.
      processedUpToDatetime: (this.#processed?.visibleAt ?? 0) as number,
      processedUpToMutation: (this.#processed?.id ?? "") as unknown as number,
    };
  }

  async queryById(id: string, options: VectorizeQueryOptions = {}): Promise<VectorizeMatches> {
    this.#settle();
    const stored = this.#vectors.get(id);
    check(stored !== undefined, "vector not found");
    return this.query(stored.values, options);
  }

  async query(query: VectorFloatArray | number[], options: VectorizeQueryOptions = {}): Promise<VectorizeMatches> {
    const { topK = DEFAULT_TOP_K, namespace, filter, returnValues = false, returnMetadata = "none" } = options;
    this.queries.push(options);
    this.#options.onQuery?.(namespace);
    this.#checkValues(query);
    const withMore = returnValues || returnMetadata === true || returnMetadata === "all";
    const most = withMore ? VECTORIZE_LIMITS.topKWithValuesOrMetadata : VECTORIZE_LIMITS.topK;
    check(Number.isInteger(topK) && topK >= 1 && topK <= most, `topK must be from 1 to ${most}, got ${topK}`);
    if (filter !== undefined) checkFilter(filter);
    this.#settle();
    const scored = [...this.#vectors.values()]
      .filter((stored) => namespace === undefined || stored.namespace === namespace)
      .filter((stored) => passes(stored.indexed, filter))
      .map((stored) => ({ stored, score: this.#score(query, stored, returnValues) }));
    // Of cosines the larger is nearer; distances, and dot products whose sign is turned round, are nearer where smaller.
    scored.sort((a, b) => (this.#options.metric === "cosine" ? b.score - a.score : a.score - b.score));
    const matches = scored.slice(0, topK).map(({ stored: { id, values, metadata, indexed }, score }) => ({
      id,
      score,
      ...(namespace !== undefined && { namespace }),
      ...(returnValues && { values }),
      ...(withMore && metadata && { metadata }),
      ...(returnMetadata === "indexed" && { metadata: Object.fromEntries(indexed) as Record<string, string> }),
    }));
    return { count: matches.length, matches };
  }

  #score(query: ArrayLike<number>, { id, values }: Stored, exact: boolean): number {
    const sum = (term: (j: number) => number) => values.reduce((total, _, j) => total + term(j), 0);
    const product = sum((j) => values[j]! * query[j]!);
    const off = exact ? 1 : (this.#options.error?.(id) ?? 1);
    if (this.#options.metric === "euclidean") return Math.sqrt(sum((j) => (values[j]! - query[j]!) ** 2)) * off;
    if (this.#options.metric === "cosine") {
      return (product / Math.sqrt(sum((j) => values[j]! ** 2) * sum((j) => query[j]! ** 2))) * off;
    }
    return -product * off;
  }

  #write(vectors: VectorizeVector[], put: (stored: Stored) => unknown): VectorizeAsyncMutation {
    const most = VECTORIZE_LIMITS.batchFromWorker;
    check(vectors.length >= 1 && vectors.length <= most, `a batch has 1 to ${most} vectors, got ${vectors.length}`);
    const stored = vectors.map((vector) => this.#stored(vector));
    return this.#enqueue(() => stored.forEach(put));
  }

  #stored({ id, values, namespace, metadata = {} }: VectorizeVector): Stored {
    check(typeof id === "string" && id !== "" && bytes(id) <= VECTORIZE_LIMITS.idBytes, `bad id ${id}`);
    check(namespace === undefined || bytes(namespace) <= VECTORIZE_LIMITS.namespaceBytes, "namespace too long");
    check(bytes(JSON.stringify(metadata)) <= VECTORIZE_LIMITS.metadataBytes, "metadata too large");
    Object.keys(metadata).forEach(checkKey);
    this.#checkValues(values);
    const indexed = new Map<string, Scalar>();
    for (const [property, type] of this.#indexes) {
      const value = metadata[property];
      if (typeof value === type) indexed.set(property, clipped(value as Scalar));
    }
    return { id, values: Float32Array.from(values), metadata, indexed, ...(namespace !== undefined && { namespace }) };
  }

  #checkValues(values: ArrayLike<number>): void {
    const { dimensions } = this.#options;
    check(values.length === dimensions, `expected ${dimensions} dimensions, got ${values.length}`);
    check(Array.from(values).every(Number.isFinite), "a value is not finite");
  }

  #enqueue(apply: () => void): VectorizeAsyncMutation {
    const id = `mutation-${++this.#count}`;
    const visibleAt = this.#options.now() + (this.#options.visibleAfterMs ?? 0);
    this.#mutations.push({ id, visibleAt, apply });
    return { mutationId: id };
  }

  /** Applies what is visible by now, in its order. */
  #settle(): void {
    const due = this.#mutations.filter(({ visibleAt }) => visibleAt <= this.#options.now());
    for (const mutation of due) {
      mutation.apply();
      this.#processed = mutation;
    }
    this.#mutations = this.#mutations.slice(due.length);
  }
}

function passes(indexed: ReadonlyMap<string, Scalar>, filter: VectorizeVectorMetadataFilter = {}): boolean {
  return Object.entries(filter).every(([key, condition]) => {
    const value = indexed.get(key);
    if (value === undefined) return false;
    if (condition === null || typeof condition !== "object") return value === condition;
    return Object.entries(condition).every(([operator, operand]) => OPERATORS[operator]!(value, operand));
  });
}

const OPERATORS: Record<string, (value: Scalar, operand: unknown) => boolean> = {
  $eq: (value, operand) => value === operand,
  $ne: (value, operand) => value !== operand,
  $in: (value, operand) => (operand as Scalar[]).includes(value),
  $nin: (value, operand) => !(operand as Scalar[]).includes(value),
  $lt: (value, operand) => (value as number) < (operand as number),
  $lte: (value, operand) => (value as number) <= (operand as number),
  $gt: (value, operand) => (value as number) > (operand as number),
  $gte: (value, operand) => (value as number) >= (operand as number),
};

/** Of one property: one operator, or a range of one of each. */
const RANGES = [
  ["$lt", "$lte"],
  ["$gt", "$gte"],
];

function checkFilter(filter: VectorizeVectorMetadataFilter): void {
  check(Object.keys(filter).length > 0, "a filter must not be empty");
  const size = bytes(JSON.stringify(filter));
  check(size < VECTORIZE_LIMITS.filterBytes, `a filter must have less than 2048 bytes, got ${size}`);
  for (const [key, condition] of Object.entries(filter)) {
    check(key.length <= VECTORIZE_LIMITS.filterKeyCharacters, "a filter key is too long");
    checkKey(key);
    if (condition === null || typeof condition !== "object") continue;
    const operators = Object.keys(condition);
    const isRange = operators.every((operator) => RANGES.some((side) => side.includes(operator)));
    const isOne = operators.length === 1 || (operators.length === 2 && isRange);
    check(isOne && RANGES.every((side) => side.filter((each) => operators.includes(each)).length <= 1), "not a range");
    for (const [operator, operand] of Object.entries(condition)) {
      check(operator in OPERATORS, `unknown operator ${operator}`);
      const isList = operator === "$in" || operator === "$nin";
      check(Array.isArray(operand) === isList, `${operator} takes ${isList ? "a list" : "one value"}`);
    }
  }
}

function checkKey(key: string): void {
  check(key !== "" && !/[."]/.test(key) && !key.startsWith("$"), `bad key ${key}`);
}

/** Strings are indexed by their first 64 bytes. */
function clipped(value: Scalar): Scalar {
  if (typeof value !== "string") return value;
  let kept = "";
  for (const character of value) {
    if (bytes(kept + character) > VECTORIZE_LIMITS.indexedBytes) break;
    kept += character;
  }
  return kept;
}

function bytes(value: string): number {
  return new TextEncoder().encode(value).length;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`VECTOR_QUERY_ERROR or VECTOR_UPSERT_ERROR: ${message}`);
}
