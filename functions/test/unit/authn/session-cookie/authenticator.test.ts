import assert from 'node:assert/strict';
import {
  createSessionAuthenticator,
  sessionHash,
} from '../../../../src/authn/session-cookie/authenticator.ts';
import type { ReadSession, RenewedSession, Sessions } from '../../../../src/authn/session-cookie/ports.ts';
import { invalidToken, unavailable } from '../../../../src/core/errors.ts';
import { requestWith } from '../../../helpers/credential-request.ts';
import { assertRefused } from '../../../helpers/refusal.ts';
import { cookieValue, readSessionOf, sessionOf } from '../../../helpers/session-port.ts';

const NOW = 1_800_000_000;
const VALUE = cookieValue('a');
const unknown = () => invalidToken('account-deleted');

/** The port, with the hashes that were read and renewed. */
function portOf(answers: {
  read?: (hash: string) => Promise<ReadSession>;
  renew?: Sessions['renew'];
  isDue?: boolean;
}) {
  const reads: string[] = [];
  const renewals: string[] = [];
  const port: Sessions = {
    async read(hash) {
      reads.push(hash);
      return (answers.read ?? (async () => readSessionOf(sessionOf(NOW))))(hash);
    },
    isDue: () => answers.isDue ?? false,
    async renew(hash, now, options) {
      renewals.push(hash);
      return (answers.renew ?? (() => assert.fail('no renewal')))(hash, now, options);
    },
  };
  return { port, reads, renewals };
}

