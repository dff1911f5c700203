import type { ServerResponse } from 'node:http';
import type { CallableOptions } from 'firebase-functions/https';
import type { AccessRule } from './authz/access-rule.ts';
import { isPermission, type Permission } from './authz/permissions.ts';
import { createOwnCallable, type OwnCallable } from './callable/own-callable.ts';
import { functionTarget } from './config.ts';
import type { StandardSchema } from './core/standard-schema.ts';
import { type AccessOptions, type AccessRequest, checkAccess } from './http/require-access.ts';
import { type SessionRequest, verifySession } from './http/verify-session.ts';
import type { CallDeps } from './pipeline/call.ts';

/** What protects functions of other code with the decisions of Gatehouse. */
export const createProtection = (getDeps: () => CallDeps) => ({
  /** Express middleware. */
  requireAccess<Request extends AccessRequest>(
    access: AccessRule | Permission,
    options: AccessOptions<Request> = {},
  ) {
    const rule = readRule(access, options.resource);
    checkLimit(options);
    return (req: Request, res: ServerResponse, next: (error?: unknown) => void): void => {
      (async () => {
        if (await checkAccess(getDeps(), rule, req, res, options)) next();
      })().catch(next);
    };
  },

  /** The handler of an `onRequest`. */
  guard<Request extends AccessRequest, Response extends ServerResponse>(
    access: AccessRule | Permission,
    handler: (req: Request, res: Response) => unknown,
    options: AccessOptions<Request> = {},
  ) {
    const rule = readRule(access, options.resource);
    checkLimit(options);
    return async (req: Request, res: Response): Promise<void> => {
      if (await checkAccess(getDeps(), rule, req, res, options)) await handler(req, res);
    };
  },

  /** A callable function. */
  callable<Input extends StandardSchema, Output extends StandardSchema>({
    access,
    input,
    output,
    run,
    allowShadow,
    rateLimit,
    ...options
  }: Omit<OwnCallable<Input, Output>, 'access'> & { access: AccessRule | Permission } & CallableOptions) {
    const rule = readRule(access);
    checkLimit({ rateLimit });
    const name = functionTarget()?.split('.').at(-1) ?? 'callable';
    const own = { access: rule, input, output, run, allowShadow, rateLimit };
    return createOwnCallable(name, own, options, getDeps);
  },

  verifySession: (request: SessionRequest) => verifySession(getDeps(), request),
});

const RULE_FIELDS = ['signedIn', 'permission', 'own', 'unless', 'assurance', 'maxAge'];

/** @throws Error for a rule that could only refuse, or asks for less than it says, as code without types can have it */
function readRule(access: AccessRule | Permission, resource?: unknown): AccessRule {
  const rule = isPermission(access) ? { permission: access } : access;
  if (rule === 'public' || rule === 'signed-in') return rule;
  if (typeof rule === 'string') throw noSuchPermission(rule);
  checkFields(rule);
  if (rule.signedIn === true) return rule;
  const { permission, unless = permission, own } = rule;
  for (const name of [permission, unless]) if (!isPermission(name)) throw noSuchPermission(name);
  if (own && resource === undefined) throw new Error('A rule with `own` needs `resource`.');
  return rule;
}

function checkFields(rule: Exclude<AccessRule, string>): void {
  const { assurance = 'aal1', maxAge = 0, signedIn, ...others } = rule;
  const unknown = Object.keys(rule).find((name) => !RULE_FIELDS.includes(name));
  if (unknown !== undefined) throw new Error(`A rule has no field ${unknown}.`);
  if (!['aal1', 'aal2'].includes(assurance)) throw new Error('`assurance` is aal1 or aal2.');
  if (!Number.isFinite(maxAge)) throw new Error('`maxAge` is a number of seconds.');
  if (signedIn && Object.keys(others).length > 0) throw new Error('A rule has `signedIn` or `permission`.');
}

const LIMITS: readonly unknown[] = ['read', 'write', 'privileged', null, undefined];

/** @throws Error for a limit that there is not, as code without types can have it */
function checkLimit({ rateLimit }: Pick<AccessOptions<never>, 'rateLimit'>): void {
  if (!LIMITS.includes(rateLimit)) throw new Error('`rateLimit` is read, write, privileged or null.');
}

const noSuchPermission = (name: unknown) => new Error(`There is no permission ${String(name)}.`);
