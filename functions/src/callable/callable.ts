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
import { ERRORS, isRefusal, toAppError } from '../core/errors.ts';
import { once } from '../core/once.ts';
import { headerLines } from '../core/request.ts';
import { type RequestLabels, requestLabels } from '../core/request-labels.ts';
import { allowCall, type Call, type CallDeps, runCall } from '../pipeline/call.ts';
import { openCallLine } from '../pipeline/call-line.ts';
import type { RequestContext } from '../pipeline/guard.ts';
import type { BoundOperation, Operation } from '../pipeline/operation.ts';
import { isAllowedOrigin } from '../pipeline/origin.ts';
import { enforceTransport, type TransportLimits } from '../pipeline/transport.ts';
import { secureResponse } from '../platform/security-headers.ts';
import { checkCall, parseCall } from './check-call.ts';

type Callable<Output = unknown> = CallableFunction<unknown, Promise<Output>>;

/** The callable functions: every operation that asks for one, under its own name. */
export function createCallables(
  operations: readonly Operation[],
  options: CallableOptions,
  getDeps: () => CallDeps,
): Record<string, Callable> {
  return Object.fromEntries(
    operations
      .filter(({ callable }) => callable)
      .map((operation) => [operation.name, createCallable(serveOperation(operation), options, getDeps)]),
  );
}

/** What a callable does: the decision, and its answer. */
export interface CallHandler {
  /** For the log. */
  readonly name: string;
  /** The largest body, in bytes. Default: that of the HTTP API. */
  readonly maxBodyBytes?: number;
  /** Do pages of every origin pass, in shadow mode? */
  inShadow?(deps: CallDeps): boolean;
  answer(deps: CallDeps, call: Call): Promise<unknown>;
}

function serveOperation(operation: Operation): CallHandler {
  const { name } = operation;
  let found: BoundOperation | undefined;
  return {
    name,
    async answer(deps, call) {
      found ??= deps.operations.find((bound) => bound.operation === operation);
      if (found === undefined) throw new Error(`${name} belongs to no module`);
      return runCall(found, call, await allowCall(deps, found, call));
    },
  };
}

/**
 * A callable function with the same checks as an HTTP route.
 *
 * The SDK would verify both tokens itself before the handler runs: without a revocation check, with 401 when Google cannot
 * be reached, and in the emulator it only decodes. So the headers are taken off the request first, and `request.auth` is
 * always empty.
 */
export function createCallable(
  { name, maxBodyBytes, inShadow, answer }: CallHandler,
  options: CallableOptions,
  getDeps: () => CallDeps,
): Callable {
  const contexts = new WeakMap<object, CallContext>();
  const open = once(() => {
    const deps = getDeps();
    return { deps, allowOrigin: allowOrigins(deps.config) };
  });

  // `cors: false`: `allowOrigin` answers for CORS, from the allow-list.
  const inner = onCall({ ...options, cors: false }, async (request) => {
    const { deps } = open();
    // A direct `run`, as in unit tests, has no headers: the caller is anonymous.
    const context = contexts.get(request.rawRequest ?? request) ?? {
      request: { headers: () => [] },
      requestId: randomUUID(),
      labels: {},
    };
    const { requestId, labels } = context;
    const line = openCallLine(deps.log, { requestId, labels, method: 'POST', route: `/${name}` });
    const call: Call = {
      ...context,
      decided: line.decided,
      csrf: 'origin',
      // The SDK turns a call without an argument into null.
      readInput: () => request.data ?? {},
      locate: (field: string) => (field === '' ? 'data' : `data.${field}`),
    };
    try {
      const result = await answer(deps, call);
      line.answered(200);
      return result === undefined ? null : withoutAbsent(result);
    } catch (thrown) {
      const error = toHttpsError(thrown, deps, requestId);
      line.answered(error.httpErrorCode.status, isHttpsError(thrown) ? undefined : toAppError(thrown).code);
      throw error;
    }
  });

  // A proxy keeps what the CLI and the test SDK read off the function: `__endpoint`, `run`.
  return new Proxy(inner, {
    apply(target, self, [req, res]: [Request, Response]) {
      const { deps, allowOrigin } = open();
      const context = {
        ...detachTokens(req, deps.config.projectId),
        setCookie: (header: string) => void res.append('Set-Cookie', header),
      };
      contexts.set(req, context);
      return new Promise<void>((resolve, reject) => {
        res.once('finish', resolve);
        const { requestId } = context;
        secureResponse(res, { requestId, config: deps.config });
        const pass = (next: () => void) => {
          const limits = { path: `/${name}`, maxBodyBytes, inShadow: inShadow?.(deps) };
          if (passTransport(req, res, deps, { requestId, ...limits })) next();
        };
        const serve = () => Promise.resolve(target.apply(self, [req, res])).then(resolve, reject);
        // Without CORS headers the web SDK cannot read a refused origin's answer, and reports `internal`. In the emulator it
        // can; in production, the log line names the origin.
        if (deps.config.emulator) allowOrigin(req, res, () => pass(serve));
        else pass(() => allowOrigin(req, res, serve));
      });
    },
  });
}

