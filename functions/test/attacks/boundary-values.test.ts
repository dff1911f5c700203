import { isAuth0, isFirebase } from './attack.ts';
import { assertAccepted, assertRefused, type Environment, openEnvironment } from './environment.ts';
import { forgeToken, type TokenChanges, type TokenKind, tokenKinds } from './token-kinds.ts';

/** The last value of each limit that is accepted. The attack table has the first value that is refused. */

const cases: readonly {
  readonly name: string;
  readonly changes: (kind: TokenKind, now: number) => TokenChanges;
  /** Whether this kind of token accepts it. Default: every kind. */
  readonly appliesTo?: (kind: TokenKind) => boolean;
}[] = [
  { name: 'with an exp one second from now', changes: (_kind, now) => ({ claims: { exp: now + 1 } }) },
  { name: 'with an iat five seconds from now', changes: (_kind, now) => ({ claims: { iat: now + 5 } }) },
  {
    name: 'with an auth_time five seconds from now',
    changes: (_kind, now) => ({ claims: { auth_time: now + 5 } }),
  },
  {
    name: 'with an nbf five seconds from now',
    changes: (_kind, now) => ({ claims: { nbf: now + 5 } }),
    // Firebase sets no nbf, and firebase-admin allows no tolerance for it.
    appliesTo: (kind) => !isFirebase(kind),
  },
  {
    name: 'with the issuer’s maximum lifetime',
    changes: ({ maxLifetime }, now) => ({ claims: { exp: now - 10 + maxLifetime } }),
  },
  {
    name: 'with times that have a fraction of a second (RFC 7519 §2)',
    changes: ({ requiresAuthTime }, now) => ({
      claims: {
        exp: now + 1.001,
        iat: now + 4.999,
        nbf: now + 4.999,
        ...(requiresAuthTime && { auth_time: now - 0.5 }),
      },
    }),
    appliesTo: (kind) => !isFirebase(kind),
  },
  ...['2026-11-30T10:00:00.000Z', -1, null, {}].map((auth_time) => ({
    name: `with the auth_time ${JSON.stringify(auth_time)} from an issuer that need not set it`,
    changes: () => ({ claims: { auth_time } }),
    appliesTo: ({ requiresAuthTime }: TokenKind) => !requiresAuthTime,
  })),
  { name: 'with a sub of 128 characters', changes: () => ({ claims: { sub: 's'.repeat(128) } }) },
  {
    name: 'with a sub that has a bar, a colon and non-ASCII letters',
    changes: () => ({ claims: { sub: 'auth0|a:b é日' } }),
  },
  {
    name: 'with JSON syntax in strings, and one key in several objects',
    changes: () => ({
      claims: {
        name: 'a "b": {[\\',
        note: '\\"',
        'k"e\\y': { name: 1 },
        list: [{ name: '":"' }, { name: 2 }],
      },
    }),
  },
  {
    name: 'with an aud array of only our audience',
    changes: ({ audience }) => ({ claims: { aud: [audience] } }),
    appliesTo: (kind) => !isFirebase(kind) && kind.audienceClaim === 'aud',
  },
  {
    name: 'for access with another audience beside ours',
    changes: ({ audience }) => ({ claims: { aud: ['https://tenant.eu.auth0.com/userinfo', audience] } }),
    appliesTo: ({ tokenUse, audienceClaim }) => tokenUse === 'access' && audienceClaim === 'aud',
  },
  {
    name: 'with a typ that is a full media type, in any letter case',
    changes: ({ typ = 'JWT' }) => ({ header: { typ: `Application/${typ.toUpperCase()}` } }),
    appliesTo: (kind) => !isFirebase(kind),
  },
  {
    name: 'without a typ from an issuer that does not always set it',
    changes: () => ({ header: { typ: undefined } }),
    appliesTo: (kind) => !isAuth0(kind) && kind.typ !== 'at+jwt',
  },
];

describe('valid tokens at the limits', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment();
  });
  after(() => environment.close());

  for (const kind of tokenKinds) {
    describe(kind.name, () => {
      for (const { name, changes, appliesTo } of cases) {
        if (appliesTo?.(kind) === false) continue;
        it(`accepts a token ${name}`, async () => {
          const now = environment.now();
          await assertAccepted(environment, kind, forgeToken(kind, now, changes(kind, now)));
        });
      }

      it('accepts a token of 8 KiB, and refuses one that is a byte longer', async () => {
        const now = environment.now();
        const paddedToken = (length: number) =>
          forgeToken(kind, now, { claims: { pad: 'x'.repeat(length) } });
        // A byte more of JSON is one or two characters more of base64url.
        const length =
          Array.from({ length: 6_200 }, (_, index) => 6_200 - index).find(
            (pad) => tokenLength(kind, now, pad) <= 8_192,
          ) ?? 0;
        await assertAccepted(environment, kind, paddedToken(length));
        await assertRefused(environment, paddedToken(length + 1));
      });

      it('accepts a token until the second of its exp, and not longer when it is cached', async () => {
        const now = environment.now();
        const token = forgeToken(kind, now, { claims: { exp: now + 3 } });
        await assertAccepted(environment, kind, token);
        environment.advanceClock(2);
        await assertAccepted(environment, kind, token);
        environment.advanceClock(1);
        await assertRefused(environment, token);
      });
    });
  }
});

/** The length of the token that {@link forgeToken} would return, computed without a signature. */
function tokenLength(kind: TokenKind, now: number, pad: number): number {
  const signature = kind.alg.endsWith('S256') && kind.alg !== 'ES256' ? 342 : 86;
  const unsigned = forgeToken(kind, now, { claims: { pad: 'x'.repeat(pad) }, signer: () => '' });
  return unsigned.length + signature;
}
