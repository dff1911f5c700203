import { isAuth0, isFirebase } from './attack.ts';
import { type Changes, forgeOf, type Kind, kinds } from './issuer-kinds.ts';
import { assertPasses, assertRefused, openWorld, type World } from './world.ts';

/** The last second and the last byte that pass; the first that do not are in the table of attacks. */

const edges: readonly {
  readonly what: string;
  readonly changes: (kind: Kind, now: number) => Changes;
  readonly of?: (kind: Kind) => boolean;
}[] = [
  { what: 'that expires in a second', changes: (_kind, now) => ({ claims: { exp: now + 1 } }) },
  { what: 'issued five seconds from now', changes: (_kind, now) => ({ claims: { iat: now + 5 } }) },
  {
    what: 'of a sign-in five seconds from now',
    changes: (_kind, now) => ({ claims: { auth_time: now + 5 } }),
  },
  {
    what: 'that begins five seconds from now',
    changes: (_kind, now) => ({ claims: { nbf: now + 5 } }),
    // firebase-admin gives no tolerance, and Firebase no nbf.
    of: (kind) => !isFirebase(kind),
  },
  {
    what: 'that lives as long as its issuer ever grants',
    changes: ({ maxLifetime }, now) => ({ claims: { exp: now - 10 + maxLifetime } }),
  },
  { what: 'whose sub has 128 characters', changes: () => ({ claims: { sub: 's'.repeat(128) } }) },
  {
    what: 'whose sub has a bar, a colon and letters of any script',
    changes: () => ({ claims: { sub: 'auth0|a:b é日' } }),
  },
  {
    what: 'with quotes, braces and colons inside its texts, and a key in two objects',
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
    what: 'whose audience is a list of ours alone',
    changes: ({ audience }) => ({ claims: { aud: [audience] } }),
    of: (kind) => !isFirebase(kind) && kind.forWhom === 'aud',
  },
  {
    what: 'for access that is for others as well',
    changes: ({ audience }) => ({ claims: { aud: ['https://tenant.eu.auth0.com/userinfo', audience] } }),
    of: ({ tokenUse, forWhom }) => tokenUse === 'access' && forWhom === 'aud',
  },
  {
    what: 'whose typ is a whole media type, in any casing',
    changes: ({ typ = 'JWT' }) => ({ header: { typ: `Application/${typ.toUpperCase()}` } }),
    of: (kind) => !isFirebase(kind),
  },
  {
    what: 'without a typ, which only some issuers give',
    changes: () => ({ header: { typ: undefined } }),
    of: (kind) => !isAuth0(kind) && kind.typ !== 'at+jwt',
  },
];

describe('good tokens at the edge of what passes', () => {
  let world: World;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());

  for (const kind of kinds) {
    describe(kind.name, () => {
      for (const { what, changes, of } of edges) {
        if (of?.(kind) === false) continue;
        it(`lets a token pass ${what}`, async () => {
          const now = world.now();
          await assertPasses(world, kind, forgeOf(kind, now, changes(kind, now)));
        });
      }

      it('lets a token of 8 KiB pass, and none of a byte more', async () => {
        const now = world.now();
        const ofSize = (length: number) => forgeOf(kind, now, { claims: { pad: 'x'.repeat(length) } });
        // A byte more of JSON is one or two characters more of base64url.
        const length =
          Array.from({ length: 6_200 }, (_, index) => 6_200 - index).find(
            (pad) => ofSizeOf(kind, now, pad) <= 8_192,
          ) ?? 0;
        await assertPasses(world, kind, ofSize(length));
        await assertRefused(world, ofSize(length + 1));
      });

      it('lets a token pass until the second it expires in, and no longer because it was seen before', async () => {
        const now = world.now();
        const token = forgeOf(kind, now, { claims: { exp: now + 3 } });
        await assertPasses(world, kind, token);
        world.pass(2);
        await assertPasses(world, kind, token);
        world.pass(1);
        await assertRefused(world, token);
      });
    });
  }
});

/** How long the token would be, without signing it. */
function ofSizeOf(kind: Kind, now: number, pad: number): number {
  const signature = kind.alg.endsWith('S256') && kind.alg !== 'ES256' ? 342 : 86;
  const unsigned = forgeOf(kind, now, { claims: { pad: 'x'.repeat(pad) }, signer: () => '' });
  return unsigned.length + signature;
}
