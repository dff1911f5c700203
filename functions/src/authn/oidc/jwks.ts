import type { CryptoKey } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { type AppError, invalidToken, toAppError, unavailable } from '../../core/errors.ts';
import { toJsonObject } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import { type Fetch, fetchJson } from './fetch-json.ts';
import type { Algorithm } from './issuer-profile.ts';
import { type UsableKeys, usableKeys } from './usable-keys.ts';

/** The keys of an issuer, fetched when first needed. */
export interface KeySet {
  /**
   * The key that a token's header names.
   *
   * @throws AppError `invalid_token` when the issuer has no such key, `unavailable` when its keys cannot be fetched
   */
  find(header: { readonly alg: string; readonly kid: string }): Promise<CryptoKey>;
}

interface Options {
  /** `null`: OpenID discovery gives the address. */
  readonly jwksUri: string | null;
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  /** Longest discovery document or key set. */
  readonly maxBytes: number;
  readonly log: Pick<Log, 'keysSkipped'>;
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** All in milliseconds. */
export const KEYS_FRESH_FOR = 10 * 60_000;
/** How long the last keys are used while new ones cannot be fetched: the issuer may have withdrawn one. */
export const KEYS_USABLE_FOR = 60 * 60_000;
/** Between two fetches, even if each token names another unknown key. */
const COOL_DOWN = 30_000;
/** The same while there are no usable keys: one lost packet must not cost half a minute of refusals. */
const RETRY = 5_000;
/** For discovery and keys together. */
const TIMEOUT = 5_000;

/** Skipped keys that a log line names. */
const MAX_LOGGED = 20;

type RemoteKeys = ReturnType<typeof import('jose/jwks/remote').createRemoteJWKSet>;

/**
 * Fetches are single-flight. Nothing is fetched before a token needs it, and never from an address in a token. jose holds
 * the keys and finds the right one; when they are fetched, and how long they are used, is decided here.
 */
export function createKeySet(options: Options): KeySet {
  const { jwksUri, issuer, algorithms, maxBytes, log, fetch, clock } = options;
  let remote: RemoteKeys | undefined;
  /** Ids of the keys that jose holds, and of those that it is about to get. */
  let kids: ReadonlySet<string> = new Set();
  let nextKids = kids;
  let logged = '';
  let fetchedAt: number | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: AppError | undefined;
  let fetching: Promise<void> | undefined;

  /** The response that jose gets: the usable keys of a document of bounded size. */
  async function fetchKeys(_url: string, { signal }: { signal: AbortSignal }): Promise<Response> {
    const get = (url: string) => fetchJson(fetch, url, maxBytes, signal);
    const found = usableKeys(await get(jwksUri ?? (await discover(get, issuer))), algorithms, issuer);
    if (found !== undefined) logSkipped(found);
    if (found === undefined || found.kids.size === 0)
      throw unavailable(`${issuer} publishes no usable key for ${algorithms.join(', ')}`);
    nextKids = found.kids;
    return Response.json({ keys: found.keys });
  }

  /** Once, not at every fetch of the same set. */
  function logSkipped({ keys, skipped }: UsableKeys): void {
    const shown = skipped.slice(0, MAX_LOGGED);
    const text = shown.toSorted().join();
    if (text !== logged && text !== '') log.keysSkipped({ issuer, usable: keys.length, skipped: shown });
    logged = text;
  }

  async function openRemote(): Promise<RemoteKeys> {
    const { createRemoteJWKSet, customFetch } = await import('jose/jwks/remote');
    // With other values jose would fetch by itself, and drop its keys while the issuer is down.
    const never = Number.POSITIVE_INFINITY;
    return createRemoteJWKSet(new URL(jwksUri ?? issuer), {
      cacheMaxAge: never,
      cooldownDuration: never,
      timeoutDuration: TIMEOUT,
      [customFetch]: fetchKeys,
    });
  }

  async function load(): Promise<void> {
    triedAt = clock();
    try {
      remote ??= await openRemote();
      await remote.reload();
      kids = nextKids;
      fetchedAt = triedAt;
      failure = undefined;
    } catch (error) {
      failure = toAppError(error);
    }
  }

  const age = (since: number | undefined) => {
    const passed = clock() - (since ?? Number.NEGATIVE_INFINITY);
    // Negative after the clock was set back.
    return passed < 0 ? Number.POSITIVE_INFINITY : passed;
  };

  const isUsable = () => age(fetchedAt) < KEYS_USABLE_FOR;

  /** Waits for keys that are not older than `maxAge`, or for a failed attempt. At most one attempt per cool-down. */
  async function refresh(maxAge: number): Promise<void> {
    if (age(fetchedAt) < maxAge) return;
    if (fetching === undefined && age(triedAt) < (isUsable() ? COOL_DOWN : RETRY)) return;
    fetching ??= load().finally(() => {
      fetching = undefined;
    });
    await fetching;
  }

  return {
    async find(header) {
      await refresh(KEYS_FRESH_FOR);
      if (isUsable() && !kids.has(header.kid)) await refresh(0);
      if (remote === undefined || !isUsable()) {
        throw unavailable(`no keys of ${issuer}: ${failure?.logDetail}`, failure);
      }
      if (!kids.has(header.kid)) {
        // It may be a new key.
        if (failure !== undefined)
          throw unavailable(`no new keys of ${issuer}: ${failure.logDetail}`, failure);
        throw invalidToken('unknown-kid');
      }
      return remote(header).catch((cause) => {
        throw invalidToken('no-key-for-algorithm', { cause });
      });
    },
  };
}

/** OpenID Connect Discovery 1.0 §4: the document must name the same issuer, character by character. */
async function discover(get: (url: string) => Promise<unknown>, issuer: string): Promise<string> {
  const document = await get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: documentIssuer, jwks_uri: uri } = toJsonObject(document);
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  if (
    documentIssuer !== issuer ||
    url === null ||
    !(url.protocol === 'https:' || url.origin === URL.parse(issuer)?.origin)
  ) {
    throw unavailable(`discovery of ${issuer} names another issuer, or no address for its keys`);
  }
  return url.href;
}
