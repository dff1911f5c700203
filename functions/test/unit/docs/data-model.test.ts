import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuditLog } from '../../../src/audit/audit-log.ts';
import { loadConfig } from '../../../src/config.ts';
import type { DirectoryEntry } from '../../../src/directory/entry.ts';
import { toDocument } from '../../../src/directory/entry-document.ts';
import { appendAccessChange } from '../../../src/directory/revocation/access-changes.ts';
import { toDocument as toAttemptsDocument } from '../../../src/mfa/attempts.ts';
import { toDocument as toCodesDocument } from '../../../src/mfa/recovery-codes.ts';
import { toDocument as toStepUpDocument } from '../../../src/mfa/step-ups.ts';
import { toDocument as toFactorDocument } from '../../../src/mfa/totp-document.ts';
import { createChallenges } from '../../../src/passkeys/challenges.ts';
import { type Passkey, toDocument as toPasskeyDocument } from '../../../src/passkeys/passkey-document.ts';
import type { OpenedFirestore } from '../../../src/platform/firestore/firestore.ts';
import { createSharedCounter } from '../../../src/rate-limits/shared-counter.ts';
import {
  type StoredSession,
  toDocument as toSessionDocument,
} from '../../../src/sessions/session-document.ts';
import { codesIn, REPOSITORY, readPage, tableUnder } from '../../helpers/docs.ts';
import { recordingLog } from '../../helpers/log.ts';
import { itWithNotes } from '../../helpers/notes.ts';

const PAGE = 'docs/reference/data-model.md';

const documented = (heading: string) =>
  tableUnder(PAGE, heading)
    .flatMap(([field]) => codesIn(field))
    .toSorted();

/** Whatever is written through it is kept in `documents`. */
function recordWrites() {
  const documents: Record<string, unknown>[] = [];
  const db = { doc: () => ({}), collection: () => ({ doc: () => ({}) }) };
  const firestore = { db, FieldValue: { serverTimestamp: () => 'now' } } as unknown as OpenedFirestore;
  // Of a transaction, only what appends documents.
  const tx = {
    create: (_ref: unknown, document: Record<string, unknown>) => documents.push(document),
  } as unknown as Parameters<typeof appendAccessChange>[1];
  return { documents, firestore, tx };
}

const PASSKEY: Passkey = {
  ...{
    id: 'x',
    user: 'ada',
    kind: 'passkey',
    credentialId: 'AA',
    publicKey: 'AA',
    counter: 0,
    transports: [],
  },
  ...{ backupEligible: true, backedUp: true, aaguid: '', name: 'Phone', created: 1 },
};

/** An entry with every field that an entry can have. */
const ENTRY: Required<DirectoryEntry> = {
  uid: 'ada',
  identity: { issuer: 'https://login.example.com', subject: 'ada' },
  email: 'ada@example.com',
  emailVerified: true,
  emails: ['ada@example.com'],
  phoneNumber: '+4930123456',
  displayName: 'Ada',
  photoUrl: 'https://example.com/ada.png',
  providers: ['password'],
  grants: [{ role: 'member', grantedBy: 'system', grantedAt: 1, expiresAt: 2, reason: 'a reason' }],
  unknownGrants: [],
  rolesVersion: 1,
  claimsVersion: 1,
  disabled: false,
  factors: ['totp'],
  validAfter: 0,
  keptSession: 's',
  accountRevokedAt: 1,
  pending: ['claims'],
  pendingSince: 1,
  lease: { by: 'x', until: 1 },
  created: 1,
  updated: 1,
};

/** A session with every field that a session can have. */
const SESSION: Required<StoredSession> = {
  ...{ id: 's', directoryId: 'ada', issuer: 'https://login.example.com', subject: 'ada', uid: 'ada' },
  ...{ email: 'ada@example.com', emailVerified: true, provider: 'password', validSince: 1, created: 1 },
  ...{ lastSeen: 1, csrfKey: 'k', rolesVersion: 1, replacedUntil: 1 },
  ...{ browser: 'Firefox', os: 'Windows', network: '203.0.113.0/24' },
  assurance: { level: 'aal1', at: 1, methods: ['password'] },
  stepUp: { at: 1, methods: ['totp'], rolesVersion: 1 },
};

