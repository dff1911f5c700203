import type { AppCheck } from 'firebase-admin/app-check';
import { parseCompactJws } from '../authn/parse-jws.ts';
import { readTimes } from '../authn/token-times.ts';
import { type Clock, seconds } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { AppError, invalidToken, unavailable } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { createMutex } from '../core/mutex.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';
import { DAY } from '../core/time.ts';

/** Checks that requests come from the project's own apps. */
export interface AppCheckVerifier {
  /**
   * @param tokens every `X-Firebase-AppCheck` line as received
   * @param changes does the request change something? With replay protection, each token is accepted for one change only
   * @throws AppError `app_check_failed`, `unavailable`
   */
  check(tokens: readonly string[], { changes }: { changes: boolean }): Promise<void>;
}

interface Options {
  readonly enforce: boolean;
  /** Replay protection: https://firebase.google.com/docs/app-check/custom-resource-backend#replay-protection */
  readonly consume: boolean;
  readonly appCheck: () => Promise<Pick<AppCheck, 'verifyToken'>>;
  readonly clock: Clock;
}

/** Projects choose a lifetime of 30 minutes to 7 days. The SDK accepts tokens without `exp`. */
const PROFILE = { maxLifetime: 7 * DAY, authTime: null } as const;

/** Milliseconds between two attempts to fetch the keys while there are none, as for token issuers. */
const RETRY = 5_000;

const isUnavailable = (error: unknown) => error instanceof AppError && error.code === 'unavailable';

export function createAppCheckVerifier({ enforce, consume, appCheck, clock }: Options): AppCheckVerifier {
  const inTurn = createMutex(isUnavailable);
  let failure: { readonly error: unknown; readonly at: number } | undefined;

  async function verify(token: string, options?: { consume: true }) {
    try {
      const verifying = appCheck().then((sdk) => sdk.verifyToken(token, options));
      return await withDeadline('verifyAppCheckToken', verifying);
    } catch (cause) {
      throw toRefusal(cause);
    }
  }

  /** Only the keys are fetched for this. While they cannot be, the SDK would fetch them for every token. */
  async function verifyWithKeys(token: string): Promise<void> {
    if (failure !== undefined && Math.abs(clock() - failure.at) < RETRY) throw failure.error;
    try {
      await verify(token);
    } catch (error) {
      if (isUnavailable(error)) failure = { error, at: clock() };
      throw error;
    }
  }

  return {
    async check([token, ...others], { changes }) {
      if (!enforce) return;
      if (token === undefined || others.length > 0)
        throw refused('app-check-missing', 'one X-Firebase-AppCheck header is needed');
      try {
        const { header, payload } = parseCompactJws(token);
        requireTexts(header, payload);
        readTimes(payload, PROFILE, seconds(clock));
      } catch (cause) {
        throw refused('app-check-malformed', undefined, cause);
      }
      await inTurn(() => verifyWithKeys(token));
      if (!consume || !changes) return;
      const { alreadyConsumed } = await verify(token, { consume: true });
      if (alreadyConsumed) throw refused('app-check-consumed');
    },
  };
}

/**
 * The SDK looks these up and quotes them. An object without a text makes it throw what looks like a failure of its keys, by
 * which one token would shut out every caller for five seconds, or a bug.
 */
function requireTexts({ alg, kid }: JsonObject, { aud }: JsonObject): void {
  const values: readonly unknown[] = [alg, kid, ...(Array.isArray(aud) ? aud : [aud])];
  if (values.some((value) => typeof value !== 'string')) throw invalidToken('malformed-token');
}

function refused(reason: RefusalReason, logDetail?: string, cause?: unknown): AppError {
  const detail = 'Send a valid App Check token in X-Firebase-AppCheck.';
  return new AppError('app_check_failed', detail, { reason, cause, ...(logDetail && { logDetail }) });
}

/** The SDK has one code for invalid tokens and for keys that it cannot fetch; only the message differs. */
function toRefusal(cause: unknown): unknown {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause;
  const { code, message } = cause;
  const aboutToken =
    code === 'app-check/app-check-token-expired' || /^(The provided|Decoding) App Check token /.test(message);
  return aboutToken
    ? refused('app-check-refused', String(code), cause)
    : unavailable(`App Check: ${String(code)}`, cause);
}
