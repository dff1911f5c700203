import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFirestore } from '../../../../packages/firestore-emulator/server.ts';
import { connect } from '../../helpers/firestore.ts';
import { openTestDirectory } from '../../helpers/test-directory.ts';

interface Index {
  readonly collectionGroup: string;
  readonly fields: readonly object[];
}
const path = fileURLToPath(new URL('../../../../firestore.indexes.json', import.meta.url));
const file = JSON.parse(readFileSync(path, 'utf8')) as {
  indexes: Index[];
  fieldOverrides: { collectionGroup: string; fieldPath: string; ttl?: boolean }[];
};

/** Makes every query of the directory and the audit trail. @returns how many want for an index */
async function failures(indexes: readonly Index[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'indexes-'));
  const name = join(folder, 'firestore.indexes.json');
  writeFileSync(name, JSON.stringify({ ...file, indexes }));
  const server = await startFirestore({ indexes: name });
  const access = await openTestDirectory([], { firestore: connect(server) });
  const queries: Promise<unknown>[] = [
    Promise.resolve(access.feed.find('ada')),
    access.reconcile({ kind: 'system', requestId: 'r' }),
  ];
  for (const role of [undefined, 'member'] as const) {
    for (const email of [undefined, 'a']) {
      for (const disabled of [undefined, true]) {
        queries.push(access.directoryList({ role, emailPrefix: email, disabled, pageSize: 5 }));
      }
    }
  }
  for (const actor of [undefined, 'a']) {
    for (const target of [undefined, 't']) {
      for (const action of [undefined, 'roles.set'] as const) {
        for (const from of [undefined, { seconds: 1, nanoseconds: 0 }])
          queries.push(access.audit.list({ actor, target, action, from, pageSize: 5 }));
      }
    }
  }
  const results = await Promise.allSettled(queries);
  await access.close();
  await server.stop();
  rmSync(folder, { recursive: true });
  return results.filter(({ status }) => status === 'rejected').length;
}

describe('firestore.indexes.json', () => {
  it('has the indexes that the queries need', async () => {
    assert.equal(await failures(file.indexes), 0);
  });

  // The notes have their own queries, and their own tests. The index of three fields could be merged of the two of two
  // fields, as the embedded Firestore does; Firestore's documentation promises that for equalities only.
  const ours = file.indexes.filter(
    ({ collectionGroup, fields }) => collectionGroup !== 'notes' && fields.length === 2,
  );
  for (const index of ours) {
    it(`has a query that needs the index ${JSON.stringify(Object.values(index)).slice(0, 160)}`, async () => {
      assert.ok((await failures(file.indexes.filter((other) => other !== index))) > 0);
    });
  }

  it('has the TTL policies', () => {
    const ttl = file.fieldOverrides.filter((override) => override.ttl);
    assert.deepEqual(ttl.map(({ collectionGroup, fieldPath }) => `${collectionGroup}.${fieldPath}`).sort(), [
      'accessChanges.expireAt',
      'auditEvents.expireAt',
      'factorAttempts.expireAt',
      'factors.expireAt',
      'rateLimits.expireAt',
      'sessions.expireAt',
      'stepUps.expireAt',
      'webauthnChallenges.expireAt',
    ]);
  });
});