describe('docs/reference/data-model.md', () => {
  it('has the fields of a directory entry', () => {
    assert.deepEqual(documented('## `directory/{uid}`'), Object.keys(toDocument(ENTRY)).toSorted());
  });

  it('has the fields of an access change', () => {
    const { documents, firestore, tx } = recordWrites();
    appendAccessChange(
      firestore,
      tx,
      { uid: 'ada', validAfter: 1, rolesVersion: 1, gone: true, session: 's' },
      () => 0,
    );
    assert.deepEqual(documented('## `accessChanges/{id}`'), Object.keys(documents[0] ?? {}).toSorted());
  });

  it('has the fields of a rate limit', async () => {
    const documents: Record<string, unknown>[] = [];
    const tx = {
      get: async () => ({ data: () => undefined }),
      set: (_ref: unknown, document: Record<string, unknown>) => documents.push(document),
    };
    const db = {
      collection: () => ({ doc: () => ({}) }),
      runTransaction: (work: (given: typeof tx) => Promise<void>) => work(tx),
    };
    const open = async () => ({ db }) as unknown as OpenedFirestore;
    await createSharedCounter(open, () => 0)({ name: 'x', uses: 1, window: 1 }, 'ada');
    assert.deepEqual(documented('## `rateLimits/{id}`'), Object.keys(documents[0] ?? {}).toSorted());
  });

  it('has the fields of an audit event', () => {
    const { documents, firestore, tx } = recordWrites();
    const config = loadConfig({ GCLOUD_PROJECT: 'demo-shop' });
    const { log } = recordingLog();
    const open = async () => firestore;
    createAuditLog({ config, firestore: open, clock: () => 0, log }).append(firestore, tx, {
      ...{ actor: 'ada', issuer: 'x', action: 'roles.set', target: 'bob', outcome: 'done' },
      ...{ before: {}, after: {}, reason: 'a reason', requestId: '1' },
    });
    assert.deepEqual(documented('## `auditEvents/{id}`'), Object.keys(documents[0] ?? {}).toSorted());
  });

  it('has the fields of a step-up', () => {
    const fields = Object.keys(toStepUpDocument('ada', { at: 1, methods: ['totp'], rolesVersion: 1 }));
    assert.deepEqual(documented('## `stepUps/{hash}`'), fields.toSorted());
  });

  it('has the fields of a TOTP factor, recovery codes and attempts', () => {
    const factor = {
      ...({ id: 'f', user: 'ada', kind: 'totp', name: 'App', secret: 's', keyId: 'k' } as const),
    };
    const fields = toFactorDocument({
      ...{ ...factor, confirmed: true, lastStep: 1, created: 1, lastUsed: 1, expireAt: 1 },
    });
    assert.deepEqual(documented('## `factors/{id}`'), Object.keys(fields).toSorted());
    const codes = toCodesDocument({ hashes: [], created: 1 });
    assert.deepEqual(documented('## `recoveryCodes/{user}`'), Object.keys(codes).toSorted());
    const attempts = toAttemptsDocument({ count: 1, until: 1, end: 1 });
    assert.deepEqual(documented('## `factorAttempts/{id}`'), Object.keys(attempts).toSorted());
  });

  it('has the fields of a session', () => {
    const fields = Object.keys(toSessionDocument(SESSION, 1));
    assert.deepEqual(documented('## `sessions/{hash}`'), fields.toSorted());
  });

  it('has the fields of a passkey and of a challenge', async () => {
    const fields = Object.keys(toPasskeyDocument({ ...PASSKEY, lastUsed: 1 }));
    assert.deepEqual(documented('## `passkeys/{hash}`'), fields.toSorted());
    const documents: object[] = [];
    const db = { doc: () => ({ create: async (fields: object) => void documents.push(fields) }) };
    const open = async () => ({ db }) as unknown as OpenedFirestore;
    await createChallenges(open, () => 0).store('c', { ceremony: 'step-up', user: 'ada' });
    assert.deepEqual(
      documented('## `webauthnChallenges/{hash}`'),
      Object.keys(documents[0] ?? {}).toSorted(),
    );
  });

  itWithNotes('has the fields of a note that firestore.rules accept', () => {
    const rules = readFileSync(join(REPOSITORY, 'firestore.rules'), 'utf8');
    const [, list = ''] = /note\.keys\(\)\.hasOnly\(\[([^\]]*)\]/.exec(rules) ?? [];
    const fields = [...list.matchAll(/'(\w+)'/g)].map(([, field = '']) => field);
    assert.deepEqual(documented('## `notes/{id}`'), fields.toSorted());
  });

  itWithNotes('has every collection with an index, and the list of owners', () => {
    const { indexes, fieldOverrides } = JSON.parse(
      readFileSync(join(REPOSITORY, 'firestore.indexes.json'), 'utf8'),
    ) as Record<string, { collectionGroup: string }[]>;
    const collections = [...(indexes ?? []), ...(fieldOverrides ?? [])].map((one) => one.collectionGroup);
    const headings = new Set([...readPage(PAGE).matchAll(/^## `(\w+)\//gm)].map(([, name]) => name));
    assert.deepEqual([...headings].toSorted(), [...new Set([...collections, 'system'])].toSorted());
  });
});
