import type { AppCheck } from 'firebase-admin/app-check';
import { AppError, unavailable } from '../errors.ts';
import { withDeadline } from '../lib/deadline.ts';
import { parseToken } from './token-guard.ts';

/** Does App Check vouch that the request comes from one of the project's own apps? */
export interface AppCheckGate {
  /**
   * @param tokens every `X-Firebase-AppCheck` line as received
   * @param changes this request changes something: with replay protection on, its token must be a fresh one
   * @throws AppError `app_check_failed`, `unavailable`
   */
  check(tokens: readonly string[], { changes }: { changes: boolean }): Promise<void>;
}

interface Options {
  readonly enforce: boolean;
  /** Replay protection: https://firebase.google.com/docs/app-check/custom-resource-backend#replay-protection */
  readonly consume: boolean;
  readonly appCheck: () => Pick<AppCheck, 'verifyToken'>;
}

export function createAppCheckGate({ enforce, consume, appCheck }: Options): AppCheckGate {
  return {
    async check([token, ...others], { changes }) {
      if (!enforce) return;
      if (token === undefined || others.length > 0) throw refused('one X-Firebase-AppCheck header is needed');
      try {
        parseToken(token);
      } catch (cause) {
        throw refused('malformed', cause);
      }
      const options = consume && changes ? { consume: true } : undefined;
      let answer: Awaited<ReturnType<AppCheck['verifyToken']>>;
      try {
        answer = await withDeadline('verifyAppCheckToken', appCheck().verifyToken(token, options));
      } catch (cause) {
        throw toRefusal(cause);
      }
      if (answer.alreadyConsumed) throw refused('already consumed');
    },
  };
}

function refused(reason: string, cause?: unknown): AppError {
  const detail = 'Send a valid App Check token in X-Firebase-AppCheck.';
  return new AppError('app_check_failed', detail, { reason: `App Check: ${reason}`, cause });
}

/** As with ID tokens, a bad token and unreachable keys share a code; only the message differs. */
function toRefusal(cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause;
  if (cause.message.startsWith('Error fetching')) return unavailable('App Check keys', cause);
  switch (cause.code) {
    case 'app-check/invalid-argument':
    case 'app-check/app-check-token-expired':
      return refused(cause.code, cause);
    default:
      return cause instanceof AppError ? cause : unavailable(`App Check: ${String(cause.code)}`, cause);
  }
}
