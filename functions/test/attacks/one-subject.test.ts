import assert from 'node:assert/strict';
import { externalId } from '../../src/authn/external-identity.ts';
import { external, forgeOf, type Kind, kinds } from './issuer-kinds.ts';
import { openWorld, type World } from './world.ts';

/** `member` of one issuer is nobody else's `member`; what a token says of roles or an address gives nothing. */

/** Cognito's two issuer forms are one pool, Auth0's two profiles one tenant. */
const identityOf = ({ issuer }: Kind) => issuer.replace('issuer-cognito-idp.', 'cognito-idp.');

describe('one sub under all issuers', () => {
  let world: World;
  const notes = new Map<string, { readonly id: string; readonly owner: string }>();
  before(async () => {
    world = await openWorld();
    for (const kind of kinds) {
      if (notes.has(identityOf(kind))) continue;
      const headers = [...authorization(kind), 'Content-Type', 'application/json'];
      const { status, body } = await world.ask({
        ...{ method: 'POST', path: '/v1/notes', headers },
        body: JSON.stringify({ title: `of ${kind.name}` }),
      });
      assert.equal(status, 200, JSON.stringify(body));
      notes.set(identityOf(kind), { id: String(body.id), owner: String(body.owner) });
    }
  });
  after(() => world.close());

  function authorization(kind: Kind, claims: Readonly<Record<string, unknown>> = {}): string[] {
    return ['Authorization', `Bearer ${forgeOf(kind, world.now(), { claims })}`];
  }

  it('is as many people', () => {
    const owners = [...notes.values()].map(({ owner }) => owner);
    assert.equal(new Set(owners).size, new Set(kinds.map(identityOf)).size);
    assert.equal(notes.get(identityOf(kinds[0] ?? assert.fail()))?.owner, 'member');
    for (const kind of external) {
      assert.equal(notes.get(identityOf(kind))?.owner, externalId(identityOf(kind), 'member'), kind.name);
    }
  });

  for (const kind of kinds) {
    it(`of ${kind.name} lists and reads its own notes and nobody else’s`, async () => {
      const { body } = await world.ask({ path: '/v1/notes', headers: authorization(kind) });
      const own = notes.get(identityOf(kind));
      assert.deepEqual(
        (body.notes as { id: string }[]).map(({ id }) => id),
        [own?.id],
      );
      for (const { id, owner } of notes.values()) {
        const { status } = await world.ask({ path: `/v1/notes/${id}`, headers: authorization(kind) });
        assert.equal(status, owner === own?.owner ? 200 : 404);
      }
    });
  }

  for (const kind of external) {
    it(`of ${kind.name} is not somebody by taking their directory id for a sub`, async () => {
      for (const { id, owner } of [...notes.values()].filter(({ owner }) => owner !== 'member')) {
        const headers = authorization(kind, { sub: owner });
        const list = await world.ask({ path: '/v1/notes', headers });
        assert.deepEqual([list.status, list.body.notes], [200, []]);
        assert.equal((await world.ask({ path: `/v1/notes/${id}`, headers })).status, 404);
      }
    });

    it(`of ${kind.name} holds what the map says, whatever else the token claims`, async () => {
      const greedy = {
        ...{
          roles: ['owner'],
          role: 'owner',
          rv: 99,
          admin: true,
          permissions: ['roles:assign', '*', 'owner'],
        },
        ...{
          scope: 'openid roles:assign users:write owner *',
          scp: ['owner'],
          groups: ['owner', 'admin', 'constructor', '__proto__'],
        },
        ...{
          'cognito:groups': ['owner', 'admin', 'toString'],
          realm_access: { roles: ['owner'] },
          firebase: { tenant: 'x' },
        },
        ...{
          uid: 'owner',
          user_id: 'owner',
          directoryId: 'owner',
          email: 'owner@example.com',
          email_verified: true,
        },
        ...{
          act: { sub: 'owner' },
          may_act: { sub: 'owner' },
          entitlements: ['owner'],
          acr: 'aal2',
          amr: ['mfa'],
        },
      };
      const plain = await world.ask({ headers: authorization(kind) });
      const { status, body } = await world.ask({ headers: authorization(kind, greedy) });
      assert.equal(status, 200);
      const { roles, permissions, assurance, subject, issuer, kind: who } = body;
      assert.deepEqual(
        [roles, permissions, Object(assurance).level, subject, issuer, who],
        [[], ['notes:read', 'notes:write'], 'aal1', 'member', identityOf(kind), 'user'],
      );
      assert.deepEqual(plain.body.permissions, permissions);
      for (const path of ['/v1/users', '/v1/roles', '/v1/audit-events', '/v1/users/owner']) {
        const answer = await world.ask({ path, headers: authorization(kind, greedy) });
        assert.notEqual(answer.status, 200, path);
      }
      const promote = await world.ask({
        ...{ method: 'PUT', path: '/v1/users/member/roles', body: '{"roles":["owner"]}' },
        headers: [...authorization(kind, greedy), 'Content-Type', 'application/json'],
      });
      assert.equal(promote.status, 403, JSON.stringify(promote.body));
    });
  }
});
