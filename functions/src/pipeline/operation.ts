import type * as z from 'zod';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Resource } from '../authz/decide.ts';
import type { FactorScope } from '../authz/factor-policy.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Client } from './client.ts';
import type { OperationLimit } from './rate-limit.ts';

/** What `run` gets besides the input. */
export interface RunContext<Service, Loaded> {
  /** The service of the operation's own module, and no other. */
  readonly service: Service;
  readonly actor: PrincipalActor;
  /** The rule that allowed the call; a service checks it again inside its transaction. */
  readonly access: AccessRule;
  /** What `resource` loaded. */
  readonly resource: Loaded;
  /** For the operations of sessions. */
  readonly client: Client;
}

/**
 * The callers that need a valid App Check token, where App Check is on. Services have no app: they need none, except for
 * `everyone`, of public operations that answer with a credential. `firebase-users` also leaves out users of other issuers,
 * because a back end may send their tokens.
 */
export type AppCheckScope = 'everyone' | 'users' | 'firebase-users';

interface HttpBinding {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express path below `/v1`, e.g. `/users/:uid`. */
  readonly path: string;
}

/** `/users/:uid` → `/users/{uid}` */
export function pathTemplate({ http }: { readonly http: HttpBinding }): string {
  return http.path.replaceAll(/:(\w+)/g, '{$1}');
}

/** `/users/:uid` → `uid` */
export function pathParameters({ path }: HttpBinding): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/** Where the fields of the input are that are not in the path. */
export function fieldsIn({ method }: HttpBinding): 'query' | 'body' {
  return method === 'get' || method === 'delete' ? 'query' : 'body';
}

/** The answer of a created resource: 201 with `Location` (RFC 9110 §15.3.2), which is `http.path` followed by the id. */
interface Creation<Answer, Input> {
  readonly id: (answer: Answer, input: Input) => string;
  /** Did the resource exist before? Then the answer is 200 without `Location`. Absent: it never did. */
  readonly existed?: (answer: Answer) => boolean;
}

/** The callers of an operation that need an App Check token; undefined: none. */
export function appCheckScopeOf({
  access,
  appCheck,
}: {
  readonly access: AccessRule;
  readonly appCheck?: AppCheckScope | undefined;
}): AppCheckScope | undefined {
  return appCheck ?? (access === 'public' ? undefined : 'users');
}

/** Can `If-Match` give the `version` of the input? */
export function takesIfMatch({ effect, input }: Operation): boolean {
  return effect === 'write' && 'version' in input.shape;
}

/** Must a change name the `version` that was read? */
export function requiresVersion(operation: Operation): boolean {
  const { version } = operation.input.shape;
  return takesIfMatch(operation) && !(version as z.ZodType).safeParse(undefined).success;
}

interface OperationBase<Service, Input extends z.ZodObject, Output extends z.ZodType, Loaded> {
  /** The `operationId` in OpenAPI, and the name of the callable function. */
  readonly name: string;
  /** `write`: App Check replay protection and, with `etag`, `If-Match` apply. */
  readonly effect: 'read' | 'write';
  /** Who may call it. Required. */
  readonly access: AccessRule;
  readonly http: HttpBinding;
  /** Path parameters, query and body as one flat object. */
  readonly input: Input;
  /** The body as a union, for OpenAPI, where `input` has alternatives. It takes what `input` takes. */
  readonly body?: z.ZodType;
  /** Schema of the answer; other fields are not sent. `null`: no content (204). */
  readonly output: Output | null;
  readonly summary: string;
  /** The callers that need an App Check token. Default: `users`; none where `access` is public. */
  readonly appCheck?: AppCheckScope;
  /** Only the `Authorization` header authenticates: a session cookie is left to the operation. Default: either. */
  readonly credentials?: 'bearer';
  /** It gives the session of the caller a new cookie value itself: the request does not rotate it before. */
  readonly rotatesSession?: true;
  /** What it takes from the policy about second factors. Default: everything. */
  readonly factorPolicy?: FactorScope;
  /** How often a caller may call it. Default: as `privileged`, `write` or `read`, by its access and effect. */
  readonly rateLimit?: OperationLimit;
  /** An endpoint for OAuth clients: also takes a form, and a 400 has an `error` (RFC 6749 §4.1.3, §5.2). */
  readonly oauth?: true;
  /** Errors of the service, for OpenAPI, besides those that follow from the other fields (`openapi-errors.ts`). */
  readonly errors?: readonly ErrorCode[];
  /**
   * Loads the resource of the operation once, for the decision and for `run`. `undefined`: it does not exist, and the caller
   * gets 404.
   */
  readonly resource?: (
    input: z.output<Input>,
    service: Service,
    principal: Principal,
  ) => Promise<Loaded | undefined> | Loaded | undefined;
}

/** An operation with one answer. */
interface AnsweringSpec<Service, Input extends z.ZodObject, Output extends z.ZodType, Loaded>
  extends OperationBase<Service, Input, Output, Loaded> {
  readonly stream?: undefined;
  /** Is it also a callable function? */
  readonly callable?: true;
  /** The answer has an `ETag`; `If-Match` can give the `version` of a write (RFC 9110 §13.1.1). */
  readonly etag?: (output: z.output<Output>) => string;
  /** The operation creates a resource. */
  readonly created?: Creation<z.output<Output>, z.output<Input>>;
  run(
    input: z.output<Input>,
    context: RunContext<Service, Loaded>,
  ): Promise<z.input<Output>> | z.input<Output>;
}

/** An operation that answers `application/x-ndjson`: items of the schema `output`, each as JSON in a line of its own. */
interface StreamingSpec<Service, Input extends z.ZodObject, Output extends z.ZodType, Loaded>
  extends OperationBase<Service, Input, Output, Loaded> {
  readonly stream: true;
  readonly output: Output;
  readonly callable?: undefined;
  readonly etag?: undefined;
  readonly created?: undefined;
  run(input: z.output<Input>, context: RunContext<Service, Loaded>): AsyncIterable<z.input<Output>>;
}

type OperationSpec<Service, Input extends z.ZodObject, Output extends z.ZodType, Loaded> =
  | AnsweringSpec<Service, Input, Output, Loaded>
  | StreamingSpec<Service, Input, Output, Loaded>;

/** An operation with any input, output and resource. Its `run` gets what its own schema and loader returned. */
export type Operation<Service = unknown> = Omit<
  OperationBase<Service, z.ZodObject, z.ZodType, Resource | undefined>,
  'resource'
> & {
  readonly stream?: true;
  readonly callable?: true;
  resource?(input: unknown, service: Service, principal: Principal): Promise<Resource | undefined>;
  etag?(output: unknown): string;
  readonly created?: Creation<unknown, unknown>;
  run(input: unknown, context: RunContext<Service, Resource | undefined>): unknown;
};

/** An operation together with the service of its module. */
export interface BoundOperation<Service = unknown> {
  readonly operation: Operation<Service>;
  readonly service: Service;
}

/**
 * Declares an operation of a module: `operation<NotesService>()({ … })`. It is an HTTP route, a callable if it says so, and
 * part of the OpenAPI document.
 */
export const operation =
  <Service>() =>
  <Input extends z.ZodObject, Output extends z.ZodType, Loaded extends Resource | undefined = undefined>(
    spec: OperationSpec<Service, Input, Output, Loaded>,
  ): Operation<Service> =>
    // One list has operations with different inputs; the pipeline passes to each what its own schema parsed.
    spec as unknown as Operation<Service>;
