// Where things lie in the bucket. Event parts name themselves; see events/event-parts.ts.

/** What the keys of all artifacts start with. */
export const BLOB_PREFIX = "blobs/";

/** An artifact, by its hash. */
export const blobKey = (sha256: string): string => `${BLOB_PREFIX}${sha256}`;

/** What the keys of all releases start with. */
export const RELEASE_PREFIX = "releases/";

/** release.json of a release. */
export const releaseKey = (id: string): string => `${RELEASE_PREFIX}${id}.json`;

/** What the keys of all records of vectors start with. */
export const VECTORS_PREFIX = "vectors/";

/** Kept while vectors of a release may be in the Vectorize index. */
export const vectorsKey = (release: string): string => `${VECTORS_PREFIX}${release}.json`;

/** A channel. */
export const channelKey = (name: string): string => `${CHANNEL_PREFIX}${name}.json`;

/** What the keys of all channels start with. */
export const CHANNEL_PREFIX = "channels/";
