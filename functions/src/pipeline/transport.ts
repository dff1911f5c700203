import type { Config } from '../config.ts';
import { AppError } from '../core/errors.ts';
import { earlyRefusalOf, MAX_BODY_BYTES, payloadTooLarge } from '../core/request.ts';
import type { Log } from '../platform/logging/log.ts';

interface RawRequest {
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set where the functions framework has read the body, of up to 1 GB. */
  readonly rawBody?: Buffer | undefined;
}

interface TransportDeps {
  readonly config: Pick<Config, 'allowedOrigins' | 'emulator'>;
  readonly log: Pick<Log, 'transport'>;
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
): void {
  try {
    checkTransport(config, request);
    const refusal = earlyRefusalOf(request);
    if (refusal !== undefined) throw refusal;
  } catch (error) {
    if (error instanceof AppError) log.transport({ requestId, granted: false, code: error.code });
    throw error;
  }
}

function checkTransport(config: TransportDeps['config'], { headers, rawBody }: RawRequest): void {
  // The emulator has no TLS. In production it ends at Google's front end, which overwrites this header. Never a redirect: the
  // token was sent already.
  if (!config.emulator && headers['x-forwarded-proto'] !== 'https') {
    throw new AppError('https_required', 'Use https://. If you sent a token over plain HTTP, revoke it.');
  }
  // Whole strings: "null", a prefix, a suffix, another port or http are other origins.
  const { origin } = headers;
  if (origin !== undefined && !(typeof origin === 'string' && config.allowedOrigins.includes(origin))) {
    throw new AppError('origin_denied', 'This origin is not in ALLOWED_ORIGINS.');
  }
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > MAX_BODY_BYTES || (rawBody?.length ?? 0) > MAX_BODY_BYTES) throw payloadTooLarge();
}
