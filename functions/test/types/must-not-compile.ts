import * as z from 'zod';
import type { Instance } from '../../src/app.ts';
import type { auth0 as auth0Schema } from '../../src/authn/oidc/providers/auth0.ts';
import type { cognito as cognitoSchema } from '../../src/authn/oidc/providers/cognito.ts';
import type { oidc as oidcSchema } from '../../src/authn/oidc/providers/generic.ts';
import type { AccessRule } from '../../src/authz/access-rule.ts';
import { decide } from '../../src/authz/decide.ts';
import type { Permission } from '../../src/authz/permissions.ts';
import { ANONYMOUS, type Principal } from '../../src/authz/principal.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';
import type { Config } from '../../src/config.ts';
import { AppError, type ErrorCode, invalidToken, tokenStale } from '../../src/core/errors.ts';
import { auth0, cognito, type Deployment, defineConfig, oidc } from '../../src/core/gatehouse-config.ts';
import type { Grant } from '../../src/directory/entry.ts';
import { compose, defineModule } from '../../src/pipeline/module.ts';
import { operation } from '../../src/pipeline/operation.ts';
import type { TestInstance } from '../helpers/open-instance.ts';

/**
 * Mistakes that the compiler finds. `tsc` checks this file, nothing runs it: a line below `@ts-expect-error` that does
 * compile is an error. The correct form of each is here, too, which shows that only the mistake does not compile.
 */

export function permissions(): void {
  decide(ANONYMOUS, { permission: 'users:read' }, undefined, 0);
  // @ts-expect-error there is no such permission
  decide(ANONYMOUS, { permission: 'users:raed' }, undefined, 0);
  // @ts-expect-error `own` needs a permission
  decide(ANONYMOUS, { own: true }, undefined, 0);
  decide(ANONYMOUS, { permission: 'notes:read', own: true, unless: 'notes:moderate' }, undefined, 0);
  // @ts-expect-error there is no such permission for `unless`
  decide(ANONYMOUS, { permission: 'notes:read', own: true, unless: 'notes:raed' }, undefined, 0);
  // @ts-expect-error `unless` needs `own`
  decide(ANONYMOUS, { permission: 'notes:read', unless: 'notes:moderate' }, undefined, 0);
  // @ts-expect-error an access rule has no default
  decide(ANONYMOUS, undefined, undefined, 0);
  decide(ANONYMOUS, { signedIn: true, assurance: 'aal2', maxAge: 300 }, undefined, 0);
  // @ts-expect-error there is no such assurance
  decide(ANONYMOUS, { signedIn: true, assurance: 'aal3' }, undefined, 0);
  // @ts-expect-error `signedIn` is always true
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
  // @ts-expect-error a string is not a role until it has been looked up
  permissionsOf([String('member')]);
  // @ts-expect-error the default role is never owner
  const config: Pick<Config, 'defaultRole'> = { defaultRole: 'owner' };
  void [wildcard, roles, misspelt, config];
}

const product = {
  permissions: {
    'things:read': { summary: 'Read things', privileged: false },
    'things:write': { summary: 'Write things', privileged: true },
  },
  roles: { reader: ['things:read'], most: { allExcept: ['things:write'] }, owner: 'all' },
  defaultRole: 'reader',
  signUp: { emailDomains: [] },
  trustedIssuers: () => [],
} as const;
const pool = { region: 'eu-west-1', userPoolId: 'eu-west-1_a', clientIds: ['web'], tokenUse: 'id' } as const;
const tenant = { domain: 'tenant.eu.auth0.com', audience: 'https://api' };
const issuer = { issuer: 'https://login.example.com', audience: 'api' };

