import type { Row } from './route-access.ts';

/** The requests of `other` that the wildcards of `row` match, as patterns of their own. */
export type Overlaps = (row: Row, other: Row) => Row[];

/** @param steps how many comparisons it may take in all; then it throws, since tangled wildcards take more than any time */
export function overlapsWithin(steps: number): Overlaps {
  let left = steps;

  /** By indices, not by slices: this is where the time goes. */
  function common(ours: readonly string[], theirs: readonly string[], at = 0, from = 0): string[][] {
    left -= 1;
    if (left < 0) throw new Error('The routes of the gate are wrong:\n  ROUTES: too tangled for a policy');
    const [first, next] = [ours[at], theirs[from]];
    if (first === undefined || next === undefined) return first === next ? [[]] : [];
    // What takes the rest of a path may hold anything.
    if (next === '**') return [ours.slice(at)];
    if (!first.startsWith('*')) {
      if (first !== next && next !== '*') return [];
      return common(ours, theirs, at + 1, from + 1).map((tail) => [first, ...tail]);
    }
    // A wildcard takes any number of segments, but at least one; one may be empty.
    const found: string[][] = [];
    for (let end = from + 1; end <= theirs.length; end += 1) {
      for (const tail of common(ours, theirs, at + 1, end)) found.push([...theirs.slice(from, end), ...tail]);
    }
    return found;
  }

  return (row, other) =>
    row.method === other.method
      ? common(row.segments, other.segments).map((segments) => ({ ...other, segments }))
      : [];
}

/** Does the route serve all of these requests, as API Gateway reads it? A parameter is never empty. */
export function serves({ segments }: Row, requests: Pick<Row, 'segments'>): boolean {
  const takesRest = segments.at(-1) === '**';
  return (
    (takesRest
      ? segments.length <= requests.segments.length
      : segments.length === requests.segments.length) &&
    segments.every((segment, index) => {
      const theirs = requests.segments[index];
      return segment.startsWith('*') ? theirs !== '' : segment === theirs;
    })
  );
}

/** Is every request that both could serve the first one's, since API Gateway prefers what is spelt out? */
export function servesFirst({ segments }: Row, other: Row): boolean {
  return (
    segments.length === other.segments.length &&
    segments.every((segment, index) => {
      const theirs = other.segments[index];
      return segment === theirs || (theirs === '*' && segment !== '**');
    })
  );
}

/** Does it lie within one that takes the rest of a path? */
export function isWithin({ segments }: Row, other: Row): boolean {
  const prefix = other.segments.slice(0, -1);
  return (
    other.segments.at(-1) === '**' &&
    segments.length > prefix.length &&
    prefix.every(
      (segment, index) => segment === segments[index] || (segment === '*' && segments[index] !== '**'),
    )
  );
}
