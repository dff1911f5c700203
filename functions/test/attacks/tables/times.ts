import type { Attack } from '../attack.ts';
import { claimsOf, forgeOf, type Kind } from '../issuer-kinds.ts';

/** Really signed by the issuer; only when is wrong. The edges that pass are in `edges.test.ts`. */

/** No second since the epoch: as JSON, since some of them cannot be written from a value. */
const NO_TIME = [
  '"1"',
  'null',
  'true',
  '[]',
  '{}',
  '-1',
  '1e400',
  '-1e400',
  '1.5',
  '9007199254740992',
  '""',
  '"now"',
];

/** The token with a claim whose JSON is this text. */
function withText(kind: Kind, now: number, claim: string, text: string): string {
  const { [claim]: _, ...others } = claimsOf(kind, now);
  return forgeOf(kind, now, { payload: `${JSON.stringify(others).slice(0, -1)},"${claim}":${text}}` });
}

const noTime =
  (claim: string): Attack['tokens'] =>
  (kind, { now }) =>
    [...NO_TIME, `"${now + 60}"`, `[${now + 60}]`, `${now + 60}.5`, `${now + 60}e300`].map((text) =>
      withText(kind, now, claim, text),
    );

const without =
  (...claims: string[]): Attack['tokens'] =>
  (kind, { now }) => [
    forgeOf(kind, now, { claims: Object.fromEntries(claims.map((claim) => [claim, undefined])) }),
  ];

/** The first second beyond the tolerance, and far beyond it. */
const fromTheFuture =
  (claim: string): Attack['tokens'] =>
  (kind, { now }) =>
    [6, 7, 60, 300, 599, 3_600, 10 ** 9].map((ahead) =>
      forgeOf(kind, now, { claims: { exp: now + 600, [claim]: now + ahead } }),
    );

export const times: readonly Attack[] = [
  { what: 'a token that never expires: without exp', tokens: without('exp') },
  { what: 'a token without iat', tokens: without('iat') },
  { what: 'a token without exp, iat and nbf', tokens: without('exp', 'iat', 'nbf') },
  {
    what: 'a token without auth_time where its issuer always gives one',
    against: ({ needsAuthTime }) => needsAuthTime,
    tokens: without('auth_time'),
  },
  { what: 'an exp that is no whole second', tokens: noTime('exp') },
  { what: 'an iat that is no whole second', tokens: noTime('iat') },
  { what: 'an nbf that is no whole second', tokens: noTime('nbf') },
  { what: 'an auth_time that is no whole second', tokens: noTime('auth_time') },
  {
    what: 'a token from the second on in which it expires',
    tokens: (kind, { now }) =>
      [0, -1, -2, -5, -6, -60, -3_600].map((ahead) =>
        forgeOf(kind, now, { claims: { iat: now - 7_000, auth_time: now - 7_000, exp: now + ahead } }),
      ),
  },
  {
    what: 'a token that expired, as soon as it did, however short its life was',
    tokens: (kind, { now }) => [
      forgeOf(kind, now, { claims: { iat: now - 60, auth_time: now - 60, exp: now } }),
      forgeOf(kind, now, { claims: { iat: now, auth_time: now, exp: now } }),
      forgeOf(kind, now, { claims: { iat: 0, auth_time: 0, exp: 0 } }),
      forgeOf(kind, now, { claims: { exp: 1 } }),
    ],
  },
  {
    what: 'a token that lives a second longer than its issuer ever grants',
    tokens: (kind, { now }) =>
      [1, 2, 60, 10 ** 6].map((longer) =>
        forgeOf(kind, now, { claims: { exp: now - 10 + kind.maxLifetime + longer } }),
      ),
  },
  {
    what: 'an exp in milliseconds, or absurdly far',
    tokens: (kind, { now }) => [
      ...[(now + 600) * 1000, 10 ** 15, Number.MAX_SAFE_INTEGER, 253402300800].map((exp) =>
        forgeOf(kind, now, { claims: { exp } }),
      ),
      // All of them in milliseconds.
      forgeOf(kind, now, {
        claims: { iat: (now - 10) * 1000, exp: (now + 600) * 1000, auth_time: (now - 60) * 1000 },
      }),
    ],
  },
  { what: 'an iat beyond the tolerance', tokens: fromTheFuture('iat') },
  {
    what: 'an iat beyond the tolerance, though it may be used since a minute',
    tokens: (kind, { now }) => [
      forgeOf(kind, now, { claims: { iat: now + 6, nbf: now - 60, auth_time: now - 60 } }),
    ],
  },
  { what: 'an nbf beyond the tolerance', tokens: fromTheFuture('nbf') },
  { what: 'an auth_time beyond the tolerance', tokens: fromTheFuture('auth_time') },
];
