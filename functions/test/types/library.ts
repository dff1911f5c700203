import express from 'express';
import { onRequest } from 'firebase-functions/https';
import * as z from 'zod';
import { createGatehouse, oidc } from '../../src/library/index.ts';

/** As must-not-compile.ts, for the library. */

const config = {
  permissions: {
    'projects:read': { summary: 'Read projects', privileged: false },
    'projects:write': { summary: 'Change projects', privileged: false },
  },
  roles: { member: ['projects:read', 'users:read'], admin: { allExcept: ['owners:assign'] }, owner: 'all' },
  defaultRole: 'member',
} as const;

export function configurations(): void {
  createGatehouse(config);
  // @ts-expect-error a role with a misspelt permission
  createGatehouse({ ...config, roles: { member: ['projects:raed'], owner: 'all' } });
  // @ts-expect-error a misspelt permission of Gatehouse
  createGatehouse({ ...config, roles: { member: ['users:raed'], owner: 'all' } });
  // @ts-expect-error the role owner is required
  createGatehouse({ ...config, roles: { member: ['projects:read'] } });
  // @ts-expect-error there is no such role
  createGatehouse({ ...config, defaultRole: 'membre' });
  // @ts-expect-error the default role is never owner
  createGatehouse({ ...config, defaultRole: 'owner' });
  createGatehouse({ ...config, signIn: { providers: ['google.com'], emailDomains: ['example.com'] } });
  // @ts-expect-error a misspelt sign-in provider
  createGatehouse({ ...config, signIn: { providers: ['gogle.com'] } });
  createGatehouse({ ...config, sessions: { idle: 3600, firebaseTokens: false }, rateLimits: { read: null } });
  // @ts-expect-error a misspelt field of the sessions
  createGatehouse({ ...config, sessions: { idel: 3600 } });
  createGatehouse({ ...config, mfa: { requireFactorFor: ['owner', 'admin'], maxAge: 600 } });
  // @ts-expect-error a misspelt role that needs a second factor
  createGatehouse({ ...config, mfa: { requireFactorFor: ['amdin'] } });
  // @ts-expect-error a misspelt class of operations
  createGatehouse({ ...config, rateLimits: { reads: null } });
  const issuer = { issuer: 'https://login.example.com', audience: 'api' };
  createGatehouse({ ...config, trustedIssuers: () => [oidc({ ...issuer, map: { everyone: ['member'] } })] });
  // @ts-expect-error a misspelt role for the users of an issuer
  createGatehouse({ ...config, trustedIssuers: () => [oidc({ ...issuer, map: { everyone: ['membre'] } })] });
}

export function protection(): void {
  const { requireAccess, guard, callable, verifySession } = createGatehouse(config);
  const app = express();
  app.use(requireAccess('signed-in'), requireAccess({ signedIn: true, assurance: 'aal2', maxAge: 300 }));
  app.get('/projects/:id', requireAccess('projects:read'), (req, res) => {
    // @ts-expect-error a route has a principal only behind `requireAccess`
    res.json({ id: req.params.id, uid: req.principal.uid });
  });
  requireAccess('projects:read', { rateLimit: null });
  // @ts-expect-error a class that is counted in Firestore, for operations of Gatehouse
  requireAccess('projects:read', { rateLimit: 'credential' });
  // @ts-expect-error a misspelt permission
  requireAccess('projects:raed');
  // @ts-expect-error a misspelt permission in a rule
  requireAccess({ permission: 'projects:raed', maxAge: 300 });
  // @ts-expect-error a rule with `own` needs `resource`
  requireAccess({ permission: 'projects:write', own: true });
  const resource = (req: express.Request) => ({ owner: String(req.params.owner) });
  app.put('/:owner', requireAccess({ permission: 'projects:write', own: true }, { resource }));
  // @ts-expect-error a misspelt permission for `unless`
  requireAccess({ permission: 'projects:write', own: true, unless: 'projects:raed' }, { resource });

  onRequest(guard('projects:read', (req, res) => void res.send(req.principal.uid)));
  // @ts-expect-error a misspelt permission
  onRequest(guard('projects:raed', (req, res) => void res.send(req.principal.uid)));

  const rename = {
    access: 'projects:write',
    input: z.strictObject({ name: z.string() }),
    output: z.object({ size: z.int() }),
  } as const;
  callable({ ...rename, memory: '512MiB', run: ({ name }) => ({ size: name.length }) });
  // @ts-expect-error a misspelt permission
  callable({ ...rename, access: 'projects:raed', run: () => ({ size: 1 }) });
  // @ts-expect-error the name is a string, as its schema says
  callable({ ...rename, run: ({ name }) => ({ size: name }) });
  // @ts-expect-error the answer matches its schema
  callable({ ...rename, run: () => ({ length: 1 }) });
  // @ts-expect-error a callable declares who may call it
  callable({ input: rename.input, output: null, run: () => undefined });
  // @ts-expect-error App Check is the setting APP_CHECK
  callable({ ...rename, enforceAppCheck: true, run: () => ({ size: 1 }) });

  app.get('/', async (req, res) => {
    const user = await verifySession(req);
    res.send((await verifySession(req.headers.cookie))?.uid ?? user?.uid);
  });
  // In Next.js: await headers().
  const readonlyHeaders: Omit<Headers, 'append' | 'delete' | 'set'> = new Headers();
  void verifySession({ headers: readonlyHeaders });
  void verifySession(new Request('https://app.example.com/'));
  void verifySession({ headers: new Headers() }).then((principal) => {
    principal?.permissions.includes('projects:read');
    // @ts-expect-error a misspelt permission
    principal?.permissions.includes('projects:raed');
    // @ts-expect-error there may be no principal
    return principal.uid;
  });
}