describe('session cookie authenticator', () => {
  const open = (port: Sessions, max?: number) => createSessionAuthenticator(port, { emulator: false }, max);

  it('finds the cookie, and refuses it beside an Authorization header of any kind', async () => {
    const { extract } = open(portOf({}).port);
    assert.equal(extract(requestWith({ cookie: [`__session=${VALUE}`] })), VALUE);
    for (const authorization of ['Bearer a.b.c', 'Basic YTpi', '']) {
      const request = requestWith({ cookie: [`__session=${VALUE}`], authorization: [authorization] });
      await assertRefused(() => extract(request), 'invalid_request', 'several-credentials');
    }
  });

  it('gives a principal with the roles of the directory, and of the session the rest', async () => {
    const { port } = portOf({});
    const { principal } = await open(port).authenticate(VALUE, NOW);
    const { roles, authTime, credential, session, assurance, tokenExpiresAt } = principal;
    assert.deepEqual([principal.kind, principal.subject, principal.directoryId], ['user', 'ada', 'ada']);
    assert.deepEqual(
      [roles, authTime, credential, session],
      [['member'], NOW, 'session-cookie', { id: 'device-a' }],
    );
    assert.deepEqual([assurance.at, tokenExpiresAt, principal.provider], [NOW, NOW + 43_200, 'password']);
  });

  it('gives a user of another issuer no uid, and no fields that the session lacks', async () => {
    const { uid: _, email: __, emailVerified: ___, provider: ____, ...session } = sessionOf(NOW);
    const { port } = portOf({ read: async () => readSessionOf(session) });
    const { principal } = await open(port).authenticate(VALUE, NOW);
    for (const field of ['uid', 'email', 'emailVerified', 'provider'])
      assert.ok(!(field in principal), field);
  });

  it('reads a session once, under the hash of the cookie', async () => {
    const { port, reads } = portOf({});
    const sessions = open(port);
    const [first] = await Promise.all([1, 2, 3].map(() => sessions.authenticate(VALUE, NOW)));
    assert.equal(sessions.authenticate(VALUE, NOW + 599), first);
    assert.deepEqual(reads, [sessionHash(VALUE)]);
    assert.ok(!reads.join().includes(VALUE.slice(4)));
  });

  const ends: [what: string, session: ReadSession, lastSecond: number][] = [
    ['after ten minutes', readSessionOf(sessionOf(NOW)), 599],
    ['at the idle end', readSessionOf(sessionOf(NOW, { idleEnd: NOW + 30 })), 29],
    ['at the absolute end', readSessionOf(sessionOf(NOW, { absoluteEnd: NOW + 30 })), 29],
    [
      'when a role expires',
      readSessionOf(sessionOf(NOW), { grants: [{ role: 'admin', expiresAt: NOW + 30 }] }),
      29,
    ],
  ];
  for (const [when, session, lastSecond] of ends) {
    it(`reads a session again ${when}`, async () => {
      const { port, reads } = portOf({ read: async () => session });
      const sessions = open(port);
      await sessions.authenticate(VALUE, NOW);
      await sessions.authenticate(VALUE, NOW + lastSecond);
      assert.equal(reads.length, 1);
      await sessions.authenticate(VALUE, NOW + lastSecond + 1);
      assert.equal(reads.length, 2);
    });
  }

  it('reads each time for a privileged operation, and remembers what it found', async () => {
    let answer = async () => readSessionOf(sessionOf(NOW));
    const { port, reads } = portOf({ read: () => answer() });
    const sessions = open(port);
    const read = (at: number) => sessions.read?.(VALUE, at) ?? assert.fail();
    await sessions.authenticate(VALUE, NOW);
    const found = await read(NOW);
    assert.equal(reads.length, 2);
    assert.equal(sessions.authenticate(VALUE, NOW), found);
    answer = async () => {
      throw unknown();
    };
    await assertRefused(() => read(NOW), 'invalid_token');
    await assertRefused(() => sessions.authenticate(VALUE, NOW), 'invalid_token');
    assert.equal(reads.length, 3);
  });

  it('asks for a refused cookie once a minute', async () => {
    const { port, reads } = portOf({
      read: async () => {
        throw unknown();
      },
    });
    const sessions = open(port);
    for (const at of [0, 1, 59]) {
      await assertRefused(() => sessions.authenticate(VALUE, NOW + at), 'invalid_token');
      await assertRefused(() => sessions.read?.(VALUE, NOW + at), 'invalid_token');
    }
    assert.equal(reads.length, 1);
    await assertRefused(() => sessions.authenticate(VALUE, NOW + 60), 'invalid_token');
    assert.equal(reads.length, 2);
  });

  it('remembers no failure', async () => {
    let isDown = true;
    const { port } = portOf({
      read: async () => {
        if (isDown) throw unavailable('firestore');
        return readSessionOf(sessionOf(NOW));
      },
    });
    const sessions = open(port);
    await assertRefused(() => sessions.authenticate(VALUE, NOW), 'unavailable');
    isDown = false;
    assert.equal((await sessions.authenticate(VALUE, NOW)).principal.subject, 'ada');
  });

  it('keeps a known session in memory during a flood of invented cookies', async () => {
    const known = sessionHash(VALUE);
    const { port, reads } = portOf({
      read: async (hash) => {
        if (hash !== known) throw unknown();
        return readSessionOf(sessionOf(NOW));
      },
    });
    const sessions = open(port, 10);
    const found = await sessions.authenticate(VALUE, NOW);
    for (let index = 0; index < 50; index++) {
      await assertRefused(() => sessions.authenticate(cookieValue(`${index}`), NOW), 'invalid_token');
    }
    assert.equal(sessions.authenticate(VALUE, NOW), found);
    // Only the last ten are remembered.
    await assertRefused(() => sessions.authenticate(cookieValue('49'), NOW), 'invalid_token');
    assert.equal(reads.length, 51);
    await assertRefused(() => sessions.authenticate(cookieValue('0'), NOW), 'invalid_token');
    assert.equal(reads.length, 52);
  });

  it('forgets a session', async () => {
    const { port, reads } = portOf({});
    const sessions = open(port);
    await sessions.authenticate(VALUE, NOW);
    sessions.forget(VALUE);
    await sessions.authenticate(VALUE, NOW);
    assert.equal(reads.length, 2);
  });

  describe('renewal', () => {
    const renewed = (more: Partial<RenewedSession> = {}): RenewedSession => ({
      ...readSessionOf(sessionOf(NOW, { idleEnd: NOW + 99_999 })),
      ...more,
    });
    async function openDue(renew: Sessions['renew']) {
      const { port, reads, renewals } = portOf({ renew, isDue: true });
      const sessions = open(port);
      const found = await sessions.authenticate(VALUE, NOW);
      const cookies: string[] = [];
      const renewAt = (at: number, setCookie: ((header: string) => void) | undefined) =>
        sessions.renew?.(VALUE, found, at, setCookie);
      return {
        sessions,
        reads,
        renewals,
        cookies,
        renewAt,
        take: (header: string) => void cookies.push(header),
      };
    }

    it('does nothing while none is due, and for a token', async () => {
      const sessions = open(portOf({}).port);
      const found = await sessions.authenticate(VALUE, NOW);
      assert.equal(sessions.renew?.(VALUE, found, NOW, undefined), undefined);
      const { session: _, ...token } = found;
      assert.equal(sessions.renew?.(VALUE, token, NOW, undefined), undefined);
    });

    it('keeps the renewed session in memory, and sets no cookie', async () => {
      const { sessions, reads, cookies, renewAt, take } = await openDue(async () => renewed());
      await renewAt(NOW, take);
      const { principal } = await sessions.authenticate(VALUE, NOW);
      assert.deepEqual([principal.tokenExpiresAt, reads.length, cookies], [NOW + 99_999, 1, []]);
    });

    it('sets a rotated cookie until the absolute end, and reads the old value again', async () => {
      const value = cookieValue('b');
      const { sessions, reads, cookies, renewAt, take } = await openDue(async () => renewed({ value }));
      await renewAt(NOW, take);
      assert.deepEqual(cookies, [
        `__session=${value}; Max-Age=1209600; Path=/; HttpOnly; Secure; SameSite=Lax`,
      ]);
      await sessions.authenticate(value, NOW);
      assert.equal(reads.length, 1);
      await sessions.authenticate(VALUE, NOW);
      assert.equal(reads.length, 2);
    });

    it('asks for no rotation where the answer has no cookie', async () => {
      const asked: boolean[] = [];
      const { renewAt, take } = await openDue(async (_hash, _now, { canRotate }) => {
        asked.push(canRotate);
        return renewed();
      });
      await renewAt(NOW, undefined);
      await renewAt(NOW, take);
      assert.deepEqual(asked, [false, true]);
    });

    it('runs once for parallel requests', async () => {
      const { renewals, renewAt, take } = await openDue(async () => renewed());
      await Promise.all([1, 2, 3].map(() => renewAt(NOW, take)));
      assert.equal(renewals.length, 1);
    });

    it('refuses a session that has ended in the meantime, in memory too', async () => {
      const { sessions, reads, renewAt, take } = await openDue(async () => {
        throw unknown();
      });
      await assertRefused(() => renewAt(NOW, take), 'invalid_token');
      await assertRefused(() => sessions.authenticate(VALUE, NOW), 'invalid_token');
      assert.equal(reads.length, 1);
    });

    it('goes on with other sessions when one is refused', async () => {
      const ended = sessionHash(VALUE);
      const { port, renewals } = portOf({
        isDue: true,
        renew: async (hash) => {
          if (hash === ended) throw unknown();
          return renewed();
        },
      });
      const sessions = open(port);
      const found = await sessions.authenticate(VALUE, NOW);
      await assertRefused(() => sessions.renew?.(VALUE, found, NOW, undefined), 'invalid_token');
      await sessions.renew?.(cookieValue('b'), found, NOW, undefined);
      assert.equal(renewals.length, 2);
    });

    it('pauses for ten seconds when a service does not answer', async () => {
      const { sessions, renewals, renewAt, take } = await openDue(async () => {
        throw unavailable('firestore');
      });
      await assertRefused(() => renewAt(NOW, take), 'unavailable');
      assert.equal(renewAt(NOW + 9, take), undefined);
      assert.equal((await sessions.authenticate(VALUE, NOW)).principal.subject, 'ada');
      await assertRefused(() => renewAt(NOW + 10, take), 'unavailable');
      assert.equal(renewals.length, 2);
    });
  });
});
