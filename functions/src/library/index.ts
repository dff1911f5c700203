import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import nodeModule from 'node:module';
import type {
  CallableFunction,
  CallableOptions,
  HttpsFunction,
  HttpsOptions,
} from 'firebase-functions/https';
import type { CallerRuleOf, OwnRuleOf, PrincipalOf, Resource } from '../core/access-types.ts';
import { BUILT_IN_PERMISSIONS, type BuiltInPermission } from '../core/built-in-permissions.ts';
import type {
  Deployment,
  IssuerSetting,
  MfaSettings,
  PermissionSetting,
  RateLimitClass,
  RateLimitSetting,
  RoleSetting,
  SessionSettings,
  SignInSetting,
} from '../core/gatehouse-config.ts';
import type { InputOf, OutputOf, StandardSchema } from '../core/standard-schema.ts';
import { giveConfig } from './given-config.ts';

export type { AccessRuleOf, PrincipalOf, Resource } from '../core/access-types.ts';
export type { BuiltInPermission } from '../core/built-in-permissions.ts';
export { auth0, cognito, oidc } from '../core/gatehouse-config.ts';
export type { StandardSchema } from '../core/standard-schema.ts';

/** `@gatehouse/functions/library`: Gatehouse in the functions of another project. */

type Names<Table> = keyof Table & string;

export interface LibraryConfig<Permissions, Roles> {
  /** Your permissions, as `resource:action`. Those of Gatehouse itself are added. */
  readonly permissions: Permissions;
  /** Named sets of permissions, yours and those of Gatehouse. `owner` always holds every permission. */
  readonly roles: Roles;
  /** Role of a new user. It can hold no privileged permission. */
  readonly defaultRole: NoInfer<Exclude<Names<Roles>, 'owner'>> | 'none';
  /** Default: every e-mail domain may sign up. */
  readonly signUp?: { readonly emailDomains: readonly string[] };
  /** Default: every sign-in that Firebase allows. */
  readonly signIn?: SignInSetting;
  /** How long sessions live, and how many a user can have. */
  readonly sessions?: SessionSettings;
  /** Second factors. */
  readonly mfa?: MfaSettings<NoInfer<Names<Roles>>>;
  /** How often a caller may call, by class of operations. `null`: no limit. Default: see `docs/concepts/rate-limits.md`. */
  readonly rateLimits?: Readonly<Partial<Record<RateLimitClass, RateLimitSetting | null>>>;
  /** Trusted token issuers besides Firebase. Default: none. */
  readonly trustedIssuers?: (
    deployment: Deployment,
  ) => readonly IssuerSetting<NoInfer<Names<Permissions> | BuiltInPermission | Names<Roles>>>[];
  /** Is the project upgraded to Identity Platform? Then blocking functions check sign-up and sign-in. Default: false. */
  readonly identityPlatform?: boolean;
  /** The name under which you export `functions`. Default: `gatehouse`. */
  readonly exportedAs?: string;
  /** Options of Gatehouse's functions, besides those of `setGlobalOptions`. */
  readonly options?: {
    readonly api?: Omit<HttpsOptions, 'cors'>;
    readonly callables?: Omit<CallableOptions, 'cors' | 'enforceAppCheck' | 'consumeAppCheckToken'>;
    readonly triggers?: Pick<HttpsOptions, SharedOption>;
  };
}

type SharedOption = 'region' | 'memory' | 'concurrency' | 'minInstances' | 'maxInstances' | 'serviceAccount';

interface EndpointOption {
  /** Does shadow mode apply? For an endpoint that served everyone before. Default: false. */
  readonly allowShadow?: boolean;
  /** How often a caller may call. Default: by the rule and the method. `null`: no limit. */
  readonly rateLimit?: Exclude<RateLimitClass, 'credential'> | null;
}

interface ResourceOption<Request> extends EndpointOption {
  /** Loads what the decision is about. undefined: it does not exist, and the caller gets 404. */
  readonly resource: (
    request: Request,
    principal: PrincipalOf<string, string>,
  ) => Promise<Resource | undefined> | Resource | undefined;
}

