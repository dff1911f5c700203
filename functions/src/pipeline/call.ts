import type { CredentialRequest } from '../authn/credential.ts';
import type { Resource } from '../authz/decide.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import { AppError, withLocatedFields } from '../core/errors.ts';
import { parseInput } from '../core/parse-input.ts';
import type { RequestLabels } from '../core/request-labels.ts';
import { type GuardDeps, guard } from './guard.ts';
import type { BoundOperation, RunContext } from './operation.ts';

/** A request for an operation, whatever its transport. */
export interface Call {
  /** Where credentials are looked for. */
  readonly request: CredentialRequest;
  readonly appCheck: readonly string[];
  readonly requestId: string;
  /** For the log line. */
  readonly labels: RequestLabels;
  /** The input as sent. @throws AppError for what the transport cannot read */
  readInput(): unknown;
  /** Name of an input field in the request: `title` → `body.title`; `''` is all of the input. */
  locate(field: string): string;
}

/** A call that is allowed, with everything that `run` takes. */
export interface AllowedCall {
  readonly input: unknown;
  readonly context: RunContext<unknown, Resource | undefined>;
}

/**
 * What every call passes before its operation runs: App Check, authentication, the decision, the input, the resource.
 *
 * @throws AppError what {@link guard} throws; `invalid_argument`, `not_found`
 */
export async function allowCall(
  deps: GuardDeps,
  { operation, service }: BoundOperation,
  call: Call,
): Promise<AllowedCall> {
  const { access, resource: load, effect, appCheck: needsAppCheck } = operation;
  let input: { readonly value: unknown } | undefined;
  let loaded: { readonly value: Resource | undefined } | undefined;
  const readInput = () => {
    input ??= { value: parseInput(operation.input, call.readInput(), call.locate) };
    return input.value;
  };
  const loadResource = async (value: unknown, principal: Principal) => {
    loaded ??= { value: await locateErrors(call, async () => load?.(value, service, principal)) };
    return loaded.value;
  };
  const { request, appCheck, requestId, labels } = call;
  const principal = await guard(deps, {
    ...{ request, appCheck, needsAppCheck, access, requestId, labels },
    changes: effect === 'write',
    // The decision asks for the resource only where it depends on its owner.
    resource: load && (async (who) => loadResource(readInput(), who)),
  });
  const actor: PrincipalActor = { kind: 'principal', principal, requestId };
  const value = readInput();
  if (load !== undefined && (await loadResource(value, principal)) === undefined) {
    throw new AppError('not_found', 'There is no such thing, or it is not yours.');
  }
  return { input: value, context: { service, actor, access, resource: loaded?.value } };
}

/** Runs an allowed call. @returns the answer as its schema lets it out; undefined for an operation without one */
export async function runCall(
  { operation }: BoundOperation,
  call: Call,
  { input, context }: AllowedCall,
): Promise<unknown> {
  const answer = await locateErrors(call, async () => operation.run(input, context));
  return operation.output === null ? undefined : operation.output.parse(answer);
}

/** Services name fields relative to the input; the caller gets the names that they have in the request. */
async function locateErrors<T>(call: Call, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof AppError ? withLocatedFields(error, call.locate) : error;
  }
}
