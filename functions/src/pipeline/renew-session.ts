import type { Authenticated, Credential } from '../authn/credential.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { isRefusal, toAppError } from '../core/errors.ts';
import type { Log } from '../platform/logging/log.ts';

interface Deps {
  readonly clock: Clock;
  readonly log: Pick<Log, 'failure'>;
}

/**
 * Keeps the session of an allowed request alive. A service that does not answer fails no request: the session goes on until
 * its end.
 *
 * @returns undefined if there is nothing to do
 * @throws AppError `invalid_token`, `token_stale` for a session that has ended in the meantime
 */
export function renewSession(
  { clock, log }: Deps,
  { authenticator, value }: Credential,
  authenticated: Authenticated,
  {
    requestId,
    setCookie,
  }: { readonly requestId: string; readonly setCookie?: ((header: string) => void) | undefined },
): Promise<void> | undefined {
  const renewing = authenticator.renew?.(value, authenticated, seconds(clock), setCookie);
  return renewing?.catch((error) => {
    if (isRefusal(error)) throw error;
    log.failure(requestId, toAppError(error));
  });
}
