import assert from 'node:assert/strict';
import { externalId } from '../../src/authn/external-identity.ts';
import { mintIdToken } from '../helpers/google.ts';
import { isFirebase, partsOf } from './attack.ts';
import { external, forgeOf, type Kind, kinds, mint, TRUSTED_ISSUERS } from './issuer-kinds.ts';
import { signer } from './signers.ts';
import { spellings } from './tables/spellings.ts';
import { canTravel, openWorld, type World } from './world.ts';

/** Order of the group of P-256 (FIPS 186-4 D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Every ECDSA signature has a twin that is valid, too: (r, n − s). Nothing may hang on a token having one form. */
function twinOf(token: string): string {
  const bytes = Buffer.from(partsOf(token)[2], 'base64url');
  const s = ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  return `${token.slice(0, token.lastIndexOf('.'))}.${twin.toString('base64url')}`;
}

const entering = TRUSTED_ISSUERS.map((one) => ({ ...one, jitProvisioning: true }));

/** Firebase’s has an account; the others need none. */
const subjectOf = (kind: Kind) => (isFirebase(kind) ? 'member' : `revoked ${kind.name}`);

describe('a sign-in that was revoked', () => {
  let world: World;
  before(async () => {
    world = await openWorld(entering);
  });
  after(() => world.close());

  const codeOf = async (token: string) => {
    const { status, body } = await world.present(token);
    return status === 200 ? '200' : `${status} ${body.code}`;
  };

  /** Somebody who signed in a minute ago. */
  const claimsOf = (sub: string) => ({ sub, auth_time: world.now() - 60, iat: world.now() - 60 });

  for (const kind of kinds) {
    it(`stays revoked for ${kind.name} in every spelling of its token, seen before or not`, async () => {
      const sub = subjectOf(kind);
      const good = await mint(kind, world.now(), claimsOf(sub));
      const again = forgeOf(kind, world.now(), {
        claims: { ...claimsOf(sub), jti: 'another of the same sign-in' },
      });
      assert.equal(await codeOf(good), '200');
      if (kind.alg === 'ES256') assert.equal(await codeOf(twinOf(again)), '200', 'the twin is a signature');
      const revoked = await world.ask({
        ...{ method: 'POST', path: '/v1/me/revoke' },
        headers: ['Authorization', `Bearer ${good}`],
      });
      assert.equal(revoked.status, 200, JSON.stringify(revoked.body));

      for (const token of [good, again]) assert.equal(await codeOf(token), '401 token_stale');
      if (kind.alg === 'ES256') {
        for (const token of [good, again]) assert.equal(await codeOf(twinOf(token)), '401 token_stale');
      }
      if (kind.alg !== 'EdDSA') {
        // PSS and ECDSA sign with a random number: the same token, never seen in this form.
        const [header, payload] = partsOf(good);
        const signature = signer(kind.alg, kind.key)(`${header}.${payload}`);
        const other = `${header}.${payload}.${Buffer.from(signature as Buffer).toString('base64url')}`;
        assert.equal(await codeOf(other), '401 token_stale');
      }
      const means = { good, now: world.now(), url: world.attacker.url, key: world.attacker.key };
      for (const { tokens, against } of spellings) {
        if (against?.(kind) === false) continue;
        for (const token of (await tokens(kind, means)).filter((one) => one.includes(partsOf(good)[1]))) {
          const code = canTravel(token) ? await codeOf(token) : await directly(token);
          assert.equal(code, '401 invalid_token', token);
        }
      }
    });

    it(`lets ${kind.name} in again with a sign-in of the next second, and none of before`, async () => {
      const sub = subjectOf(kind);
      const now = world.now();
      const signedIn = (at: number) => mint(kind, now, { sub, rv: 99, auth_time: at, iat: at });
      assert.equal(await codeOf(await signedIn(now)), '401 token_stale');
      assert.equal(await codeOf(await signedIn(now + 1)), '200');
    });
  }

  for (const kind of external) {
    it(`stays revoked for ${kind.name} hours later, when no instance remembers that it happened`, async () => {
      const sub = `long ago ${kind.name}`;
      const claims = { ...claimsOf(sub), exp: world.now() - 60 + kind.maxLifetime };
      const good = await mint(kind, world.now(), claims);
      const unseen = await mint(kind, world.now(), { ...claims, jti: 'never seen before' });
      await world.ask({
        method: 'POST',
        path: '/v1/me/revoke',
        headers: ['Authorization', `Bearer ${good}`],
      });
      world.pass(3 * 3_600);
      assert.deepEqual([await codeOf(unseen), await codeOf(good)], ['401 token_stale', '401 token_stale']);
    });

    it(`keeps out who was disabled, by ${kind.name}, whatever token they come with`, async () => {
      const sub = `disabled ${kind.name}`;
      const good = await mint(kind, world.now(), claimsOf(sub));
      assert.equal(await codeOf(good), '200');
      const { body } = await world.ask({ headers: ['Authorization', `Bearer ${good}`] });
      const id = externalId(String(body.issuer), sub);
      const byOwner = ['Authorization', `Bearer ${await ownerToken()}`, 'Content-Type', 'application/json'];
      const disable = {
        method: 'PATCH',
        path: `/v1/users/${id}`,
        headers: byOwner,
        body: '{"disabled":true}',
      };
      const { status, body: answer } = await world.ask(disable);
      assert.equal(status, 200, JSON.stringify(answer));
      assert.match(await codeOf(good), /^401/);
      const later = { sub, auth_time: world.now() + 5, iat: world.now() + 5 };
      assert.equal(await codeOf(await mint(kind, world.now(), later)), '401 invalid_token');
    });
  }

  /** Of the owner that every test API has, at this second. */
  const ownerToken = () =>
    mintIdToken({
      ...{ sub: 'owner', user_id: 'owner', roles: ['owner'], rv: 1 },
      ...{ iat: world.now() - 10, auth_time: world.now() - 60, exp: world.now() + 600 },
    });

  const directly = (token: string) =>
    world.authenticate(token).then(
      () => '200',
      ({ code }) => `401 ${code}`,
    );

  it('is one person’s alone: the same sub of another issuer goes on', async () => {
    const [first, second] = kinds.filter(({ name }) => name.startsWith('OpenID')) as [Kind, Kind];
    const both = await Promise.all([first, second].map((kind) => mint(kind, world.now(), claimsOf('twin'))));
    for (const token of both) assert.equal(await codeOf(token), '200');
    await world.ask({
      method: 'POST',
      path: '/v1/me/revoke',
      headers: ['Authorization', `Bearer ${both[0]}`],
    });
    assert.deepEqual(await Promise.all(both.map(codeOf)), ['401 token_stale', '200']);
  });
});
