import type { Row } from './route-access.ts';

/** Empty segments, dot segments, and what could become a slash, a dot or an escape. */
const ALWAYS = ['*//*', '*/./*', '*/.', '*/../*', '*/..', ...['2F', '2E', '25'].flatMap(escapesOf)];

/**
 * Patterns of paths that may be a route in another spelling (RFC 3986 §6.2.2). AWS does not say whether a policy is held
 * against the path as it was sent or as it was read, so a wildcard must not cover them while a route is refused. No client
 * escapes what it need not (§2.3), and no other character of a path is touched.
 *
 * @returns what goes after `<stage>/`
 */
export function otherSpellings(rows: readonly Row[]): string[] {
  const characters = new Set(rows.flatMap(({ segments }) => segments.join('').replaceAll('*', '').split('')));
  const escapes = [...characters].flatMap((one) =>
    // 61 to 6F are o and before, 70 to 7A the others: two patterns instead of forty.
    /[a-z]/.test(one) ? `*%${one <= 'o' ? 6 : 7}*` : escapesOf(one.charCodeAt(0).toString(16)),
  );
  return [...new Set([...ALWAYS, ...escapes])];
}

function escapesOf(hex: string): string[] {
  return [...new Set([hex.toUpperCase(), hex.toLowerCase()])].map((digits) => `*%${digits}*`);
}
