import assert from 'node:assert/strict';
import { ANONYMOUS, createPrincipal } from '../../../src/authz/principal.ts';
import { access } from '../../../src/users/schema.ts';
import { toPrincipalView } from '../../../src/users/views.ts';
import { assertRefused } from '../../helpers/refusal.ts';

describe('toPrincipalView', () => {
  it('shows the principal in the documented shape', () => {
    const principal = createPrincipal({
      kind: 'user',
      issuer: 'https://issuer.example',
      subject: 'ada',
      directoryId: 'ext-ada',
      roles: ['auditor'],
      authTime: 1,
      assurance: { level: 'aal1', at: 1, methods: ['password'] },
      tokenExpiresAt: 2,
      credential: 'bearer',
    });
    const sent = access.parse(toPrincipalView(principal));
    assert.deepEqual(
      { ...sent, permissions: sent.permissions.toSorted() },
      {
        kind: 'user',
        uid: 'ext-ada',
        identity: { issuer: 'https://issuer.example', subject: 'ada' },
        roles: ['auditor'],
        permissions: ['audit:read', 'roles:read', 'users:read'],
        signedInAt: '1970-01-01T00:00:01.000Z',
        assurance: { level: 'aal1', at: '1970-01-01T00:00:01.000Z', methods: ['password'] },
        tokenExpiresAt: '1970-01-01T00:00:02.000Z',
      },
    );
  });

  it('refuses an anonymous principal', async () => {
    await assertRefused(() => toPrincipalView(ANONYMOUS), 'unauthenticated');
  });
});
