import type { PolicyDocument, Statement } from 'aws-lambda';
import type { Row } from './route-access.ts';

/**
 * Everything that a caller may invoke, not only what they are asking for now: API Gateway keeps a policy under the token
 * and goes by it on every other route.
 *
 * In a policy `*` stands for slashes, too, so that what is allowed at `/notes/*` is allowed below. That is taken back by
 * denials. Where those cannot be exact, they deny more: never less.
 *
 * @param api `arn:aws:execute-api:…/<stage>`
 */
export function policyFor(
  api: string,
  rows: readonly Row[],
  isAllowed: (row: Row) => boolean,
): PolicyDocument {
  const allowed = rows.filter(isAllowed);
  const refused = rows.filter((row) => !isAllowed(row));
  const denied = allowed.flatMap((row) => [
    ...refused.flatMap((other) => reachInto(row, other)),
    ...deeperThan(row).filter((one) => !allowed.some((other) => overlaps(one, other).length > 0)),
  ]);
  const resource = ({ method, segments }: Row) => `${api}/${method}/${segments.map(wildcard).join('/')}`;
  return documentOf(api, allowed.map(resource), denied.map(resource));
}

/** Who is signed in may call whatever this authorizer stands before. */
export function policyForAll(api: string): PolicyDocument {
  return documentOf(api, [`${api}/*`], []);
}

function documentOf(api: string, allow: readonly string[], deny: readonly string[]): PolicyDocument {
  const statement = (Effect: 'Allow' | 'Deny', resources: readonly string[]): Statement[] =>
    resources.length === 0
      ? []
      : [{ Action: 'execute-api:Invoke', Effect, Resource: [...new Set(resources)] }];
  // API Gateway takes no policy without a statement.
  const denied = allow.length === 0 ? [`${api}/*`] : deny;
  return { Version: '2012-10-17', Statement: [...statement('Allow', allow), ...statement('Deny', denied)] };
}

const wildcard = (segment: string) => (segment === '**' ? '*' : segment);

/** Requests that the wildcards of `row` match and that API Gateway gives to `other`: what has to be denied. */
function reachInto(row: Row, other: Row): Row[] {
  const takesRest = row.segments.at(-1) === '**';
  return spellings(other, row.segments.length).flatMap((one) => {
    const goesFirst = (other.any || !row.any) && (takesRest ? isWithin(row, other) : isAsSpecific(row, one));
    return overlaps(row, one).filter((requests) => !(goesFirst && serves(row, requests)));
  });
}

/** Does the route serve all of these requests, as API Gateway reads it? */
function serves({ segments }: Row, requests: Row): boolean {
  const takesRest = segments.at(-1) === '**';
  return (
    (takesRest || segments.length === requests.segments.length) &&
    segments.every((segment, index) => segment.startsWith('*') || segment === requests.segments[index])
  );
}

/** The rest of a path as one parameter, as two, and so on: beyond one more than `length` wildcards say it all. */
function spellings(row: Row, length: number): Row[] {
  if (row.segments.at(-1) !== '**') return [row];
  const prefix = row.segments.slice(0, -1);
  return Array.from({ length: length + 1 }, (_, more) => ({
    ...row,
    segments: [...prefix, ...Array<string>(more + 1).fill('*')],
  }));
}

/** Is every request that both could serve the first one's, since API Gateway prefers what is spelt out? */
function isAsSpecific({ segments }: Row, other: Row): boolean {
  return (
    segments.length === other.segments.length &&
    segments.every((segment, index) => {
      const theirs = other.segments[index];
      return segment === theirs || (theirs === '*' && segment !== '**');
    })
  );
}

/** Does it lie within one that takes the rest of a path? */
function isWithin({ segments }: Row, other: Row): boolean {
  const prefix = other.segments.slice(0, -1);
  return (
    other.segments.at(-1) === '**' &&
    segments.length > prefix.length &&
    prefix.every(
      (segment, index) => segment === segments[index] || (segment === '*' && segments[index] !== '**'),
    )
  );
}

/** What the wildcards of a route match although it has more segments than the route: each parameter as two. */
function deeperThan(row: Row): Row[] {
  return row.segments.flatMap((segment, index) =>
    segment === '*' ? { ...row, segments: row.segments.toSpliced(index, 0, '*') } : [],
  );
}

/** The requests of `other` that the wildcards of `row` match, as patterns of their own. */
function overlaps(row: Row, other: Row): Row[] {
  if (row.method !== other.method) return [];
  return common(row.segments, other.segments).map((segments) => ({ ...other, segments }));
}

function common([first, ...rest]: readonly string[], segments: readonly string[]): string[][] {
  const [next, ...others] = segments;
  if (first === undefined || next === undefined) return first === next ? [[]] : [];
  // What takes the rest of a path may hold anything.
  if (next === '**') return [[first, ...rest]];
  if (!first.startsWith('*')) {
    return first === next || next === '*' ? common(rest, others).map((tail) => [first, ...tail]) : [];
  }
  // A wildcard takes any number of segments, but at least one.
  return segments.flatMap((_, index) =>
    common(rest, segments.slice(index + 1)).map((tail) => [...segments.slice(0, index + 1), ...tail]),
  );
}