export function configurations(): void {
  defineConfig(product);
  // @ts-expect-error a role with a misspelt permission
  defineConfig({ ...product, roles: { reader: ['things:raed'], owner: 'all' } });
  // @ts-expect-error an exception that is misspelt
  defineConfig({ ...product, roles: { reader: { allExcept: ['things:raed'] }, owner: 'all' } });
  // @ts-expect-error the role owner is required
  defineConfig({ ...product, roles: { reader: ['things:read'] } });
  // @ts-expect-error the role owner has every permission
  defineConfig({ ...product, roles: { reader: ['things:read'], owner: ['things:read'] } });
  // @ts-expect-error there is no such role
  defineConfig({ ...product, defaultRole: 'raeder' });
  // @ts-expect-error the default role is never owner
  defineConfig({ ...product, defaultRole: 'owner' });
  defineConfig({ ...product, defaultRole: 'none' });
  // @ts-expect-error a permission is a resource and an action
  defineConfig({ ...product, permissions: { things: { summary: 'Read things', privileged: false } } });
  defineConfig({ ...product, signIn: { providers: ['google.com', 'oidc.acme'], verifiedEmail: true } });
  // @ts-expect-error a misspelt sign-in provider
  defineConfig({ ...product, signIn: { providers: ['gogle.com'] } });
  // @ts-expect-error anonymous users have a switch of their own
  defineConfig({ ...product, signIn: { providers: ['anonymous'] } });
  // @ts-expect-error a permission says whether it is privileged
  defineConfig({ ...product, permissions: { 'things:read': { summary: 'Read things' } } });

  defineConfig({
    ...product,
    trustedIssuers: ({ emulator }) => [
      cognito({ ...pool, map: { groups: { staff: ['reader'] } } }),
      auth0({ ...tenant, map: { permissions: { 'read:things': ['things:read'] } } }),
      oidc({ ...issuer, map: { scopes: { all: ['reader', 'things:read'] } } }),
      ...(emulator ? [oidc({ ...issuer, issuer: 'http://127.0.0.1:9000' })] : []),
      { type: 'okta', domain: 'shop.okta.com', map: { everyone: ['reader'] } },
    ],
  });
  defineConfig({
    ...product,
    trustedIssuers: () => [
      cognito({ ...pool, map: { groups: { staff: ['reader'] } } }),
      auth0({ ...tenant, map: { everyone: ['things:read'] } }),
      oidc({ ...issuer, map: { scopes: { all: ['reader', 'things:read'] } } }),
    ],
  });
  defineConfig({
    ...product,
    // @ts-expect-error a group with a misspelt role
    trustedIssuers: () => [cognito({ ...pool, map: { groups: { staff: ['raeder'] } } })],
  });
  defineConfig({
    ...product,
    // @ts-expect-error a misspelt permission for everyone
    trustedIssuers: () => [auth0({ ...tenant, map: { everyone: ['things:raed'] } })],
  });
  defineConfig({
    ...product,
    // @ts-expect-error a scope with a misspelt permission
    trustedIssuers: () => [oidc({ ...issuer, map: { scopes: { all: ['things:raed'] } } })],
  });
  defineConfig({
    ...product,
    // @ts-expect-error a misspelt role in an issuer given as plain data
    trustedIssuers: () => [{ type: 'okta', map: { everyone: ['raeder'] } }],
  });
  const claim = { path: ['roles'], values: { staff: ['reader'] } } as const;
  oidc({ ...issuer, map: { claims: [claim, { ...claim, format: 'json', property: 'key' }] } });
  // @ts-expect-error there is no such format
  oidc({ ...issuer, map: { claims: [{ ...claim, format: 'csv' }] } });
  // @ts-expect-error a pool has a region
  cognito({ ...pool, region: undefined });
  // @ts-expect-error there is no such field
  auth0({ ...tenant, audiance: 'https://api' });
  // @ts-expect-error there is no such algorithm
  oidc({ ...issuer, algorithms: ['HS256'] });
  // @ts-expect-error issuers depend on project id and emulator only
  defineConfig({ ...product, trustedIssuers: ({ region }) => (region ? [] : []) });
  const deployment: Deployment = { projectId: 'shop', emulator: false };
  void deployment;
}

type SameFields<A, B> = [Exclude<keyof A, keyof B> | Exclude<keyof B, keyof A>] extends [never]
  ? true
  : false;
/** The functions in gatehouse.config.ts take exactly the fields that the build and the start validate. */
export const sameFields: [
  SameFields<ReturnType<typeof cognito>, z.input<typeof cognitoSchema>>,
  SameFields<ReturnType<typeof auth0>, z.input<typeof auth0Schema>>,
  SameFields<ReturnType<typeof oidc>, z.input<typeof oidcSchema>>,
] = [true, true, true];

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
  // @ts-expect-error the code of an error is read-only
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
  // @ts-expect-error a string from a token is not a role
  const role: Role = principal.subject;
  void [email, role];
}

const output = z.object({ id: z.string() });
interface ThingsService {
  find(id: string): Promise<{ readonly owner: string; readonly size: number } | undefined>;
}
const thing = {
  name: 'changeThing',
  effect: 'write',
  http: { method: 'put', path: '/things/:id' },
  input: z.strictObject({ id: z.string(), size: z.int() }),
  output,
  summary: 'Change a thing.',
} as const;
const things = operation<ThingsService>();

