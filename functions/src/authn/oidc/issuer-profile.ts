import type { MappedRights } from '../../authz/claim-mapping.ts';
import type { Assurance } from '../../core/access-types.ts';
import type { JsonObject } from '../../core/json.ts';
import type { RefusalReason } from '../../core/refusal-reasons.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { TokenTimes } from '../token-times.ts';

/** Signature algorithms that a profile may list (RFC 7518 §3.1, RFC 8037 §3.1). All are asymmetric: no secret is shared. */
export const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Longest discovery document or key set, unless the entry says otherwise: 512 KiB. */
export const MAX_KEY_SET_BYTES = 512 * 1024;

/** What tokens of an issuer must match. Only an explicit `null` skips a check. */
export interface IssuerProfile {
  /** The provider: `type` of the setting. */
  readonly type: string;
  /** Identity is issuer + subject. The first of `accepts` where an issuer has several names. */
  readonly issuer: string;
  /** Every accepted `iss`, compared character by character, with the address of its keys. `null`: OpenID discovery. */
  readonly accepts: readonly { readonly issuer: string; readonly jwksUri: string | null }[];
  /** Longest discovery document or key set, in bytes. */
  readonly maxKeySetBytes: number;
  readonly algorithms: readonly Algorithm[];
  /** Media types in the header, lower-case, without `application/` (RFC 8725 §3.11); `''`: it may be absent. */
  readonly typ: readonly string[] | null;
  /** Header keys besides `alg`, `kid` and `typ`. */
  readonly headerKeys: readonly string[];
  /** One of them must be in `aud`; in an ID token it must be the only one. */
  readonly audience: readonly string[] | null;
  /** One of them must be the `client_id` or, without one, the `azp`. */
  readonly clientIds: readonly string[] | null;
  readonly tokenUse: 'access' | 'id';
  /** Claims that must have exactly one of these values, e.g. Cognito's `token_use`. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  /** More checks of this kind of issuer. */
  readonly rejectReason: (payload: JsonObject) => RefusalReason | undefined;
  /** Longest accepted `exp - iat`, in seconds. */
  readonly maxLifetime: number;
  /** Must tokens have `auth_time`? `null`: `iat` is used where there is none. */
  readonly authTime: 'required' | null;
  /** Further checks of the times, and what they mean. `null`: none. @throws AppError `invalid_token` */
  readonly adjustTimes: ((token: UnverifiedToken, times: TokenTimes, now: number) => TokenTimes) | null;
  /** How, and when, the user of a verified token proved who they are. */
  readonly assurance: (payload: JsonObject, times: TokenTimes) => Assurance;
  /** Is it a token of a service (RFC 6749 §4.4), not of a user? */
  readonly isService: (payload: JsonObject) => boolean;
  /** The rights of a verified token, and the second since the epoch when they change. */
  readonly access: (
    payload: JsonObject,
    kind: 'user' | 'service',
    now: number,
  ) => MappedRights & { until: number };
  /** Create the directory entry of each user at the first request? */
  readonly jitProvisioning: boolean;
  /** May its users' tokens be exchanged for a Firebase token? */
  readonly tokenExchange: boolean;
}
