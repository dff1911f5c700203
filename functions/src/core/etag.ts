/** The `ETag` of an answer with a version (RFC 9110 §8.8.3). */
export function byVersion({ version }: { readonly version: number }): string {
  return `"${version}"`;
}

/** The version in an `If-Match` with an `ETag` of {@link byVersion}; undefined for any other, `"01"` included. */
export function versionIn(ifMatch: string): number | undefined {
  // `W/` is what a compressing proxy makes of our ETag. `*` would match any version.
  const version = /^(?:W\/)?"(0|[1-9]\d{0,14})"$/.exec(ifMatch.trim())?.[1];
  return version === undefined ? undefined : Number(version);
}