/** Express middleware. */
type Middleware<Request> = (
  request: Request,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

type Handler<Request, Response> = (request: Request, response: Response) => Promise<void>;

export interface CallableDefinition<
  Permission extends string,
  Role extends string,
  Input extends StandardSchema,
  Output extends StandardSchema,
> extends Omit<CallableOptions, 'cors' | 'enforceAppCheck' | 'consumeAppCheckToken'>,
    EndpointOption {
  readonly access: Permission | CallerRuleOf<Permission>;
  /** Schema of the data, of Zod or another library with https://standardschema.dev. */
  readonly input: Input;
  /** Schema of the answer; `null`: none. */
  readonly output: Output | null;
  run(
    input: OutputOf<Input>,
    context: { readonly principal: PrincipalOf<Permission, Role>; readonly requestId: string },
  ): InputOf<Output> | Promise<InputOf<Output>>;
}

export interface Gatehouse<Permission extends string, Role extends string> {
  /** The Cloud Functions of Gatehouse, by name. Export them under one name. */
  readonly functions: { readonly api: HttpsFunction } & Readonly<Record<string, unknown>>;

  /**
   * Middleware for Express 4 and 5. Sets `req.principal`, or answers an RFC 9457 problem. Does not read the body.
   *
   * @throws Error for a permission that does not exist
   */
  requireAccess<Request extends IncomingMessage = IncomingMessage>(
    access: Permission | CallerRuleOf<Permission>,
    options?: EndpointOption,
  ): Middleware<Request>;
  requireAccess<Request extends IncomingMessage = IncomingMessage>(
    access: OwnRuleOf<Permission>,
    options: ResourceOption<Request>,
  ): Middleware<Request>;

  /** The handler of an `onRequest`, called for callers with access only. */
  guard<Request extends IncomingMessage, Response extends ServerResponse>(
    access: Permission | CallerRuleOf<Permission>,
    handler: (
      request: Request & { readonly principal: PrincipalOf<Permission, Role> },
      response: Response,
    ) => unknown,
    options?: EndpointOption,
  ): Handler<Request, Response>;

  /** A callable function, with the same checks as those of Gatehouse. */
  callable<Input extends StandardSchema, Output extends StandardSchema>(
    definition: CallableDefinition<Permission, Role, Input, Output>,
  ): CallableFunction<InputOf<Input>, Promise<OutputOf<Output>>>;

  /**
   * Authenticates the request of a page that a server renders: by the session cookie, or by `Authorization`. Where the method
   * is known, a change with the cookie has to come from a page of the same origin, or of one in `ALLOWED_ORIGINS`.
   *
   * @param request of Node or Express, or of the Fetch API; or the header `Cookie` alone
   * @returns null without a credential, and for a refused one
   * @throws Error when a service that is needed does not answer
   */
  verifySession(
    request:
      | string
      | undefined
      | {
          readonly method?: string | undefined;
          readonly headers: IncomingHttpHeaders | Pick<Headers, 'get'>;
        },
  ): Promise<PrincipalOf<Permission, Role> | null>;
}

let created: { readonly config: string; readonly gatehouse: unknown } | undefined;

/**
 * Creates the functions of Gatehouse, and what protects yours. Call it once, in a module that the others import. The same
 * configuration again, as with hot reload, returns the same.
 *
 * @throws Error for another configuration in the same process, and for an invalid one
 */
export function createGatehouse<
  const Permissions extends Readonly<Record<`${string}:${string}`, PermissionSetting>>,
  const Roles extends Readonly<Record<string, RoleSetting<Names<Permissions> | BuiltInPermission>>> & {
    readonly owner: 'all';
  },
>(
  config: LibraryConfig<Permissions, Roles>,
): Gatehouse<Names<Permissions> | BuiltInPermission, Names<Roles>> {
  const text = JSON.stringify(config, (_name, value) => (typeof value === 'function' ? `${value}` : value));
  created ??= { config: text, gatehouse: load(config) };
  if (created.config !== text)
    throw new Error('createGatehouse was called with another configuration before.');
  // The runtime is typed with the names of its own build; `config` gave it these.
  return created.gatehouse as Gatehouse<Names<Permissions> | BuiltInPermission, Names<Roles>>;
}

function load(config: LibraryConfig<Readonly<Record<string, PermissionSetting>>, Roles>): unknown {
  const { permissions, roles, defaultRole, options = {}, exportedAs = 'gatehouse' } = config;
  giveConfig({
    permissions: { ...BUILT_IN_PERMISSIONS, ...permissions },
    roles,
    defaultRole,
    signUp: config.signUp ?? { emailDomains: [] },
    signIn: config.signIn,
    sessions: config.sessions,
    mfa: config.mfa,
    rateLimits: config.rateLimits,
    trustedIssuers: config.trustedIssuers ?? (() => []),
    identityPlatform: config.identityPlatform ?? false,
  });
  // `require`, because functions have to be defined before the module that exports them has been evaluated.
  const require = nodeModule.createRequire(import.meta.url);
  const { open }: typeof import('./runtime.ts') = require('./runtime.js');
  return open({ options, exportedAs });
}

type Roles = Readonly<Record<string, RoleSetting<string>>>;
