import { defineConfig } from './src/core/gatehouse-config.ts';

/**
 * What your product is: who may do what, who may sign up, and which token issuers are trusted. What differs between
 * projects, such as origins and regions, is in `.env.<project id>` instead.
 *
 * A misspelt name does not compile; a wrong value stops the build and the start with the field's path.
 */
export default defineConfig({
  // `privileged`: the permission changes who may do what, so a token alone never suffices for it.
  permissions: {
    'notes:read': { summary: 'Read notes', privileged: false },
    'notes:write': { summary: 'Write notes', privileged: false },
    'notes:moderate': { summary: 'See and remove the notes of every user', privileged: false },
    'users:read': { summary: 'See the users, their roles and their state', privileged: false },
    'users:write': { summary: 'Create, disable, enable and delete users', privileged: true },
    'roles:read': { summary: 'See the roles and what they allow', privileged: false },
    'roles:assign': { summary: 'Grant and revoke roles, up to one’s own permissions', privileged: true },
    'owners:assign': { summary: 'Grant and revoke the role owner', privileged: true },
    'sessions:revoke': { summary: 'See where a user is signed in, and sign them out', privileged: false },
    'audit:read': { summary: 'Read the audit log', privileged: false },
    'directory:reconcile': { summary: 'Sync Firebase Auth with the directory now', privileged: true },
  },

  // A list of permissions, `{ allExcept: [...] }` or 'all'.
  roles: {
    member: ['notes:read', 'notes:write'],
    support: ['notes:read', 'notes:write', 'notes:moderate', 'users:read', 'sessions:revoke'],
    auditor: ['users:read', 'roles:read', 'audit:read'],
    admin: { allExcept: ['owners:assign', 'directory:reconcile'] },
    owner: 'all',
  },

  // Role of a new user, or 'none'.
  defaultRole: 'member',

  // E-mail domains that may sign up, such as ['example.com']. Empty: every domain.
  signUp: { emailDomains: [] },

  // Who may sign in: `providers`, `emailDomains`, `verifiedEmail`, `anonymous`. Without it: every user whom Firebase lets in.
  signIn: { anonymous: true },

  // How long sessions live: docs/concepts/sessions.md. `firebaseTokens: false` if your pages use neither Firestore nor Storage.
  sessions: {},

  // Second factors: docs/concepts/assurance.md. `requireFactorFor: ['owner', 'admin']`: these roles always need one.
  mfa: {},

  // How often a user, a service or an address may call: docs/concepts/rate-limits.md. Empty: the defaults.
  rateLimits: {},

  // Trusted token issuers besides Firebase: cognito({...}), auth0({...}) and oidc({...}) from
  // ./src/core/gatehouse-config.ts. A function of { projectId, emulator }: staging and production may differ.
  trustedIssuers: () => [],
});
