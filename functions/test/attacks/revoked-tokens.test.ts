import assert from 'node:assert/strict';
import { externalId } from '../../src/authn/external-identity.ts';
import { mintIdToken } from '../helpers/google.ts';
import { isFirebase, splitToken } from './attack.ts';
import { type Environment, fitsInHeader, openEnvironment } from './environment.ts';
import { signer } from './signers.ts';
import { tokenMalleability } from './tables/token-malleability.ts';
import {
  externalTokenKinds,
  forgeToken,
  issueToken,
  type TokenKind,
  TRUSTED_ISSUERS,
  tokenKinds,
} from './token-kinds.ts';

/** Order of the group of P-256 (FIPS 186-4 D.1.2.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The token with the other valid ECDSA signature of the same content: (r, n − s). Revocation must cover both. */
function withOtherSignature(token: string): string {
  const bytes = Buffer.from(splitToken(token)[2], 'base64url');
  const s = ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const signature = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]);
  return `${token.slice(0, token.lastIndexOf('.'))}.${signature.toString('base64url')}`;
}

const trustedIssuers = TRUSTED_ISSUERS.map((issuer) => ({ ...issuer, jitProvisioning: true }));

/** `member` has a Firebase account. External users need none: each test can use a new subject. */
const subjectOf = (kind: TokenKind) => (isFirebase(kind) ? 'member' : `revoked ${kind.name}`);

describe('revoked sessions', () => {
  let environment: Environment;
  before(async () => {
    environment = await openEnvironment(trustedIssuers);
  });
  after(() => environment.close());

  const codeOf = async (token: string) => {
    const { status, body } = await environment.getMe(token);
    return status === 200 ? '200' : `${status} ${body.code}`;
  };

  /** Claims of a user who signed in a minute ago. */
  const claimsOf = (sub: string) => ({ sub, auth_time: environment.now() - 60, iat: environment.now() - 60 });

  for (const kind of tokenKinds) {
    it(`refuses every encoding of a revoked token, cached or not (${kind.name})`, async () => {
      const sub = subjectOf(kind);
      const validToken = await issueToken(kind, environment.now(), claimsOf(sub));
      const second = forgeToken(kind, environment.now(), {
        claims: { ...claimsOf(sub), jti: 'another token of the same sign-in' },
      });
      assert.equal(await codeOf(validToken), '200');
      if (kind.alg === 'ES256')
        assert.equal(await codeOf(withOtherSignature(second)), '200', 'both signatures are valid');
      const revoked = await environment.request({
        method: 'POST',
        path: '/v1/me/revoke',
        headers: ['Authorization', `Bearer ${validToken}`],
      });
      assert.equal(revoked.status, 200, JSON.stringify(revoked.body));

      for (const token of [validToken, second]) assert.equal(await codeOf(token), '401 token_stale');
      if (kind.alg === 'ES256') {
        for (const token of [validToken, second])
          assert.equal(await codeOf(withOtherSignature(token)), '401 token_stale');
      }
      if (kind.alg !== 'EdDSA') {
        // PSS and ECDSA signatures are random: the same token with a signature that is not cached.
        const [header, payload] = splitToken(validToken);
        const signature = signer(kind.alg, kind.key)(`${header}.${payload}`);
        const other = `${header}.${payload}.${Buffer.from(signature as Buffer).toString('base64url')}`;
        assert.equal(await codeOf(other), '401 token_stale');
      }
      const context = {
        validToken,
        now: environment.now(),
        url: environment.attacker.url,
        key: environment.attacker.key,
      };
      for (const { tokens, appliesTo } of tokenMalleability) {
        if (appliesTo?.(kind) === false) continue;
        for (const token of (await tokens(kind, context)).filter((changed) =>
          changed.includes(splitToken(validToken)[1]),
        )) {
          const code = fitsInHeader(token) ? await codeOf(token) : await codeWithoutHttp(token);
          assert.equal(code, '401 invalid_token', token);
        }
      }
    });

    it(`accepts a sign-in of the next second, but no earlier one (${kind.name})`, async () => {
      const sub = subjectOf(kind);
      const now = environment.now();
      const signedIn = (at: number) => issueToken(kind, now, { sub, rv: 99, auth_time: at, iat: at });
      assert.equal(await codeOf(await signedIn(now)), '401 token_stale');
      assert.equal(await codeOf(await signedIn(now + 1)), '200');
    });
  }

  for (const kind of externalTokenKinds) {
    it(`refuses the token hours later, without a cached revocation (${kind.name})`, async () => {
      const sub = `long ago ${kind.name}`;
      const claims = { ...claimsOf(sub), exp: environment.now() - 60 + kind.maxLifetime };
      const validToken = await issueToken(kind, environment.now(), claims);
      const uncached = await issueToken(kind, environment.now(), { ...claims, jti: 'not cached' });
      await environment.request({
        method: 'POST',
        path: '/v1/me/revoke',
        headers: ['Authorization', `Bearer ${validToken}`],
      });
      environment.advanceClock(3 * 3_600);
      assert.deepEqual(
        [await codeOf(uncached), await codeOf(validToken)],
        ['401 token_stale', '401 token_stale'],
      );
    });

    it(`refuses old and new tokens of a disabled user (${kind.name})`, async () => {
      const sub = `disabled ${kind.name}`;
      const validToken = await issueToken(kind, environment.now(), claimsOf(sub));
      assert.equal(await codeOf(validToken), '200');
      const { body } = await environment.request({ headers: ['Authorization', `Bearer ${validToken}`] });
      const id = externalId(String(Object(body.identity).issuer), sub);
      const byOwner = ['Authorization', `Bearer ${await ownerToken()}`, 'Content-Type', 'application/json'];
      const disable = {
        method: 'PATCH',
        path: `/v1/users/${id}`,
        headers: byOwner,
        body: '{"disabled":true}',
      };
      const { status, body: disabled } = await environment.request(disable);
      assert.equal(status, 200, JSON.stringify(disabled));
      assert.match(await codeOf(validToken), /^401/);
      const later = { sub, auth_time: environment.now() + 5, iat: environment.now() + 5 };
      assert.equal(await codeOf(await issueToken(kind, environment.now(), later)), '401 invalid_token');
    });
  }

  /** A token of the owner of the test API, issued now. */
  const ownerToken = () =>
    mintIdToken({
      sub: 'owner',
      user_id: 'owner',
      roles: ['owner'],
      rv: 1,
      iat: environment.now() - 10,
      auth_time: environment.now() - 60,
      exp: environment.now() + 600,
    });

  const codeWithoutHttp = (token: string) =>
    environment.authenticate(token).then(
      () => '200',
      ({ code }) => `401 ${code}`,
    );

  it('accepts the same sub of another issuer', async () => {
    const [first, second] = tokenKinds.filter(({ name }) => name.startsWith('OpenID')) as [
      TokenKind,
      TokenKind,
    ];
    const tokens = await Promise.all(
      [first, second].map((kind) => issueToken(kind, environment.now(), claimsOf('shared'))),
    );
    for (const token of tokens) assert.equal(await codeOf(token), '200');
    await environment.request({
      method: 'POST',
      path: '/v1/me/revoke',
      headers: ['Authorization', `Bearer ${tokens[0]}`],
    });
    assert.deepEqual(await Promise.all(tokens.map(codeOf)), ['401 token_stale', '200']);
  });
});
