import type { Call } from './transport.ts';

/** A second factor of the user. */
export interface Factor {
  readonly id: string;
  readonly kind: 'totp' | 'passkey';
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  readonly lastUsed?: string;
  /** Passkeys: whether the authenticator keeps copies, as those that synchronise do. */
  readonly backedUp?: boolean;
  /** Passkeys: the name of the authenticator, e.g. `iCloud Keychain`. */
  readonly authenticator?: string;
}

export interface FactorList {
  readonly factors: readonly Factor[];
  readonly recoveryCodesLeft: number;
}

/** Shown once. */
export interface TotpEnrolment {
  readonly id: string;
  /** Base32, to type in. */
  readonly secret: string;
  /** `otpauth://`, for a link on a phone. */
  readonly uri: string;
  /** The URI as an SVG image. */
  readonly qr: string;
}

export interface TotpFactor {
  readonly factor: Factor;
  /** Shown once. Absent: the user has recovery codes already. */
  readonly recoveryCodes?: readonly string[];
}

/** The second factors of the signed-in user. Each function throws GatehouseError. */
export interface Factors {
  list(): Promise<FactorList>;
  /** The factor counts when `confirmTotp` has accepted a code of it. */
  enrollTotp(options?: { readonly name?: string }): Promise<TotpEnrolment>;
  confirmTotp(code: string): Promise<TotpFactor>;
  rename(id: string, name: string): Promise<Factor>;
  delete(id: string): Promise<void>;
  /** Replaces all recovery codes. They are shown once. */
  createRecoveryCodes(): Promise<{ readonly recoveryCodes: readonly string[] }>;
}

export function createFactors(request: Call): Factors {
  const path = (id: string) => `/me/factors/${encodeURIComponent(id)}`;
  return {
    list: () => request('GET', '/me/factors'),
    enrollTotp: (body = {}) => request('POST', '/me/factors/totp', { body }),
    confirmTotp: (code) => request('POST', '/me/factors/totp/confirm', { body: { code } }),
    rename: (id, name) => request('PATCH', path(id), { body: { name } }),
    delete: (id) => request('DELETE', path(id)),
    createRecoveryCodes: () => request('POST', '/me/factors/recovery-codes'),
  };
}
