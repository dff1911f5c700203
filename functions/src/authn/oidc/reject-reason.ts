import type { RefusalReason } from '../../core/refusal-reasons.ts';
import { isUid } from '../../core/uid.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { IssuerProfile } from './issuer-profile.ts';
import { isKid } from './usable-keys.ts';

interface Rejection {
  readonly reason: RefusalReason;
  readonly logDetail?: string;
}

/** Claims of ID tokens only (OpenID Connect Core §3.1.3.6, §3.3.2.11). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/**
 * Why a token does not match a profile of its `iss`: everything that can be checked without a key, except times.
 *
 * @returns undefined for a token that matches
 */
export function rejectReason(
  { header, payload, signed }: UnverifiedToken,
  profile: IssuerProfile,
): Rejection | undefined {
  const { algorithms, typ } = profile;
  if (!signed || !algorithms.some((algorithm) => algorithm === header.alg))
    return { reason: 'wrong-algorithm' };
  if (!isKid(header.kid)) return { reason: 'no-usable-kid' };
  if (typ !== null && !typ.some((allowed) => allowed === mediaType(header.typ)))
    return { reason: 'wrong-typ' };
  return rejectPayload(payload, profile);
}

/** The part of {@link rejectReason} about the payload. */
export function rejectPayload(
  payload: UnverifiedToken['payload'],
  profile: IssuerProfile,
): Rejection | undefined {
  const { clientIds, claims, tokenUse } = profile;
  if (!isUid(payload.sub)) return { reason: 'no-usable-sub' };
  if (!isForUs(payload.aud, profile)) return { reason: 'wrong-audience' };
  const client = payload.client_id ?? payload.azp;
  if (clientIds !== null && !clientIds.some((id) => id === client)) return { reason: 'wrong-client' };
  for (const [claim, values] of Object.entries(claims)) {
    if (!values.some((value) => value === payload[claim]))
      return { reason: 'wrong-claim', logDetail: `wrong ${claim}` };
  }
  // OpenID Connect Back-Channel Logout §2.4, RFC 8417. In a Firebase ID token it is a custom claim.
  if (profile.type !== 'firebase' && payload.events !== undefined) return { reason: 'event-token' };
  const isIdToken = ID_TOKEN_CLAIMS.some((claim) => payload[claim] !== undefined);
  if (tokenUse === 'access' && isIdToken) return { reason: 'id-token-as-access-token' };
  const reason = profile.rejectReason(payload);
  return reason && { reason };
}

/** RFC 7519 §4.1.3: one text or a list. An ID token for several clients may come from another one of them. */
function isForUs(aud: unknown, { audience, tokenUse }: IssuerProfile): boolean {
  if (audience === null) return true;
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return (tokenUse === 'access' || all.length === 1) && audience.some((expected) => all.includes(expected));
}

/** RFC 7515 §4.1.9: case does not count, and `application/` may be left out. `''` for an absent `typ` only. */
function mediaType(typ: unknown): string | undefined {
  if (typ === undefined) return '';
  return typeof typ === 'string' && typ !== ''
    ? typ.toLowerCase().replace(/^application\/(?=.)/, '')
    : undefined;
}
