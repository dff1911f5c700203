import { type Attack, isFirebase } from '../attack.ts';
import { claimsOf, forgeToken, type TokenKind } from '../token-kinds.ts';

/** Signed by the issuer. Only a time claim is invalid. `boundary-values.test.ts` has the last values that are accepted. */

/** Invalid NumericDate values, as JSON text: JSON.stringify cannot write some of them. */
const NOT_A_TIME = [
  '"1"',
  'null',
  'true',
  '[]',
  '{}',
  '-1',
  '1e400',
  '-1e400',
  '9007199254740992',
  '""',
  '"now"',
];

/** A token with this JSON text as value of a claim. */
function withClaimText(kind: TokenKind, now: number, claim: string, text: string): string {
  const { [claim]: _, ...others } = claimsOf(kind, now);
  return forgeToken(kind, now, { payload: `${JSON.stringify(others).slice(0, -1)},"${claim}":${text}}` });
}

const invalidTime =
  (claim: string): Attack['tokens'] =>
  (kind, { now }) =>
    [...NOT_A_TIME, `"${now + 60}"`, `[${now + 60}]`, `${now + 60}e300`].map((text) =>
      withClaimText(kind, now, claim, text),
    );

const without =
  (...claims: string[]): Attack['tokens'] =>
  (kind, { now }) => [
    forgeToken(kind, now, { claims: Object.fromEntries(claims.map((claim) => [claim, undefined])) }),
  ];

/** The first second beyond the tolerance, and later ones. */
const inTheFuture =
  (claim: string): Attack['tokens'] =>
  (kind, { now }) =>
    [6, 7, 60, 300, 599, 3_600, 10 ** 9].map((ahead) =>
      forgeToken(kind, now, { claims: { exp: now + 600, [claim]: now + ahead } }),
    );

export const timeClaims: readonly Attack[] = [
  { name: 'a token without exp', tokens: without('exp') },
  { name: 'a token without iat', tokens: without('iat') },
  { name: 'a token without exp, iat and nbf', tokens: without('exp', 'iat', 'nbf') },
  {
    name: 'a token without auth_time from an issuer that always sets it',
    appliesTo: ({ requiresAuthTime }) => requiresAuthTime,
    tokens: without('auth_time'),
  },
  { name: 'an exp that is not a number of seconds', tokens: invalidTime('exp') },
  { name: 'an iat that is not a number of seconds', tokens: invalidTime('iat') },
  { name: 'an nbf that is not a number of seconds', tokens: invalidTime('nbf') },
  {
    name: 'an auth_time that is not a number of seconds from an issuer that always sets it',
    appliesTo: ({ requiresAuthTime }) => requiresAuthTime,
    tokens: invalidTime('auth_time'),
  },
  {
    name: 'a fraction of a second that would let the token live longer, or begin earlier',
    tokens: (kind, { now }) =>
      [
        { exp: now + 0.999 },
        { exp: now - 10 + kind.maxLifetime + 0.001 },
        { iat: now - 9.999, exp: now - 10 + kind.maxLifetime + 0.5 },
        { iat: now + 5.001 },
        { nbf: now + 5.001 },
        { auth_time: now + 5.001 },
      ].map((claims) => forgeToken(kind, now, { claims })),
  },
  {
    name: 'a time with a fraction of a second, which Google does not issue',
    appliesTo: isFirebase,
    tokens: (kind, { now }) =>
      [{ exp: now + 60.5 }, { iat: now - 9.5 }, { nbf: now - 9.5 }, { auth_time: now - 59.5 }].map((claims) =>
        forgeToken(kind, now, { claims }),
      ),
  },
  {
    name: 'an expired token, from the second of its exp',
    tokens: (kind, { now }) =>
      [0, -1, -2, -5, -6, -60, -3_600].map((ahead) =>
        forgeToken(kind, now, { claims: { iat: now - 7_000, auth_time: now - 7_000, exp: now + ahead } }),
      ),
  },
  {
    name: 'an expired token with a short or no lifetime',
    tokens: (kind, { now }) => [
      forgeToken(kind, now, { claims: { iat: now - 60, auth_time: now - 60, exp: now } }),
      forgeToken(kind, now, { claims: { iat: now, auth_time: now, exp: now } }),
      forgeToken(kind, now, { claims: { iat: 0, auth_time: 0, exp: 0 } }),
      forgeToken(kind, now, { claims: { exp: 1 } }),
    ],
  },
  {
    name: 'a lifetime a second over the issuer’s maximum, or longer',
    tokens: (kind, { now }) =>
      [1, 2, 60, 10 ** 6].map((longer) =>
        forgeToken(kind, now, { claims: { exp: now - 10 + kind.maxLifetime + longer } }),
      ),
  },
  {
    name: 'an exp in milliseconds, or far in the future',
    tokens: (kind, { now }) => [
      ...[(now + 600) * 1000, 10 ** 15, Number.MAX_SAFE_INTEGER, 253402300800].map((exp) =>
        forgeToken(kind, now, { claims: { exp } }),
      ),
      // All times in milliseconds.
      forgeToken(kind, now, {
        claims: { iat: (now - 10) * 1000, exp: (now + 600) * 1000, auth_time: (now - 60) * 1000 },
      }),
    ],
  },
  { name: 'an iat in the future, beyond the tolerance', tokens: inTheFuture('iat') },
  {
    name: 'an iat beyond the tolerance with an nbf in the past',
    tokens: (kind, { now }) => [
      forgeToken(kind, now, { claims: { iat: now + 6, nbf: now - 60, auth_time: now - 60 } }),
    ],
  },
  { name: 'an nbf in the future, beyond the tolerance', tokens: inTheFuture('nbf') },
  { name: 'an auth_time in the future, beyond the tolerance', tokens: inTheFuture('auth_time') },
  {
    // Of a custom token by Gatehouse, which lives for an hour. A custom claim of the account has any value.
    name: 'a sign-in by custom token with a passkey_auth_time that is not of this sign-in',
    appliesTo: isFirebase,
    tokens: (kind, { now }) =>
      [
        null,
        '',
        String(now - 60),
        true,
        [now - 60],
        {},
        now - 60.5,
        -1,
        0,
        now - 3700,
        now - 54,
        now,
        now + 3600,
      ].map((passkey_auth_time) =>
        forgeToken(kind, now, {
          claims: { auth_time: now - 60, firebase: { sign_in_provider: 'custom' }, passkey_auth_time },
        }),
      ),
  },
];
