import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { startTestFirestore } from '../helpers/firestore.ts';
import { type AuthServer, openAuthServer, syncedAccount } from './auth-server.ts';
import { connectBackends } from './backends.ts';
import { type Answer, emulatorToken, type FrameworkInstance, startInstance } from './framework-instance.ts';
import { claimsFor } from './invariants.ts';
import { entryOf, seed } from './seed.ts';

const PROJECT = 'demo-instances';
/** Seconds. */
const MAX_AGE = 1;

/** Changes of an admin by an owner, with the expected status. */
const CHANGES: Record<string, { route: (uid: string) => string; body?: object; status: number }> = {
  revoked: { route: (uid) => `POST /users/${uid}/revoke`, status: 200 },
  disabled: { route: (uid) => `PATCH /users/${uid}`, body: { disabled: true }, status: 200 },
  demoted: {
    route: (uid) => `PUT /users/${uid}/roles`,
    body: { grants: [{ role: 'member' }], version: 1 },
    status: 200,
  },
  deleted: { route: (uid) => `DELETE /users/${uid}`, status: 204 },
};

describe('two instances', function () {
  this.timeout(120_000);
  const entries = new Map<string, DirectoryEntry>(
    [...Object.keys(CHANGES).map((name) => entryOf(name, ['admin'])), entryOf('olga', ['owner'])].map(
      (entry) => [entry.uid, entry],
    ),
  );
  const token = (uid: string) => {
    const entry = entries.get(uid) ?? assert.fail(uid);
    return emulatorToken(PROJECT, uid, claimsFor(entry));
  };
  const firestores: Awaited<ReturnType<typeof startTestFirestore>>[] = [];
  const instances: FrameworkInstance[] = [];
  let auth: AuthServer;

  before(async () => {
    auth = await openAuthServer();
    for (const entry of entries.values()) auth.accounts.set(entry.uid, syncedAccount(entry));
  });
  after(async () => {
    await Promise.all(instances.map((instance) => instance.stop()));
    await Promise.all([...firestores.map((firestore) => firestore.stop()), auth.close()]);
  });

  /** Starts a Firestore with all entries in it. @returns its host */
  async function startSeeded(beforeCall?: (method: string) => void): Promise<string> {
    const firestore = await startTestFirestore({ beforeCall });
    firestores.push(firestore);
    const addresses = { firestore: firestore.host, database: PROJECT, auth: auth.port, project: PROJECT };
    const backends = connectBackends(addresses);
    await seed(backends.db, [...entries.values()]);
    await backends.close();
    return firestore.host;
  }

  async function start(firestore: string, maxAge: number): Promise<FrameworkInstance> {
    const instance = await startInstance({ firestore, auth: auth.port, project: PROJECT, maxAge });
    instances.push(instance);
    return instance;
  }

  describe('with one Firestore', () => {
    let one: FrameworkInstance;
    let other: FrameworkInstance;

    before(async () => {
      const firestore = await startSeeded();
      [one, other] = await Promise.all([start(firestore, MAX_AGE), start(firestore, MAX_AGE)]);
    });

    for (const [uid, { route, body, status }] of Object.entries(CHANGES)) {
      it(`refuse a user who was ${uid}, at once on privileged routes, else within the maximum age`, async () => {
        const admin = token(uid);
        const privileged = () => other.ask('PATCH /users/unknown', admin, { disabled: true });
        assert.equal((await privileged()).status, 404);
        assert.equal((await other.ask('GET /me', admin)).status, 200);

        assert.equal((await one.ask(route(uid), token('olga'), body)).status, status);
        const changedAt = Date.now();
        assertRefused(await privileged());
        assertRefused(await one.ask('GET /me', admin));

        for (;;) {
          const askedAt = Date.now();
          const answer = await other.ask('GET /me', admin);
          if (answer.status === 200 && askedAt < changedAt + MAX_AGE * 1000) continue;
          assertRefused(answer);
          return;
        }
      });
    }
  });

  describe('with a Firestore each and a maximum age of 3 seconds,', () => {
    it('make at most 3 feed queries in 8 seconds under load, and none when idle', async () => {
      const queries = { busy: 0, idle: 0 };
      const counting = (which: keyof typeof queries) =>
        startSeeded((method) => {
          if (method === 'RunQuery') queries[which]++;
        });
      const [busy, idle] = await Promise.all([
        start(await counting('busy'), 3),
        start(await counting('idle'), 3),
      ]);
      const olga = token('olga');
      // It has served a request; from now on it is idle.
      await idle.ask('GET /me', olga);
      queries.idle = 0;

      const until = Date.now() + 8_000;
      let served = 0;
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          while (Date.now() < until) {
            assert.equal((await busy.ask('GET /users/olga', olga)).status, 200);
            served++;
            // Many requests, but not so many that other tests on this machine stall.
            await sleep(20);
          }
        }),
      );
      assert.ok(served > 25, `only ${served} requests`);
      assert.ok(queries.busy >= 1 && queries.busy <= 3, `${queries.busy} queries for ${served} requests`);
      assert.equal(queries.idle, 0);
    });
  });
});

function assertRefused({ status, code }: Answer): void {
  assert.equal(status, 401);
  assert.ok(code === 'token_stale' || code === 'invalid_token', code);
}
