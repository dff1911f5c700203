import assert from 'node:assert/strict';
import { type AuthenticateDeps, authenticate } from '../../../src/authn/authenticate.ts';
import { type RecentChange, sessionKey } from '../../../src/authn/ports.ts';
import { createSessionAuthenticator, sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { cookieValue, openSessionPort, readSessionOf, sessionOf } from '../../helpers/session-port.ts';

const NOW = 1_800_000_000;
const ADMIN = [{ role: 'admin' as const }];

describe('authenticate: session cookie', () => {
  const open = () => {
    const port = openSessionPort();
    const changes = new Map<string, RecentChange>();
    const authenticator = createSessionAuthenticator(port, { emulator: false });
    const notCalled = () => assert.fail('the session has the record');
    const deps: AuthenticateDeps = {
      authenticators: [authenticator],
      clock: () => NOW * 1000,
      accessChanges: { find: (id) => changes.get(id) },
      accessRecords: {
        read: notCalled,
        readExternal: notCalled,
        resyncAfterStaleToken: async () => undefined,
      },
    };
    port.put('a', readSessionOf(sessionOf(NOW)));
    const credential = { authenticator, value: cookieValue('a') };
    const authenticateA = async ({ fresh = false } = {}) =>
      (await authenticate(deps, credential, { fresh })).principal;
    return { port, changes, deps, authenticateA };
  };

  it('reads once, while nothing changes', async () => {
    const { port, authenticateA } = open();
    const first = await authenticateA();
    assert.equal(await authenticateA(), first);
    assert.equal(port.reads.length, 1);
  });

  it('reads again after a role change, and once only', async () => {
    const { port, changes, authenticateA } = open();
    await authenticateA();
    port.put('a', readSessionOf(sessionOf(NOW), { grants: ADMIN, rolesVersion: 2 }));
    changes.set('ada', { rolesVersion: 2 });
    for (let turn = 0; turn < 3; turn++) assert.deepEqual((await authenticateA()).roles, ['admin']);
    assert.equal(port.reads.length, 2);
  });

  it('ends with a revocation, unless the session itself was excepted from it', async () => {
    const { port, changes, authenticateA } = open();
    await authenticateA();
    // "Sign out everywhere else" in this session.
    changes.set('ada', { validAfter: NOW + 1 });
    port.put('a', readSessionOf(sessionOf(NOW, { validSince: NOW + 1 }), { validAfter: NOW + 1 }));
    assert.equal((await authenticateA()).authTime, NOW + 1);
    assert.equal((await authenticateA()).authTime, NOW + 1);
    assert.equal(port.reads.length, 2);
    changes.set('ada', { validAfter: NOW + 2 });
    port.end('a');
    await assertRefused(() => authenticateA(), 'invalid_token');
  });

  it('ends with its own end in the feed', async () => {
    const { port, changes, authenticateA } = open();
    await authenticateA();
    port.end('a');
    changes.set(sessionKey('another'), {});
    await authenticateA();
    changes.set(sessionKey('device-a'), {});
    await assertRefused(() => authenticateA(), 'invalid_token');
    await assertRefused(() => authenticateA(), 'invalid_token');
    assert.equal(port.reads.length, 2);
  });

  it('is read again when a step-up has replaced the cookie value, until the old one ends', async () => {
    const { port, changes, authenticateA } = open();
    await authenticateA();
    changes.set(sessionKey(sessionHash(cookieValue('a'))), {});
    await authenticateA();
    assert.equal(port.reads.length, 2);
    port.end('a');
    await assertRefused(() => authenticateA(), 'invalid_token');
  });

  it('reads the session each time for a privileged operation, before the feed shows its end', async () => {
    const { port, authenticateA } = open();
    await authenticateA();
    port.put('a', readSessionOf(sessionOf(NOW), { grants: ADMIN, rolesVersion: 2 }));
    assert.deepEqual((await authenticateA()).roles, ['member']);
    assert.deepEqual((await authenticateA({ fresh: true })).roles, ['admin']);
    assert.deepEqual((await authenticateA()).roles, ['admin']);
    port.end('a');
    await assertRefused(() => authenticateA({ fresh: true }), 'invalid_token');
    await assertRefused(() => authenticateA(), 'invalid_token');
  });
});
