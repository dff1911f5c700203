import type { MappedRights } from '../../authz/claim-mapping.ts';
import type { JsonObject } from '../../core/json.ts';
import type { RefusalReason } from '../../core/refusal-reasons.ts';

/** Signature algorithms that a profile may list (RFC 7518 §3.1, RFC 8037 §3.1): asymmetric ones, so no secret is shared. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** What a token of an issuer has to look like. A check is switched off by `null` alone, never by leaving it out. */
export interface IssuerProfile {
  /** The provider: `type` of the setting. */
  readonly type: string;
  /** Identity is this + subject. The first of `accepts` where an issuer goes by several names. */
  readonly issuer: string;
  /** Every `iss` that is accepted, letter by letter, with where its keys are. `null`: OpenID discovery says. */
  readonly accepts: readonly { readonly issuer: string; readonly jwksUri: string | null }[];
  readonly algorithms: readonly Algorithm[];
  /** Media types in the header, lower-case, without `application/` (RFC 8725 §3.11); `''`: it may be absent. */
  readonly typ: readonly string[] | null;
  /** Header keys besides `alg`, `kid` and `typ`. */
  readonly headerKeys: readonly string[];
  /** One of them has to be in `aud`; in an ID token it has to be alone there. */
  readonly audience: readonly string[] | null;
  /** One of them has to be the `client_id` or, where there is none, the `azp`. */
  readonly clientIds: readonly string[] | null;
  readonly tokenUse: 'access' | 'id';
  /** Claims with the exact text they must have, e.g. Cognito's `token_use`. */
  readonly claims: Readonly<Record<string, string>>;
  /** Whatever else is wrong with such a token. */
  readonly rejectReason: (payload: JsonObject) => RefusalReason | undefined;
  /** Longest accepted `exp - iat`, in seconds. */
  readonly maxLifetime: number;
  /** `null`: such tokens need have none, and `iat` stands in for it. */
  readonly authTime: 'required' | null;
  /** Was the token issued to a machine (RFC 6749 §4.4) rather than for a person? */
  readonly isService: (payload: JsonObject) => boolean;
  /** What a verified token gives, and until when: seconds since the epoch. */
  readonly access: (
    payload: JsonObject,
    kind: 'user' | 'service',
    now: number,
  ) => MappedRights & { until: number };
  /** Give each identity an entry in the directory when it is first seen. */
  readonly jitProvisioning: boolean;
  /** May its users' tokens be exchanged for a Firebase token? */
  readonly tokenExchange: boolean;
}
