import type { PolicyDocument, Statement } from 'aws-lambda';
import { needsFreshRecord } from '../authz/access-rule.ts';
import { matches } from './resource-pattern.ts';
import { type Row, ruleOf } from './route-access.ts';
import { isWithin, type Overlaps, overlapsWithin, serves, servesFirst } from './route-overlap.ts';
import { otherSpellings } from './spellings.ts';

/**
 * AWS names no bound for REST and HTTP APIs (8 KB for WebSocket APIs, which have no paths). This is ours: whatever is above
 * is a table that wildcards tangle.
 */
const MAX_BYTES = 256 * 1024;
/** API Gateway's, for one resource of a policy. */
const MAX_RESOURCE = 512;
/** Of comparing one path with another: a tenth of a second or so. */
const MAX_STEPS = 500_000;
/** More than 200 routes of `ANY` need. Beyond it those go that others cover, and half of it has to be enough. */
const MAX_DENIALS = 3_000;

/**
 * Everything that a caller may invoke, not only what they are asking for now: API Gateway keeps a policy under the token
 * and goes by it on every other route.
 *
 * In a policy `*` stands for slashes and for nothing, too, so that what is allowed at `/notes/*` is allowed below and at
 * `/notes/`. That is taken back by denials. Where those cannot be exact, they deny more: never less.
 *
 * @param api `arn:aws:execute-api:…/<stage>`
 * @throws Error when it would grow beyond its bounds
 */
export function policyFor(
  api: string,
  rows: readonly Row[],
  isAllowed: (row: Row) => boolean,
): PolicyDocument {
  const overlaps = overlapsWithin(MAX_STEPS);
  const allowed = rows.filter(isAllowed);
  const refused = rows.filter((row) => !isAllowed(row));
  let denied = new Set<string>();
  const deny = (row: Row) => {
    denied.add(pathOf(row));
    if (denied.size <= MAX_DENIALS) return;
    denied = widest(denied);
    if (denied.size > MAX_DENIALS / 2) throw wrong(`more than ${MAX_DENIALS / 2} denials`);
  };
  for (const row of allowed) {
    for (const other of refused) {
      for (const one of reachInto(row, other, overlaps)) deny(one);
    }
    for (const one of deeperThan(row)) {
      if (!allowed.some((other) => overlaps(one, other).length > 0)) deny(one);
    }
  }
  const covered = refused.filter(({ method }) =>
    allowed.some((row) => row.method === method && hasWildcard(row)),
  );
  if (covered.length > 0) for (const one of otherSpellings(covered)) denied.add(one);
  const resource = (path: string) => `${api}/${path}`;
  return bounded(documentOf(api, allowed.map(pathOf).map(resource), [...denied].map(resource)));
}

/**
 * Tries the policies of callers who hold none, all, one, all but one, and every other of the permissions that routes ask
 * for, so that a table that is too large fails when the gate starts. All mixes of seven would take it many seconds; of up to
 * three, these are all.
 *
 * @throws Error
 */
export function tryPolicies(rows: readonly Row[]): void {
  // As long as they can be, but for the stage.
  const api = 'arn:aws-us-gov:execute-api:ap-southeast-1:123456789012:abcdefghij/production';
  // Only callers that there are: each is signed in, and nobody has here what only the directory can give.
  const accesses = [...new Set(rows.map(({ access }) => access))].filter(
    (access) => access !== 'signed-in' && !needsFreshRecord(ruleOf(access)),
  );
  const mixes = [
    [],
    accesses,
    ...accesses.flatMap((one) => [[one], accesses.filter((other) => other !== one)]),
    ...[0, 1].map((rest) => accesses.filter((_, index) => index % 2 === rest)),
  ];
  for (const held of new Map(mixes.map((mix) => [mix.join(), mix])).values()) {
    policyFor(api, rows, ({ access }) => access === 'signed-in' || held.includes(access));
  }
}

/** Who is signed in may call whatever this authorizer stands before. */
export function policyForAll(api: string): PolicyDocument {
  return documentOf(api, [`${api}/*`], []);
}

