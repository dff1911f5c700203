import type { RefusalReason } from '../../core/refusal-reasons.ts';
import { isUid } from '../../core/uid.ts';
import type { UnverifiedToken } from '../parse-jws.ts';
import type { IssuerProfile } from './issuer-profile.ts';

export interface Rejection {
  readonly reason: RefusalReason;
  readonly logDetail?: string;
}

/** Claims that ID tokens alone have (OpenID Connect Core §3.1.3.6, §3.3.2.11). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

/**
 * What a profile has against a token, of all that can be seen before its key is looked for; times excepted. `iss` has
 * chosen the profile.
 *
 * @returns undefined when there is nothing
 */
export function rejectReason(
  { header, payload, signed }: UnverifiedToken,
  profile: IssuerProfile,
): Rejection | undefined {
  const { algorithms, typ, clientIds, claims, tokenUse } = profile;
  if (!signed || !algorithms.some((algorithm) => algorithm === header.alg))
    return { reason: 'wrong-algorithm' };
  if (!(typeof header.kid === 'string' && /^[\x21-\x7e]{1,128}$/.test(header.kid)))
    return { reason: 'no-usable-kid' };
  if (typ !== null && !typ.some((allowed) => allowed === mediaType(header.typ)))
    return { reason: 'wrong-typ' };
  if (!isUid(payload.sub)) return { reason: 'no-usable-sub' };
  if (!isForUs(payload.aud, profile)) return { reason: 'wrong-audience' };
  const client = payload.client_id ?? payload.azp;
  if (clientIds !== null && !clientIds.some((id) => id === client)) return { reason: 'wrong-client' };
  const wrong = Object.entries(claims).find(([claim, value]) => payload[claim] !== value);
  if (wrong !== undefined) return { reason: 'wrong-claim', logDetail: `wrong ${wrong[0]}` };
  // OpenID Connect Back-Channel Logout §2.4, RFC 8417.
  if (payload.events !== undefined) return { reason: 'event-token' };
  const isIdToken = ID_TOKEN_CLAIMS.some((claim) => payload[claim] !== undefined);
  if (tokenUse === 'access' && isIdToken) return { reason: 'id-token-as-access-token' };
  const reason = profile.rejectReason(payload);
  return reason && { reason };
}

/** RFC 7519 §4.1.3: one text or a list. An ID token that is for others, too, may have come by way of them. */
function isForUs(aud: unknown, { audience, tokenUse }: IssuerProfile): boolean {
  if (audience === null) return true;
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return (tokenUse === 'access' || all.length === 1) && audience.some((ours) => all.includes(ours));
}

/** RFC 7515 §4.1.9: in any casing, and `application/` may be left out. `''` is for absence alone. */
function mediaType(typ: unknown): string | undefined {
  if (typ === undefined) return '';
  return typeof typ === 'string' && typ !== ''
    ? typ.toLowerCase().replace(/^application\/(?=.)/, '')
    : undefined;
}
