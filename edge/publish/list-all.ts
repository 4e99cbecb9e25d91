// Everything under a prefix of the bucket. For what there is little of: releases, flags; blobs and log parts come in pages.

/** All objects whose keys start with `prefix`, in the order of their keys. */
export async function listAll(bucket: R2Bucket, prefix: string): Promise<R2Object[]> {
  const found: R2Object[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    found.push(...page.objects);
    if (!page.truncated) return found;
    ({ cursor } = page);
  }
}
