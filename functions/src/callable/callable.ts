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
import type * as z from 'zod';
import type { CredentialRequest } from '../authn/authenticator.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Principal } from '../authz/principal.ts';
import { ERRORS, isRefusal, toAppError } from '../core/errors.ts';
import { headerLines } from '../core/header-lines.ts';
import { parseInput } from '../core/parse-input.ts';
import { type RequestLabels, requestLabels } from '../core/request-labels.ts';
import type { Deps } from '../deps.ts';
import { guard } from '../pipeline/guard.ts';
import { enforceTransport } from '../pipeline/transport.ts';
import { secureResponse } from '../platform/security-headers.ts';
import { checkCall } from './check-call.ts';

interface Callable<I extends z.ZodType, O extends z.ZodType> {
  /** Who may pass. Required, as for a route. */
  readonly access: AccessRule;
  /** Changes something: with App Check replay protection on, it takes a fresh App Check token. */
  readonly changes: boolean;
  readonly input: I;
  readonly output: O;
  handler(input: z.output<I>, context: CallContext): Promise<z.input<O>> | z.input<O>;
}

interface CallContext {
  readonly principal: Principal;
  readonly deps: Deps;
  readonly requestId: string;
}

/** A request at the gate: its id, and the headers that prove who calls, as they came. */
interface Arrival {
  readonly requestId: string;
  readonly request: CredentialRequest;
  readonly appCheck: readonly string[];
  readonly labels: RequestLabels;
}

/**
 * A callable function behind the same gates as a route: transport, App Check, guard, schemas.
 *
 * The SDK would verify the two tokens itself before the handler runs: without revocation check, without our token
 * guard, with 401 when Google cannot be reached, and in the emulator it only decodes. So the gate takes the headers
 * off the request first, and `request.auth` is always empty.
 */
export function callable<I extends z.ZodType, O extends z.ZodType>(
  options: CallableOptions,
  deps: () => Deps,
  spec: Callable<I, O>,
): CallableFunction<unknown, Promise<z.output<O>>> {
  const arrivals = new WeakMap<object, Arrival>();

  // `cors: false`: the gate answers for CORS, from the allow-list.
  const inner = onCall({ ...options, cors: false }, async (request): Promise<z.output<O>> => {
    // Not through the gate: a direct `run` in somebody's unit test. That proves nothing, so it is nobody.
    const arrival = arrivals.get(request.rawRequest ?? request) ?? {
      requestId: randomUUID(),
      request: { headers: () => [] },
      appCheck: [],
      labels: {},
    };
    try {
      return await answer(spec, deps(), arrival, request.data);
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
      return enter(req, res, { deps: own, requestId: arrival.requestId }, async () =>
        target.apply(self, [req, res]),
      );
    },
  });
}

async function answer<I extends z.ZodType, O extends z.ZodType>(
  spec: Callable<I, O>,
  deps: Deps,
  { requestId, request, appCheck, labels }: Arrival,
  data: unknown,
): Promise<z.output<O>> {
  const { access, changes } = spec;
  const principal = await guard(deps, { request, appCheck, access, changes, requestId, labels });
  // The SDK turns a call without an argument into null.
  const input = parseInput(spec.input, data ?? {}, 'data');
  return spec.output.parse(await spec.handler(input, { principal, deps, requestId }));
}

function arrive(req: Request, projectId: string): Arrival {
  const authorization = headerLines(req, 'authorization');
  const appCheck = headerLines(req, 'x-firebase-appcheck');
  delete req.headers.authorization;
  delete req.headers['x-firebase-appcheck'];
  const headers = (name: string) => (name === 'authorization' ? authorization : headerLines(req, name));
  return { requestId: randomUUID(), request: { headers }, appCheck, labels: requestLabels(req, projectId) };
}

/** What a request meets before a route: headers, HTTPS, origin, size, CORS. Resolves when the response is finished. */
function enter(
  req: Request,
  res: Response,
  { deps, requestId }: { deps: Deps; requestId: string },
  next: () => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    res.once('finish', resolve);
    secureResponse(res, 'X-Request-Id', requestId);
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
function toHttpsError(thrown: unknown, deps: Deps, requestId: string): HttpsError {
  const error = toAppError(thrown);
  const { callable: code } = ERRORS[error.code];
  if (!isRefusal(error)) deps.log.failure(requestId, error);
  return new HttpsError(code, error.message, {
    code: error.code,
    requestId,
    ...(error.errors && { errors: error.errors }),
    ...(error.retryAfter && { retryAfter: error.retryAfter }),
  });
}
