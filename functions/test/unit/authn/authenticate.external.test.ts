import assert from 'node:assert/strict';
import { externalId } from '../../../src/authn/external-identity.ts';
import type { Role } from '../../../src/authz/roles.ts';
import { applyEdit, type Edit } from '../../../src/directory/edit.ts';
import { serveAccounts } from '../../helpers/api.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { type Google, openGoogle } from '../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../helpers/instance.ts';
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

describe('authenticate: somebody of another issuer', () => {
  let pair: SigningPair;
  let server: KeyServer;
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  let elsewhere: Instance;
  let ahead = 0;

  before(async () => {
    pair = await createSigningPair('RS256', 'k1');
    server = await openKeyServer();
    server.publish({ keys: [pair.jwk] });
  });
  after(() => server.close());
  beforeEach(async () => {
    ahead = 0;
    google = await openGoogle();
    serveAccounts(google);
    google.users.set('bob', { localId: 'bob', customAttributes: '{"roles":["auditor"],"rv":1}' });
    firestore = await openTestFirestore();
    [instance, elsewhere] = [open(), open()];
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

  /** @param fast how far (ms) its clock is ahead of everybody's */
  const open = (more: object = { jitProvisioning: true }, fast = 0) =>
    createInstance(google, firestore, {
      product: { trustedIssuers: [{ ...entry, ...more }] },
      clock: () => Date.now() + ahead + fast,
      fetch: server.fetch,
    });
  const now = () => Math.floor((Date.now() + ahead) / 1000);
  /** A token of a day's life. */
  const mint = (claims: Record<string, unknown> = {}) =>
    pair.sign({ iss: ISSUER, aud: 'api', sub: 'ada', iat: now() - 5, exp: now() + 24 * 3600 - 5, ...claims });
  const change = (at: Instance, edit: Edit, uid = ID) =>
    at.directory.change({ uid }, ({ entry: found }) => applyEdit(found ?? assert.fail(), edit, now()));
  const assertOut = (at: Instance, token: string) =>
    assertRefused(() => present(at, token), 'invalid_token', 'account-disabled');
  const untilNextRead = () => {
    ahead += 10_000;
  };

  it('is entered on first sight, and looked for once while nothing happens', async () => {
    const token = await mint({ groups: ['staff'] });
    const first = await present(instance, token);
    assert.deepEqual([first.directoryId, first.roles], [ID, ['support']]);
    assert.deepEqual((await instance.directory.find(ID))?.identity, { issuer: ISSUER, subject: 'ada' });
    untilNextRead();
    assert.equal(await present(instance, token), first);
  });

  it('passes without an entry to what is ordinary, and not to what is privileged', async () => {
    const shy = open({ jitProvisioning: false });
    const token = await mint({ groups: ['reader'] });
    assert.ok((await present(shy, token)).permissions.includes('audit:read'));
    await assertRefused(() => present(shy, token, FRESH), 'permission_denied');
    assert.equal(await shy.directory.find(ID), undefined);
  });

  it('has for privileged access what the directory grants, and nothing that the token says', async () => {
    const token = await mint({ groups: ['reader'] });
    assert.deepEqual((await present(instance, token, FRESH)).roles, []);
    await change(elsewhere, { grants: [grant('admin')] });
    const principal = await present(instance, token, FRESH);
    assert.deepEqual([principal.roles, principal.directoryId], [['admin'], ID]);
    assert.ok(principal.permissions.includes('roles:assign'));
  });

  it('has new grants with the token it has: here at once, elsewhere with the next read', async () => {
    const token = await mint();
    await Promise.all([present(instance, token), present(elsewhere, token)]);
    await change(instance, { grants: [grant('auditor')] });
    assert.deepEqual((await present(instance, token)).roles, ['auditor']);
    assert.deepEqual((await present(elsewhere, token)).roles, []);
    untilNextRead();
    assert.deepEqual((await present(elsewhere, token)).roles, ['auditor']);
    await change(instance, { grants: [] });
    untilNextRead();
    assert.deepEqual((await present(elsewhere, token)).roles, []);
  });

  const ended: Record<string, Edit> = { revoked: { revoke: true }, disabled: { disabled: true } };
  for (const [what, edit] of Object.entries(ended)) {
    it(`is out when ${what}: here at once, elsewhere with the next read, for privileged access everywhere`, async () => {
      const token = await mint();
      await Promise.all([present(instance, token), present(elsewhere, token)]);
      await change(instance, edit);
      await assertRefused(() => present(instance, token), 'token_stale', 'revoked');
      const code = what === 'disabled' ? 'invalid_token' : 'token_stale';
      await assertRefused(() => present(elsewhere, token, FRESH), code);
      untilNextRead();
      await assertRefused(() => present(elsewhere, token), 'token_stale', 'revoked');
    });

    it(`stays out when ${what}, for all of its token’s day, though the feed forgets within hours`, async () => {
      const token = await mint();
      await present(instance, token);
      await change(instance, edit);
      await assertRefused(() => present(instance, token), 'token_stale');
      for (let hour = 1; hour < 23; hour += 3) {
        ahead = hour * HOUR;
        await assert.rejects(() => present(instance, token));
      }
    });
  }

  it('is back after a revocation with a token issued since, and not while disabled', async () => {
    await present(instance, await mint());
    await change(instance, { revoke: true });
    ahead = 20_000;
    assert.equal((await present(instance, await mint())).subject, 'ada');
    await change(instance, { disabled: true });
    ahead = 40_000;
    await assertRefused(async () => present(instance, await mint()), 'invalid_token', 'account-disabled');
  });

  it('is out when disabled although its issuer’s clock is ahead, so that its token seems to be younger', async () => {
    const token = await mint({ iat: now() + 4, groups: ['staff'] });
    await Promise.all([present(instance, token), present(elsewhere, token)]);
    await change(instance, { disabled: true });
    await assertOut(instance, token);
    untilNextRead();
    await assertOut(elsewhere, token);
  });

  describe('what happens in the second in which it was entered', () => {
    /** Its issuer's clock is ahead: the time of the sign-in alone does not tell. */
    const mintAhead = () => mint({ iat: now() + 4, groups: ['staff'] });
    const disable = () =>
      instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) =>
        applyEdit(found, { disabled: true }, found.created),
      );

    it('counts elsewhere, too: it is out when disabled', async () => {
      const token = await mintAhead();
      await Promise.all([present(instance, token), present(elsewhere, token)]);
      await disable();
      untilNextRead();
      for (const one of [instance, elsewhere]) await assertOut(one, token);
    });

    it('counts elsewhere, too: what it was granted goes when its entry is deleted', async () => {
      const shy = open({ jitProvisioning: false });
      const token = await mintAhead();
      await present(instance, token);
      await change(instance, { grants: [grant('auditor')] });
      assert.ok((await present(shy, token)).roles.includes('auditor'));
      await instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) => ({
        entry: null,
        accessChange: { gone: true, validAfter: found.created + 1 },
      }));
      untilNextRead();
      assert.deepEqual((await present(shy, token)).roles, ['support']);
    });

    it('counts on an instance that saw no entry just before, and whose clock is ahead: it is out when disabled', async () => {
      const shy = open({ jitProvisioning: false }, 4_000);
      const token = await mintAhead();
      await present(shy, token);
      await present(instance, token);
      await disable();
      untilNextRead();
      await assertOut(shy, token);
    });

    it('counts for who was entered by an instance whose clock is ahead: it is out when disabled', async () => {
      const token = await mintAhead();
      await present(instance, token);
      await instance.directory.change({ uid: ID }, ({ entry: found = assert.fail() }) => ({
        entry: { ...found, created: found.created + 4 },
      }));
      await present(elsewhere, token);
      await change(instance, { disabled: true });
      untilNextRead();
      for (const one of [instance, elsewhere]) await assertOut(one, token);
    });
  });

  it('is looked up once by many requests at the same time, and entered once', async () => {
    const token = await mint();
    const all = await Promise.all(Array.from({ length: 150 }, () => present(instance, token)));
    assert.equal(new Set(all).size, 1);
  });

  it('entered again after a deletion costs no look at the directory a minute later', async () => {
    await present(instance, await mint());
    const accessChange = { gone: true, validAfter: now() + 1 } as const;
    await instance.directory.change({ uid: ID }, () => ({ entry: null, accessChange }));
    ahead = 70_000;
    const token = await mint();
    const first = await present(instance, token);
    assert.equal(await present(instance, token), first);
  });

  it('entered again in the second of its deletion costs no look at the directory a minute later', async () => {
    const aheadOfUs = () => mint({ iat: now() + 4 });
    await present(instance, await aheadOfUs());
    await instance.directory.change({ uid: ID }, ({ now: at }) => ({
      entry: null,
      accessChange: { gone: true, validAfter: Math.floor(at / 1000) + 1 },
    }));
    await present(elsewhere, await aheadOfUs());
    ahead = 70_000;
    const token = await mint();
    const first = await present(elsewhere, token);
    assert.equal(await present(elsewhere, token), first);
  });

  it('without an entry costs no look at the directory, be it a minute after a deletion', async () => {
    const shy = open({ jitProvisioning: false });
    await present(instance, await mint());
    const accessChange = { gone: true, validAfter: now() + 1 } as const;
    await instance.directory.change({ uid: ID }, () => ({ entry: null, accessChange }));
    ahead = 70_000;
    const token = await mint();
    const first = await present(shy, token);
    assert.equal(await present(shy, token), first);
  });

  it('is nobody’s business of the Firebase user who has its name', async () => {
    google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["owner"],"rv":1}' });
    await instance.users.get('ada');
    assert.deepEqual((await present(instance, await mint(), FRESH)).roles, []);
  });
});
