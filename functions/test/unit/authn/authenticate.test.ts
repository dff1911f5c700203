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
import { ACCOUNTS_LOOKUP, type Google, type GoogleUser, KEYS, mintIdToken } from '../../helpers/google.ts';
import { authenticateToken, type Instance, openInstanceOn, useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { createTestIssuer } from '../../helpers/test-issuer.ts';

const now = () => Math.floor(Date.now() / 1000);
const FRESH = { fresh: true };
const grant = (role: Role, expiresAt?: number) => ({ role, grantedBy: 'system', grantedAt: 1, expiresAt });

/** The account that the tokens show. */
const ADA: GoogleUser = {
  ...{ localId: 'ada', email: 'ada@example.com', emailVerified: true },
  providerUserInfo: [{ providerId: 'password', rawId: 'ada@example.com' }],
};

describe('authenticate', () => {
  /** Milliseconds that the test has moved the instances' clocks forward. */
  let offset = 0;
  const test = useTestInstance('each', { clock: () => Date.now() + offset });
  /** Another instance on the same Firestore and Firebase Auth. */
  let otherInstance: Instance;

  beforeEach(() => {
    offset = 0;
    serveAccounts(test.google);
    test.google.users.set('ada', { ...ADA, customAttributes: '{"roles":["member"],"rv":1}' });
    otherInstance = test.another();
  });

  const member = (claims: Record<string, unknown> = {}) =>
    mintIdToken({ roles: ['member'], rv: 1, ...claims });
  const untilNextFeedRead = () => {
    offset += 10_000;
  };
  const lookUps = () => test.google.count('accounts:lookup');

  /** Only the transaction of a change, as if the process had crashed after it. */
  async function change(at: Instance, edit: Edit): Promise<void> {
    await at.users.get('ada');
    await at.directory.change({ uid: 'ada' }, ({ entry }) => applyEdit(entry ?? assert.fail(), edit, now()));
  }

  describe('for operations that are not privileged', () => {
    it('treats a missing credential as anonymous, without any request', async () => {
      for (const fresh of [false, true])
        assert.equal((await authenticate(test.instance, undefined, { fresh })).principal, ANONYMOUS);
      assert.deepEqual(test.google.requests, []);
    });

    it('refuses a bad credential, and never treats it as anonymous', async () => {
      for (const token of ['', 'null', 'undefined', 'a.b.c']) {
        await assertRefused(() => authenticateToken(test.instance, token), 'invalid_token');
      }
    });

    it('verifies a token once, without a look-up of an account that the directory has', async () => {
      const token = await member();
      await otherInstance.users.get('ada');
      const before = lookUps();
      const first = await authenticateToken(test.instance, token);
      assert.equal(await authenticateToken(test.instance, token), first);
      untilNextFeedRead();
      assert.equal(await authenticateToken(test.instance, token), first);
      assert.equal(test.google.count(KEYS), 1);
      assert.equal(lookUps(), before);
    });

    it('refuses a token that expired after its first verification', async () => {
      const token = await member({ iat: now() - 10, exp: now() + 600 });
      await authenticateToken(test.instance, token);
      offset = 601_000;
      await assertRefused(() => authenticateToken(test.instance, token), 'invalid_token', 'token-expired');
    });

    it('does not cache a refused token', async () => {
      const forged = await mintIdToken({ aud: 'other' });
      await assertRefused(() => authenticateToken(test.instance, forged), 'invalid_token');
      await assertRefused(() => authenticateToken(test.instance, forged), 'invalid_token');
    });

    it('removes a role from a cached token at the second in which the role expires', async () => {
      const at = now();
      const fixedClock = test.another({ clock: () => at * 1000 + offset });
      const token = await mintIdToken({ roles: ['member', 'admin'], rv: 1, rx: { admin: at + 30 } });
      await otherInstance.users.get('ada');
      const asked = lookUps();
      const before = await authenticateToken(fixedClock, token);
      assert.deepEqual(before.roles, ['member', 'admin']);
      offset = 29_999;
      assert.equal(await authenticateToken(fixedClock, token), before);
      offset = 30_000;
      const after = await authenticateToken(fixedClock, token);
      assert.deepEqual([after.roles, after.permissions], [['member'], permissionsOf(['member'])]);
      assert.equal(await authenticateToken(fixedClock, token), after);
      assert.equal(lookUps(), asked);
    });

    const edits: Record<string, readonly [edit: Edit, reason: string]> = {
      'a role change': [{ grants: [grant('auditor')] }, 'roles-changed'],
      'the removal of all roles': [{ grants: [] }, 'roles-changed'],
      'a revocation': [{ revoke: true }, 'revoked'],
      disabling: [{ disabled: true }, 'revoked'],
      'a deletion': [{ remove: true }, 'revoked'],
    };
    for (const [what, [edit, reason]] of Object.entries(edits)) {
      it(`refuses the token after ${what}: here at once, elsewhere after the next feed read`, async () => {
        const token = await member();
        await authenticateToken(otherInstance, token);
        await change(test.instance, edit);
        await assertRefused(() => authenticateToken(test.instance, token), 'token_stale', reason);
        await authenticateToken(otherInstance, token);
        untilNextFeedRead();
        const { caller } = await assertRefused(
          () => authenticateToken(otherInstance, token),
          'token_stale',
          reason,
        );
        assert.equal(caller?.subject, 'ada');
      });
    }

    it('refuses as revoked a sign-in before validAfter, to the second', async () => {
      const validAfter = now() - 30;
      await test.instance.users.get('ada');
      await test.instance.directory.change({ uid: 'ada' }, ({ entry }) => ({
        entry: entry ?? assert.fail(),
        accessChange: { validAfter },
      }));
      const old = await member({ auth_time: validAfter - 1 });
      await assertRefused(() => authenticateToken(test.instance, old), 'token_stale', 'revoked');
      assert.equal(
        (await authenticateToken(test.instance, await member({ auth_time: validAfter }))).authTime,
        validAfter,
      );
    });

    it('accepts a token of the newest version, and refuses one of an older version', async () => {
      await change(test.instance, { grants: [grant('auditor')] });
      const token = await mintIdToken({ roles: ['auditor'], rv: 2 });
      assert.deepEqual((await authenticateToken(test.instance, token)).roles, ['auditor']);
      const other = await mintIdToken({ roles: ['auditor'], rv: 1 });
      await assertRefused(() => authenticateToken(test.instance, other), 'token_stale', 'roles-changed');
    });

    it('takes the roles of a token without a version from the directory, until they change', async () => {
      await change(test.instance, { grants: [grant('auditor')] });
      for (const rv of [undefined, 0, '2', 1.5]) {
        const token = await mintIdToken({ roles: ['owner'], rv });
        assert.deepEqual((await authenticateToken(test.instance, token)).roles, ['auditor']);
      }
      const token = await mintIdToken({ roles: ['owner'], rv: 0 });
      await change(test.instance, { grants: [] });
      await assertRefused(() => authenticateToken(test.instance, token), 'token_stale', 'roles-changed');
    });

    it('refuses all tokens until the feed was read once, then continues with what it read', async () => {
      let isDown = true;
      const open = () => (isDown ? Promise.reject(unavailable('Firestore')) : test.firestore.open());
      const token = await member();
      const clock = () => Date.now() + offset;
      const unreliable = openInstanceOn(test.google, { open }, { clock });
      await assertRefused(
        () => authenticateToken(unreliable, token),
        'unavailable',
        'access changes were not read',
      );
      isDown = false;
      await change(test.instance, { grants: [grant('auditor')] });
      await assertRefused(() => authenticateToken(unreliable, token), 'token_stale');
      isDown = true;
      untilNextFeedRead();
      await assertRefused(() => authenticateToken(unreliable, token), 'token_stale');
      const newer = await mintIdToken({ roles: ['auditor'], rv: 2 });
      assert.deepEqual((await authenticateToken(unreliable, newer)).roles, ['auditor']);
      const readFailures = unreliable.lines.filter(({ kind }) => kind === 'feedReadFailed');
      assert.deepEqual(
        readFailures.map(({ code, detail }) => [code, detail]),
        [
          // The first verification starts a read, too.
          ['unavailable', 'Firestore'],
          ['unavailable', 'Firestore'],
          ['unavailable', 'Firestore'],
        ],
      );
      await assertRefused(() => authenticateToken(unreliable, newer, FRESH), 'unavailable', 'Firestore');
    });
  });

  describe('for privileged operations', () => {
    /** Presents the token for a privileged operation. */
    const presentFresh = () => authenticateToken(test.instance, token, FRESH);
    let token: string;
    beforeEach(async () => {
      token = await member();
    });

    it('creates a missing directory entry with the roles in the claims', async () => {
      assert.equal(await test.instance.directory.find('ada'), undefined);
      assert.deepEqual((await presentFresh()).roles, ['member']);
      const entry = await test.instance.directory.find('ada');
      assert.deepEqual(
        [entry?.rolesVersion, entry?.grants.map(({ role, grantedBy }) => [role, grantedBy])],
        [1, [['member', 'import']]],
      );
    });

    it('reads the directory and Firebase Auth each time', async () => {
      await presentFresh(); // creates the entry, which needs one more look-up
      const before = lookUps();
      await presentFresh();
      await presentFresh();
      assert.equal(lookUps(), before + 2);
      const account = test.google.users.get('ada');
      test.google.users.set('ada', { localId: 'ada', ...account, disabled: true });
      const { caller } = await assertRefused(presentFresh, 'invalid_token', 'account-disabled');
      assert.equal(caller?.subject, 'ada');
      assert.equal(lookUps(), before + 3);
    });

    it('sees a change of another instance at once, before the next feed read', async () => {
      await authenticateToken(test.instance, token);
      await change(otherInstance, { grants: [grant('auditor')] });
      assert.deepEqual((await authenticateToken(test.instance, token)).roles, ['member']);
      await assertRefused(presentFresh, 'token_stale', 'roles-changed');
    });

    const endedInFirebaseAuth: Record<
      string,
      readonly [() => void, code: 'invalid_token' | 'token_stale', reason: string]
    > = {
      disabled: [
        () => test.google.users.set('ada', { localId: 'ada', disabled: true }),
        'invalid_token',
        'account-disabled',
      ],
      deleted: [() => test.google.users.delete('ada'), 'invalid_token', 'account-deleted'],
      'signed out': [
        () => test.google.users.set('ada', { localId: 'ada', validSince: String(now() - 30) }),
        'token_stale',
        'revoked',
      ],
    };
    for (const [what, [end, code, reason]] of Object.entries(endedInFirebaseAuth)) {
      it(`refuses a user who was ${what} in Firebase Auth only`, async () => {
        await presentFresh();
        end();
        await assertRefused(presentFresh, code, reason);
      });
    }

    const endedInDirectory: Record<
      string,
      readonly [Edit, code: 'invalid_token' | 'token_stale', reason: string]
    > = {
      disabled: [{ disabled: true }, 'invalid_token', 'account-disabled'],
      'being deleted': [{ remove: true }, 'invalid_token', 'account-disabled'],
      'signed out': [{ revoke: true }, 'token_stale', 'revoked'],
    };
    for (const [what, [edit, code, reason]] of Object.entries(endedInDirectory)) {
      it(`refuses a user who is ${what} in the directory only`, async () => {
        await change(otherInstance, edit);
        assert.equal(test.google.count('accounts:update'), 0);
        await assertRefused(presentFresh, code, reason);
      });
    }

    it('refuses as revoked a sign-in before validSince in Firebase Auth, to the second', async () => {
      const signedIn = now() - 100;
      token = await member({ auth_time: signedIn });
      test.google.users.set('ada', {
        ...test.google.users.get('ada'),
        localId: 'ada',
        validSince: String(signedIn),
      });
      assert.equal((await presentFresh()).authTime, signedIn);
      test.google.users.set('ada', { localId: 'ada', validSince: String(signedIn + 1) });
      await assertRefused(presentFresh, 'token_stale', 'revoked');
    });

    const differing: Record<string, Record<string, unknown>> = {
      'an older version': { rv: 2 },
      'a newer version than the record': { rv: 4 },
    };
    for (const [what, claims] of Object.entries(differing)) {
      it(`refuses as stale a token with ${what}`, async () => {
        test.google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":3}' });
        assert.deepEqual((await authenticateToken(test.instance, await member({ rv: 3 }), FRESH)).roles, [
          'member',
        ]);
        token = await member(claims);
        await assertRefused(presentFresh, 'token_stale', 'roles-changed');
      });
    }

    it('takes the roles from the record where the token has no version', async () => {
      for (const rv of [undefined, 0, '3']) {
        token = await mintIdToken({ roles: ['owner'], rv });
        assert.deepEqual((await presentFresh()).roles, ['member']);
      }
    });

    it('takes the roles from the record, not from a token of the same version', async () => {
      for (const roles of [['owner', 'member'], ['owner'], undefined]) {
        token = await mintIdToken({ roles, rv: 1 });
        assert.deepEqual((await presentFresh()).roles, ['member']);
      }
    });

    it('accepts a user who never had a role, without permissions', async () => {
      test.google.users.set('ada', { localId: 'ada' });
      token = await mintIdToken();
      assert.deepEqual((await presentFresh()).permissions, []);
    });

    it('removes a role at the second in which its grant expires, with the same token', async () => {
      const at = now();
      const fixedClock = test.another({ clock: () => at * 1000 + offset });
      await change(otherInstance, { grants: [grant('member'), grant('admin', at + 30)] });
      token = await mintIdToken({ roles: ['member', 'admin'], rv: 2, rx: { admin: at + 30 } });
      offset = 29_999;
      assert.deepEqual((await authenticateToken(fixedClock, token, FRESH)).roles, ['member', 'admin']);
      offset = 30_000;
      assert.deepEqual((await authenticateToken(fixedClock, token, FRESH)).roles, ['member']);
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
    /** Only the deadline ends these: the SDK waits or retries. */
    const endedByDeadline = ['no answer', 'a broken connection'];
    for (const [what, answer] of Object.entries(failures)) {
      it(`is "unavailable" while Firebase Auth fails with ${what}; other operations continue`, async () => {
        test.google.answer(ACCOUNTS_LOOKUP, answer);
        assert.equal((await authenticateToken(test.instance, token)).subject, 'ada');
        const refuse = async () =>
          assert.equal((await assertRefused(presentFresh, 'unavailable', /^getUser/)).retryAfter, 5);
        await (endedByDeadline.includes(what) ? withoutDelay(refuse, AUTH_DEADLINE_MS) : refuse());
        serveAccounts(test.google);
        assert.equal((await presentFresh()).subject, 'ada');
      });
    }
  });

  describe('when a token is stale', () => {
    it('writes the pending claims, so that the next token is not stale', async () => {
      const token = await member();
      await change(otherInstance, { grants: [grant('auditor')] });
      assert.deepEqual((await test.instance.directory.find('ada'))?.pending, ['claims']);
      await assertRefused(() => authenticateToken(test.instance, token, FRESH), 'token_stale');
      assert.deepEqual((await test.instance.directory.find('ada'))?.pending, []);
      assert.equal(test.google.users.get('ada')?.customAttributes, '{"roles":["auditor"],"rv":2}');
    });

    for (const fresh of [false, true]) {
      it(`syncs the account at most once in 5 seconds${fresh ? ', also when privileged' : ''}`, async () => {
        const token = await member();
        await change(test.instance, { grants: [grant('auditor')] });
        const at = Date.now();
        const fixedClock = test.another({ clock: () => at + offset });
        await assertRefused(() => authenticateToken(fixedClock, token, FRESH), 'token_stale');
        assert.equal(test.google.count('accounts:update'), 1);
        await change(otherInstance, { grants: [grant('member')] });
        offset = 4_999;
        await assertRefused(() => authenticateToken(fixedClock, token, { fresh }), 'token_stale');
        assert.equal(test.google.count('accounts:update'), 1);
        offset = 5_000;
        await assertRefused(() => authenticateToken(fixedClock, token, { fresh }), 'token_stale');
        assert.equal(test.google.count('accounts:update'), 2);
      });
    }

    it('does not sync the account for a token that is refused for another reason', async () => {
      const token = await member();
      await change(otherInstance, { disabled: true });
      await assertRefused(() => authenticateToken(test.instance, token, FRESH), 'invalid_token');
      assert.deepEqual((await test.instance.directory.find('ada'))?.pending, ['sessions', 'disabled']);
    });
  });

  describe('for a principal of another issuer', () => {
    const directoryIds = new Map([['okta|ada', 'ada']]);

    async function withTestIssuer(at: Instance) {
      const { verifier, mint } = await createTestIssuer(directoryIds);
      const bearer = createBearerAuthenticator([...at.bearer.verifiers, verifier]);
      return { at: { ...at, authenticators: [bearer], bearer }, mint };
    }

    it('refuses it after a revocation, if it has a directory entry', async () => {
      const { at, mint } = await withTestIssuer(otherInstance);
      const token = await mint({ sub: 'okta|ada', roles: ['member'], rv: 1 });
      const principal = await authenticateToken(at, token);
      assert.deepEqual(
        [principal.subject, principal.uid, principal.roles],
        ['okta|ada', undefined, ['member']],
      );
      await change(test.instance, { revoke: true });
      untilNextFeedRead();
      await assertRefused(() => authenticateToken(at, token), 'token_stale', 'revoked');
      await assertRefused(() => authenticateToken(at, token, FRESH), 'token_stale', 'revoked');
    });

    it('refuses it after a role change, and uses the roles of the entry when privileged', async () => {
      const { at, mint } = await withTestIssuer(test.instance);
      const token = await mint({ sub: 'okta|ada', roles: ['owner'], rv: 1 });
      assert.deepEqual((await authenticateToken(at, token, FRESH)).roles, ['member']);
      await change(otherInstance, { grants: [] });
      await assertRefused(() => authenticateToken(at, token, FRESH), 'token_stale', 'roles-changed');
      untilNextFeedRead();
      await assertRefused(() => authenticateToken(at, token), 'token_stale', 'roles-changed');
    });

    it('does not confuse it with the Firebase user of the same id', async () => {
      const { at, mint } = await withTestIssuer(test.instance);
      const token = await mint({ sub: 'ada', roles: ['member'], rv: 1 });
      await change(test.instance, { revoke: true });
      assert.equal((await authenticateToken(at, token)).directoryId, undefined);
    });

    it('accepts it without an entry, but not for privileged operations', async () => {
      const { at, mint } = await withTestIssuer(test.instance);
      const token = await mint({ sub: 'okta|eve', roles: ['owner'], rv: 1 });
      assert.deepEqual((await authenticateToken(at, token)).roles, ['owner']);
      const error = await assertRefused(() => authenticateToken(at, token, FRESH), 'permission_denied');
      assert.equal(error.caller?.subject, 'okta|eve');
      assert.equal(lookUps(), 0);
    });

    it('removes its role at the second in which the role expires', async () => {
      const at = now();
      const fixedClock = test.another({ clock: () => at * 1000 + offset });
      const { at: other, mint } = await withTestIssuer(fixedClock);
      const token = await mint({ sub: 'okta|eve', roles: ['admin'], rv: 1, rx: { admin: at + 30 } });
      assert.deepEqual((await authenticateToken(other, token)).roles, ['admin']);
      offset = 30_000;
      assert.deepEqual((await authenticateToken(other, token)).roles, []);
    });
  });
});
