import type { Config } from './config.ts';
import { AppError } from './errors.ts';
import type { Log } from './log.ts';

/** The largest body, in bytes. */
export const MAX_BODY_BYTES = 100 * 1024;

/** The refusal of a larger one, wherever it is noticed. */
export function payloadTooLarge(cause?: unknown): AppError {
  return new AppError('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes.`, { cause });
}

interface Arrival {
  /** Lower-case names, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set where the body has been read already: the functions framework does that, up to 1 GB. */
  readonly rawBody?: Buffer | undefined;
}

interface TransportDeps {
  readonly config: Pick<Config, 'allowedOrigins' | 'emulator'>;
  readonly log: Pick<Log, 'transport'>;
}

/**
 * The first gate, the same for the HTTP API and the callables, before anything is parsed. A refusal is one line in the log.
 *
 * @throws AppError `https_required`, `origin_denied`, `payload_too_large`
 */
export function passTransport({ config, log }: TransportDeps, arrival: Arrival, requestId: string): void {
  const { headers, rawBody } = arrival;
  const refused = earlyRefusals.get(arrival);
  const rules = { allowedOrigins: config.allowedOrigins, httpsOnly: !config.emulator };
  try {
    checkTransport({ headers, rawBodyBytes: rawBody?.length }, rules);
    if (refused !== undefined) throw refused;
  } catch (error) {
    if (error instanceof AppError) log.transport({ requestId, granted: false, code: error.code });
    throw error;
  }
}

const earlyRefusals = new WeakMap<object, AppError>();

/** Remembers for {@link passTransport} what was refused before anybody could answer: see `framework.ts`. */
export function refuseEarly(arrival: object, refusal: AppError): void {
  earlyRefusals.set(arrival, refusal);
}

/** @throws AppError `invalid_request` for a path that Express would stumble over later, as over any error of a handler */
export function checkPath(path: string): void {
  if (!path.includes('%')) return;
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw new AppError('invalid_request', 'The path is not valid percent-encoded UTF-8.', { cause });
  }
}

interface TransportFacts {
  readonly headers: Arrival['headers'];
  readonly rawBodyBytes?: number | undefined;
}

interface TransportRules {
  readonly allowedOrigins: readonly string[];
  /** Off in the emulator, which speaks plain HTTP. */
  readonly httpsOnly: boolean;
}

/** The rules alone. */
export function checkTransport({ headers, rawBodyBytes }: TransportFacts, rules: TransportRules): void {
  // TLS ends at Google's front end, which overwrites this header. Never a redirect: the token has already leaked.
  if (rules.httpsOnly && headers['x-forwarded-proto'] !== 'https') {
    throw new AppError('https_required', 'Use https://. If you sent a token over plain HTTP, revoke it.');
  }
  // Whole strings: "null", a prefix, a suffix, another port or http are other origins.
  const { origin } = headers;
  if (origin !== undefined && !(typeof origin === 'string' && rules.allowedOrigins.includes(origin))) {
    throw new AppError('origin_denied', 'This origin is not in ALLOWED_ORIGINS.');
  }
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > MAX_BODY_BYTES || (rawBodyBytes ?? 0) > MAX_BODY_BYTES) {
    throw payloadTooLarge();
  }
}
