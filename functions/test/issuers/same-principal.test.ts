import assert from 'node:assert/strict';
import type { LocalIssuers } from '../../../tools/issuers/start-issuers.ts';
import { permissionsOf } from '../../src/authz/roles.ts';
import { access } from '../../src/users/schema.ts';
import { describeWithNotes } from '../helpers/notes.ts';
import { type LocalApi, openLocalApi, outcome, startLocalIssuers } from './local-api.ts';

describeWithNotes('one route with users of several issuers', () => {
  let issuers: LocalIssuers;
  let api: LocalApi;
  let tokens: Record<'firebase' | 'cognito' | 'auth0' | 'oidc', string>;
  before(async () => {
    issuers = await startLocalIssuers();
    api = await openLocalApi(issuers.trustedIssuers);
    tokens = {
      firebase: api.token('support'),
      cognito: (await issuers.cognito.signIn('ada')).accessToken,
      auth0: (await issuers.auth0.signIn('ada')).accessToken,
      oidc: (await issuers.oidc.signIn('ada', { scope: 'openid notes:read users:read' })).accessToken,
    };
  });
  after(async () => {
    await api?.close();
    await issuers?.stop();
  });

  it('returns a principal of the same shape for each', async () => {
    for (const token of Object.values(tokens)) {
      const { status, body } = await api.ask('GET /me', token);
      assert.equal(status, 200);
      assert.deepEqual(access.strict().parse(body), body);
      assert.equal(body.kind, 'user');
      assert.equal(body.assurance.level, 'aal1');
      assert.ok(Date.parse(body.tokenExpiresAt) > Date.parse(body.signedInAt));
    }
  });

  it('distinguishes them by issuer and subject', async () => {
    const seen = new Set<string>();
    for (const token of Object.values(tokens)) {
      const { body } = await api.ask('GET /me', token);
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      assert.deepEqual(body.identity, { issuer: claims.iss, subject: claims.sub });
      seen.add(JSON.stringify(body.identity));
    }
    assert.equal(seen.size, 4);
  });

  it('gives each exactly the roles and permissions of its issuer’s claim mapping', async () => {
    const of = async (token: string) => {
      const { body } = await api.ask('GET /me', token);
      return [body.roles.toSorted(), body.permissions.toSorted()];
    };
    assert.deepEqual(await of(tokens.firebase), [['support'], permissionsOf(['support']).toSorted()]);
    assert.deepEqual(await of(tokens.cognito), [
      ['member', 'support'],
      permissionsOf(['support', 'member']).toSorted(),
    ]);
    assert.deepEqual(await of(tokens.auth0), [[], ['notes:read', 'notes:write', 'users:read']]);
    assert.deepEqual(await of(tokens.oidc), [
      ['member', 'support'],
      ['notes:read', 'users:read'],
    ]);
  });

  it('allows operations of permissions that they have, and refuses others', async () => {
    for (const token of Object.values(tokens)) {
      assert.equal(outcome(await api.ask('GET /users', token)), '200');
      const refused = await api.ask('GET /audit', token);
      assert.equal(outcome(refused), '403 permission_denied');
      assert.match(refused.challenge ?? '', /error="insufficient_scope".*scope="audit:read"/);
    }
  });

  it('separates their notes', async () => {
    const { cognito, auth0 } = tokens;
    const note = { title: 'mine', body: 'of the pool' };
    assert.equal(outcome(await api.ask('POST /notes', cognito, note)), '201');
    const titles = async (token: string) =>
      (await api.ask('GET /notes', token)).body.notes.map(({ title }: { title: string }) => title);
    assert.deepEqual([await titles(cognito), await titles(auth0)], [['mine'], []]);
  });

  it('refuses valid tokens of issuers that are not trusted', async () => {
    const untrusting = await openLocalApi([]);
    try {
      for (const name of ['cognito', 'auth0', 'oidc'] as const) {
        assert.equal(outcome(await untrusting.ask('GET /me', tokens[name])), '401 invalid_token');
      }
      assert.equal(outcome(await untrusting.ask('GET /me', tokens.firebase)), '200');
    } finally {
      await untrusting.close();
    }
  });
});
