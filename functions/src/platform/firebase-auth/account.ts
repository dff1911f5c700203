import type { UserRecord } from 'firebase-admin/auth';
import type { RoleClaims } from '../../authz/role-claims.ts';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** A user of Firebase Auth. */
export interface Account {
  readonly uid: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly displayName?: string;
  readonly providers: readonly string[];
  readonly disabled: boolean;
  /** Tokens of sign-ins before this second since the epoch are revoked. */
  readonly validAfter: number;
  /** All custom claims, those of other code included. Never leaves the server. */
  readonly claims: JsonObject;
}

export function toAccount(user: UserRecord): Account {
  return {
    uid: user.uid,
    ...(user.email !== undefined && { email: user.email }),
    emailVerified: user.emailVerified,
    ...(user.displayName !== undefined && { displayName: user.displayName }),
    providers: user.providerData.map(({ providerId }) => providerId),
    disabled: user.disabled,
    validAfter: user.tokensValidAfterTime === undefined ? 0 : Date.parse(user.tokensValidAfterTime) / 1000,
    claims: user.customClaims ?? {},
  };
}

/** https://firebase.google.com/docs/auth/admin/custom-claims: the payload must not exceed 1000 bytes. */
const MAX_CLAIMS_BYTES = 1000;

/**
 * The custom claims to write: the role claims replaced, those of other code kept. Measured in UTF-8 bytes, as the server
 * does; the SDK counts characters.
 *
 * @throws AppError `claims_too_large`
 */
export function mergeClaims(claims: JsonObject, access: RoleClaims): Record<string, unknown> {
  const { rx: _, ...others } = claims;
  const merged = { ...others, ...access };
  const bytes = Buffer.byteLength(JSON.stringify(merged));
  if (bytes <= MAX_CLAIMS_BYTES) return merged;
  const detail = `The custom claims would take ${bytes} of ${MAX_CLAIMS_BYTES} bytes.`;
  throw new AppError('claims_too_large', detail);
}
