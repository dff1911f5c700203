import type { UserRecord } from 'firebase-admin/auth';

/** A user as Firebase Auth knows them. */
export interface Account {
  readonly uid: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly displayName?: string;
  readonly providers: readonly string[];
  readonly disabled: boolean;
  /** Tokens of sign-ins before this second since the epoch are revoked. */
  readonly validAfter: number;
  readonly createdAt: string;
  readonly lastSignInAt?: string;
  /** All custom claims, with those that belong to others. Never leaves the server. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export function toAccount(user: UserRecord): Account {
  const claims = user.customClaims ?? {};
  return {
    uid: user.uid,
    ...(user.email !== undefined && { email: user.email }),
    emailVerified: user.emailVerified,
    ...(user.displayName !== undefined && { displayName: user.displayName }),
    providers: user.providerData.map(({ providerId }) => providerId),
    disabled: user.disabled,
    validAfter: user.tokensValidAfterTime === undefined ? 0 : Date.parse(user.tokensValidAfterTime) / 1000,
    createdAt: toIso(user.metadata.creationTime),
    ...(user.metadata.lastSignInTime && { lastSignInAt: toIso(user.metadata.lastSignInTime) }),
    claims,
  };
}

/** The SDK gives RFC 1123 dates; the API speaks RFC 3339. */
function toIso(date: string): string {
  return new Date(date).toISOString();
}
