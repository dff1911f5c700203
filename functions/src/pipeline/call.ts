import { type Resource, toDenialError } from '../authz/decide.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import type { Config } from '../config.ts';
import { AppError, isRefusal, withLocatedFields } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { once } from '../core/once.ts';
import { parseInput } from '../core/parse-input.ts';
import type { Log } from '../platform/logging/log.ts';
import { Client } from './client.ts';
import { type GuardDeps, guard, type RequestContext } from './guard.ts';
import { type BoundOperation, type Operation, type RunContext, requiresVersion } from './operation.ts';

/** What the transports need of an instance. */
export interface CallDeps extends GuardDeps {
  readonly config: Config;
  readonly log: Log;
  readonly operations: readonly BoundOperation[];
}

/** A request for an operation, whatever its transport. */
export interface Call extends RequestContext {
  /** The input as sent. @throws AppError for input that the transport cannot read */
  readInput(): unknown;
  /** Name of an input field in the request: `title` → `body.title`; `''` is all of the input. */
  locate(field: string): string;
}

/** An allowed call, with everything that `run` takes. */
interface AllowedCall {
  readonly input: unknown;
  readonly context: RunContext<unknown, Resource | undefined>;
}

/**
 * What every call passes before its operation runs: App Check, authentication, the decision, the input, the resource. Input
 * and resource are read once, before the decision where it depends on them.
 *
 * @throws AppError what {@link guard} throws; `invalid_argument`, `not_found`
 */
export async function allowCall(
  deps: GuardDeps & Pick<CallDeps, 'config'>,
  { operation, service }: BoundOperation,
  call: Call,
): Promise<AllowedCall> {
  const { request, requestId, decided, csrf, setCookie } = call;
  const { name, access, resource: load, effect, appCheck, credentials, factorPolicy, rateLimit } = operation;
  const readInput = once(() => {
    const sent = call.readInput();
    requireVersion(operation, sent, call);
    return parseInput(operation.input, sent, call.locate);
  });
  let loading: Promise<Resource | undefined> | undefined;
  async function loadResource(principal: Principal): Promise<Resource | undefined> {
    const input = readInput();
    loading ??= locateErrors(call, async () => load?.(input, service, principal));
    return loading;
  }

  const changes = effect === 'write';
  const resource = load && loadResource;
  const renewal = operation.rotatesSession ? undefined : setCookie;
  const attempt = {
    request,
    requestId,
    decided,
    csrf,
    setCookie: renewal,
    access,
    appCheck,
    credentials,
    changes,
  };
  const principal = await guard(deps, { ...attempt, name, factorPolicy, rateLimit, resource });
  const input = readInput();
  const loaded = load && (await loadResource(principal));
  if (load !== undefined && loaded === undefined) {
    throw toDenialError({ allowed: false, reason: 'not-own' });
  }
  const actor: PrincipalActor = { kind: 'principal', principal, requestId };
  const client = new Client(deps.config, call);
  return { input, context: { service, actor, access, resource: loaded, client } };
}

/** Runs an allowed call. @returns the answer, with the fields of its schema; undefined for an operation without content */
export async function runCall(
  { operation }: BoundOperation,
  call: Call,
  { input, context }: AllowedCall,
): Promise<unknown> {
  const answer = await locateErrors(call, async () => operation.run(input, context));
  return operation.output === null ? undefined : operation.output.parse(answer);
}

/** Runs an allowed call of an operation that streams. @returns the items, with the fields of its schema */
export async function* streamCall(
  { operation }: BoundOperation,
  call: Call,
  { input, context }: AllowedCall,
): AsyncGenerator {
  try {
    // `stream` says so.
    const items = operation.run(input, context) as AsyncIterable<unknown>;
    for await (const item of items) yield operation.output?.parse(item);
  } catch (error) {
    throw located(error, call);
  }
}

/**
 * For an endpoint of an adopter: `inShadow` of {@link guard} where shadow mode applies. A failure is logged, as without it.
 *
 * @param allowed does the endpoint say so?
 */
export function shadowOf({ config, log }: CallDeps, requestId: string, allowed = false) {
  if (!allowed || config.enforcement !== 'shadow') return undefined;
  return (error: AppError) => {
    if (!isRefusal(error)) log.failure(requestId, error);
  };
}

/** A change that names no version could undo that of another client (RFC 6585 §3). */
function requireVersion(operation: Operation, sent: unknown, { locate }: Call): void {
  // The SDK of the web sends null for a field that is undefined.
  const isGiven = !isJsonObject(sent) || (sent.version !== undefined && sent.version !== null);
  if (isGiven || !requiresVersion(operation)) return;
  const message = 'Send the version you read, as `version` or (HTTP) as If-Match.';
  throw new AppError('precondition_required', message, { errors: [{ field: locate('version'), message }] });
}

/** Services name fields relative to the input; the caller gets their names in the request. */
async function locateErrors<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw located(error, call);
  }
}

function located(error: unknown, { locate }: Call): unknown {
  return error instanceof AppError ? withLocatedFields(error, locate) : error;
}
