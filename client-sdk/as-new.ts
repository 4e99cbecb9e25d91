/**
 * A module's URL for another try. Browsers keep what could not be loaded as such for as long as the page lives, by the whole URL; the part
 * behind # makes it another one, and no server sees it.
 *
 * @param failures tries before this one
 */
export function asNew(url: string, failures: number): string {
  return failures === 0 ? url : `${url}#${failures}`;
}
