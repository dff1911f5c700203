import type { CryptoKey } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { type AppError, invalidToken, toAppError, unavailable } from '../../core/errors.ts';
import { toJsonObject } from '../../core/json.ts';
import { type Fetch, fetchJson } from './fetch-json.ts';
import type { Algorithm } from './issuer-profile.ts';
import { usableKeys } from './usable-keys.ts';

/** The keys of an issuer, fetched when first needed. */
export interface KeySet {
  /**
   * The key that a token's header names.
   *
   * @throws AppError `invalid_token` when the issuer has no such key, `unavailable` when that cannot be known
   */
  find(header: { readonly alg: string; readonly kid: string }): Promise<CryptoKey>;
}

interface Options {
  /** `null`: where OpenID discovery of the issuer says. */
  readonly jwksUri: string | null;
  readonly issuer: string;
  readonly algorithms: readonly Algorithm[];
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/** All in milliseconds. */
const FRESH_FOR = 10 * 60_000;
/** While an issuer's keys cannot be fetched, the last ones count this long: a key that was withdrawn must end. */
const USABLE_FOR = 60 * 60_000;
/** Between two fetches, whatever tokens come: each may name another key. */
const COOL_DOWN = 30_000;
/** The same while there are no keys to go on with, so that one lost packet is not half a minute of refusals. */
const RETRY = 5_000;
/** For discovery and keys together, to the last byte. */
const TIMEOUT = 5_000;

type RemoteKeys = ReturnType<typeof import('jose/jwks/remote').createRemoteJWKSet>;

/**
 * Fetches are single-flight. Nothing is fetched before a token needs it, nor from anywhere a token names. jose holds the
 * keys and finds the right one; when they are fetched, and for how long they count, is decided here.
 */
export function createKeySet({ jwksUri, issuer, algorithms, fetch, clock }: Options): KeySet {
  let remote: RemoteKeys | undefined;
  /** Key ids of what was fetched last. */
  let kids: ReadonlySet<string | undefined> = new Set();
  let fetchedAt: number | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: AppError | undefined;
  let fetching: Promise<void> | undefined;

  /** What jose fetches: the keys that may be used, of a document of bounded size. */
  async function fetchKeys(_url: string, { signal }: { signal: AbortSignal }): Promise<Response> {
    const published = await fetchJson(fetch, jwksUri ?? (await discover(fetch, issuer, signal)), signal);
    const set = usableKeys(published, algorithms);
    if (set === undefined || set.keys.length === 0) throw unavailable(`${issuer} publishes no usable key`);
    return Response.json(set);
  }

  async function openRemote(): Promise<RemoteKeys> {
    const { createRemoteJWKSet, customFetch } = await import('jose/jwks/remote');
    // Without a clock of ours, jose would also fetch by itself, and forget its keys while the issuer is down.
    const never = { cacheMaxAge: Number.POSITIVE_INFINITY, cooldownDuration: Number.POSITIVE_INFINITY };
    const options = { ...never, timeoutDuration: TIMEOUT, [customFetch]: fetchKeys };
    return createRemoteJWKSet(new URL(jwksUri ?? issuer), options);
  }

  async function load(): Promise<void> {
    triedAt = clock();
    try {
      remote ??= await openRemote();
      await remote.reload();
      kids = new Set(remote.jwks()?.keys.map(({ kid }) => kid));
      fetchedAt = triedAt;
      failure = undefined;
    } catch (error) {
      failure = toAppError(error);
    }
  }

  const age = (since: number | undefined) => {
    const passed = clock() - (since ?? Number.NEGATIVE_INFINITY);
    // Below zero the clock was set back.
    return passed < 0 ? Number.POSITIVE_INFINITY : passed;
  };

  const isUsable = () => age(fetchedAt) < USABLE_FOR;

  /** Waits for keys not older than `maxAge`, or for the failure to get them. At most one try per cool-down. */
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
      await refresh(FRESH_FOR);
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

/** OpenID Connect Discovery 1.0 §4: the document has to name the issuer itself, letter by letter. */
async function discover(fetch: Fetch, issuer: string, signal: AbortSignal): Promise<string> {
  const document = await fetchJson(
    fetch,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    signal,
  );
  const { issuer: named, jwks_uri: uri } = toJsonObject(document);
  const url = typeof uri === 'string' ? URL.parse(uri) : null;
  if (
    named !== issuer ||
    url === null ||
    !(url.protocol === 'https:' || url.origin === URL.parse(issuer)?.origin)
  ) {
    throw unavailable(`discovery of ${issuer} names another issuer, or no address for its keys`);
  }
  return url.href;
}
