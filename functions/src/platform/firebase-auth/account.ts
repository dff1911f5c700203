import type { UserRecord } from 'firebase-admin/auth';
import type { RoleClaims } from '../../authz/role-claims.ts';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

interface ProviderEmail {
  readonly provider: string;
  readonly email: string;
}

/** A user of Firebase Auth. */
export interface Account {
  readonly uid: string;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  readonly displayName?: string | undefined;
  readonly photoUrl?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly providers: readonly string[];
  /** The addresses that the providers gave. With several accounts per address, `email` is absent and this has it. */
  readonly providerEmails: readonly ProviderEmail[];
  readonly disabled: boolean;
  /** Has the user enrolled a second factor of Identity Platform: SMS or TOTP? */
  readonly hasSecondFactor: boolean;
  /** Tokens of sign-ins before this second since the epoch are revoked. */
  readonly validAfter: number;
  /** Second since the epoch. */
  readonly createdAt?: number | undefined;
  /** Second since the epoch; absent for a user who has never signed in. */
  readonly lastSignInAt?: number | undefined;
  /** All custom claims, those of other code included. Never leaves the server. */
  readonly claims: JsonObject;
}

export function toAccount(user: UserRecord): Account {
  return {
    uid: user.uid,
    email: user.email,
    emailVerified: user.emailVerified,
    displayName: user.displayName,
    photoUrl: user.photoURL,
    phoneNumber: user.phoneNumber,
    providers: user.providerData.map(({ providerId }) => providerId),
    providerEmails: providerEmailsOf(user.providerData),
    disabled: user.disabled,
    hasSecondFactor: (user.multiFactor?.enrolledFactors.length ?? 0) > 0,
    validAfter: secondOf(user.tokensValidAfterTime) ?? 0,
    createdAt: secondOf(user.metadata.creationTime),
    lastSignInAt: secondOf(user.metadata.lastSignInTime),
    claims: user.customClaims ?? {},
  };
}

/** @param time of the Admin SDK: a UTC string; null or the epoch if Firebase does not know it */
function secondOf(time: string | null | undefined): number | undefined {
  return (time && Date.parse(time) / 1000) || undefined;
}

/** @param providerData of a user record; not every provider gives an address */
export function providerEmailsOf(
  providerData: readonly { readonly providerId: string; readonly email?: string }[],
): ProviderEmail[] {
  return providerData.flatMap(({ providerId: provider, email }) => (email ? [{ provider, email }] : []));
}

/**
 * Firebase says whether the account's own address is verified, and nothing about the addresses of its providers. Google and
 * Apple verify every address before they pass it on. Facebook, GitHub, Microsoft Entra ID and others also pass on addresses
 * without proof (https://firebase.google.com/docs/auth/users#verified_email_addresses).
 */
const VERIFYING_PROVIDERS = new Set(['google.com', 'apple.com']);

/** An address in lower case. */
interface EmailAddress {
  readonly address: string;
  /** Has its owner proved it? */
  readonly verified: boolean;
}

/** All addresses of an account, each once, its own first. Of its own, the account says best whether it is verified. */
export function emailAddressesOf({
  email,
  emailVerified = false,
  providerEmails = [],
}: Partial<Pick<Account, 'email' | 'emailVerified' | 'providerEmails'>>): EmailAddress[] {
  const own = email?.toLowerCase();
  const found = new Map<string, boolean>(own === undefined ? [] : [[own, emailVerified]]);
  for (const { provider, email: given } of providerEmails) {
    const address = given.toLowerCase();
    if (address !== own) found.set(address, found.get(address) || VERIFYING_PROVIDERS.has(provider));
  }
  return [...found].map(([address, verified]) => ({ address, verified }));
}

/** The refusal of a new account. @param cause of Firebase Auth */
export function addressInUse(cause?: unknown): AppError {
  const errors = [{ field: 'email', message: 'This is the address of another user.' }];
  return new AppError('already_exists', 'Another user has this e-mail address.', { errors, cause });
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
