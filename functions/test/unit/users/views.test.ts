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
      uid: 'ada',
      directoryId: 'ada',
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
        issuer: 'https://issuer.example',
        subject: 'ada',
        uid: 'ada',
        directoryId: 'ada',
        roles: ['auditor'],
        permissions: ['audit:read', 'roles:read', 'users:read'],
        authTime: 1,
        assurance: { level: 'aal1', at: 1, methods: ['password'] },
        tokenExpiresAt: 2,
      },
    );
  });

  it('refuses an anonymous principal', async () => {
    await assertRefused(() => toPrincipalView(ANONYMOUS), 'unauthenticated');
  });
});