export function operations(): void {
  things({ ...thing, access: { permission: 'users:read' }, run: ({ id }) => ({ id }) });
  // @ts-expect-error an operation declares who may call it
  things({ ...thing, run: () => ({ id: 'a' }) });
  // @ts-expect-error with a permission that exists
  things({ ...thing, access: { permission: 'things:write' }, run: () => ({ id: 'a' }) });
  // @ts-expect-error undefined is no rule
  things({ ...thing, access: undefined, run: () => ({ id: 'a' }) });
  const { effect: _, ...undecided } = thing;
  // @ts-expect-error an operation declares whether it changes something
  things({ ...undecided, access: 'public', run: () => ({ id: 'a' }) });

  things({ ...thing, access: 'public', run: ({ size }) => ({ id: size.toFixed() }) });
  // @ts-expect-error the size is a number, as its schema says
  things({ ...thing, access: 'public', run: ({ size }) => ({ id: size.trim() }) });
  // @ts-expect-error there is no such field
  things({ ...thing, access: 'public', run: ({ roles }) => ({ id: roles }) });
  // @ts-expect-error the answer matches its schema
  things({ ...thing, access: 'public', run: () => ({ id: 7 }) });
  // @ts-expect-error an operation never sees the request
  things({ ...thing, access: 'public', run: (_input, { req }) => ({ id: req.url }) });

  const resource = ({ id }: { id: string }, service: ThingsService) => service.find(id);
  const own = { permission: 'notes:read', own: true } as const;
  things({
    ...thing,
    access: own,
    resource,
    run: (_input, context) => ({ id: context.resource.size.toFixed() }),
  });
  // @ts-expect-error the resource has only the fields that its loader returns
  things({ ...thing, access: own, resource, run: (_input, context) => ({ id: context.resource.title }) });
  // @ts-expect-error an `own` rule needs a resource with an owner
  things({ ...thing, access: own, resource: () => ({ size: 1 }), run: () => ({ id: 'a' }) });
}

export function modules(): void {
  const changeThing = things({
    ...thing,
    access: 'public',
    run: async (input, { service }) => {
      await service.find(input.id);
      // @ts-expect-error the service of another module is out of reach
      service.changeAccess;
      return { id: input.id };
    },
  });
  const service: ThingsService = { find: async () => undefined };
  const one = defineModule({ name: 'things', create: () => service, operations: [changeThing] });
  // @ts-expect-error operations of another module's service
  defineModule({ name: 'others', create: () => ({ list: () => [] }), operations: [changeThing] });
  const needy = defineModule({
    name: 'needy',
    create: (_platform, needs: { things: ThingsService }) => needs.things,
    operations: [],
  });
  compose().use(one).use(needy);
  // @ts-expect-error a module comes after the modules it needs
  compose().use(needy).use(one);
  // @ts-expect-error the platform needs all its parts, so that a service cannot reach Firebase in another way
  compose().use(one).create({ config: {} });
}

export function changes(deps: TestInstance, grant: Grant): void {
  const actor = { kind: 'operator', requestId: 'r1' } as const;
  const intent = { uid: 'ada', action: 'roles.set' } as const;
  void deps.changeAccess(actor, intent, ({ entry }) => ({ grants: entry.grants }));
  // @ts-expect-error a change is computed synchronously, because Firestore may repeat it
  void deps.changeAccess(actor, intent, async ({ entry }) => ({ grants: entry.grants }));
  // @ts-expect-error a change has an audit action
  void deps.changeAccess(actor, { uid: 'ada' }, () => ({ revoke: true }));
  // @ts-expect-error there is no such audit action
  void deps.changeAccess(actor, { uid: 'ada', action: 'roles.sett' }, () => ({ revoke: true }));
  // @ts-expect-error a change cannot set the version
  void deps.changeAccess(actor, intent, () => ({ rolesVersion: 7 }));
  // @ts-expect-error a revocation cannot be undone
  void deps.changeAccess(actor, intent, () => ({ revoke: false }));
  // @ts-expect-error there is no such role to grant
  void deps.changeAccess(actor, intent, () => ({ grants: [{ ...grant, role: 'root' }] }));
  // @ts-expect-error the grants of an entry are immutable
  void deps.changeAccess(actor, intent, ({ entry }) => entry.grants.push(grant));
  // @ts-expect-error a grant is immutable
  grant.expiresAt = undefined;
  // @ts-expect-error audit events cannot be removed
  void deps.audit.remove('id');
}

export function logging({ log }: TestInstance, token: string): void {
  log.reconciled({ expired: 0, repaired: 0, failed: 0, more: false, schema: 'current' });
  // @ts-expect-error a log line has no field for a token
  log.reconciled({ expired: 0, repaired: 0, failed: 0, more: false, schema: 'current', token });
  // @ts-expect-error a log line has only its declared fields
  log.feedReadFailed({ code: 'unavailable', detail: undefined, seconds: 1, token });
}

export function wiring(deps: Instance): void {
  // @ts-expect-error an instance is immutable
  deps.config = { ...deps.config };
  // @ts-expect-error the configuration is immutable
  deps.config.emulator = true;
  // @ts-expect-error the configuration is immutable
  deps.config.allowedOrigins.push('https://evil.example');
}
