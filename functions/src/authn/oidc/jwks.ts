import type { CompactJWSHeaderParameters, CryptoKey, JSONWebKeySet } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { type AppError, invalidToken, toAppError, unavailable } from '../../core/errors.ts';
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
/** An issuer whose keys cannot be read may go on with the last that could, but a key it has withdrawn must end. */
const USABLE_FOR = 60 * 60_000;
/** Between two fetches, whatever tokens come: each may name another key. */
const COOL_DOWN = 30_000;
/** The same while there are no keys to go on with, so that one lost packet is not half a minute of refusals. */
const RETRY = 5_000;
/** For discovery and keys together, to the last byte. */
const TIMEOUT = 5_000;

type FindKey = (header: CompactJWSHeaderParameters) => Promise<CryptoKey>;

/** Fetches are single-flight. Nothing is fetched before a token needs it, nor from anywhere a token names. */
export function createKeySet({ jwksUri, issuer, algorithms, fetch, clock }: Options): KeySet {
  let keys:
    | { readonly kids: ReadonlySet<string | undefined>; readonly find: FindKey; readonly fetchedAt: number }
    | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let failure: AppError | undefined;
  let fetching: Promise<void> | undefined;

  async function load(): Promise<void> {
    triedAt = clock();
    try {
      const signal = AbortSignal.timeout(TIMEOUT);
      const published = await fetchJson(fetch, jwksUri ?? (await discover(fetch, issuer, signal)), signal);
      const set = usableKeys(published, algorithms);
      if (set === undefined || set.keys.length === 0) throw unavailable(`${issuer} publishes no usable key`);
      keys = { kids: kidsOf(set), find: await keyFinder(set), fetchedAt: triedAt };
      failure = undefined;
    } catch (error) {
      failure = toAppError(error);
    }
  }

  const age = (since: number) => {
    const passed = clock() - since;
    // Below zero the clock was set back.
    return passed < 0 ? Number.POSITIVE_INFINITY : passed;
  };

  const usable = () => (keys !== undefined && age(keys.fetchedAt) < USABLE_FOR ? keys : undefined);

  /** Waits for keys not older than `maxAge`, or for the failure to get them. At most one try per cool-down. */
  async function refresh(maxAge: number): Promise<void> {
    if (keys !== undefined && age(keys.fetchedAt) < maxAge) return;
    if (fetching === undefined && age(triedAt) < (usable() === undefined ? RETRY : COOL_DOWN)) return;
    fetching ??= load().finally(() => {
      fetching = undefined;
    });
    await fetching;
  }

  return {
    async find(header) {
      await refresh(FRESH_FOR);
      if (usable()?.kids.has(header.kid) === false) await refresh(0);
      const known = usable();
      if (known === undefined) throw unavailable(`no keys of ${issuer}: ${failure?.logDetail}`, failure);
      if (!known.kids.has(header.kid)) {
        // Nobody could say whether it is a new one.
        if (failure !== undefined)
          throw unavailable(`no new keys of ${issuer}: ${failure.logDetail}`, failure);
        throw invalidToken('unknown-kid');
      }
      return known.find(header).catch((cause) => {
        throw invalidToken('no-key-for-algorithm', { cause });
      });
    },
  };
}

const kidsOf = ({ keys }: JSONWebKeySet) => new Set(keys.map(({ kid }) => kid));

async function keyFinder(keys: JSONWebKeySet): Promise<FindKey> {
  const { createLocalJWKSet } = await import('jose/jwks/local');
  return createLocalJWKSet(keys);
}

/** OpenID Connect Discovery 1.0 §4: the document has to name the issuer itself, letter by letter. */
async function discover(fetch: Fetch, issuer: string, signal: AbortSignal): Promise<string> {
  const document = await fetchJson(
    fetch,
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    signal,
  );
  const { issuer: named, jwks_uri: uri } = Object(document) as Record<string, unknown>;
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
