import * as z from 'zod';
import type { AccessRule } from '../../src/authz/access-rule.ts';
import { decide } from '../../src/authz/decide.ts';
import type { Permission } from '../../src/authz/permissions.ts';
import { ANONYMOUS, type Principal } from '../../src/authz/principal.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';
import { callable } from '../../src/callable/callable.ts';
import type { Config } from '../../src/config.ts';
import { AppError, type ErrorCode, invalidToken, tokenStale } from '../../src/core/errors.ts';
import { type Deps, instanceDeps } from '../../src/deps.ts';
import type { Grant } from '../../src/directory/grant.ts';
import { route } from '../../src/http/route.ts';

/**
 * Mistakes that the compiler catches. Checked by `tsc`, never run: a line below `@ts-expect-error` that compiles after
 * all is an error. Each mistake stands beside its correct form, so that nothing else is what does not compile.
 */

export function permissions(): void {
  decide(ANONYMOUS, { permission: 'users:read' }, undefined, 0);
  // @ts-expect-error there is no such permission
  decide(ANONYMOUS, { permission: 'users:raed' }, undefined, 0);
  // @ts-expect-error one's own needs a permission
  decide(ANONYMOUS, { own: true }, undefined, 0);
  decide(ANONYMOUS, { permission: 'notes:read', own: true, unless: 'notes:moderate' }, undefined, 0);
  // @ts-expect-error there is no such permission that could stand in for owning it
  decide(ANONYMOUS, { permission: 'notes:read', own: true, unless: 'notes:raed' }, undefined, 0);
  // @ts-expect-error another permission stands in for owning it, and owning it is what is asked for first
  decide(ANONYMOUS, { permission: 'notes:read', unless: 'notes:moderate' }, undefined, 0);
  // @ts-expect-error an access has no default
  decide(ANONYMOUS, undefined, undefined, 0);
  decide(ANONYMOUS, { signedIn: true, assurance: 'aal2', maxAge: 300 }, undefined, 0);
  // @ts-expect-error there is no such assurance
  decide(ANONYMOUS, { signedIn: true, assurance: 'aal3' }, undefined, 0);
  // @ts-expect-error signed in or not is no question of false
  decide(ANONYMOUS, { signedIn: false }, undefined, 0);
  // @ts-expect-error a decision needs the time
  decide(ANONYMOUS, 'signed-in', undefined);
  // @ts-expect-error no wildcards
  const wildcard: AccessRule = { permission: 'users:*' };

  const roles = { reader: ['notes:read'] } as const satisfies Record<string, readonly Permission[]>;
  // @ts-expect-error a role with a misspelt permission
  const misspelt = { reader: ['notes:raed'] } as const satisfies Record<string, readonly Permission[]>;

  permissionsOf(['member']);
  // @ts-expect-error there is no such role
  permissionsOf(['root']);
  // @ts-expect-error a string from outside is not a role until it was looked up
  permissionsOf([String('member')]);
  // @ts-expect-error nobody is an owner by default
  const config: Pick<Config, 'defaultRole'> = { defaultRole: 'owner' };
  void [wildcard, roles, misspelt, config];
}

export function errors(): void {
  void new AppError('not_found');
  // @ts-expect-error there is no such code
  void new AppError('forbidden');
  void new AppError('invalid_token', undefined, { reason: 'token-expired' });
  // @ts-expect-error reasons are a closed set
  void new AppError('invalid_token', undefined, { reason: 'expired' });
  void [invalidToken('wrong-audience'), tokenStale('roles-changed')];
  // @ts-expect-error there is no such reason
  void [invalidToken('wrong audience'), tokenStale('roles-changed')];
  // @ts-expect-error there is no such reason
  void [invalidToken('wrong-audience'), tokenStale('roles changed')];
  // @ts-expect-error codes are a closed set
  const code: ErrorCode = String('not_found');
  // @ts-expect-error the code of an error stays
  new AppError('not_found').code = 'internal';
  void code;
}

export function principals(principal: Principal): void {
  // @ts-expect-error immutable
  principal.subject = 'eve';
  // @ts-expect-error immutable
  principal.roles = ['owner'];
  // @ts-expect-error immutable
  principal.roles.push('owner');
  // @ts-expect-error immutable
  principal.permissions.push('owners:assign');
  // @ts-expect-error immutable
  principal.scopes?.push('owners:assign');
  // @ts-expect-error not every principal has an e-mail address
  const email: string = principal.email;
  // @ts-expect-error nor is a string from a token a role
  const role: Role = principal.subject;
  void [email, role];
}

