import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { authenticate } from '../authn/authenticate.ts';
import { type Authenticated, findCredential } from '../authn/credential.ts';
import { checkCsrf, csrfCheckFor } from '../authn/session-cookie/csrf.ts';
import { decide, toDenialError } from '../authz/decide.ts';
import type { Principal } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { AppError, isRefusal, toAppError } from '../core/errors.ts';
import { credentialHeaders, headerLines } from '../core/request.ts';
import type { CallDeps } from '../pipeline/call.ts';
import { callerFields } from '../pipeline/call-line.ts';
import { isAllowedOrigin } from '../pipeline/origin.ts';
import { renewSession } from '../pipeline/renew-session.ts';
import { findProof, ruleFor } from '../pipeline/second-factor.ts';

/**
 * A request of Node or Express, or one of the Fetch API, as Next.js and other frameworks have it. A text is the header
 * `Cookie` alone.
 */
export type SessionRequest = string | undefined | PageRequest;

interface PageRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders | FetchHeaders;
}

/** `Headers`, also where a framework leaves out the methods that change them. */
type FetchHeaders = Pick<Headers, 'get'>;

/**
 * Authenticates the request of a page that a server renders. It decides nothing but the policy about second factors: the page
 * asks `principal.permissions`. A change with the session cookie has to come from a page of this server or of an allowed
 * origin, where the method is known.
 *
 * @returns null for a request without a credential, for a refused one, and for a user without the factor that they need
 * @throws AppError `unavailable` when it cannot be told
 */
export async function verifySession(deps: CallDeps, request: SessionRequest): Promise<Principal | null> {
  const requestId = randomUUID();
  try {
    const headers = credentialHeaders(deps.config, headerReader(request));
    const credential = findCredential(deps.authenticators, { headers });
    if (credential === undefined) return null;
    const authenticated = await authenticate(deps, credential, { fresh: false });
    if (authenticated.session !== undefined && isChange(request)) {
      checkCsrf({
        ...{ request: { headers }, check: 'origin', session: authenticated.session.session },
        isAllowedOrigin: (origin, fetchSite) =>
          fetchSite === 'same-origin' || isAllowedOrigin(deps.config, origin, fetchSite),
        caller: authenticated.principal,
      });
    }
    const principal = await requirePolicy(deps, authenticated);
    await renewSession(deps, credential, authenticated, { requestId });
    return principal;
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const { code, reason = code, logDetail, caller } = toAppError(thrown);
    deps.log.decision({
      requestId,
      permission: 'signed-in',
      granted: false,
      ...{ reason, code, detail: logDetail },
      ...(caller && callerFields(caller)),
    });
    return null;
  }
}

/** @throws AppError `step_up_required` for a user with a role of `mfa.requireFactorFor` who has proved no second factor */
async function requirePolicy(deps: CallDeps, authenticated: Authenticated): Promise<Principal> {
  const rule = ruleFor(authenticated, 'signed-in', deps.config.mfa);
  const decideOn = (principal: Principal) => decide(principal, rule, undefined, seconds(deps.clock));
  if (decideOn(authenticated.principal).allowed) return authenticated.principal;
  const principal = await findProof(deps.secondFactors, authenticated, { fresh: false, since: 0 });
  const decision = decideOn(principal);
  if (decision.allowed) return principal;
  const { code, message } = toDenialError(decision);
  throw new AppError(code, message, { reason: decision.reason, caller: principal });
}

const isChange = (request: SessionRequest) =>
  typeof request === 'object' && request.method !== undefined && csrfCheckFor(request.method) !== 'none';

function headerReader(request: SessionRequest): (name: string) => readonly string[] {
  if (typeof request !== 'object') return (name) => toLines(name === 'cookie' ? request : undefined);
  if (request instanceof IncomingMessage) return (name) => headerLines(request, name);
  const { headers } = request;
  if (isFetchHeaders(headers)) return (name) => toLines(headers.get(name) ?? undefined);
  return (name) => toLines(headers[name]);
}

const isFetchHeaders = (headers: IncomingHttpHeaders | FetchHeaders): headers is FetchHeaders =>
  typeof headers.get === 'function';

const toLines = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
