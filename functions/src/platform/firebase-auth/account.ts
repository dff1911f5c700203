import type { UserRecord } from 'firebase-admin/auth';
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
