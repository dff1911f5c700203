/** The `ETag` of an answer with a version (RFC 9110 §8.8.3). */
export function byVersion({ version }: { readonly version: string | number }): string {
  return `"${version}"`;
}

/** The version in an `If-Match` with an `ETag` of {@link byVersion}; undefined for any other. */
export function versionIn(ifMatch: string): string | undefined {
  // `W/` is what a compressing proxy makes of our ETag. `*` would match any version.
  return /^(?:W\/)?"([\d.]{1,40})"$/.exec(ifMatch.trim())?.[1];
}
