import assert from 'node:assert/strict';
import { externalId } from '../../src/authn/external-identity.ts';
import { describeWithNotes } from '../helpers/notes.ts';
import { type Environment, openEnvironment } from './environment.ts';
import { externalTokenKinds, forgeToken, type TokenKind, tokenKinds } from './token-kinds.ts';

/** The same `sub` under several issuers means different users. Claims of a token grant only what the issuer's `map` says. */

/** The issuer in the directory: the two issuer names of a Cognito pool are one. */
const canonicalIssuer = ({ issuer }: TokenKind) => issuer.replace('issuer-cognito-idp.', 'cognito-idp.');

describeWithNotes('the same sub under all issuers', () => {
  let environment: Environment;
  const notes = new Map<string, { readonly id: string; readonly owner: string }>();
  before(async () => {
    environment = await openEnvironment();
    for (const kind of tokenKinds) {
      if (notes.has(canonicalIssuer(kind))) continue;
      const headers = [...authorization(kind), 'Content-Type', 'application/json'];
      const { status, body } = await environment.request({
        method: 'POST',
        path: '/v1/notes',
        headers,
        body: JSON.stringify({ title: `of ${kind.name}` }),
      });
      assert.equal(status, 201, JSON.stringify(body));
      notes.set(canonicalIssuer(kind), { id: String(body.id), owner: String(body.owner) });
    }
  });
  after(() => environment.close());

  function authorization(kind: TokenKind, claims: Readonly<Record<string, unknown>> = {}): string[] {
    return ['Authorization', `Bearer ${forgeToken(kind, environment.now(), { claims })}`];
  }

  it('is a different user under each issuer', () => {
    const owners = [...notes.values()].map(({ owner }) => owner);
    assert.equal(new Set(owners).size, new Set(tokenKinds.map(canonicalIssuer)).size);
    assert.equal(notes.get(canonicalIssuer(tokenKinds[0] ?? assert.fail()))?.owner, 'member');
    for (const kind of externalTokenKinds) {
      assert.equal(
        notes.get(canonicalIssuer(kind))?.owner,
        externalId(canonicalIssuer(kind), 'member'),
        kind.name,
      );
    }
  });

  for (const kind of tokenKinds) {
    it(`lists and reads only the user’s own notes (${kind.name})`, async () => {
      const { body } = await environment.request({ path: '/v1/notes', headers: authorization(kind) });
      const own = notes.get(canonicalIssuer(kind));
      assert.deepEqual(
        (body.notes as { id: string }[]).map(({ id }) => id),
        [own?.id],
      );
      for (const { id, owner } of notes.values()) {
        const { status } = await environment.request({
          path: `/v1/notes/${id}`,
          headers: authorization(kind),
        });
        assert.equal(status, owner === own?.owner ? 200 : 404);
      }
    });
  }

  for (const kind of externalTokenKinds) {
    it(`does not identify another user by a directory id as sub (${kind.name})`, async () => {
      for (const { id, owner } of [...notes.values()].filter(({ owner }) => owner !== 'member')) {
        const headers = authorization(kind, { sub: owner });
        const list = await environment.request({ path: '/v1/notes', headers });
        assert.deepEqual([list.status, list.body.notes], [200, []]);
        assert.equal((await environment.request({ path: `/v1/notes/${id}`, headers })).status, 404);
      }
    });

    it(`ignores claims outside the claim mapping, such as roles (${kind.name})`, async () => {
      const excessiveClaims = {
        roles: ['owner'],
        role: 'owner',
        rv: 99,
        admin: true,
        permissions: ['roles:assign', '*', 'owner'],
        scope: 'openid roles:assign users:write owner *',
        scp: ['owner'],
        groups: ['owner', 'admin', 'constructor', '__proto__'],
        'cognito:groups': ['owner', 'admin', 'toString'],
        realm_access: { roles: ['owner'] },
        firebase: { tenant: 'x' },
        uid: 'owner',
        user_id: 'owner',
        directoryId: 'owner',
        email: 'owner@example.com',
        email_verified: true,
        act: { sub: 'owner' },
        may_act: { sub: 'owner' },
        entitlements: ['owner'],
        acr: 'aal2',
        amr: ['mfa'],
        sign_in_second_factor: 'totp',
        passkey_auth_time: 1_800_000_000,
      };
      const plain = await environment.request({ headers: authorization(kind) });
      const { status, body } = await environment.request({ headers: authorization(kind, excessiveClaims) });
      assert.equal(status, 200);
      const { roles, permissions, assurance, identity, kind: principalKind } = body;
      assert.deepEqual(
        [roles, permissions, Object(assurance).level, identity, principalKind],
        [
          [],
          ['notes:read', 'notes:write'],
          'aal1',
          { issuer: canonicalIssuer(kind), subject: 'member' },
          'user',
        ],
      );
      assert.deepEqual(plain.body.permissions, permissions);
      for (const path of ['/v1/users', '/v1/roles', '/v1/audit-events', '/v1/users/owner']) {
        const response = await environment.request({ path, headers: authorization(kind, excessiveClaims) });
        assert.notEqual(response.status, 200, path);
      }
      const promote = await environment.request({
        method: 'PUT',
        path: '/v1/users/member/roles',
        body: '{"roles":["owner"]}',
        headers: [...authorization(kind, excessiveClaims), 'Content-Type', 'application/json'],
      });
      assert.equal(promote.status, 403, JSON.stringify(promote.body));
    });
  }
});
