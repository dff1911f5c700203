import { AppError, ERRORS } from '../core/errors.ts';
import { earlyRefusalOf, MAX_BODY_BYTES, payloadTooLarge, restoreContentType } from '../core/request.ts';
import type { Log } from '../platform/logging/log.ts';
import { isAllowedOrigin, type OriginRules } from './origin.ts';

interface RawRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set where the functions framework has read the body, of up to 1 GB. */
  readonly rawBody?: Buffer | undefined;
}

interface TransportDeps {
  readonly config: OriginRules;
  readonly log: Pick<Log, 'transport'>;
}

/**
 * Checks a request before anything is parsed, the same for the HTTP API and the callables. A refusal is one line in the log.
 *
 * @param path for the log, if it is not the one of the request
 * @param check further checks
 * @throws AppError `https_required`, `origin_denied`, `payload_too_large`, or what `refuseEarly` recorded
 */
export function enforceTransport(
  { config, log }: TransportDeps,
  request: RawRequest,
  requestId: string,
  { path = request.path, check }: { readonly path?: string; readonly check?: () => void } = {},
): void {
  restoreContentType(request);
  try {
    checkTransport(config, request);
    const refusal = earlyRefusalOf(request);
    if (refusal !== undefined) throw refusal;
    check?.();
  } catch (error) {
    if (error instanceof AppError) {
      const { method, headers } = request;
      const { origin } = headers;
      log.transport({
        ...{ requestId, granted: false, code: error.code, status: ERRORS[error.code].status, method },
        path: printable(path),
        ...(origin !== undefined && { origin: printable(String(origin)) }),
      });
    }
    throw error;
  }
}

const MAX_LOGGED = 200;

/** Text of a caller for the log, cut off; `?` for everything but visible ASCII. */
const printable = (text: string) => text.slice(0, MAX_LOGGED).replace(/[^\x21-\x7e]/g, '?');

function checkTransport(config: TransportDeps['config'], { headers, rawBody }: RawRequest): void {
  // The emulator has no TLS. In production it ends at Google's front end, which overwrites this header. Never a redirect: the
  // token was sent already.
  if (!config.emulator && headers['x-forwarded-proto'] !== 'https') {
    throw new AppError('https_required', 'Use https://. If you sent a token over plain HTTP, revoke it.');
  }
  const { origin, 'sec-fetch-site': fetchSite } = headers;
  if (origin !== undefined && !(typeof origin === 'string' && isAllowedOrigin(config, origin, fetchSite))) {
    throw new AppError('origin_denied', 'This origin is not in ALLOWED_ORIGINS.');
  }
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > MAX_BODY_BYTES || (rawBody?.length ?? 0) > MAX_BODY_BYTES) throw payloadTooLarge();
}
