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
  /** Does an origin that may not call pass, in shadow mode? */
  readonly inShadow?: boolean | undefined;
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
  { path = request.path, check, maxBodyBytes = MAX_BODY_BYTES, inShadow }: TransportLimits = {},
): void {
  restoreContentType(request);
  try {
    requireHttps(config, request);
    const denied = originDenied(config, request);
    if (denied !== undefined && !inShadow) throw denied;
    if (denied !== undefined) logRefusal(log, request, { requestId, path, enforcement: 'shadow' }, denied);
    checkSize(request, maxBodyBytes);
    const refusal = earlyRefusalOf(request);
    if (refusal !== undefined) throw refusal;
    check?.();
  } catch (error) {
    if (error instanceof AppError) logRefusal(log, request, { requestId, path }, error);
    throw error;
  }
}

function logRefusal(
  log: TransportDeps['log'],
  { method, headers: { origin } }: RawRequest,
  { path, ...line }: { requestId: string; path: string; enforcement?: 'shadow' },
  { code }: AppError,
): void {
  log.transport({
    ...{ ...line, granted: false, code, status: ERRORS[code].status, method },
    path: printable(path),
    ...(origin !== undefined && { origin: printable(String(origin)) }),
  });
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

function originDenied(
  config: OriginRules,
  { headers: { origin, 'sec-fetch-site': fetchSite } }: RawRequest,
): AppError | undefined {
  if (origin === undefined) return undefined;
  if (typeof origin === 'string' && isAllowedOrigin(config, origin, fetchSite)) return undefined;
  return new AppError('origin_denied', 'This origin is not in ALLOWED_ORIGINS.');
}

function checkSize({ headers, rawBody }: RawRequest, maxBodyBytes: number): void {
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > maxBodyBytes || (rawBody?.length ?? 0) > maxBodyBytes) throw payloadTooLarge();
}
