/**
 * Finds text that is not well-formed Unicode: half a surrogate pair, which UTF-8 cannot encode. Firestore refuses it, and
 * JSON parsers disagree on it (RFC 8259 §8.2).
 *
 * @param value parsed JSON, of bounded depth
 * @returns the path of the first such value or key, e.g. `grants.0.reason`; `''` is the value itself
 */
export function findIllFormed(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const found = name.isWellFormed() ? findIllFormed(inner, at) : at;
    if (found !== undefined) return found;
  }
  return undefined;
}
