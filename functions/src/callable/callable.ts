import { randomUUID } from 'node:crypto';
import cors from 'cors';
import {
  type CallableFunction,
  type CallableOptions,
  HttpsError,
  onCall,
  type Request,
  type Response,
} from 'firebase-functions/https';
import type { CredentialRequest } from '../authn/credential.ts';
import type { Config } from '../config.ts';
import { ERRORS, isRefusal, toAppError } from '../core/errors.ts';
import { headerLines } from '../core/request.ts';
import { type RequestLabels, requestLabels } from '../core/request-labels.ts';
import { allowCall, runCall } from '../pipeline/call.ts';
import type { GuardDeps } from '../pipeline/guard.ts';
import type { BoundOperation, Operation } from '../pipeline/operation.ts';
import { enforceTransport } from '../pipeline/transport.ts';
import { secureResponse } from '../platform/security-headers.ts';
import { checkCall } from './check-call.ts';

export interface CallableDeps extends GuardDeps {
  readonly config: Config;
  readonly operations: readonly BoundOperation[];
}

/** A request before the SDK handles it: its id, and the headers with credentials. */
interface Arrival {
  readonly requestId: string;
  readonly request: CredentialRequest;
  readonly appCheck: readonly string[];
  readonly labels: RequestLabels;
}

/** The callable functions: every operation that asks for one, under its own name. */
export function createCallables(
  operations: readonly Operation[],
  options: CallableOptions,
  deps: () => CallableDeps,
): Record<string, CallableFunction<unknown, Promise<unknown>>> {
  return Object.fromEntries(
    operations
      .filter(({ callable }) => callable)
      .map((operation) => [operation.name, createCallable(operation, options, deps)]),
  );
}

/**
 * An operation as a callable function, with the same checks as its HTTP route.
 *
 * The SDK would verify both tokens itself before the handler runs: without a revocation check, with 401 when Google cannot
 * be reached, and in the emulator it only decodes. So the headers are taken off the request first, and `request.auth` is
 * always empty.
 */
export function createCallable(
  operation: Operation,
  options: CallableOptions,
  deps: () => CallableDeps,
): CallableFunction<unknown, Promise<unknown>> {
  const arrivals = new WeakMap<object, Arrival>();

  // `cors: false`: the transport checks answer for CORS, from the allow-list.
  const inner = onCall({ ...options, cors: false }, async (request) => {
    // A direct `run`, as unit tests do it, has no headers: it proves nothing, so the caller is anonymous.
    const arrival = arrivals.get(request.rawRequest ?? request) ?? {
      requestId: randomUUID(),
      request: { headers: () => [] },
      appCheck: [],
      labels: {},
    };
    try {
      return await answer(operation, deps(), arrival, request.data);
    } catch (thrown) {
      throw toHttpsError(thrown, deps(), arrival.requestId);
    }
  });

  // A proxy keeps what the CLI and the test SDK read off the function: `__endpoint`, `run`.
  return new Proxy(inner, {
    apply(target, self, [req, res]: [Request, Response]) {
      const own = deps();
      const arrival = arrive(req, own.config.projectId);
      arrivals.set(req, arrival);
      return passTransport(req, res, { deps: own, requestId: arrival.requestId }, async () =>
        target.apply(self, [req, res]),
      );
    },
  });
}

async function answer(
  operation: Operation,
  deps: CallableDeps,
  arrival: Arrival,
  data: unknown,
): Promise<unknown> {
  const bound = deps.operations.find((one) => one.operation === operation);
  if (bound === undefined) throw new Error(`${operation.name} belongs to no module`);
  const call = {
    ...arrival,
    // The SDK turns a call without an argument into null.
    readInput: () => data ?? {},
    locate: (field: string) => (field === '' ? 'data' : `data.${field}`),
  };
  return runCall(bound, call, await allowCall(deps, bound, call));
}

function arrive(req: Request, projectId: string): Arrival {
  const authorization = headerLines(req, 'authorization');
  const appCheck = headerLines(req, 'x-firebase-appcheck');
  delete req.headers.authorization;
  delete req.headers['x-firebase-appcheck'];
  const headers = (name: string) => (name === 'authorization' ? authorization : headerLines(req, name));
  return { requestId: randomUUID(), request: { headers }, appCheck, labels: requestLabels(req, projectId) };
}

/** Headers, HTTPS, origin, size, CORS, the callable protocol. Resolves when the response is finished. */
function passTransport(
  req: Request,
  res: Response,
  { deps, requestId }: { deps: CallableDeps; requestId: string },
  next: () => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    res.once('finish', resolve);
    secureResponse(res, requestId);
    try {
      enforceTransport(deps, req, requestId);
      if (req.method !== 'OPTIONS') checkCall(req);
    } catch (thrown) {
      const error = toHttpsError(thrown, deps, requestId);
      res.status(ERRORS[toAppError(thrown).code].status).json({ error: error.toJSON() });
      return;
    }
    const origin = [...deps.config.allowedOrigins];
    const allow = cors({ origin, methods: ['POST'], allowedHeaders: CLIENT_HEADERS, maxAge: 600 });
    allow(req, res, () => next().then(resolve, reject));
  });
}

/** What the Firebase client SDKs send. */
const CLIENT_HEADERS = ['Authorization', 'Content-Type', 'Firebase-Instance-ID-Token', 'X-Firebase-AppCheck'];

/** `details` carries what problem+json and its headers carry: `code`, `requestId`, `errors` per field, `retryAfter`. */
function toHttpsError(thrown: unknown, deps: CallableDeps, requestId: string): HttpsError {
  const error = toAppError(thrown);
  if (!isRefusal(error)) deps.log.failure(requestId, error);
  return new HttpsError(ERRORS[error.code].callable, error.message, {
    code: error.code,
    requestId,
    ...(error.errors && { errors: error.errors }),
    ...(error.retryAfter && { retryAfter: error.retryAfter }),
  });
}
