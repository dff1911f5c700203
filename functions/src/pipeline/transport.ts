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

export interface TransportLimits {
  /** For the log, if it is not the one of the request. */
  readonly path?: string;
  /** Further checks. */
  readonly check?: () => void;
  readonly maxBodyBytes?: number | undefined;
}

/**
 * Checks a request before anything is parsed, the same for the HTTP API and the callables. A refusal is one line in the log.
 *
 * @throws AppError `https_required`, `origin_denied`, `payload_too_large`, or what `refuseEarly` recorded
 */
export function enforceTransport(
  { config, log }: TransportDeps,
  request: RawRequest,
  requestId: string,
  { path = request.path, check, maxBodyBytes = MAX_BODY_BYTES }: TransportLimits = {},
): void {
  restoreContentType(request);
  try {
    checkTransport(config, request, maxBodyBytes);
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

/** @throws AppError `https_required` */
export function requireHttps(
  { emulator }: Pick<OriginRules, 'emulator'>,
  { headers }: Pick<RawRequest, 'headers'>,
): void {
  // The emulator has no TLS. In production it ends at Google's front end, which overwrites this header. Never a redirect: the
  // token was sent already.
  if (!emulator && headers['x-forwarded-proto'] !== 'https') {
    throw new AppError('https_required', 'Use https://. If you sent a token over plain HTTP, revoke it.');
  }
}

function checkTransport(config: OriginRules, request: RawRequest, maxBodyBytes: number): void {
  requireHttps(config, request);
  const { headers, rawBody } = request;
  const { origin, 'sec-fetch-site': fetchSite } = headers;
  if (origin !== undefined && !(typeof origin === 'string' && isAllowedOrigin(config, origin, fetchSite))) {
    throw new AppError('origin_denied', 'This origin is not in ALLOWED_ORIGINS.');
  }
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > maxBodyBytes || (rawBody?.length ?? 0) > maxBodyBytes) throw payloadTooLarge();
}