/** A request before its decision. */
type CallContext = Omit<RequestContext, 'decided'> & { readonly labels: RequestLabels };

/** Moves the headers with tokens from a request to its context. */
function detachTokens(req: Request, projectId: string): CallContext {
  const detached = new Map(
    ['authorization', 'x-firebase-appcheck'].map((name) => [name, headerLines(req, name)]),
  );
  for (const name of detached.keys()) delete req.headers[name];
  const headers = (name: string) => detached.get(name) ?? headerLines(req, name);
  return { request: { headers }, requestId: randomUUID(), labels: requestLabels(req, projectId) };
}

/** HTTPS, origin, size, the callable protocol. @returns false when the request was answered with a refusal */
function passTransport(
  req: Request,
  res: Response,
  deps: CallDeps,
  { requestId, ...limits }: { readonly requestId: string } & TransportLimits,
): boolean {
  try {
    const check = () => {
      if (req.method === 'OPTIONS') return;
      parseCall(req);
      checkCall(req);
    };
    enforceTransport(deps, req, requestId, { ...limits, check });
    return true;
  } catch (thrown) {
    const error = toHttpsError(thrown, deps, requestId);
    res.status(ERRORS[toAppError(thrown).code].status).json({ error: error.toJSON() });
    return false;
  }
}

/**
 * CORS for the Firebase client SDKs. `enforceTransport` refuses the origins that may not call, but not in shadow mode: the
 * session cookie is for allowed origins only.
 */
function allowOrigins(config: CallDeps['config']) {
  const allowedHeaders = [
    ...['Authorization', 'Content-Type', 'Firebase-Instance-ID-Token', 'X-CSRF-Token', 'X-Firebase-AppCheck'],
    ...config.allowedHeaders,
  ];
  const options = { origin: true, methods: ['POST'], allowedHeaders, maxAge: 600 };
  return cors(({ headers }, callback) => {
    const { origin = '', 'sec-fetch-site': fetchSite } = headers;
    callback(null, { ...options, credentials: isAllowedOrigin(config, origin, fetchSite) });
  });
}

/** The same JSON as over HTTP: the SDK would send an absent member as null. */
function withoutAbsent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Not `instanceof`: an adopter may use another copy of the SDK, with a class of its own. */
function isHttpsError(thrown: unknown): thrown is HttpsError {
  return thrown instanceof Error && 'httpErrorCode' in thrown;
}

/** `details` carries what problem+json and its headers carry. */
function toHttpsError(thrown: unknown, { log }: CallDeps, requestId: string): HttpsError {
  if (isHttpsError(thrown)) return new HttpsError(thrown.code, thrown.message, thrown.details);
  const error = toAppError(thrown);
  if (!isRefusal(error)) log.failure(requestId, error);
  const { code, errors, retryAfter, stepUp } = error;
  const details = withoutAbsent({ code, requestId, errors, retryAfter, stepUp });
  return new HttpsError(ERRORS[code].callable, error.message, details);
}
