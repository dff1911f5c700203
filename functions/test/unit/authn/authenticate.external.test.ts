import assert from 'node:assert/strict';
import { externalId } from '../../../src/authn/external-identity.ts';
import type { Role } from '../../../src/authz/roles.ts';
import { applyEdit, type Edit } from '../../../src/directory/edit.ts';
import { serveAccounts } from '../../helpers/api.ts';
import { authenticateToken, type Instance, useTestInstance } from '../../helpers/instance.ts';
import { type KeyServer, openKeyServer } from '../../helpers/key-server.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createSigningPair, type SigningPair } from '../../helpers/signing.ts';

const ISSUER = 'https://login.example.com';
const ID = externalId(ISSUER, 'ada');
const FRESH = { fresh: true };
const HOUR = 3_600_000;
const entry = {
  ...{ type: 'oidc', issuer: ISSUER, audience: 'api', jwksUri: `${ISSUER}/keys`, typ: ['jwt'] },
  map: { groups: { staff: ['support'], reader: ['audit:read'] } },
};
const grant = (role: Role) => ({ role, grantedBy: 'system', grantedAt: 1 });

describe('authenticate: an external user', () => {
  let pair: SigningPair;
  let server: KeyServer;
  let instance: Instance;
  let otherInstance: Instance;
  let offset = 0;
  const test = useTestInstance('each');

  before(async () => {
    pair = await createSigningPair('RS256', 'k1');
    server = await openKeyServer();
    server.publish({ keys: [pair.jwk] });
  });
  after(() => server.close());
  beforeEach(() => {
    offset = 0;
    serveAccounts(test.google);
    test.google.users.set('bob', { localId: 'bob', customAttributes: '{"roles":["auditor"],"rv":1}' });
    [instance, otherInstance] = [open(), open()];
  });

  /** @param skew milliseconds that the clock of this instance is ahead of the others */
  const open = (more: object = { jitProvisioning: true }, skew = 0) =>
    test.another({
      product: { trustedIssuers: [{ ...entry, ...more }] },
      clock: () => Date.now() + offset + skew,
      fetch: server.fetch,
    });
  const now = () => Math.floor((Date.now() + offset) / 1000);
  /** A token that is valid for a day. */
  const mint = (claims: Record<string, unknown> = {}) =>
    pair.sign({ iss: ISSUER, aud: 'api', sub: 'ada', iat: now() - 5, exp: now() + 24 * 3600 - 5, ...claims });
  const change = (at: Instance, edit: Edit, uid = ID) =>
    at.directory.change({ uid }, ({ entry: found }) => applyEdit(found ?? assert.fail(), edit, now()));
  const assertDisabled = (at: Instance, token: string) =>
    assertRefused(() => authenticateToken(at, token), 'invalid_token', 'account-disabled');
  const untilNextFeedRead = () => {
    offset += 10_000;
  };

  it('is provisioned at the first request, and read once while nothing changes', async () => {
    const token = await mint({ groups: ['staff'] });
    const first = await authenticateToken(instance, token);
    assert.deepEqual([first.directoryId, first.roles], [ID, ['support']]);
    assert.deepEqual((await instance.directory.find(ID))?.identity, { issuer: ISSUER, subject: 'ada' });
    untilNextFeedRead();
    assert.equal(await authenticateToken(instance, token), first);
  });

  it('is accepted without an entry, but not for privileged operations', async () => {
    const withoutJit = open({ jitProvisioning: false });
    const token = await mint({ groups: ['reader'] });
    assert.ok((await authenticateToken(withoutJit, token)).permissions.includes('audit:read'));
    await assertRefused(() => authenticateToken(withoutJit, token, FRESH), 'permission_denied');
    assert.equal(await withoutJit.directory.find(ID), undefined);
  });

  it('has only the grants of the directory for privileged operations', async () => {
    const token = await mint({ groups: ['reader'] });
    assert.deepEqual((await authenticateToken(instance, token, FRESH)).roles, []);
    await change(otherInstance, { grants: [grant('admin')] });
    const principal = await authenticateToken(instance, token, FRESH);
    assert.deepEqual([principal.roles, principal.directoryId], [['admin'], ID]);
    assert.ok(principal.permissions.includes('roles:assign'));
  });

  it('has new grants with its old token: here at once, elsewhere after the next feed read', async () => {
    const token = await mint();
    await Promise.all([authenticateToken(instance, token), authenticateToken(otherInstance, token)]);
    await change(instance, { grants: [grant('auditor')] });
    assert.deepEqual((await authenticateToken(instance, token)).roles, ['auditor']);
    assert.deepEqual((await authenticateToken(otherInstance, token)).roles, []);
    untilNextFeedRead();
    assert.deepEqual((await authenticateToken(otherInstance, token)).roles, ['auditor']);
    await change(instance, { grants: [] });
    untilNextFeedRead();
    assert.deepEqual((await authenticateToken(otherInstance, token)).roles, []);
  });

  const endings: Record<string, Edit> = { revoked: { revoke: true }, disabled: { disabled: true } };
  for (const [what, edit] of Object.entries(endings)) {
    it(`is refused when ${what}: at once here or if privileged, else after the next feed read`, async () => {
      const token = await mint();
      await Promise.all([authenticateToken(instance, token), authenticateToken(otherInstance, token)]);
      await change(instance, edit);
      await assertRefused(() => authenticateToken(instance, token), 'token_stale', 'revoked');
      const code = what === 'disabled' ? 'invalid_token' : 'token_stale';
      await assertRefused(() => authenticateToken(otherInstance, token, FRESH), code);
      untilNextFeedRead();
      await assertRefused(() => authenticateToken(otherInstance, token), 'token_stale', 'revoked');
    });

    it(`is still refused when ${what} after the feed has dropped the change`, async () => {
      const token = await mint();
      await authenticateToken(instance, token);
      await change(instance, edit);
      await assertRefused(() => authenticateToken(instance, token), 'token_stale');
      for (let hour = 1; hour < 23; hour += 3) {
        offset = hour * HOUR;
        await assert.rejects(() => authenticateToken(instance, token));
      }
    });
  }

  it('is accepted with a token issued after a revocation, but not while disabled', async () => {
    await authenticateToken(instance, await mint());
    await change(instance, { revoke: true });
    offset = 20_000;
    assert.equal((await authenticateToken(instance, await mint())).subject, 'ada');
    await change(instance, { disabled: true });
    offset = 40_000;
    await assertRefused(
      async () => authenticateToken(instance, await mint()),
      'invalid_token',
      'account-disabled',
    );
  });

  it('is refused when disabled even if the issuer’s clock is ahead', async () => {
    const token = await mint({ iat: now() + 4, groups: ['staff'] });
    await Promise.all([authenticateToken(instance, token), authenticateToken(otherInstance, token)]);
    await change(instance, { disabled: true });
    await assertDisabled(instance, token);
    untilNextFeedRead();
    await assertDisabled(otherInstance, token);
  });

  describe('in the second of its provisioning', () => {
    /** The issuer's clock is ahead, so the sign-in time alone does not show that the token is older. */
    const mintAhead = () => mint({ iat: now() + 4, groups: ['staff'] });
    const disable = () =>
      instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) =>
        applyEdit(found, { disabled: true }, found.created),
      );

    it('is refused on every instance when disabled', async () => {
      const token = await mintAhead();
      await Promise.all([authenticateToken(instance, token), authenticateToken(otherInstance, token)]);
      await disable();
      untilNextFeedRead();
      for (const one of [instance, otherInstance]) await assertDisabled(one, token);
    });

    it('loses its grants on every instance when its entry is deleted', async () => {
      const withoutJit = open({ jitProvisioning: false });
      const token = await mintAhead();
      await authenticateToken(instance, token);
      await change(instance, { grants: [grant('auditor')] });
      assert.ok((await authenticateToken(withoutJit, token)).roles.includes('auditor'));
      await instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) => ({
        entry: null,
        accessChange: { gone: true, validAfter: found.created + 1 },
      }));
      untilNextFeedRead();
      assert.deepEqual((await authenticateToken(withoutJit, token)).roles, ['support']);
    });

    it('is refused when disabled, on an instance with a clock ahead that had found no entry', async () => {
      const withoutJit = open({ jitProvisioning: false }, 4_000);
      const token = await mintAhead();
      await authenticateToken(withoutJit, token);
      await authenticateToken(instance, token);
      await disable();
      untilNextFeedRead();
      await assertDisabled(withoutJit, token);
    });

    it('is refused when disabled, after provisioning by an instance with a clock ahead', async () => {
      const token = await mintAhead();
      await authenticateToken(instance, token);
      await instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) => ({
        entry: { ...found, created: found.created + 4 },
      }));
      await authenticateToken(otherInstance, token);
      await change(instance, { disabled: true });
      untilNextFeedRead();
      for (const one of [instance, otherInstance]) await assertDisabled(one, token);
    });
  });

  it('is read and provisioned once for many concurrent requests', async () => {
    const token = await mint();
    const all = await Promise.all(Array.from({ length: 150 }, () => authenticateToken(instance, token)));
    assert.equal(new Set(all).size, 1);
  });

  it('is cached six minutes after a deletion, when it was provisioned again', async () => {
    await authenticateToken(instance, await mint());
    const accessChange = { gone: true, validAfter: now() + 1 } as const;
    await instance.directory.change({ uid: ID }, () => ({ entry: null, accessChange }));
    offset = 370_000;
    const token = await mint();
    const first = await authenticateToken(instance, token);
    assert.equal(await authenticateToken(instance, token), first);
  });

  it('is cached six minutes after a deletion, when it was provisioned again in the same second', async () => {
    const mintAhead = () => mint({ iat: now() + 4 });
    await authenticateToken(instance, await mintAhead());
    await instance.directory.change({ uid: ID }, ({ now: at }) => ({
      entry: null,
      accessChange: { gone: true, validAfter: Math.floor(at / 1000) + 1 },
    }));
    await authenticateToken(otherInstance, await mintAhead());
    offset = 370_000;
    const token = await mint();
    const first = await authenticateToken(otherInstance, token);
    assert.equal(await authenticateToken(otherInstance, token), first);
  });

  it('is cached without an entry six minutes after a deletion', async () => {
    const withoutJit = open({ jitProvisioning: false });
    await authenticateToken(instance, await mint());
    const accessChange = { gone: true, validAfter: now() + 1 } as const;
    await instance.directory.change({ uid: ID }, () => ({ entry: null, accessChange }));
    offset = 370_000;
    const token = await mint();
    const first = await authenticateToken(withoutJit, token);
    assert.equal(await authenticateToken(withoutJit, token), first);
  });

  it('does not get the roles of the Firebase user with the same id', async () => {
    test.google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["owner"],"rv":1}' });
    await instance.users.get('ada');
    assert.deepEqual((await authenticateToken(instance, await mint(), FRESH)).roles, []);
  });
});