/** The same policy, which denies this request as well. */
export function without(policy: PolicyDocument, api: string, arn: string): PolicyDocument {
  // What is no plain name (a wildcard, a policy variable) might deny something else, or nothing: then all is denied.
  // The stage of an HTTP API may be `$default`, which is AWS's own and no variable: only what is the caller's is looked at.
  const asked = arn.slice(api.length);
  const isPlain = arn.length <= MAX_RESOURCE && /^[\x21-\x7e]+$/.test(asked) && !/[*?$]/.test(asked);
  const [denial] = documentOf(api, [], [isPlain ? arn : `${api}/*`]).Statement;
  return { ...policy, Statement: [...policy.Statement, ...(denial === undefined ? [] : [denial])] };
}

function documentOf(api: string, allow: readonly string[], deny: readonly string[]): PolicyDocument {
  const statement = (Effect: 'Allow' | 'Deny', resources: readonly string[]): Statement[] =>
    resources.length === 0
      ? []
      : [{ Action: 'execute-api:Invoke', Effect, Resource: [...new Set(resources)] }];
  // API Gateway takes no policy without a statement.
  const denied = allow.length + deny.length === 0 ? [`${api}/*`] : deny;
  return { Version: '2012-10-17', Statement: [...statement('Allow', allow), ...statement('Deny', denied)] };
}

function bounded(policy: PolicyDocument): PolicyDocument {
  const text = JSON.stringify(policy);
  if (text.length > MAX_BYTES) throw wrong(`${text.length} bytes, more than ${MAX_BYTES}`);
  const long = policy.Statement.flatMap((one) => ('Resource' in one ? (one.Resource ?? []) : [])).find(
    (one) => one.length > MAX_RESOURCE,
  );
  if (long !== undefined) throw wrong(`a resource of more than ${MAX_RESOURCE} characters: ${long}`);
  return policy;
}

const wrong = (what: string) =>
  new Error(`The routes of the gate are wrong:\n  ROUTES: a policy for them would have ${what}`);

/** Without patterns that another one covers. */
function widest(patterns: ReadonlySet<string>): Set<string> {
  const kept: string[] = [];
  for (const one of [...patterns].sort((a, b) => a.length - b.length)) {
    if (!kept.some((other) => matches(other, one))) kept.push(one);
  }
  return new Set(kept);
}

const pathOf = ({ method, segments }: Row) => `${method}/${segments.map(wildcard).join('/')}`;
const wildcard = (segment: string) => (segment === '**' ? '*' : segment);
const hasWildcard = ({ segments }: Row) => segments.some((segment) => segment.startsWith('*'));

/** Requests that the wildcards of `row` match and that API Gateway may give to `other`: what has to be denied. */
function reachInto(row: Row, other: Row, overlaps: Overlaps): Row[] {
  if (row.method !== other.method) return [];
  const takesRest = row.segments.at(-1) === '**';
  return restSpeltOut(other, row.segments.length).flatMap((one) => {
    const goesFirst = (other.any || !row.any) && (takesRest ? isWithin(row, other) : servesFirst(row, one));
    return [
      ...overlaps(row, one).filter((requests) => !(goesFirst && serves(row, requests))),
      // Nothing says that API Gateway does not take `/users/` for `/users`.
      ...overlaps(row, { ...one, segments: [...one.segments, ''] }),
    ];
  });
}

/** The rest of a path as one parameter, as two, and so on: beyond one more than `length` wildcards say it all. */
function restSpeltOut(row: Row, length: number): Row[] {
  if (row.segments.at(-1) !== '**') return [row];
  const prefix = row.segments.slice(0, -1);
  return Array.from({ length: length + 1 }, (_, more) => ({
    ...row,
    segments: [...prefix, ...Array<string>(more + 1).fill('*')],
  }));
}

/** What the wildcards of a route match although it has more segments than the route: each parameter as two. */
function deeperThan(row: Row): Row[] {
  return row.segments.flatMap((segment, index) =>
    segment === '*' ? { ...row, segments: row.segments.toSpliced(index, 0, '*') } : [],
  );
}
