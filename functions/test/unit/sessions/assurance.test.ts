import assert from 'node:assert/strict';
import type { AccessRecord } from '../../../src/authn/ports.ts';
import { toSession } from '../../../src/sessions/lifetime.ts';
import { fromDocument, type StoredSession, toDocument } from '../../../src/sessions/session-document.ts';
import { LIMITS } from '../../helpers/sessions.ts';

const SIGN_IN = { level: 'aal1', at: 100, methods: ['password'] } as const;
const STORED: StoredSession = {
  ...{ id: 's', directoryId: 'ada', issuer: 'https://issuer.example', subject: 'ada', validSince: 100 },
  ...{ created: 100, lastSeen: 100, csrfKey: 'k', rolesVersion: 7, assurance: SIGN_IN },
  stepUp: { at: 200, methods: ['totp'], rolesVersion: 7 },
};
const assuranceAt = (stored: StoredSession, rolesVersion: number) => {
  const record: AccessRecord = { created: 0, disabled: false, validAfter: 0, rolesVersion, grants: [] };
  return toSession(stored, record, 300, LIMITS).assurance;
};

describe('the assurance of a session', () => {
  it('is that of the sign-in without a step-up', () => {
    assert.equal(assuranceAt({ ...STORED, stepUp: undefined }, 7), SIGN_IN);
  });

  it('is that of the step-up, until the roles of the user change', () => {
    assert.deepEqual(assuranceAt(STORED, 7), { level: 'aal2', at: 200, methods: ['password', 'totp'] });
    for (const other of [6, 8]) assert.equal(assuranceAt(STORED, other), SIGN_IN);
  });

  it('shows no step-up of its own in the session', () => {
    const record: AccessRecord = { created: 0, disabled: false, validAfter: 0, rolesVersion: 7, grants: [] };
    assert.ok(!('stepUp' in toSession(STORED, record, 300, LIMITS)));
  });

  const snapshotOf = (fields: Record<string, unknown>) =>
    ({ data: () => fields }) as unknown as Parameters<typeof fromDocument>[0];
  const inFirestore = (stored: StoredSession) => {
    const { created, lastSeen, ...rest } = toDocument(stored, 900);
    const timestamp = { seconds: 100 };
    return { ...rest, created: timestamp, lastSeen: timestamp };
  };

  it('survives Firestore', () => {
    assert.deepEqual(fromDocument(snapshotOf(inFirestore(STORED)))?.stepUp, STORED.stepUp);
  });

  it('is refused with a damaged step-up', () => {
    for (const damage of [{ at: Number.NaN }, { methods: undefined }, { rolesVersion: '7' }]) {
      const fields = { ...inFirestore(STORED), stepUp: { ...STORED.stepUp, ...damage } };
      assert.throws(() => fromDocument(snapshotOf(fields)), { reason: 'damaged-session' });
    }
  });
});