const output = z.object({ id: z.string() });
const row = { method: 'put', path: '/things/:id', summary: 'Change a thing.', output } as const;
const input = { params: z.strictObject({ id: z.string() }), body: z.strictObject({ size: z.int() }) };

export function routes(): void {
  route({
    ...row,
    input,
    access: { permission: 'users:read' },
    handler: ({ params }) => ({ id: params.id }),
  });
  // @ts-expect-error a row says who may pass
  route({ ...row, input, handler: () => ({ id: 'a' }) });
  // @ts-expect-error and names a permission that there is
  route({ ...row, input, access: { permission: 'things:write' }, handler: () => ({ id: 'a' }) });
  // @ts-expect-error undefined is nobody's decision
  route({ ...row, input, access: undefined, handler: () => ({ id: 'a' }) });

  route({ ...row, input, access: 'public', handler: ({ body }) => ({ id: body.size.toFixed() }) });
  // @ts-expect-error the body's size is a number, as its schema says
  route({ ...row, input, access: 'public', handler: ({ body }) => ({ id: body.size.trim() }) });
  // @ts-expect-error there is no such field
  route({ ...row, input, access: 'public', handler: ({ body }) => ({ id: body.roles }) });
  // @ts-expect-error a part without a schema is not there to read
  route({ ...row, input, access: 'public', handler: ({ query }) => ({ id: query.id }) });
  // @ts-expect-error the answer fits its schema
  route({ ...row, input, access: 'public', handler: () => ({ id: 7 }) });
  // @ts-expect-error a handler never sees the request
  route({ ...row, input, access: 'public', handler: (_input, { req }) => ({ id: req.url }) });
}

export function callables(): void {
  const spec = { changes: false, input: z.strictObject({ id: z.string() }), output };
  callable({}, instanceDeps, { ...spec, access: 'signed-in', handler: ({ id }) => ({ id }) });
  // @ts-expect-error a callable says who may call
  callable({}, instanceDeps, { ...spec, handler: () => ({ id: 'a' }) });
  // @ts-expect-error and names a permission that there is
  callable({}, instanceDeps, { ...spec, access: { permission: 'x:y' }, handler: () => ({ id: 'a' }) });
  // @ts-expect-error a callable says whether it changes something
  callable({}, instanceDeps, { input: spec.input, output, access: 'public', handler: () => ({ id: 'a' }) });
  // @ts-expect-error there is no such field
  callable({}, instanceDeps, { ...spec, access: 'public', handler: ({ uid }) => ({ id: uid }) });
  // @ts-expect-error the answer fits its schema
  callable({}, instanceDeps, { ...spec, access: 'public', handler: () => ({ id: 7 }) });
}

export function changes(deps: Deps, grant: Grant): void {
  const actor = { principal: 'operator', requestId: 'r1' };
  const intent = { uid: 'ada', action: 'test' };
  void deps.changeAccess(actor, intent, ({ entry }) => ({ grants: entry.grants }));
  // @ts-expect-error a change is decided without waiting: it may be decided again
  void deps.changeAccess(actor, intent, async ({ entry }) => ({ grants: entry.grants }));
  // @ts-expect-error a change says what it is called in the audit trail
  void deps.changeAccess(actor, { uid: 'ada' }, () => ({ revoke: true }));
  // @ts-expect-error versions count by themselves
  void deps.changeAccess(actor, intent, () => ({ rolesVersion: 7 }));
  // @ts-expect-error sessions are ended, never brought back
  void deps.changeAccess(actor, intent, () => ({ revoke: false }));
  // @ts-expect-error there is no such role to grant
  void deps.changeAccess(actor, intent, () => ({ grants: [{ ...grant, role: 'root' }] }));
  // @ts-expect-error what has been decided is written as a whole, not over there
  void deps.changeAccess(actor, intent, ({ entry }) => entry.grants.push(grant));
  // @ts-expect-error a grant stays as it was given
  grant.expiresAt = undefined;
  // @ts-expect-error nobody takes an event out of the audit trail
  void deps.audit.remove('id');
}

export function logging({ log }: Deps, token: string): void {
  log.reconciled({ expired: 0, repaired: 0, failed: 0, more: false });
  // @ts-expect-error the log has no place for a token
  log.reconciled({ expired: 0, repaired: 0, failed: 0, more: false, token });
  // @ts-expect-error nor for anything else that nobody has named
  log.feedReadFailed({ code: 'unavailable', detail: undefined, seconds: 1, token });
}

export function wiring(deps: Deps): void {
  // @ts-expect-error what an instance is made of stays
  deps.config = { ...deps.config };
  // @ts-expect-error settings stay
  deps.config.emulator = true;
  // @ts-expect-error settings stay
  deps.config.allowedOrigins.push('https://evil.example');
}
