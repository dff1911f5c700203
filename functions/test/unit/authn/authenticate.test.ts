import assert from 'node:assert/strict';
import { authenticate } from '../../../src/authn/authenticate.ts';
import { createBearerAuthenticator } from '../../../src/authn/bearer.ts';
import { ANONYMOUS } from '../../../src/authz/principal.ts';
import { permissionsOf, type Role } from '../../../src/authz/roles.ts';
import { AUTH_DEADLINE_MS } from '../../../src/core/deadline.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { applyEdit, type Edit } from '../../../src/directory/edit.ts';
import { serveAccounts } from '../../helpers/api.ts';
import { withoutDelay } from '../../helpers/fake-timers.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { ACCOUNTS_LOOKUP, type Google, KEYS, mintIdToken, openGoogle } from '../../helpers/google.ts';
import { createInstance, type Instance, present } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createTestIssuer } from '../../helpers/test-issuer.ts';

const now = () => Math.floor(Date.now() / 1000);
const FRESH = { fresh: true };
const grant = (role: Role, expiresAt?: number) => ({ role, grantedBy: 'system', grantedAt: 1, expiresAt });

describe('authenticate', () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  /** Another one, on the same Firestore and Firebase Auth. */
  let elsewhere: Instance;
  /** Milliseconds that the instances' clocks are ahead. */
  let ahead = 0;

  beforeEach(async () => {
    ahead = 0;
    google = await openGoogle();
    serveAccounts(google);
    google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":1}' });
    firestore = await openTestFirestore();
    const clock = () => Date.now() + ahead;
    instance = createInstance(google, firestore, { clock });
    elsewhere = createInstance(google, firestore, { clock });
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

  const member = (claims: Record<string, unknown> = {}) =>
    mintIdToken({ roles: ['member'], rv: 1, ...claims });
  const untilNextRead = () => {
    ahead += 10_000;
  };
  const lookUps = () => google.count('accounts:lookup');

  /** The transaction of a change and nothing after it, as if the process had ended there. */
  async function change(at: Instance, edit: Edit): Promise<void> {
    await at.users.get('ada');
    await at.directory.change({ uid: 'ada' }, ({ entry }) => applyEdit(entry ?? assert.fail(), edit, now()));
  }

  describe('for ordinary access', () => {
    it('takes no credential for anonymous, and asks nobody', async () => {
      for (const fresh of [false, true])
        assert.equal(await authenticate(instance, undefined, { fresh }), ANONYMOUS);
      assert.deepEqual(google.requests, []);
    });

    it('takes a bad credential for an error, never for anonymous', async () => {
      for (const token of ['', 'null', 'undefined', 'a.b.c']) {
        await assertRefused(() => present(instance, token), 'invalid_token');
      }
    });

    it('verifies a token once, and asks nobody about its account', async () => {
      const token = await member();
      const first = await present(instance, token);
      assert.equal(await present(instance, token), first);
      untilNextRead();
      assert.equal(await present(instance, token), first);
      assert.equal(google.count(KEYS), 1);
      assert.equal(lookUps(), 0);
    });

    it('refuses a token that has expired since it was first seen', async () => {
      const token = await member({ iat: now() - 10, exp: now() + 600 });
      await present(instance, token);
      ahead = 601_000;
      await assertRefused(() => present(instance, token), 'invalid_token', 'token-expired');
    });

    it('does not keep a refused token, so that it is refused again', async () => {
      const forged = await mintIdToken({ aud: 'other' });
      await assertRefused(() => present(instance, forged), 'invalid_token');
      await assertRefused(() => present(instance, forged), 'invalid_token');
    });

    it('takes a role away from a token that it recognises in the second in which the role ends', async () => {
      const at = now();
      const steady = createInstance(google, firestore, { clock: () => at * 1000 + ahead });
      const token = await mintIdToken({ roles: ['member', 'admin'], rv: 1, rx: { admin: at + 30 } });
      const before = await present(steady, token);
      assert.deepEqual(before.roles, ['member', 'admin']);
      ahead = 29_999;
      assert.equal(await present(steady, token), before);
      ahead = 30_000;
      const after = await present(steady, token);
      assert.deepEqual([after.roles, after.permissions], [['member'], permissionsOf(['member'])]);
      assert.equal(await present(steady, token), after);
      assert.equal(lookUps(), 0);
    });

    const edits: Record<string, readonly [edit: Edit, reason: string]> = {
      'other roles': [{ grants: [grant('auditor')] }, 'roles-changed'],
      'no roles': [{ grants: [] }, 'roles-changed'],
      'no sessions': [{ revoke: true }, 'revoked'],
      'been disabled': [{ disabled: true }, 'revoked'],
      'been deleted': [{ remove: true }, 'revoked'],
    };
    for (const [what, [edit, reason]] of Object.entries(edits)) {
      it(`calls the token of somebody stale who has ${what} now: here at once, elsewhere with the next read`, async () => {
        const token = await member();
        await present(elsewhere, token);
        await change(instance, edit);
        await assertRefused(() => present(instance, token), 'token_stale', reason);
        await present(elsewhere, token);
        untilNextRead();
        const { caller } = await assertRefused(() => present(elsewhere, token), 'token_stale', reason);
        assert.equal(caller?.subject, 'ada');
      });
    }

    it('calls a sign-in before validAfter revoked, to the second', async () => {
      const validAfter = now() - 30;
      await instance.users.get('ada');
      await instance.directory.change({ uid: 'ada' }, ({ entry }) => ({
        entry: entry ?? assert.fail(),
        accessChange: { validAfter },
      }));
      const old = await member({ auth_time: validAfter - 1 });
      await assertRefused(() => present(instance, old), 'token_stale', 'revoked');
      assert.equal((await present(instance, await member({ auth_time: validAfter }))).authTime, validAfter);
    });

    it('passes a token of the newest version, and none without a version', async () => {
      await change(instance, { grants: [grant('auditor')] });
      const token = await mintIdToken({ roles: ['auditor'], rv: 2 });
      assert.deepEqual((await present(instance, token)).roles, ['auditor']);
      for (const rv of [undefined, 0, '2', 1.5]) {
        const other = await mintIdToken({ roles: ['auditor'], rv });
        await assertRefused(() => present(instance, other), 'token_stale', 'roles-changed');
      }
    });

    it('passes nobody while the changes were never read, and goes on with what it knows afterwards', async () => {
      let isDown = true;
      const open = () => (isDown ? Promise.reject(unavailable('Firestore')) : firestore.open());
      const token = await member();
      const clock = () => Date.now() + ahead;
      const unsteady = createInstance(google, { ...firestore, open }, { clock });
      await assertRefused(() => present(unsteady, token), 'unavailable', 'access changes were not read');
      isDown = false;
      await change(instance, { grants: [grant('auditor')] });
      await assertRefused(() => present(unsteady, token), 'token_stale');
      isDown = true;
      untilNextRead();
      await assertRefused(() => present(unsteady, token), 'token_stale');
      const newer = await mintIdToken({ roles: ['auditor'], rv: 2 });
      assert.deepEqual((await present(unsteady, newer)).roles, ['auditor']);
      const unread = unsteady.lines.filter(({ kind }) => kind === 'feedReadFailed');
      assert.deepEqual(
        unread.map(({ code, detail }) => [code, detail]),
        [
          ['unavailable', 'Firestore'],
          ['unavailable', 'Firestore'],
        ],
      );
      await assertRefused(() => present(unsteady, newer, FRESH), 'unavailable', 'Firestore');
    });
  });

  describe('for privileged access', () => {
    /** In step with what the directory has adopted. */
    const good = () => present(instance, token, FRESH);
    let token: string;
    beforeEach(async () => {
      token = await member();
    });

    it('enters in the directory whom it does not know, with the roles of the claims', async () => {
      assert.equal(await instance.directory.find('ada'), undefined);
      assert.deepEqual((await good()).roles, ['member']);
      const entry = await instance.directory.find('ada');
      assert.deepEqual(
        [entry?.rolesVersion, entry?.grants.map(({ role, grantedBy }) => [role, grantedBy])],
        [1, [['member', 'import']]],
      );
    });

    it('asks the directory and Firebase Auth each time', async () => {
      await good(); // which enters her in the directory, and looks once more for that
      const entered = lookUps();
      await good();
      await good();
      assert.equal(lookUps(), entered + 2);
      const claims = google.users.get('ada');
      google.users.set('ada', { localId: 'ada', ...claims, disabled: true });
      const { caller } = await assertRefused(good, 'invalid_token', 'account-disabled');
      assert.equal(caller?.subject, 'ada');
      assert.equal(lookUps(), entered + 3);
    });

    it('knows at once what another instance did, which ordinary access learns with the next read', async () => {
      await present(instance, token);
      await change(elsewhere, { grants: [grant('auditor')] });
      assert.deepEqual((await present(instance, token)).roles, ['member']);
      await assertRefused(good, 'token_stale', 'roles-changed');
    });

    const elsewhereEnded: Record<
      string,
      readonly [() => void, code: 'invalid_token' | 'token_stale', reason: string]
    > = {
      disabled: [
        () => google.users.set('ada', { localId: 'ada', disabled: true }),
        'invalid_token',
        'account-disabled',
      ],
      deleted: [() => google.users.delete('ada'), 'invalid_token', 'account-deleted'],
      'signed out': [
        () => google.users.set('ada', { localId: 'ada', validSince: String(now() - 30) }),
        'token_stale',
        'revoked',
      ],
    };
    for (const [what, [end, code, reason]] of Object.entries(elsewhereEnded)) {
      it(`refuses who was ${what} in Firebase Auth alone`, async () => {
        await good();
        end();
        await assertRefused(good, code, reason);
      });
    }

    const endedHere: Record<string, readonly [Edit, code: 'invalid_token' | 'token_stale', reason: string]> =
      {
        disabled: [{ disabled: true }, 'invalid_token', 'account-disabled'],
        'being deleted': [{ remove: true }, 'invalid_token', 'account-disabled'],
        'signed out': [{ revoke: true }, 'token_stale', 'revoked'],
      };
    for (const [what, [edit, code, reason]] of Object.entries(endedHere)) {
      it(`refuses who is ${what} in the directory alone`, async () => {
        await change(elsewhere, edit);
        assert.equal(google.count('accounts:update'), 0);
        await assertRefused(good, code, reason);
      });
    }

    it('calls a sign-in before either’s validAfter revoked, to the second', async () => {
      const signedIn = now() - 100;
      token = await member({ auth_time: signedIn });
      google.users.set('ada', { ...google.users.get('ada'), localId: 'ada', validSince: String(signedIn) });
      assert.equal((await good()).authTime, signedIn);
      google.users.set('ada', { localId: 'ada', validSince: String(signedIn + 1) });
      await assertRefused(good, 'token_stale', 'revoked');
    });

    const differing: Record<string, Record<string, unknown>> = {
      'an older version': { rv: 2 },
      'a newer version than the record': { rv: 4 },
      'no version': { rv: undefined },
      'a version that is no number': { rv: '3' },
    };
    for (const [what, claims] of Object.entries(differing)) {
      it(`calls a token stale that has ${what}`, async () => {
        google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":3}' });
        assert.deepEqual((await present(instance, await member({ rv: 3 }), FRESH)).roles, ['member']);
        token = await member(claims);
        await assertRefused(good, 'token_stale', 'roles-changed');
      });
    }

    it('takes the roles from the record, whatever a token of the same version says', async () => {
      for (const roles of [['owner', 'member'], ['owner'], undefined]) {
        token = await mintIdToken({ roles, rv: 1 });
        assert.deepEqual((await good()).roles, ['member']);
      }
    });

    it('passes who has no role and never had, as nobody who may anything', async () => {
      google.users.set('ada', { localId: 'ada' });
      token = await mintIdToken();
      assert.deepEqual((await good()).permissions, []);
    });

    it('takes a role away in the second in which its grant ends, with the same token', async () => {
      const at = now();
      const steady = createInstance(google, firestore, { clock: () => at * 1000 + ahead });
      await change(elsewhere, { grants: [grant('member'), grant('admin', at + 30)] });
      token = await mintIdToken({ roles: ['member', 'admin'], rv: 2, rx: { admin: at + 30 } });
      ahead = 29_999;
      assert.deepEqual((await present(steady, token, FRESH)).roles, ['member', 'admin']);
      ahead = 30_000;
      assert.deepEqual((await present(steady, token, FRESH)).roles, ['member']);
    });

    const failures: Record<string, Parameters<Google['answer']>[1]> = {
      '500': () => (res) => void res.writeHead(500).end('{}'),
      '429': () => (res) =>
        void res.writeHead(429, { 'Content-Type': 'application/json' }).end('{"error":{}}'),
      'HTML with 200': () => (res) => void res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>'),
      'access denied': () => (res) =>
        void res
          .writeHead(403, { 'Content-Type': 'application/json' })
          .end('{"error":{"message":"PERMISSION_DENIED"}}'),
      'no answer': () => () => undefined,
      'a broken connection': () => (res) => void res.socket?.destroy(),
    };
    /** What only the deadline ends: the SDK waits, or tries again and again. */
    const unending = ['no answer', 'a broken connection'];
    for (const [what, answer] of Object.entries(failures)) {
      it(`answers "unavailable" while Firebase Auth cannot be asked, and ordinary access goes on: ${what}`, async () => {
        google.answer(ACCOUNTS_LOOKUP, answer);
        assert.equal((await present(instance, token)).subject, 'ada');
        const refuse = async () =>
          assert.equal((await assertRefused(good, 'unavailable', /^getUser/)).retryAfter, 5);
        await (unending.includes(what) ? withoutDelay(refuse, AUTH_DEADLINE_MS) : refuse());
        serveAccounts(google);
        assert.equal((await good()).subject, 'ada');
      });
    }
  });

  describe('when a token is stale', () => {
    it('sees to it that the next one will not be, should telling Firebase Auth have been cut short', async () => {
      const token = await member();
      await change(elsewhere, { grants: [grant('auditor')] });
      assert.deepEqual((await instance.directory.find('ada'))?.pending, ['claims']);
      await assertRefused(() => present(instance, token, FRESH), 'token_stale');
      assert.deepEqual((await instance.directory.find('ada'))?.pending, []);
      assert.equal(google.users.get('ada')?.customAttributes, '{"roles":["auditor"],"rv":2}');
    });

    for (const fresh of [false, true]) {
      it(`looks after it at most once in 5 seconds${fresh ? ', for privileged access, too' : ''}`, async () => {
        const token = await member();
        await change(instance, { grants: [grant('auditor')] });
        const at = Date.now();
        const steady = createInstance(google, firestore, { clock: () => at + ahead });
        await assertRefused(() => present(steady, token, FRESH), 'token_stale');
        assert.equal(google.count('accounts:update'), 1);
        await change(elsewhere, { grants: [grant('member')] });
        ahead = 4_999;
        await assertRefused(() => present(steady, token, { fresh }), 'token_stale');
        assert.equal(google.count('accounts:update'), 1);
        ahead = 5_000;
        await assertRefused(() => present(steady, token, { fresh }), 'token_stale');
        assert.equal(google.count('accounts:update'), 2);
      });
    }

    it('is not looked after for a token that is refused for another reason', async () => {
      const token = await member();
      await change(elsewhere, { disabled: true });
      await assertRefused(() => present(instance, token, FRESH), 'invalid_token');
      assert.deepEqual((await instance.directory.find('ada'))?.pending, ['sessions', 'disabled']);
    });
  });

  describe('another issuer’s principal', () => {
    const directoryIds = new Map([['okta|ada', 'ada']]);

    async function withTestIssuer(at: Instance) {
      const { verifier, mint } = await createTestIssuer(directoryIds);
      const bearer = createBearerAuthenticator([...at.bearer.verifiers, verifier]);
      return { at: { ...at, authenticators: [bearer], bearer }, mint };
    }

    it('is revoked by the same changes where it has an entry in the directory', async () => {
      const { at, mint } = await withTestIssuer(elsewhere);
      const token = await mint({ sub: 'okta|ada', roles: ['member'], rv: 1 });
      const principal = await present(at, token);
      assert.deepEqual(
        [principal.subject, principal.uid, principal.roles],
        ['okta|ada', undefined, ['member']],
      );
      await change(instance, { revoke: true });
      untilNextRead();
      await assertRefused(() => present(at, token), 'token_stale', 'revoked');
      await assertRefused(() => present(at, token, FRESH), 'token_stale', 'revoked');
    });

    it('loses its roles by the same changes, and has those of the entry for privileged access', async () => {
      const { at, mint } = await withTestIssuer(instance);
      const token = await mint({ sub: 'okta|ada', roles: ['owner'], rv: 1 });
      assert.deepEqual((await present(at, token, FRESH)).roles, ['member']);
      await change(elsewhere, { grants: [] });
      await assertRefused(() => present(at, token, FRESH), 'token_stale', 'roles-changed');
      untilNextRead();
      await assertRefused(() => present(at, token), 'token_stale', 'roles-changed');
    });

    it('is not taken for a Firebase user of the name that its issuer gave it', async () => {
      const { at, mint } = await withTestIssuer(instance);
      const token = await mint({ sub: 'ada', roles: ['member'], rv: 1 });
      await change(instance, { revoke: true });
      assert.equal((await present(at, token)).directoryId, undefined);
    });

    it('without an entry passes to what is ordinary, and not to what is privileged', async () => {
      const { at, mint } = await withTestIssuer(instance);
      const token = await mint({ sub: 'okta|eve', roles: ['owner'], rv: 1 });
      assert.deepEqual((await present(at, token)).roles, ['owner']);
      const error = await assertRefused(() => present(at, token, FRESH), 'permission_denied');
      assert.equal(error.caller?.subject, 'okta|eve');
      assert.equal(lookUps(), 0);
    });

    it('loses a role in the second in which it ends, as any other', async () => {
      const at = now();
      const steady = createInstance(google, firestore, { clock: () => at * 1000 + ahead });
      const { at: other, mint } = await withTestIssuer(steady);
      const token = await mint({ sub: 'okta|eve', roles: ['admin'], rv: 1, rx: { admin: at + 30 } });
      assert.deepEqual((await present(other, token)).roles, ['admin']);
      ahead = 30_000;
      assert.deepEqual((await present(other, token)).roles, []);
    });
  });
});
